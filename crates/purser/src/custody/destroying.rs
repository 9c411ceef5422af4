//! The end of old keys.

use std::time::SystemTime;

use purser_kms::Destruction;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Custody, unread};
use crate::at_rest::OwnKeys;
use crate::at_rest::testimony::{self, Used, UsedKey};
use crate::error::Error;

/// A key that was destroyed.
// INVARIANT: the members are in the order of their names: they are part of what is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Destroyed {
    /// When it will be gone, of one whose destruction is scheduled; RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<String>,
    /// What was done to it.
    pub(super) how: How,
    /// Its id.
    pub(super) id: String,
}

/// How a key was destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum How {
    /// The file that it was kept in was overwritten and removed.
    Overwritten,
    /// The salt that made it of a passphrase was, and the passphrase stays.
    SaltOverwritten,
    /// Who keeps it destroyed it, and says that it is gone.
    ByHolder,
    /// Who keeps it does not use it any more, and will destroy it; until then it can be had back.
    Scheduled,
    /// Its destruction was begun by an erasure that was broken off; its holder does not have it any more.
    Gone,
}

impl Destroyed {
    fn file(id: String) -> Self {
        Self {
            at: None,
            how: How::Overwritten,
            id,
        }
    }

    fn held(id: String, destruction: Option<Destruction>) -> Self {
        let (how, at) = match destruction {
            Some(Destruction::Overwritten) => (How::Overwritten, None),
            Some(Destruction::SaltOverwritten) => (How::SaltOverwritten, None),
            Some(Destruction::ByHolder) => (How::ByHolder, None),
            Some(Destruction::Scheduled { at }) => (How::Scheduled, Some(date(at))),
            None => (How::Gone, None),
        };
        Self { at, how, id }
    }
}

fn date(at: SystemTime) -> String {
    OffsetDateTime::from(at).format(&Rfc3339).unwrap_or_default()
}

impl Custody {
    /// The key files that are there and not written with.
    pub(super) fn old_files(&self) -> Vec<String> {
        let now = self.at_rest.transformer.info().key_id;
        self.keys
            .as_ref()
            .map(|keys| keys.old_files(&now))
            .unwrap_or_default()
    }

    /// The keys of key holders that something here was sealed with, and that are not written with now.
    pub(super) async fn old_held(&self) -> Result<Vec<String>, Error> {
        Ok(self.old_used().await?.into_keys().collect())
    }

    /// The same, with what is known of each.
    async fn old_used(&self) -> Result<Used, Error> {
        let mut used = testimony::used(&self.store).await.map_err(unread)?;
        used.remove(&self.at_rest.transformer.info().key_id);
        Ok(used)
    }

    /// Destroys the key files that nothing needs; what an erasure destroys is to be certified.
    pub(super) async fn destroy_files(
        &self,
        keys: &OwnKeys,
        erases: bool,
        is_needed: impl Fn(&str) -> bool,
    ) -> Result<Vec<Destroyed>, Error> {
        let old = self.old_files();
        let mut doomed = old.clone();
        doomed.retain(|id| !is_needed(id));
        // Where a key holder seals none of them is written with, and they go all together.
        if keys.are_held() && doomed.len() < old.len() {
            doomed.clear();
        }
        let destroyed: Vec<Destroyed> = doomed.iter().cloned().map(Destroyed::file).collect();
        if erases && !destroyed.is_empty() {
            self.write_down(&destroyed).await?;
        }
        keys.destroy_files(&doomed).await?;
        for id in &doomed {
            tracing::info!(key = id, "destroyed an at-rest key that nothing needs");
        }
        Ok(destroyed)
    }

    /// Has key holders destroy the keys that this store was sealed with and that nothing needs: those, and no others that
    /// they may have. Keys that no holder has that is named are left as they are. While one of them is needed all stay: some
    /// holders can only destroy a key together with every earlier one.
    pub(super) async fn destroy_held(
        &self,
        keys: &OwnKeys,
        is_needed: impl Fn(&str) -> bool,
    ) -> Result<Vec<Destroyed>, Error> {
        let (mut destroyed, mut old) = (Vec::new(), Vec::from_iter(self.old_used().await?));
        if old.iter().any(|(id, _)| is_needed(id)) {
            return Ok(destroyed);
        }
        // The ninth version before the tenth: whoever destroys every earlier one too would not have it any more.
        old.sort_by_key(|(id, _)| id.len());
        for (id, key) in old {
            destroyed.extend(self.destroy_used(keys, id, key).await?);
        }
        Ok(destroyed)
    }

    /// `None`: no holder that is named has it, and it is not known to be gone.
    async fn destroy_used(
        &self,
        keys: &OwnKeys,
        id: String,
        key: UsedKey,
    ) -> Result<Option<Destroyed>, Error> {
        // Before, so that it is known afterwards why its holder does not have it.
        let begun = UsedKey {
            destruction_begun: true,
            ..key.clone()
        };
        self.keep_in_mind(&id, Some(begun)).await?;
        // That others do not have it says nothing: it may be where it was.
        let may_be_gone = key.destruction_begun && keys.are_of(&key.holder);
        let destruction = match keys.destroy_held(&id).await {
            Ok(None) if may_be_gone => None,
            Ok(Some(destruction)) => Some(destruction),
            left => {
                self.keep_in_mind(&id, Some(key)).await?;
                return left.map(|_| None);
            }
        };
        tracing::info!(
            key = id,
            ?destruction,
            "a key that nothing needs was destroyed by its holder"
        );
        let gone = Destroyed::held(id.clone(), destruction);
        self.write_down(std::slice::from_ref(&gone)).await?;
        self.keep_in_mind(&id, None).await?;
        Ok(Some(gone))
    }

    /// What is known of a key from here on; `None`: it is gone.
    async fn keep_in_mind(&self, id: &str, key: Option<UsedKey>) -> Result<(), Error> {
        let change = |used: &mut Used| {
            match &key {
                Some(key) => used.insert(id.to_owned(), key.clone()),
                None => used.remove(id),
            };
        };
        testimony::change(&self.store, false, change)
            .await
            .map_err(unread)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_is_told_what_became_of_a_key() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_764_000_000);
        for (destruction, told) in [
            (None, r#"{"how":"gone","id":"a"}"#),
            (Some(Destruction::ByHolder), r#"{"how":"by-holder","id":"a"}"#),
            (
                Some(Destruction::Scheduled { at }),
                r#"{"at":"2025-11-24T16:00:00Z","how":"scheduled","id":"a"}"#,
            ),
        ] {
            let destroyed = Destroyed::held("a".to_owned(), destruction);
            assert_eq!(serde_json::to_string(&destroyed).unwrap(), told);
        }
    }
}
