//! Who decides: the binary with `--authorization-config`, and a webhook of the test's own over TLS.

mod conditions;
mod failures;
mod flags;
mod order;
mod questions;
mod reload;
mod remembering;
mod webhook;
mod world;
