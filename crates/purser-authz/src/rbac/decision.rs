//! Why something is allowed.

use std::fmt::{self, Write as _};

use super::binding::RoleRef;
use super::quoted::Quoted;
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
        let role_kind = if role.cluster { "ClusterRole" } else { "Role" };
        match *namespace {
            "" => write!(f, "RBAC: allowed by ClusterRoleBinding {}", Quoted(&[binding]))?,
            namespace => {
                let name = [*binding, "/", namespace];
                write!(f, "RBAC: allowed by RoleBinding {}", Quoted(&name))?;
            }
        }
        write!(f, " of {role_kind} {} to {subject}", Quoted(&[&role.name]))
    }
}

/// Room for most reasons, so that they are written in one go.
const REASON: usize = 224;

impl Allowance<'_> {
    /// Its text.
    #[must_use]
    pub fn reason(&self) -> String {
        let mut text = String::with_capacity(REASON);
        // INVARIANT: writing into a text does not fail.
        let _ = write!(text, "{self}");
        text
    }
}
