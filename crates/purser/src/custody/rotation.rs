//! Another key for everything, in stages.

use std::sync::Arc;

use parking_lot::Mutex;
use purser_encryption::LocalKeyHolder;
use purser_encryption::rotation::{Progress, history, rewrite};

use super::report::{Rotated, Told};
use super::{Custody, unread};
use crate::aside::aside;
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
    fn begin(&self, name: &'static str) -> Arc<Progress> {
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
        let made = self.new_key(purpose, &stage.begin("making a key")).await?;
        // Also when no key was made: the key of now may be another than the one in use, and what was sealed with that one
        // may be on its way.
        self.at_rest.refresh().await?;
        self.store.settle().await;
        let report = rewrite(&self.store, self.pace(), &stage.begin("sealing anew")).await;
        let report = report.map_err(|error| Error::Server(format!("cannot seal anew: {error}")))?;
        let destroyed = match purpose {
            Purpose::Rotate { keep_old_keys: true } => Vec::new(),
            _ => self.destroy_unneeded(stage).await?,
        };
        if purpose == Purpose::Erase {
            self.forget().await?;
        }
        let found = self.survey(&stage.begin("looking again")).await?;
        let kept = history(&self.store).await.map_err(unread)?;
        let mut told = Told::new(&found, &kept);
        told.rotation = Some(Rotated {
            made_key: made,
            sealed_anew: report.rewritten,
            left_alone: report.fresh + report.overtaken,
            unreadable: report.unopened,
            destroyed_keys: destroyed,
            kept_keys: self.old_keys(),
        });
        Ok(told)
    }

    /// Makes a key, unless an earlier rotation is not finished or the keys are a configuration's; its id.
    async fn new_key(&self, purpose: Purpose, progress: &Progress) -> Result<Option<String>, Error> {
        let Some(keys) = &self.keys else {
            return Ok(None);
        };
        let unfinished = !self.old_keys().is_empty() && self.has_stale(progress).await?;
        if unfinished && purpose != Purpose::Erase {
            return Ok(None);
        }
        let directory = keys.directory().to_owned();
        let made = aside(move || Ok(LocalKeyHolder::generate(&directory)?)).await?;
        tracing::info!(key = made, "made an at-rest key: back it up");
        Ok(Some(made))
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

    /// The keys that are there and not written with.
    pub(super) fn old_keys(&self) -> Vec<String> {
        let now = self.at_rest.transformer.info().key_id;
        let keys = self.keys.as_ref().map(|keys| keys.key_ids()).unwrap_or_default();
        keys.into_iter().filter(|key| *key != now).collect()
    }

    /// Destroys the old keys that nothing needs: no value, and nothing in history, which is forgotten for that. A value
    /// that cannot be opened may need any key, so that with one of those none is destroyed.
    async fn destroy_unneeded(&self, stage: &Stage) -> Result<Vec<String>, Error> {
        let (Some(keys), false) = (&self.keys, self.old_keys().is_empty()) else {
            return Ok(Vec::new());
        };
        let now = self.store.sealed().revision().await.map_err(unread)?;
        self.store.compact(now).await.map_err(unread)?;
        let found = self
            .survey(&stage.begin("proving that nothing needs the old key"))
            .await?
            .total();
        if found.unopened > 0 {
            tracing::warn!(
                values = found.unopened,
                "no key is destroyed: some values cannot be opened, and may need it"
            );
            return Ok(Vec::new());
        }
        let remembered = history(&self.store).await.map_err(unread)?;
        let needed = |id: &String| found.by.keys().chain(remembered.keys()).any(|by| by.key == *id);
        let mut destroyed = Vec::new();
        for id in self.old_keys().into_iter().filter(|id| !needed(id)) {
            let (directory, key) = (keys.directory().to_owned(), id.clone());
            aside(move || Ok(LocalKeyHolder::destroy(&directory, &key)?)).await?;
            tracing::info!(key = id, "destroyed an at-rest key that nothing needs");
            destroyed.push(id);
        }
        self.at_rest.refresh().await?;
        Ok(destroyed)
    }
}
