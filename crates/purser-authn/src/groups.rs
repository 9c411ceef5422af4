//! The names that say whether somebody is known, and by what.

use purser_types::User;
pub use purser_types::user::{
    ANONYMOUS, AUTHENTICATED as AUTHENTICATED_GROUP, UNAUTHENTICATED as UNAUTHENTICATED_GROUP,
};

/// The extra key under which the credential of a request is named.
pub(crate) const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";

/// `user` as somebody who presented something that holds.
pub(crate) fn authenticated(mut user: User) -> User {
    let has = user
        .groups
        .iter()
        .any(|group| group == AUTHENTICATED_GROUP || group == UNAUTHENTICATED_GROUP);
    if user.name != ANONYMOUS && !has {
        user.groups.push(AUTHENTICATED_GROUP.to_owned());
    }
    user
}
