//! The operations, one a file; each is a method of [`crate::Registry`] that demands a permit.

mod answer;
mod apply;
mod continue_token;
mod create;
mod delete;
mod delete_collection;
mod delete_options;
mod delete_unread;
mod expired;
mod finalizers;
mod get;
mod incoming;
mod kept_token;
mod list;
mod list_options;
mod manager;
mod mask;
mod namespace_guard;
pub(crate) mod namespaces;
mod owners;
mod patch;
mod quotas;
mod replace;
mod revision;
mod services;
mod target;
mod token;
mod update;
mod watch;

pub use kept_token::KeptToken;
pub use manager::manager;
pub use token::{Named, TokenOrder};
