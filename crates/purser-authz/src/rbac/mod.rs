//! Role-based access control, as `rbac.authorization.k8s.io/v1` says.
//!
//! [`Policy`] holds every role and binding, indexed by who is bound, and answers one question: does a rule allow this?
//! It learns of one object at a time, so a new binding costs what it holds and nothing else. Nothing here reads a
//! store or knows how objects are encoded.
//!
//! Source: `plugin/pkg/auth/authorizer/rbac/rbac.go`, `pkg/apis/rbac/v1/evaluation_helpers.go` and
//! `pkg/registry/rbac/validation` of `k8s.io/kubernetes`.

mod binding;
mod cover;
mod decision;
mod policy;
mod quoted;
mod rule;
mod subject;

pub use binding::{Binding, Grant, RoleRef};
pub use cover::uncovered;
pub use decision::Allowance;
pub use policy::{Place, Policy};
pub use rule::Rule;
pub use subject::Subject;
