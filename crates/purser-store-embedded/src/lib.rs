//! The embedded store: redb behind the contract of `purser-store`, with grouped commits.
//!
//! One thread writes. It takes every transaction that waits, checks and applies them one by one (each with its own
//! revision, each seeing those before it), and makes them durable with one flush. Readers work on a snapshot that
//! the writer replaces before it answers, so that an answered write is always seen. What is on disk is drawn in
//! `format.rs`; the history's life in `sweep.rs`; delivery to watchers in `hub.rs` and `watcher.rs`; what happens when
//! the disk fails in `recovery.rs`.

mod apply;
mod command;
mod counters;
mod database;
mod directory;
mod error;
mod failure;
mod format;
mod hub;
mod medium;
mod options;
mod recovery;
mod snapshot;
mod store;
mod sweep;
mod watcher;
mod writer;

pub use counters::Stats;
pub use error::OpenError;
pub use options::{Clock, Options, SystemClock};
pub use store::EmbeddedStore;
