//! Key holders, each asked as the plugin asks it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail as the test does"
)]

mod aws;
mod duties;
mod file;
mod moto;
mod passphrase;
mod pkcs11;
mod tpm;
mod transit;
mod vault;
