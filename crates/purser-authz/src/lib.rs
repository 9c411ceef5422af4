//! Decides what an identity may do, and makes the permit without which no stored data can be reached.

mod attributes;
mod authorizer;
pub mod configuration;
mod decider;
mod decision;
mod forbidden;
mod impersonation;
mod objects;
mod permit;
pub mod rbac;
mod reloads;
mod selectors;
pub mod webhook;

pub use attributes::{Asked, NonResource, ResourceRequest, UnservedRequest, Verb};
pub use authorizer::{Authorizer, Listed, MASTERS};
pub use decider::{Decider, Member};
pub use decision::{Decision, Verdict, aggregate};
pub use forbidden::forbidden;
pub use impersonation::Impersonated;
pub use objects::{AtOnce, ObjectFacts, ObjectRules, OfObjects};
pub use permit::{Denied, INTERNAL_USER, METADATA, Permit};
pub use selectors::{Requirement, Selectors};
