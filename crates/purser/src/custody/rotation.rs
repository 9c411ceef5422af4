//! Another key for everything, in stages.

use std::sync::Arc;

use parking_lot::Mutex;
use purser_encryption::rotation::{Progress, Report, rewrite};

use super::destroying::Destroyed;
use super::report::{Rotated, Told};
use super::{Custody, unread};
use crate::error::Error;

/// What another key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To seal with it; the old ones are destroyed, unless they are to be kept.
    Rotate { keep_old_keys: bool },
    /// To make what was sealed before unreadable, wherever it is.
    Erase,
}

/// How far a rotation is.
#[derive(Default)]
pub(super) struct Stage {
    now: Mutex<(&'static str, Arc<Progress>)>,
}

impl Stage {
    /// The next one begins; how far it is.
    pub(super) fn begin(&self, name: &'static str) -> Arc<Progress> {
        let progress = Arc::new(Progress::default());
        *self.now.lock() = (name, Arc::clone(&progress));
        progress
    }

    /// The stage's name, what of it is done, and how much there is.
    pub(super) fn read(&self) -> (&'static str, u64, u64) {
        let now = self.now.lock();
        let (done, total) = now.1.read();
        (now.0, done, total)
    }
}

impl Custody {
    /// Seals everything with another key. What an earlier run began is finished, and no further key is made, unless it is
    /// to erase: what was deleted since may be sealed with the one that is there.
    ///
    /// # Errors
    /// When something cannot be read, sealed or written; a later run goes on.
    pub(super) async fn rotate(&self, purpose: Purpose, stage: &Stage) -> Result<Told, Error> {
        self.take_key_of_now().await?;
        let made = self.new_key(purpose, &stage.begin("making a key")).await?;
        // Also when no key was made: the key of now may be another than the one in use, and what was sealed with that one
        // may be on its way.
        self.take_key_of_now().await?;
        let report = self.seal_anew(stage).await?;
        let destroyed = match purpose {
            Purpose::Rotate { keep_old_keys: true } => Vec::new(),
            _ => self.destroy_unneeded(purpose, stage).await?,
        };
        if purpose == Purpose::Erase {
            self.forget().await?;
        }
        let found = self.survey(&stage.begin("looking again")).await?;
        let mut told = self.tell(&found).await?;
        let (kept_keys, held_keys) = (self.old_files(), self.old_held().await?);
        let kept_for = match purpose {
            Purpose::Rotate { keep_old_keys: true } => Vec::new(),
            _ => why_kept(&told, kept_keys.iter().chain(&held_keys)),
        };
        told.rotation = Some(Rotated {
            made_key: made,
            sealed_anew: report.rewritten,
            left_alone: report.fresh + report.overtaken,
            unreadable: report.unopened,
            destroyed_keys: destroyed.iter().map(|key| key.id.clone()).collect(),
            destroyed,
            kept_keys,
            held_keys,
            kept_for,
        });
        Ok(told)
    }

    /// Finishes what earlier erasures began; why old keys are left, a sentence each.
    ///
    /// # Errors
    /// As [`Custody::rotate`].
    pub(super) async fn finish(&self, stage: &Stage) -> Result<Vec<String>, Error> {
        self.take_key_of_now().await?;
        self.seal_anew(stage).await?;
        self.destroy_unneeded(Purpose::Erase, stage).await?;
        let found = self.survey(&stage.begin("looking again")).await?;
        let told = self.tell(&found).await?;
        Ok(why_kept(&told, self.old_files().iter()))
    }

    /// Seals with the key of now what is sealed with another, after what is on its way sealed with that one.
    async fn seal_anew(&self, stage: &Stage) -> Result<Report, Error> {
        self.store.settle().await;
        let report = rewrite(&self.store, self.pace(), &stage.begin("sealing anew")).await;
        report.map_err(|error| Error::Server(format!("cannot seal anew: {error}")))
    }

    /// Makes a key, unless an earlier rotation is not finished or the keys are a configuration's; its id.
    async fn new_key(&self, purpose: Purpose, progress: &Progress) -> Result<Option<String>, Error> {
        let Some(keys) = &self.keys else {
            return Ok(None);
        };
        let has_old = !self.old_files().is_empty() || !self.old_held().await?.is_empty();
        if purpose != Purpose::Erase && has_old && self.has_stale(progress).await? {
            return Ok(None);
        }
        match keys.make().await? {
            Ok(made) => {
                tracing::info!(key = made, "made an at-rest key: back it up");
                Ok(Some(made))
            }
            Err(why) if purpose == Purpose::Erase && !has_old => Err(Error::Usage(format!(
                "nothing was erased: there is no new key: {why}"
            ))),
            Err(why) => {
                tracing::info!(why, "no new key: the key holder's key of now is taken");
                Ok(None)
            }
        }
    }

    /// Takes the key of now into use, and keeps both it and the one before in mind.
    async fn take_key_of_now(&self) -> Result<(), Error> {
        self.at_rest.note_key(&self.store).await.map_err(unread)?;
        self.at_rest.refresh().await?;
        self.at_rest.note_key(&self.store).await.map_err(unread)
    }

    async fn has_stale(&self, progress: &Progress) -> Result<bool, Error> {
        Ok(self.survey(progress).await?.total().stale > 0)
    }

    /// Lets go of what is in memory of what was deleted: sealed values in the caches, and seeds that open them.
    async fn forget(&self) -> Result<(), Error> {
        if let Some(registry) = &self.registry {
            let forgotten = registry.forget_history().await;
            forgotten.map_err(|error| Error::Server(format!("the caches do not follow: {error}")))?;
        }
        self.at_rest.forget();
        Ok(())
    }

    /// Destroys the old keys that nothing needs: no value, and nothing in history, which is forgotten for that. A value
    /// that cannot be opened may need any key, so that with one of those none is destroyed. Keys of key holders, which
    /// others may use too, only an erasure destroys.
    async fn destroy_unneeded(&self, purpose: Purpose, stage: &Stage) -> Result<Vec<Destroyed>, Error> {
        let Some(keys) = &self.keys else {
            return Ok(Vec::new());
        };
        // What is destroyed below was there before it was looked for who needs it.
        keys.read_files_again().await?;
        if self.old_held().await?.is_empty() && self.old_files().is_empty() {
            return Ok(Vec::new());
        }
        // What is moved meanwhile could be missed on both sides.
        let _nothing_is_moved_meanwhile = self.moving.lock().await;
        let now = self.store.sealed().revision().await.map_err(unread)?;
        self.store.compact(now).await.map_err(unread)?;
        let found = self
            .survey(&stage.begin("proving that nothing needs the old key"))
            .await?;
        let told = self.tell(&found).await?;
        let obstacles = told.obstacles();
        if !obstacles.is_empty() {
            tracing::warn!("no key is destroyed: {}", obstacles.join("; "));
            return Ok(Vec::new());
        }
        let is_needed = |id: &str| !told.needs(id).is_empty();
        let erases = purpose == Purpose::Erase;
        let mut destroyed = match erases {
            true => self.destroy_held(keys, is_needed).await?,
            false => Vec::new(),
        };
        destroyed.extend(self.destroy_files(keys, erases, is_needed).await?);
        self.at_rest.refresh().await?;
        Ok(destroyed)
    }
}

/// Why old keys that are there were not destroyed, a sentence each.
fn why_kept<'k>(told: &Told, old: impl Iterator<Item = &'k String>) -> Vec<String> {
    let mut old = old.peekable();
    let obstacles = match old.peek() {
        Some(_) => told.obstacles(),
        None => Vec::new(),
    };
    let obstacles = obstacles
        .into_iter()
        .map(|why| format!("no key is destroyed: {why}"));
    let needs = old.filter_map(|id| match told.needs(id).join(", ") {
        needs if needs.is_empty() => None,
        needs => Some(format!("{id} is kept for {needs}")),
    });
    obstacles.chain(needs).collect()
}
