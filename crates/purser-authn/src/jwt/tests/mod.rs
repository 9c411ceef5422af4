//! Tokens of an issuer that lives in the test: no network, and time that the test moves.

mod forged;
mod mapped;
mod rotated;
mod support;
