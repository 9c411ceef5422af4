//! The store on real members of etcd, and on servers that are none.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test code reports by panicking"
)]

mod cluster;
mod faults;
mod hostile;
mod mutual_tls;
mod suite;
mod three;
mod together;
