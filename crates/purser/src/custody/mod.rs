//! `purser at-rest`: what values are kept with, and another key for them.
//!
//! The work is the same for a data directory that is stopped ([`offline`]) and for a server that runs, which does it
//! itself ([`pages`]) while the command line watches ([`online`]). The etcd of a cluster of kube-apiservers ([`cluster`]) is
//! looked at and sealed anew, and nothing else is done there.

mod backups;
mod bar;
mod certificate;
mod chore;
mod chore_commands;
mod chore_pages;
mod cluster;
mod destroying;
mod erasure;
mod manifest;
mod offline;
mod online;
mod options;
mod pages;
mod place;
mod quarantine;
mod report;
mod rotation;
mod telling;
mod uncertified;
mod wipe;

use std::path::PathBuf;
use std::sync::Arc;

use purser_encryption::SealedStore;
use purser_encryption::rotation::{Pace, Progress, Survey, history, survey};
use purser_registry::Registry;
use purser_store::StoreError;

pub(crate) use chore_pages::ChorePages;
use manifest::Shelf;
use options::EraseCommand;
pub(crate) use options::{AtRestCommand, EXAMPLES};
pub(crate) use pages::AtRestPages;
use place::kind_of;
use report::Told;

use crate::at_rest::{AtRest, OwnKeys};
use crate::error::Error;
use crate::layout::Layout;

/// A store and the keys of its values.
pub(crate) struct Custody {
    store: SealedStore,
    /// The keys that it is sealed with; `None`: they are a configuration's.
    keys: Option<Arc<OwnKeys>>,
    /// Takes another key of theirs into use.
    at_rest: AtRest,
    /// The key that signs certificates of erasure; made when it is first needed.
    erasure_key: PathBuf,
    /// Which backups need which keys.
    shelf: Shelf,
    /// Held while values are moved, backups noted, and while it is shown that nothing needs a key and the key is destroyed.
    moving: tokio::sync::Mutex<()>,
    /// What has values of it in memory; `None`: nobody serves them.
    registry: Option<Arc<Registry>>,
    /// Whether other servers may seal with copies of the keys.
    is_shared: bool,
}

impl Custody {
    /// Looks after what is in `store`, which `registry` serves.
    pub(crate) fn new(
        store: SealedStore,
        at_rest: AtRest,
        layout: &Layout,
        registry: Option<Arc<Registry>>,
    ) -> Self {
        Self {
            store,
            keys: at_rest.keys.clone(),
            at_rest,
            erasure_key: layout.erasure_key(),
            shelf: Shelf::new(layout.backups()),
            moving: tokio::sync::Mutex::new(()),
            registry,
            is_shared: false,
        }
    }

    /// The same, of a store that other servers may serve too.
    pub(crate) fn shared(self, is_shared: bool) -> Self {
        Self { is_shared, ..self }
    }

    /// Opens every value, and tells what it was sealed with.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn survey(&self, progress: &Progress) -> Result<Survey, Error> {
        let kind_of = |key: &str| kind_of(self.store.keyspace(), key);
        survey(&self.store, kind_of, self.pace(), progress)
            .await
            .map_err(unread)
    }

    /// Tells what a survey found, and what else needs keys.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn tell(&self, found: &Survey) -> Result<Told, Error> {
        let remembered = history(&self.store).await.map_err(unread)?;
        let backups = self.manifests().await.map_err(|error| error.to_string());
        Ok(Told::new(found, &remembered, backups))
    }

    /// Others are served meanwhile, or nobody is.
    fn pace(&self) -> Pace {
        match self.registry {
            Some(_) => Pace::Beside,
            None => Pace::Alone,
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what maps an error")]
fn unread(error: StoreError) -> Error {
    Error::Server(format!("cannot read the store: {error}"))
}

/// Runs a command.
///
/// # Errors
/// When it cannot be done; [`Error::Findings`] when it was done and something is wrong.
pub(crate) fn run(command: &AtRestCommand) -> Result<(), Error> {
    match command {
        AtRestCommand::Erase(EraseCommand::VerifyCertificate { file, key }) => {
            return erasure::verify(file, key);
        }
        AtRestCommand::Erase(EraseCommand::Store(options)) => return wipe::run(options),
        _ => {}
    }
    let Some(target) = command.target() else {
        return Ok(());
    };
    target.check()?;
    if target.is_cluster() {
        return telling::tell(command, target, &cluster::run(command, target)?);
    }
    if let Some(chores) = chore_commands::chores(command)? {
        let done = match target.is_online() {
            true => online::see_to(&chores, target),
            false => offline::see_to(&chores, target),
        };
        return chore_commands::tell(&chores, target, &done?);
    }
    let told = match target.is_online() {
        true => online::run(command, target),
        false => offline::run(command, target),
    };
    telling::tell(command, target, &told?)
}
