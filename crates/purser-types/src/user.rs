//! Who is asking.

use std::collections::BTreeMap;

/// The user who presented nothing.
pub const ANONYMOUS: &str = "system:anonymous";
/// The group of everybody who presented something that holds.
pub const AUTHENTICATED: &str = "system:authenticated";
/// The group of [`ANONYMOUS`].
pub const UNAUTHENTICATED: &str = "system:unauthenticated";
/// The group of nodes.
pub const NODES: &str = "system:nodes";
/// What the user names of nodes begin with.
pub const NODE_PREFIX: &str = "system:node:";
/// The group of ServiceAccounts; those of a namespace are of the group with `:` and the namespace after it, too.
pub const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";
/// What the user names of ServiceAccounts begin with; namespace, `:` and name follow.
pub const SERVICE_ACCOUNT_PREFIX: &str = "system:serviceaccount:";

/// An authenticated identity, `authentication.k8s.io/v1` `UserInfo`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The user's name.
    pub name: String,
    /// A stable id, empty when there is none.
    pub uid: String,
    /// The groups, `system:authenticated` among them.
    pub groups: Vec<String>,
    /// What the authenticator adds.
    pub extra: BTreeMap<String, Vec<String>>,
}
