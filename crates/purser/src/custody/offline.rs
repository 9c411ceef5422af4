//! The data directory of a server that is stopped.

use std::sync::Arc;

use indicatif::ProgressBar;
use purser_encryption::SealedStore;
use purser_encryption::rotation::Progress;
use purser_store::Store;

use super::bar::{bar, watched};
use super::chore::{Chore, Done};
use super::options::{AtRestCommand, EraseCommand, Target};
use super::report::Told;
use super::rotation::{Purpose, Stage};
use super::{Custody, unread};
use crate::at_rest::{self, Configured};
use crate::error::Error;
use crate::initialised::Marks;
use crate::layout::{Layout, Surroundings};
use crate::store;

/// Runs a command on a data directory, which no server may have meanwhile.
pub(super) fn run(command: &AtRestCommand, target: &Target) -> Result<Told, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (custody, store) = open(target).await?;
        let told = work(&custody, command).await;
        store.close().await.map_err(unread)?;
        told
    })
}

/// Sees to chores on a data directory, which no server may have meanwhile. What is refused does not keep the others back.
pub(super) fn see_to(chores: &[Chore], target: &Target) -> Result<Done, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (custody, store) = open(target).await?;
        let seen_to = async {
            let mut all = Done::default();
            for chore in chores {
                let done = match custody.see_to(chore).await {
                    Ok(done) => done,
                    Err(refused) => Done::refused(refused.said()?),
                };
                all = all.join(done);
            }
            Ok(all)
        };
        let seen_to = seen_to.await;
        store.close().await.map_err(unread)?;
        seen_to
    })
}

async fn open(target: &Target) -> Result<(Custody, Arc<dyn Store>), Error> {
    let around = Surroundings::of_process()?;
    let layout = Layout::new(target.data_dir.as_deref(), target.key_dir.as_deref(), &around)?;
    let marks = Marks::new(&layout);
    if !layout.store().exists() {
        return Err(Error::Usage(format!("{} holds no store", layout.data.display())));
    }
    let store: Arc<dyn Store> = Arc::new(store::open(&layout, &marks)?);
    let configured = target
        .encryption_provider_config
        .clone()
        .map(|file| Configured::new(file, false));
    let at_rest = at_rest::open(&layout, &marks, &store, configured, &target.holders).await?;
    let sealed = SealedStore::new(Arc::clone(&store), Arc::clone(&at_rest.transformer))
        .within(layout.keyspace.clone());
    Ok((Custody::new(sealed, at_rest, &layout, None), store))
}

async fn work(custody: &Custody, command: &AtRestCommand) -> Result<Told, Error> {
    let bar = bar();
    let told = match command {
        AtRestCommand::Rotate { keep_old_keys, .. } => {
            let purpose = Purpose::Rotate {
                keep_old_keys: *keep_old_keys,
            };
            staged(custody, purpose, &bar).await
        }
        AtRestCommand::Erase(EraseCommand::Deleted(_)) => staged(custody, Purpose::Erase, &bar).await,
        _ => {
            let progress = Progress::default();
            let found = async {
                let found = custody.survey(&progress).await?;
                custody.tell(&found).await
            };
            watched(found, || ("opening every value", progress.read()), &bar).await
        }
    };
    bar.finish_and_clear();
    told
}

async fn staged(custody: &Custody, purpose: Purpose, bar: &ProgressBar) -> Result<Told, Error> {
    let stage = Stage::default();
    let look = || {
        let (name, done, total) = stage.read();
        (name, (done, total))
    };
    watched(custody.work(purpose, &stage), look, bar).await
}
