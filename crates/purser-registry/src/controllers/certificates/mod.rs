//! Requests for certificates: those that were approved are signed, those that are over are removed.

mod cleaning;
mod signing;

pub(super) use cleaning::clean;
pub(super) use signing::sign;
