//! What the witness says: which keys of key holders this store was sealed with.
//!
//! A key holder may keep keys for others too, and may not tell which keys it has. Those of this store have to be known,
//! so that an erasure destroys all of them and no others. Behind a tab is who has it:
//!
//! ```text
//! whoever opens this has the key
//! +vault-purser-v2-1764000000     vault:https://kms/transit/purser     was sealed with
//! -vault-purser-v1-1763000000     vault:https://kms/transit/purser     and its destruction was begun
//! ```

use std::collections::BTreeMap;

use purser_encryption::{OpenError, SealedChange, SealedStore};
use purser_store::{Check, Keyspace, Outcome, StoreError};
use purser_types::Plaintext;

/// What the witness is called among the server's own records.
const NAME: &str = "witness";
/// What it begins with; any text would do.
const TESTIMONY: &str = "whoever opens this has the key";
/// Why it is not changed.
const UNOPENED: &str = "the witness cannot be opened";
/// Between a key and who has it.
const OF: char = '\t';
/// How often a change is tried that others come before.
const TRIES: usize = 16;

/// The storage key of the witness.
pub(super) fn witness(keyspace: &Keyspace) -> String {
    keyspace.record(NAME)
}

/// The keys of holders that sealed something here, by id.
pub(crate) type Used = BTreeMap<String, UsedKey>;

/// A key of a holder that sealed something here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsedKey {
    /// Who had it when it sealed, as people are told.
    pub(crate) holder: String,
    /// Whether its destruction was begun, so that its holder may have destroyed it already.
    pub(crate) destruction_begun: bool,
}

/// Which these are; none when the witness is missing or cannot be opened.
///
/// # Errors
/// When the store cannot be read, or the key holder is away.
pub(crate) async fn used(store: &SealedStore) -> Result<Used, StoreError> {
    match read(store).await? {
        Said::Known(used, _) => Ok(used),
        Said::Unopened(_) => Ok(Used::new()),
    }
}

/// Changes what the witness says, and seals it anew when that is so, or `anew` is said, for who has seen that the keys
/// are the store's: one that cannot be opened is written over only then.
///
/// # Errors
/// When it cannot be kept, or cannot be opened.
pub(crate) async fn change(
    store: &SealedStore,
    anew: bool,
    change: impl Fn(&mut Used),
) -> Result<(), StoreError> {
    for _ in 0..TRIES {
        let (before, mod_revision) = match read(store).await? {
            Said::Known(used, mod_revision) => (used, mod_revision),
            Said::Unopened(mod_revision) if anew => (Used::new(), mod_revision),
            Said::Unopened(_) => return Err(StoreError::Unavailable(UNOPENED.to_owned())),
        };
        let mut used = before.clone();
        change(&mut used);
        if used == before && !anew {
            return Ok(());
        }
        let key = witness(store.keyspace());
        let plaintext = text(&used);
        let unchanged = Check {
            key: key.clone(),
            mod_revision,
        };
        let witness = SealedChange::Put { key, plaintext };
        let committed = store.commit(vec![unchanged], vec![witness]).await;
        let committed = committed.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        if matches!(committed, Outcome::Committed(_)) {
            return Ok(());
        }
    }
    Err(StoreError::Unavailable("others change the witness".to_owned()))
}

/// What the witness says, with its revision.
enum Said {
    /// It is open, or not there.
    Known(Used, u64),
    /// It cannot be opened.
    Unopened(u64),
}

async fn read(store: &SealedStore) -> Result<Said, StoreError> {
    let key = witness(store.keyspace());
    let Some(record) = store.sealed().get(&key).await? else {
        return Ok(Said::Known(Used::new(), 0));
    };
    match store.open(&key, &record.value).await {
        Ok(opened) => Ok(Said::Known(parse(opened.plaintext.expose()), record.mod_revision)),
        // What it says would be lost if it were written anew now.
        Err(OpenError::Unavailable(why)) => Err(StoreError::Unavailable(why)),
        Err(_) => Ok(Said::Unopened(record.mod_revision)),
    }
}

fn parse(text: &[u8]) -> Used {
    let text = String::from_utf8_lossy(text);
    let line = |line: &str| {
        let (begun, plain) = (line.strip_prefix('-'), line.strip_prefix('+'));
        let said = begun.or(plain)?;
        let (id, holder) = said.split_once(OF).unwrap_or((said, ""));
        let key = UsedKey {
            holder: holder.to_owned(),
            destruction_begun: begun.is_some(),
        };
        Some((id.to_owned(), key))
    };
    text.lines().filter_map(line).collect()
}

fn text(used: &Used) -> Plaintext {
    let mut text = TESTIMONY.to_owned();
    for (id, key) in used {
        text.push_str(if key.destruction_begun { "\n-" } else { "\n+" });
        text.push_str(id);
        text.push(OF);
        text.push_str(&key.holder);
    }
    Plaintext::new(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_again() {
        let key = |destruction_begun| UsedKey {
            holder: "file:/a b".to_owned(),
            destruction_begun,
        };
        let used = Used::from([("a b".to_owned(), key(false)), ("-c".to_owned(), key(true))]);
        assert_eq!(parse(text(&used).expose()), used);
        assert_eq!(parse(TESTIMONY.as_bytes()), Used::new());
    }
}
