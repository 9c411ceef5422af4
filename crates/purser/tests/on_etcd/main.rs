//! The built binary on a real etcd.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test's helpers fail as the test does"
)]

#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../binary/client.rs"]
mod client;
#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../../../purser-store-etcd/tests/etcd/cluster/mod.rs"]
mod cluster;
mod cluster_at_rest;
mod interchange;
mod prefixes;
#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../binary/server.rs"]
mod server;
mod servers;
mod serving;
#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../../../purser-kms/tests/plugin/stand_in.rs"]
mod stand_in;
