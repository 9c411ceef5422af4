//! The names that say whether somebody is known.

use purser_types::User;

/// The user who presented nothing.
pub const ANONYMOUS: &str = "system:anonymous";
/// The group of everybody who presented something that holds.
pub const AUTHENTICATED_GROUP: &str = "system:authenticated";
/// The group of [`ANONYMOUS`].
pub const UNAUTHENTICATED_GROUP: &str = "system:unauthenticated";

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
