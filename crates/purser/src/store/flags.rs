//! The flags of a store in etcd.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use purser_store::Keyspace;
use purser_store_etcd::{Options, TlsFiles};

use crate::layout::Layout;
use crate::span;

/// Which etcd, and how it is spoken to. The names are kube-apiserver's, but for the last.
#[derive(Debug, Args)]
pub(crate) struct EtcdMembers {
    /// Members of an etcd cluster that keeps the data instead of the data directory, with commas, as https://HOST:PORT;
    /// asked in turn
    #[arg(long, value_name = "URLS", value_delimiter = ',', help_heading = "etcd")]
    etcd_servers: Vec<String>,
    /// Authorities, in PEM, of the members' certificates. This file and the next two are read again for each connection
    #[arg(long, value_name = "FILE", requires = "etcd_servers", help_heading = "etcd")]
    etcd_cafile: Option<PathBuf>,
    /// Certificate, in PEM, that members are shown
    #[arg(long, value_name = "FILE", requires = "etcd_keyfile", help_heading = "etcd")]
    etcd_certfile: Option<PathBuf>,
    /// Its private key, in PEM
    #[arg(long, value_name = "FILE", requires = "etcd_certfile", help_heading = "etcd")]
    pub(super) etcd_keyfile: Option<PathBuf>,
    /// What keys begin with. Clusters with other prefixes, none below another, can have their data in the same etcd
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "/registry",
        requires = "etcd_servers",
        help_heading = "etcd"
    )]
    etcd_prefix: Keyspace,
    /// Speak http to members on other machines, or https without showing a certificate: whoever is on the way, or whoever
    /// reaches them, reads and writes everything that is kept
    #[arg(long, requires = "etcd_servers", help_heading = "etcd")]
    insecure_etcd_transport: bool,
}

/// Which etcd, how it is spoken to, and what a server does about it.
#[derive(Debug, Args)]
pub(crate) struct EtcdFlags {
    #[command(flatten)]
    pub(super) members: EtcdMembers,
    /// How old history becomes before one of the servers on that etcd has it forgotten; 0: none of them is this one
    #[arg(
        long,
        value_name = "TIME",
        default_value = "5m",
        value_parser = span::parse,
        requires = "etcd_servers",
        help_heading = "etcd"
    )]
    etcd_compaction_interval: Duration,
    /// How long /readyz waits for etcd
    #[arg(
        long,
        value_name = "TIME",
        default_value = "2s",
        value_parser = span::parse_some,
        requires = "etcd_servers",
        help_heading = "etcd"
    )]
    etcd_healthcheck_timeout: Duration,
    /// No other server is on that etcd, nor will be before it has the keys of now: only then are keys made and destroyed
    /// by `purser at-rest rotate` and `erase deleted`
    #[arg(long, requires = "etcd_servers", help_heading = "etcd")]
    etcd_sole_server: bool,
}

impl EtcdMembers {
    /// Whether there are some.
    pub(crate) fn are_given(&self) -> bool {
        !self.etcd_servers.is_empty()
    }

    /// Which keys of theirs are meant.
    pub(crate) fn keyspace(&self) -> &Keyspace {
        &self.etcd_prefix
    }

    /// They, for people.
    pub(super) fn named(&self) -> PathBuf {
        let members = self.etcd_servers.join(",");
        let named = match self.etcd_prefix.is_default() {
            true => members,
            false => format!("{members}, below {}", self.etcd_prefix),
        };
        named.into()
    }

    /// To be read and written by who sees to no history.
    pub(super) fn options(&self) -> Options {
        Options {
            tls: TlsFiles {
                ca: self.etcd_cafile.clone(),
                certificate: self.etcd_certfile.clone(),
                key: self.etcd_keyfile.clone(),
            },
            insecure: self.insecure_etcd_transport,
            compaction_interval: Duration::ZERO,
            ..Options::new(self.etcd_servers.clone())
        }
    }
}

impl EtcdFlags {
    /// Whether the data is in etcd.
    pub(crate) fn are_given(&self) -> bool {
        self.members.are_given()
    }

    /// Whether other servers may keep their data at the same place.
    pub(crate) fn is_shared(&self) -> bool {
        self.are_given() && !self.etcd_sole_server
    }

    /// The same, with the data where the flags say.
    pub(crate) fn locate(&self, layout: Layout) -> Layout {
        if !self.are_given() {
            return layout;
        }
        Layout {
            elsewhere: Some(self.members.named()),
            keyspace: self.members.keyspace().clone(),
            ..layout
        }
    }

    pub(super) fn options(&self) -> Options {
        Options {
            compaction_interval: self.etcd_compaction_interval,
            health_timeout: self.etcd_healthcheck_timeout,
            ..self.members.options()
        }
    }
}
