//! What a binding says.

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
