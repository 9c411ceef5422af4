//! The store on etcd, behind the contract of `purser-store`.
//!
//! A thin client of its own: the messages that are used (`wire`) and one channel for each member (`connect`), asked in
//! turn (`client`). What etcd says is told apart in `fault`: what only reads is asked again elsewhere, what writes only
//! when it is certain that nothing was done (`commit`).
//!
//! One watch of everything feeds what all watchers read (`feed`, `hub`); whoever needs older history reads it with a
//! watch of its own first (`watcher`). A watch of etcd's that ends is taken up again at the revision after the last
//! one that was seen whole (`changes`, `assembly`), so that nothing is lost or comes twice. Whether a reader is up
//! to date is one question for all who ask at the same time (`current`).
//!
//! etcd 3.4 to 3.6. The client needs to read all keys of the cluster, not only those under its prefix.

mod address;
mod assembly;
mod changes;
mod client;
mod commit;
mod compactor;
mod connect;
mod counters;
mod current;
mod error;
mod fault;
mod feed;
mod health;
mod hub;
mod lease;
mod options;
mod reads;
mod store;
mod tls;
mod watcher;
mod wire;

pub use counters::Stats;
pub use error::OpenError;
pub use options::{Options, TlsFiles};
pub use store::EtcdStore;
