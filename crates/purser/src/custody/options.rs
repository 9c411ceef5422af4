//! What `purser at-rest` is told.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::wipe::WipeOptions;
use crate::error::Error;
use crate::output::Output;

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
    /// old key is destroyed. Backups that were taken before need the old key: keep it, or take new ones first. With a
    /// configuration (--encryption-provider-config) the keys are the file's: what is stale is sealed anew with the
    /// first provider, and which keys nothing needs any more is told.
    Rotate {
        /// Where
        #[command(flatten)]
        target: Target,
        /// Keep the old keys, for backups that need them
        #[arg(long)]
        keep_old_keys: bool,
    },
    /// Make unreadable what is to be gone
    #[command(subcommand, arg_required_else_help = true)]
    Erase(EraseCommand),
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

impl AtRestCommand {
    /// Where it is done; `None`: it is about no store.
    pub(super) fn target(&self) -> Option<&Target> {
        match self {
            Self::Status(target)
            | Self::Verify(target)
            | Self::Rotate { target, .. }
            | Self::Erase(EraseCommand::Deleted(target)) => Some(target),
            Self::Erase(_) => None,
        }
    }
}

/// A server that runs, or the data of one that is stopped.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Administrator's login of the server that runs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data_dir", "key_dir", "encryption_provider_config"], help_heading = "Where")]
    pub(super) kubeconfig: Option<PathBuf>,
    /// Data directory of a server that is stopped
    #[arg(long, value_name = "DIR", help_heading = "Where")]
    pub(super) data_dir: Option<PathBuf>,
    /// Its at-rest keys; by default keys in the data directory
    #[arg(long, value_name = "DIR", requires = "data_dir", help_heading = "Where")]
    pub(super) key_dir: Option<PathBuf>,
    /// Its EncryptionConfiguration, when it has one
    #[arg(long, value_name = "FILE", requires = "data_dir", help_heading = "Where")]
    pub(super) encryption_provider_config: Option<PathBuf>,
    /// How it is told
    #[arg(long, short, value_enum, default_value_t = Output::Text)]
    pub(super) output: Output,
}

impl Target {
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.kubeconfig.is_none() && self.data_dir.is_none() {
            let why =
                "say which: --kubeconfig FILE for a server that runs, --data-dir DIR for one that is stopped";
            return Err(Error::Usage(why.to_owned()));
        }
        Ok(())
    }

    pub(super) fn is_online(&self) -> bool {
        self.kubeconfig.is_some()
    }
}
