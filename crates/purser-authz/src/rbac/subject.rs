//! Whom a binding binds.

use std::fmt;

use super::quoted::Quoted;

/// One subject of a binding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A user by name.
    User(String),
    /// All of a group.
    Group(String),
    /// A ServiceAccount: the user `system:serviceaccount:NAMESPACE:NAME`.
    ServiceAccount {
        /// Its namespace; in a RoleBinding that names none, the binding's own.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Subject {
    /// As upstream describes it in reasons: `User "jane"`, `ServiceAccount "bot/rec"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "User {}", Quoted(&[name])),
            Self::Group(name) => write!(f, "Group {}", Quoted(&[name])),
            Self::ServiceAccount { namespace, name } => {
                write!(f, "ServiceAccount {}", Quoted(&[name, "/", namespace]))
            }
        }
    }
}
