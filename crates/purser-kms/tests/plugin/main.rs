//! The plugin over its socket, asked by the client that Purser asks plugins with.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

mod counted;
mod faults;
mod garbage;
mod holder;
mod rules;
mod socket;
mod stand_in;
mod support;
