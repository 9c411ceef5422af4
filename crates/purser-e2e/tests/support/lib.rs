//! Starts the real `purser` binary and talks to it: the ground that the end-to-end tests under `tests/` stand on.
//!
//! Test code only. What fails here panics with what was found, since a panic is how a test fails.

mod binary;
mod client;
mod fixture;
mod identity;
mod kubeconfig;
mod tools;

pub use binary::purser;
pub use client::{Answer, Client, Tls};
pub use fixture::{Purser, Starting};
pub use identity::Identity;
pub use kubeconfig::Kubeconfig;
pub use tools::{kubectl, node, python};
