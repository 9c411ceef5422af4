//! The built binary, from the outside: what it makes, prints, refuses, and how it stops.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers fail as the test does"
)]

mod at_rest;
mod authorities;
mod backups;
mod broken_erasure;
mod canary;
mod client;
mod command_line;
mod counted;
mod denials;
mod encryption;
mod erase;
mod etcd;
mod first_start;
mod health;
mod holder;
mod holder_kinds;
mod kms;
mod kubelets;
mod later_start;
mod login;
mod lost;
mod memory;
mod migration;
#[path = "../../../purser-kms/tests/holders/moto.rs"]
mod moto;
mod output;
mod planted;
mod planting;
mod plugin;
mod plugin_faults;
mod quarantine;
mod refusals;
mod reloading;
mod returning;
mod rotation;
mod server;
#[path = "../../../purser-kms/tests/plugin/stand_in.rs"]
mod stand_in;
mod stopping;
mod token_issuers;
mod token_webhook;
mod unit;
mod vectors;
mod verifying;
mod verifying_configured;
