//! The built binary, from the outside: what it makes, prints, refuses, and how it stops.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers fail as the test does"
)]

mod authorities;
mod broken_erasure;
mod canary;
mod client;
mod command_line;
mod counted;
mod denials;
mod encryption;
mod erase;
mod first_start;
mod health;
mod kms;
mod later_start;
mod login;
mod lost;
mod memory;
mod output;
mod planted;
mod plugin;
mod refusals;
mod rotation;
mod server;
mod stopping;
mod token_webhook;
mod unit;
