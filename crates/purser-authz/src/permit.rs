//! The permit: the only way to the registry's methods. Made here, and nowhere else.

use purser_types::User;

use crate::attributes::{NonResource, ResourceRequest};

/// Proof that a request for objects was allowed, for exactly what it was asked for.
#[derive(Debug, Clone)]
pub struct Permit {
    request: ResourceRequest,
    user: User,
    sees_values: bool,
}

impl Permit {
    /// What was allowed.
    #[must_use]
    pub fn request(&self) -> &ResourceRequest {
        &self.request
    }

    /// Who may.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Whether answers may carry the values of the object (the caller may `get` it, or list them).
    #[must_use]
    pub fn sees_values(&self) -> bool {
        self.sees_values
    }
}

/// The request is not allowed; the reason is for the audit log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Denied {
    /// Why, for the audit log only.
    pub reason: String,
}

/// The group that may do everything, as upstream's.
pub const MASTERS: &str = "system:masters";

/// Allows the group `system:masters` everything and everybody else nothing.
///
/// # Errors
/// [`Denied`] for everybody else.
pub fn authorize(user: &User, request: ResourceRequest) -> Result<Permit, Denied> {
    if user.groups.iter().any(|group| group == MASTERS) {
        return Ok(Permit { request, user: user.clone(), sees_values: true });
    }
    Err(Denied { reason: String::new() })
}

/// As [`authorize`], for a path.
///
/// # Errors
/// [`Denied`] for everybody but `system:masters`.
pub fn authorize_path(user: &User, _request: &NonResource) -> Result<(), Denied> {
    if user.groups.iter().any(|group| group == MASTERS) { Ok(()) } else { Err(Denied { reason: String::new() }) }
}
