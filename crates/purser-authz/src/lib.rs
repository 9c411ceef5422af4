//! Decides what an identity may do, and makes the permit without which no stored data can be reached.

mod attributes;
mod permit;

pub use attributes::{Attributes, NonResource, ResourceRequest, Verb};
pub use permit::{Denied, Permit, authorize, authorize_path};
