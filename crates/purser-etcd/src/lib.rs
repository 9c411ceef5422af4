//! Makes, renews and checks what an etcd cluster is protected by: three authorities kept apart (peers, servers,
//! clients), the certificates that they sign, a configuration and a systemd unit for each member.
//!
//! [`init()`] makes a directory once, [`renew()`] replaces certificates in it, [`roll_over`] an authority, and [`check`] looks
//! at a cluster that runs, whoever made it, from outside and from its files.

mod authority;
mod certificate;
pub mod check;
mod cluster;
mod configuration;
mod error;
mod files;
mod init;
mod layout;
mod leaf;
mod member;
mod renew;
mod rollover;
mod steps;
mod unit;

pub use authority::Side;
pub use cluster::{Cluster, MOST_MEMBERS};
pub use error::Error;
pub use init::init;
pub use layout::{ADMINISTRATOR, Layout, PURSER};
pub use member::{CLIENT_PORT, Member, PEER_PORT};
pub use renew::{Keys, Renewed, renew};
pub use rollover::{Step, roll_over};
pub use steps::{after_init, after_renew, after_step};
