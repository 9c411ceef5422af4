//! Decides what an identity may do, and makes the permit without which no stored data can be reached.

mod attributes;
mod authorizer;
mod forbidden;
mod impersonation;
mod permit;
pub mod rbac;

pub use attributes::{NonResource, ResourceRequest, UnservedRequest, Verb};
pub use authorizer::{Allowed, Authorizer, MASTERS};
pub use forbidden::forbidden;
pub use impersonation::{Deed, Impersonated};
pub use permit::{Denied, INTERNAL_USER, METADATA, Permit};
