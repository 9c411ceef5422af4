//! Roles and bindings beyond being kept: what they give is told to the authorizer, and nobody gives what they do not
//! have.

pub(crate) mod escalation;
pub(crate) mod grant;
