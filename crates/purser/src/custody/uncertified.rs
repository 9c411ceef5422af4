//! Keys that erasures destroy and that no certificate names yet.
//!
//! They are written down before: when an erasure is broken off between the destruction of a key and the certificate, that
//! of the next one names them too.

use purser_encryption::SealedChange;
use purser_store::Check;
use purser_types::Plaintext;
use serde::{Deserialize, Serialize};

use super::destroying::Destroyed;
use super::erasure::now;
use super::{Custody, unread};
use crate::error::Error;

/// What the record is called among the server's own.
const NAME: &str = "erasure";

/// What erasures did that were not certified.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Uncertified {
    /// When the first of them began to destroy; RFC 3339.
    pub(super) began: String,
    /// Keys that they destroyed, or were about to.
    pub(super) keys: Vec<Destroyed>,
}

impl Uncertified {
    /// These keys, and those that were destroyed before.
    pub(super) fn with(&self, destroyed: &[Destroyed]) -> Vec<Destroyed> {
        let before = self.keys.iter();
        let before = before.filter(|known| destroyed.iter().all(|key| key.id != known.id));
        before.chain(destroyed).cloned().collect()
    }

    /// When it began, with what was destroyed before; `began`: without.
    pub(super) fn since(&self, began: String) -> String {
        match self.keys.is_empty() {
            true => began,
            // All of a form that sorts.
            false => began.min(self.began.clone()),
        }
    }
}

impl Custody {
    /// What earlier erasures destroyed without a certificate. What is a key still is left out: they did not get there.
    ///
    /// # Errors
    /// When it cannot be read: nothing is to be certified that might leave something out.
    pub(super) async fn uncertified(&self) -> Result<Uncertified, Error> {
        let mut found = self.written_down().await?.0;
        let there = self.old_files();
        found.keys.retain(|key| !there.contains(&key.id));
        Ok(found)
    }

    /// Writes down that these are about to be destroyed, or were just now by their holder.
    ///
    /// # Errors
    /// When it cannot be kept; then they must not be destroyed.
    pub(super) async fn write_down(&self, keys: &[Destroyed]) -> Result<(), Error> {
        let (mut written, revision) = self.written_down().await?;
        if written.keys.is_empty() {
            written.began = now();
        }
        for key in keys {
            written.keys.retain(|known| known.id != key.id);
            written.keys.push(key.clone());
        }
        let text = serde_json::to_vec(&written).map_err(|error| Error::Server(error.to_string()))?;
        let written = SealedChange::Put {
            key: self.erasure_record(),
            plaintext: Plaintext::new(text),
        };
        self.change(written, revision).await
    }

    /// A certificate names all of them.
    ///
    /// # Errors
    /// When the store cannot be written; the next certificate names them again.
    pub(super) async fn certified(&self) -> Result<(), Error> {
        let (written, revision) = self.written_down().await?;
        if written == Uncertified::default() {
            return Ok(());
        }
        let key = self.erasure_record();
        self.change(SealedChange::Delete { key }, revision).await
    }

    async fn change(&self, change: SealedChange, mod_revision: u64) -> Result<(), Error> {
        let unchanged = Check {
            key: self.erasure_record(),
            mod_revision,
        };
        let kept = self.store.commit(vec![unchanged], vec![change]).await;
        let failed = |why: String| Error::Server(format!("cannot keep in mind which keys are erased: {why}"));
        match kept.map_err(|error| failed(error.to_string()))? {
            purser_store::Outcome::Committed(_) => Ok(()),
            purser_store::Outcome::Failed { .. } => Err(failed("another erasure is under way".to_owned())),
        }
    }

    /// Its storage key.
    fn erasure_record(&self) -> String {
        self.store.keyspace().record(NAME)
    }

    async fn written_down(&self) -> Result<(Uncertified, u64), Error> {
        let key = self.erasure_record();
        let Some(record) = self.store.sealed().get(&key).await.map_err(unread)? else {
            return Ok((Uncertified::default(), 0));
        };
        let unknown = |why: String| Error::Server(format!("which keys were erased before is unknown: {why}"));
        let opened = self.store.open(&key, &record.value).await;
        let opened = opened.map_err(|why| unknown(why.to_string()))?;
        let written = serde_json::from_slice(opened.plaintext.expose());
        Ok((
            written.map_err(|why| unknown(why.to_string()))?,
            record.mod_revision,
        ))
    }
}
