//! What a binding says.

use super::rule::Rule;
use super::subject::Subject;

/// The role that a binding gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleRef {
    /// A ClusterRole; else a Role of the binding's namespace.
    pub cluster: bool,
    /// Its name. It need not exist.
    pub name: String,
}

/// A binding of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// What it gives.
    pub role: RoleRef,
    /// To whom.
    pub subjects: Vec<Subject>,
}

/// What a stored role or binding says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// The rules of a Role or ClusterRole.
    Role(Vec<Rule>),
    /// A RoleBinding or ClusterRoleBinding.
    Binding(Binding),
}
