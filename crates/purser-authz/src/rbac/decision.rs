//! Why something is allowed.

use std::fmt;

use purser_types::quote::quote;

use super::binding::RoleRef;
use super::subject::Subject;

/// The binding that allows. Its text is upstream's reason, for reviews and the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance<'p> {
    /// The binding's namespace; empty: a ClusterRoleBinding.
    pub namespace: &'p str,
    /// The binding's name.
    pub binding: &'p str,
    /// What it gives.
    pub role: &'p RoleRef,
    /// To whom.
    pub subject: &'p Subject,
}

impl fmt::Display for Allowance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            namespace,
            binding,
            role,
            subject,
        } = self;
        let (kind, name) = match *namespace {
            "" => ("ClusterRoleBinding", quote(binding)),
            namespace => ("RoleBinding", quote(&format!("{binding}/{namespace}"))),
        };
        let role_kind = if role.cluster { "ClusterRole" } else { "Role" };
        write!(
            f,
            "RBAC: allowed by {kind} {name} of {role_kind} {} to {subject}",
            quote(&role.name)
        )
    }
}
