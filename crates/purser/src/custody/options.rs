//! What `purser at-rest` is told.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::wipe::WipeOptions;
use crate::at_rest::Holders;
use crate::error::Error;
use crate::output::Output;
use crate::store::EtcdMembers;

pub(crate) const EXAMPLES: &str = "\
Examples:
  # What is every value sealed with? Of the server that the kubeconfig names
  purser at-rest status --kubeconfig DATA/admin.kubeconfig

  # Is nothing in the clear, stale or unreadable? Exits with 1 when something is; of a server that is stopped
  purser at-rest verify --data-dir DATA

  # Another key for everything, while the server runs; the old one is destroyed when nothing needs it any more
  purser at-rest rotate --kubeconfig DATA/admin.kubeconfig

  # What was deleted is to be unreadable for ever, wherever a copy of it is; and the proof of it for the auditor
  purser at-rest erase deleted --kubeconfig DATA/admin.kubeconfig > erasure.json
  purser at-rest erase verify-certificate erasure.json --key DATA/pki/erasure.pub

  # Values that cannot be opened are put out of everybody's way, and back when their key is there again
  purser at-rest quarantine add secrets default/db --kubeconfig DATA/admin.kubeconfig
  purser at-rest quarantine restore --all-readable --kubeconfig DATA/admin.kubeconfig

  # A backup of the data is taken: the keys that it needs are kept until it is released
  purser at-rest backups record nightly-7 --kubeconfig DATA/admin.kubeconfig
  purser at-rest backups release nightly-1 --kubeconfig DATA/admin.kubeconfig

  # The etcd of a cluster of kube-apiservers, with the cluster's own configuration; rotate works while they run
  purser at-rest verify --etcd-servers https://127.0.0.1:2379 --etcd-cafile CA --etcd-certfile CERT --etcd-keyfile KEY \
    --encryption-provider-config FILE

  # A server that will not start again: the keys are destroyed, then everything is overwritten
  purser at-rest erase store --data-dir DATA";

/// What is done about values at rest.
#[derive(Debug, Subcommand)]
pub(crate) enum AtRestCommand {
    /// Tell which provider and key the values of each resource are sealed with
    Status(Target),
    /// Open every value; exit with 1 when one is in the clear, stale, unreadable, or not bound to its place
    Verify(Target),
    /// Seal everything with another key, and destroy the old one when nothing needs it any more
    ///
    /// In stages, each of which can be broken off and is taken up again by the next run: a new key is made and written
    /// with, what is stale is sealed anew, history is forgotten, it is shown that nothing needs the old key, and the
    /// old key is destroyed. What was noted with `backups record` keeps the keys that it needs; other backups that were
    /// taken before need a copy of the old key then, unless --keep-old-keys is said. With a configuration
    /// (--encryption-provider-config) the keys are the file's: what is stale is sealed anew with the first provider, and
    /// which keys nothing needs any more is told. Keys of a key holder stay, for others may use them: only `erase deleted`
    /// has them destroyed.
    Rotate {
        /// Where
        #[command(flatten)]
        target: Target,
        /// Keep all old keys, for backups that were not noted
        #[arg(long)]
        keep_old_keys: bool,
    },
    /// Make unreadable what is to be gone
    #[command(subcommand, arg_required_else_help = true)]
    Erase(EraseCommand),
    /// Keep values aside that cannot be opened, and put them back
    ///
    /// What is kept aside is sealed as it was, byte for byte, and is in nobody's way: for everybody else the object is
    /// deleted. The key that it needs is kept, and it can be put back to its place at any time.
    #[command(subcommand, arg_required_else_help = true)]
    Quarantine(QuarantineCommand),
    /// Say which backups of the data there are, so that the keys that they need are kept; copies nothing
    #[command(subcommand, arg_required_else_help = true)]
    Backups(BackupsCommand),
}

/// What is erased.
#[derive(Debug, Subcommand)]
pub(crate) enum EraseCommand {
    /// Make everything that was deleted or overwritten unreadable for ever, and print a signed certificate of it
    ///
    /// Cryptographic erasure, as NIST SP 800-88 has it: everything that is there is sealed with a new key, history is
    /// forgotten, it is shown that nothing needs the old keys, and they are destroyed. What is left of deleted values, in
    /// free pages of the store's file, in snapshots and in backups of the data, is ciphertext whose key is gone. Backups of
    /// the keys have to be destroyed as well: nobody can do that from here.
    ///
    /// With a key holder, the holder is told to destroy the old keys that this store was sealed with, and no others:
    /// AWS KMS in seven days, Transit together with every version before them. Whoever shares such a key with this store,
    /// as another cluster might, loses it too. A holder that cannot destroy keys is told before anything is done.
    Deleted(Target),
    /// Destroy a store that is out of use: its keys first, then everything is overwritten and removed
    ///
    /// Refuses what is in use, and what holds something that is not known here. Nothing brings it back.
    Store(WipeOptions),
    /// See that a certificate of erasure is signed with a key and says what was signed; exit with 1 when not
    VerifyCertificate {
        /// The certificate
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The public key of the server, in PEM: DATA/pki/erasure.pub
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
}

/// What is done about values that are kept aside.
#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// Put values aside that cannot be opened; nothing is put aside that can be, or may be soon
    Add {
        /// The resource, as kubectl names it: secrets
        #[arg(required_unless_present = "all_unreadable", conflicts_with = "all_unreadable")]
        resource: Option<String>,
        /// The objects
        #[arg(value_name = "NAMESPACE/NAME", required_unless_present = "all_unreadable")]
        names: Vec<String>,
        /// Everything that cannot be opened
        #[arg(long)]
        all_unreadable: bool,
        /// Where
        #[command(flatten)]
        target: Target,
    },
    /// Tell what is kept aside, and whether it can be opened now
    List(Target),
    /// Put values back to their places, as they were, if nothing else is there now
    Restore {
        /// What the list calls them
        #[arg(
            value_name = "ID",
            required_unless_present = "all_readable",
            conflicts_with = "all_readable"
        )]
        ids: Vec<String>,
        /// Everything that can be opened again
        #[arg(long)]
        all_readable: bool,
        /// Where
        #[command(flatten)]
        target: Target,
    },
    /// Destroy values that are kept aside; the keys that only they need go with the next rotation
    Discard {
        /// What the list calls them
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
        /// Where
        #[command(flatten)]
        target: Target,
    },
}

/// What is done about backups.
#[derive(Debug, Subcommand)]
pub(crate) enum BackupsCommand {
    /// Note that a backup of the data is taken now: every key that it may need is kept from here on
    ///
    /// Say it before the data is copied, and rotate only once it is.
    Record {
        /// What the backup is called
        name: String,
        /// Where
        #[command(flatten)]
        target: Target,
    },
    /// Tell which backups are known, and which keys they need
    List(Target),
    /// Let backups go that are no more: the keys that only they need go with the next rotation
    Release {
        /// What they are called
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
        /// Where
        #[command(flatten)]
        target: Target,
    },
}

impl AtRestCommand {
    /// Where it is done; `None`: it is about no store.
    pub(super) fn target(&self) -> Option<&Target> {
        match self {
            Self::Status(target)
            | Self::Verify(target)
            | Self::Rotate { target, .. }
            | Self::Erase(EraseCommand::Deleted(target))
            | Self::Quarantine(
                QuarantineCommand::Add { target, .. }
                | QuarantineCommand::List(target)
                | QuarantineCommand::Restore { target, .. }
                | QuarantineCommand::Discard { target, .. },
            )
            | Self::Backups(
                BackupsCommand::Record { target, .. }
                | BackupsCommand::List(target)
                | BackupsCommand::Release { target, .. },
            ) => Some(target),
            Self::Erase(_) => None,
        }
    }
}

/// A server that runs, or the data of one that is stopped.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Administrator's login of the server that runs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data_dir", "key_dir", "encryption_provider_config", "at_rest_key_holder", "former_at_rest_key_holder", "etcd_servers"], help_heading = "Where")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Data directory of a server that is stopped
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with = "etcd_servers",
        help_heading = "Where"
    )]
    pub(super) data_dir: Option<PathBuf>,
    /// Its at-rest keys; by default keys in the data directory
    #[arg(long, value_name = "DIR", requires = "data_dir", help_heading = "Where")]
    pub(super) key_dir: Option<PathBuf>,
    /// Its EncryptionConfiguration, when it has one; with --etcd-servers that of the cluster's kube-apiservers
    #[arg(long, value_name = "FILE", help_heading = "Where")]
    pub(super) encryption_provider_config: Option<PathBuf>,
    /// The etcd of a cluster of kube-apiservers, which may run meanwhile
    #[command(flatten)]
    pub(super) etcd: Box<EtcdMembers>,
    /// Its key holders, when it has some
    #[command(flatten)]
    pub(super) holders: Holders,
    /// How it is told
    #[arg(long, short, value_enum, default_value_t = Output::Text)]
    pub(super) output: Output,
}

impl Target {
    pub(super) fn check(&self) -> Result<(), Error> {
        let why = match self {
            _ if self.is_cluster() => self.check_cluster(),
            Self {
                kubeconfig: None,
                data_dir: None,
                ..
            } => Some(
                "say which: --kubeconfig FILE for a server that runs, --data-dir DIR for one that is stopped, \
                 --etcd-servers URLS for a cluster of kube-apiservers",
            ),
            _ => None,
        };
        why.map_or(Ok(()), |why| Err(Error::Usage(why.to_owned())))
    }

    /// What is wrong about an etcd.
    fn check_cluster(&self) -> Option<&'static str> {
        if self.encryption_provider_config.is_none() {
            return Some(
                "with --etcd-servers say --encryption-provider-config: the file of the cluster's kube-apiservers. A Purser \
                 on etcd that has keys of its own is asked with --kubeconfig",
            );
        }
        let held = &self.holders;
        let has_holders = held.at_rest_key_holder.is_some() || !held.former_at_rest_key_holder.is_empty();
        has_holders
            .then_some("a cluster of kube-apiservers has no key holders but those of its configuration")
    }

    /// Whether it is a cluster's etcd.
    pub(super) fn is_cluster(&self) -> bool {
        self.etcd.are_given()
    }

    pub(super) fn is_online(&self) -> bool {
        self.kubeconfig.is_some()
    }
}
