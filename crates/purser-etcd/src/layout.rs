//! Where everything is in a cluster's directory.
//!
//! ```text
//! cluster.json                  what was asked for
//! ca/peers.crt .key             signs members, for one another
//! ca/servers.crt .key           signs members, for clients
//! ca/clients.crt .key           signs clients
//! members/NAME/                 goes to that member's machine, whole
//!   etcd.yaml  etcd.service
//!   tls/peer.crt .key  peer-ca.crt  server.crt .key  client-ca.crt
//! clients/NAME/                 goes to that client's machine, whole
//!   NAME.crt .key  server-ca.crt
//! ```

use std::path::{Path, PathBuf};

use crate::authority::Side;

/// The client that Purser is: its certificate names this user of etcd.
pub const PURSER: &str = "purser";
/// The client that an administrator is, and who asks after a member's health: etcd's own name for who may do everything.
pub const ADMINISTRATOR: &str = "root";
/// All clients.
pub(crate) const CLIENTS: [&str; 2] = [PURSER, ADMINISTRATOR];

/// A cluster's directory.
#[derive(Debug, Clone)]
pub struct Layout(PathBuf);

impl Layout {
    /// The directory.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// The directory itself.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.0
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.0.join("cluster.json")
    }

    pub(crate) fn authorities(&self) -> PathBuf {
        self.0.join("ca")
    }

    /// What goes to a member's machine.
    #[must_use]
    pub fn member(&self, name: &str) -> PathBuf {
        self.0.join("members").join(name)
    }

    /// A member's configuration.
    #[must_use]
    pub fn configuration(&self, name: &str) -> PathBuf {
        self.member(name).join("etcd.yaml")
    }

    pub(crate) fn unit(&self, name: &str) -> PathBuf {
        self.member(name).join("etcd.service")
    }

    pub(crate) fn tls(&self, member: &str) -> PathBuf {
        self.member(member).join("tls")
    }

    /// What goes to a client's machine.
    #[must_use]
    pub fn client(&self, name: &str) -> PathBuf {
        self.0.join("clients").join(name)
    }

    /// A client's certificate; its key is beside it, with the extension `key`.
    #[must_use]
    pub fn client_certificate(&self, name: &str) -> PathBuf {
        self.client(name).join(name).with_added_extension("crt")
    }

    /// A client's key.
    #[must_use]
    pub fn client_key(&self, name: &str) -> PathBuf {
        self.client(name).join(name).with_added_extension("key")
    }

    /// What a client knows the servers by.
    #[must_use]
    pub fn server_authority(&self, client: &str) -> PathBuf {
        self.client(client).join("server-ca.crt")
    }

    /// Where those who trust a side's authority look for it.
    pub(crate) fn trusting<'a>(&self, side: Side, members: impl Iterator<Item = &'a str>) -> Vec<PathBuf> {
        match side {
            Side::Peers => members.map(|name| self.tls(name).join("peer-ca.crt")).collect(),
            Side::Clients => members.map(|name| self.tls(name).join("client-ca.crt")).collect(),
            Side::Servers => CLIENTS.iter().map(|name| self.server_authority(name)).collect(),
        }
    }
}
