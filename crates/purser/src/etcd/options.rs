//! What `purser etcd` is told.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use purser_etcd::{CLIENT_PORT, PEER_PORT, Side, Step};
use purser_store::Keyspace;

use crate::span;

pub(crate) const EXAMPLES: &str = "\
Examples:
  # Three authorities, certificates, a configuration and a systemd unit for each member; prints what to do next
  purser etcd init --dir ./etcd --members a=10.0.0.1,b=10.0.0.2,c=10.0.0.3

  # New certificates from the same authorities; members go on without a restart
  purser etcd renew --dir ./etcd

  # Look at that cluster: from outside, as a client, and at its files
  purser etcd check --dir ./etcd

  # Look at any cluster, as a stranger and as a client
  purser etcd check --endpoints https://10.0.0.1:2379 --cacert ca.crt --cert client.crt --key client.key

  # Look at what is on a member's machine as well
  purser etcd check --config /etc/etcd/etcd.yaml --data-dir /var/lib/etcd --look-in /var/backups";

pub(crate) const CHECK_EXIT_CODES: &str = "\
Exit codes:
  0    all that was asked for was looked at, and is right
  1    something is not right, or the check cannot begin: the message says why
  2    nothing wrong was found, but something that was asked for could not be looked at; or wrong usage";

/// What is done about an etcd cluster.
#[derive(Debug, Subcommand)]
pub(crate) enum EtcdCommand {
    /// Make everything for a new cluster: authorities, certificates, configurations, systemd units
    ///
    /// The authorities of peers, servers and clients are three: who has a client's certificate is no member. Each
    /// member's directory goes to its machine whole. Nothing that is there already is overwritten.
    Init(InitOptions),
    /// Replace certificates, or, in steps, an authority
    Renew(RenewOptions),
    /// Look at a cluster, whoever made it: from outside as a stranger, as a client, and at its files
    ///
    /// Each finding comes with what was tried, what came of it, and what to do. What could not be looked at is told,
    /// and never counts as right. Nothing is changed; members log the connections that they refuse.
    #[command(after_help = CHECK_EXIT_CODES)]
    Check(Box<CheckOptions>),
}

/// A new cluster.
#[derive(Debug, Args)]
pub(crate) struct InitOptions {
    /// Directory to make; it must not be there yet, or be empty
    #[arg(long, value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// Members, 1, 3, 5, 7 or 9: NAME=IP, or NAME=IP:CLIENT-PORT:PEER-PORT
    #[arg(long, value_name = "NAME=IP,...", value_delimiter = ',', required = true)]
    pub(super) members: Vec<String>,
    /// Port for clients of members that name none
    #[arg(long, value_name = "PORT", default_value_t = CLIENT_PORT)]
    pub(super) client_port: u16,
    /// Port for peers of members that name none
    #[arg(long, value_name = "PORT", default_value_t = PEER_PORT)]
    pub(super) peer_port: u16,
    /// Where members keep their data; a relative path begins where the configuration is
    #[arg(long, value_name = "DIR", default_value = "/var/lib/etcd")]
    pub(super) data_dir: PathBuf,
    /// Where each member's directory will be on its machine
    #[arg(long, value_name = "DIR", default_value = "/etc/etcd")]
    pub(super) install_dir: PathBuf,
    /// How many days certificates are good, 1 to 3650; authorities are for ten years
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(super) days: u16,
}

/// What is replaced.
#[derive(Debug, Args)]
pub(crate) struct RenewOptions {
    /// Directory that `purser etcd init` made, with its ca directory
    #[arg(long, value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// How many days the new certificates are good, 1 to 3650
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub(super) days: u16,
    /// New keys as well; a handshake between the change of a key and that of its certificate fails, once
    #[arg(long, conflicts_with = "authority")]
    pub(super) new_keys: bool,
    /// Replace this authority, one step at a time
    #[arg(long, value_name = "OF", value_enum, requires = "step")]
    pub(super) authority: Option<Authority>,
    /// Which step: trust the new one too, sign with it, drop the old one
    #[arg(long, value_name = "STEP", value_enum, requires = "authority")]
    pub(super) step: Option<RollOver>,
}

/// Whose authority.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Authority {
    /// Of members, for one another
    Peers,
    /// Of members, for clients
    Servers,
    /// Of clients
    Clients,
}

impl From<Authority> for Side {
    fn from(authority: Authority) -> Self {
        match authority {
            Authority::Peers => Self::Peers,
            Authority::Servers => Self::Servers,
            Authority::Clients => Self::Clients,
        }
    }
}

/// A step of an authority's replacement.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RollOver {
    /// Make the new authority, and trust both; then members, or clients, are restarted
    Trust,
    /// Sign certificates with the new one
    Reissue,
    /// Trust the new one alone; then members, or clients, are restarted
    Drop,
}

impl From<RollOver> for Step {
    fn from(step: RollOver) -> Self {
        match step {
            RollOver::Trust => Self::Trust,
            RollOver::Reissue => Self::Reissue,
            RollOver::Drop => Self::Drop,
        }
    }
}

/// How a check is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckOutput {
    /// Findings, then what was not looked at
    Table,
    /// Everything, also what passed
    Json,
}

/// What is looked at.
#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    /// Where clients call members
    #[arg(long, value_name = "URL,...", value_delimiter = ',')]
    pub(super) endpoints: Vec<String>,
    /// Where peers call members; by default where the members say
    #[arg(long, value_name = "URL,...", value_delimiter = ',')]
    pub(super) peer_endpoints: Vec<String>,
    /// Authority of the servers
    #[arg(long, value_name = "FILE")]
    pub(super) cacert: Option<PathBuf>,
    /// A client's certificate; root's is told most
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(super) cert: Option<PathBuf>,
    /// Its key
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(super) key: Option<PathBuf>,
    /// Directory that `purser etcd init` made: names endpoints, certificates and configurations
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// Configuration of a member on this machine; paths in it begin at its directory
    #[arg(long, value_name = "FILE")]
    pub(super) config: Vec<PathBuf>,
    /// Data directory of a member on this machine
    #[arg(long, value_name = "DIR")]
    pub(super) data_dir: Vec<PathBuf>,
    /// Where to look for snapshots that others may read, three directories deep
    #[arg(long, value_name = "DIR")]
    pub(super) look_in: Vec<PathBuf>,
    /// What keys begin with
    #[arg(long, value_name = "PREFIX", default_value = "/registry")]
    pub(super) etcd_prefix: Keyspace,
    /// How long to wait for each answer
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = span::parse_some)]
    pub(super) timeout: Duration,
    /// How it is told
    #[arg(long, short, value_enum, default_value_t = CheckOutput::Table)]
    pub(super) output: CheckOutput,
}
