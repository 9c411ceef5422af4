//! Keys that are not kept but got anew at each start, as a private file says that lists them:
//!
//! ```text
//! {"version": "…", "keys": [{"id": "local-…", "made": <seconds since 1970>, …how to get it…}]}
//! ```
//!
//! The last one wraps, all unwrap. The id is a hash of the key, so that a key that was got wrongly is noticed.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use purser_encryption::{KeyHolder, LocalKeyHolder, OpenError, SealError, Wrapped};
use rustix::fs::{FlockOperation, flock};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::aside::aside;
use super::destroy::{Destroy, Destruction};
use super::error::HolderError;
use super::private::PrivateFiles;
use super::remote::time_of;
use super::rotate::Rotate;
use super::shred;

/// Bytes of a key.
pub(super) const KEY_LEN: usize = 32;
/// Most keys: each takes its time at the start.
const MOST_KEYS: usize = 32;

/// A key.
pub(super) type Key = Zeroizing<[u8; KEY_LEN]>;

/// Where keys are got from. Everything may take its time.
pub(super) trait Source: Clone + Send + Sync + 'static {
    /// How a key is got; nothing of it is worth anything without the source.
    type How: Serialize + DeserializeOwned;
    /// What a list of such keys calls itself.
    const VERSION: &'static str;
    /// What becomes of a key that the list does not have any more.
    const REMOVED: Destruction;

    /// The file that lists them.
    fn list(&self) -> PathBuf;
    /// How it is read and written.
    fn files(&self) -> PrivateFiles;
    /// How the holder is named.
    fn named(&self) -> String;
    /// Makes a key.
    fn make(&self) -> Result<(Self::How, Key), HolderError>;
    /// Gets one.
    fn get(&self, how: &Self::How) -> Result<Key, HolderError>;
    /// Why a key that was got is not the one that is listed.
    fn another(&self) -> HolderError;
}

#[derive(Serialize, Deserialize)]
struct List<H> {
    version: String,
    keys: Vec<Entry<H>>,
}

#[derive(Serialize, Deserialize)]
struct Entry<H> {
    id: String,
    made: u64,
    #[serde(flatten)]
    how: H,
}

/// Keys of a source, as its list says.
#[derive(Clone)]
pub(super) struct Listed<S>(pub(super) S);

impl<S: Source> Listed<S> {
    fn wrong(&self, reason: impl Into<String>) -> HolderError {
        HolderError::File {
            path: self.0.list(),
            reason: reason.into(),
        }
    }

    fn read(&self) -> Result<Option<List<S::How>>, HolderError> {
        let text = (self.0.files().read)(&self.0.list()).map_err(|reason| self.wrong(reason))?;
        let Some(text) = text else { return Ok(None) };
        let found: List<S::How> = serde_json::from_str(&text)
            .map_err(|error| self.wrong(format!("{error}; restore it from a backup")))?;
        if found.version != S::VERSION || found.keys.is_empty() || found.keys.len() > MOST_KEYS {
            return Err(self.wrong(format!("it is no {} of 1 to {MOST_KEYS} keys", S::VERSION)));
        }
        Ok(Some(found))
    }

    /// The key of an entry, unless it is another one.
    fn checked(&self, entry: &Entry<S::How>) -> Result<LocalKeyHolder, HolderError> {
        let key = LocalKeyHolder::of(vec![self.0.get(&entry.how)?]);
        let key = key.ok_or_else(|| self.wrong("the cipher refuses a key"))?;
        match key.primary() == entry.id {
            true => Ok(key),
            false => Err(self.0.another()),
        }
    }

    /// Held while the list is changed: of two who do at once one would write what the other has just added out of it,
    /// and what is wrapped with that by then would be lost.
    fn changing(&self) -> Result<File, HolderError> {
        let path = self.0.list();
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let directory =
            File::open(parent.unwrap_or(Path::new("."))).map_err(|error| self.wrong(error.to_string()))?;
        flock(&directory, FlockOperation::LockExclusive).map_err(|error| self.wrong(error.to_string()))?;
        Ok(directory)
    }

    fn add(&self) -> Result<String, HolderError> {
        let _one_at_a_time = self.changing()?;
        let mut list = self.read()?.unwrap_or(List {
            version: S::VERSION.to_owned(),
            keys: Vec::new(),
        });
        // A source that cannot get the last one would make keys that nobody has with it.
        if let Some(last) = list.keys.last() {
            self.checked(last)?;
        }
        if list.keys.len() >= MOST_KEYS {
            return Err(self.wrong(format!("it has as many keys as it may, {MOST_KEYS}")));
        }
        let (how, key) = self.0.make()?;
        let key = LocalKeyHolder::of(vec![key]);
        let key = key.ok_or_else(|| self.wrong("the cipher refuses the key"))?;
        let id = key.primary().to_owned();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        list.keys.push(Entry {
            id: id.clone(),
            made: now.unwrap_or_default().as_secs(),
            how,
        });
        let text = serde_json::to_string_pretty(&list).map_err(|error| self.wrong(error.to_string()))?;
        (self.0.files().write)(&self.0.list(), &(text + "\n")).map_err(|reason| self.wrong(reason))?;
        Ok(id)
    }

    /// Takes a key off the list, whose old content is overwritten.
    fn remove(&self, id: &str) -> Result<Destruction, HolderError> {
        let _one_at_a_time = self.changing()?;
        let path = self.0.list();
        shred::finish(&path).map_err(|reason| self.wrong(reason))?;
        let none = || HolderError::NoSuchKey(id.to_owned());
        let mut list = self.read()?.ok_or_else(none)?;
        if list.keys.last().is_some_and(|last| last.id == id) {
            return Err(HolderError::InUse(id.to_owned()));
        }
        let before = list.keys.len();
        list.keys.retain(|key| key.id != id);
        if list.keys.len() == before {
            return Err(none());
        }
        let text = serde_json::to_string_pretty(&list).map_err(|error| self.wrong(error.to_string()))?;
        shred::replace(&path, &(text + "\n"), self.0.files()).map_err(|reason| self.wrong(reason))?;
        Ok(S::REMOVED)
    }

    /// Gets what is not at hand yet.
    fn load(&self, before: &AtHand) -> Result<AtHand, HolderError> {
        let list = self.read()?.ok_or_else(|| HolderError::NoKey {
            holder: self.0.named(),
        })?;
        let mut now = AtHand::default();
        for entry in list.keys {
            let key = match before.keys.get(&entry.id) {
                Some(key) => Arc::clone(key),
                None => Arc::new(self.checked(&entry)?),
            };
            now.primary.clone_from(&entry.id);
            now.keys.insert(entry.id, key);
        }
        Ok(now)
    }

    /// Reads the list and gets its keys.
    pub(super) async fn open(self) -> Result<Arc<dyn KeyHolder>, HolderError> {
        let holder = Holder {
            listed: self,
            at_hand: Mutex::default(),
        };
        holder.renew().await?;
        Ok(Arc::new(holder))
    }
}

impl<S: Source> Rotate for Listed<S> {
    fn rotate(&self) -> BoxFuture<'_, Result<String, HolderError>> {
        let listed = self.clone();
        aside(move || listed.add()).boxed()
    }

    fn made(&self) -> BoxFuture<'_, Result<SystemTime, HolderError>> {
        let listed = self.clone();
        let read = move || {
            let list = listed.read()?;
            let last = list.and_then(|list| list.keys.last().map(|last| last.made));
            let made = last.ok_or_else(|| listed.wrong("there is no key yet"))?;
            time_of(made).ok_or_else(|| listed.wrong("it tells no age of the key"))
        };
        aside(read).boxed()
    }
}

impl<S: Source> Destroy for Listed<S> {
    fn destroy<'a>(&'a self, key_id: &'a str) -> BoxFuture<'a, Result<Destruction, HolderError>> {
        let (listed, key_id) = (self.clone(), key_id.to_owned());
        aside(move || listed.remove(&key_id)).boxed()
    }
}

/// Keys that were got, by id.
#[derive(Clone, Default)]
struct AtHand {
    keys: BTreeMap<String, Arc<LocalKeyHolder>>,
    primary: String,
}

/// The holder; each question about the key id reads the list again.
struct Holder<S> {
    listed: Listed<S>,
    at_hand: Mutex<AtHand>,
}

impl<S: Source> Holder<S> {
    async fn renew(&self) -> Result<String, HolderError> {
        let (listed, before) = (self.listed.clone(), self.at_hand.lock().clone());
        let now = aside(move || listed.load(&before)).await?;
        let primary = now.primary.clone();
        *self.at_hand.lock() = now;
        Ok(primary)
    }

    fn key(&self, id: Option<&str>) -> Option<Arc<LocalKeyHolder>> {
        let at_hand = self.at_hand.lock();
        at_hand.keys.get(id.unwrap_or(&at_hand.primary)).cloned()
    }
}

impl<S: Source> KeyHolder for Holder<S> {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        async {
            let renewed = self.renew().await;
            renewed.map_err(|error| SealError::Unavailable(error.to_string()))
        }
        .boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        async {
            let key = self.key(None).ok_or(SealError::Refused)?;
            key.wrap(secret).await
        }
        .boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        async {
            // Of a key that nobody has, any other one refuses it by name.
            let key = self.key(Some(&wrapped.key_id)).or_else(|| self.key(None));
            let key = key.ok_or_else(|| OpenError::NoKey("any".to_owned()))?;
            key.unwrap(wrapped).await
        }
        .boxed()
    }
}

/// Any bytes as a list of keys.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn any_list<S: Source>(bytes: &[u8]) {
    let Ok(list) = serde_json::from_slice::<List<S::How>>(bytes) else {
        return;
    };
    let written = serde_json::to_vec(&list).unwrap_or_default();
    let again = serde_json::from_slice::<List<S::How>>(&written);
    assert!(
        again.is_ok_and(|again| again.keys.len() == list.keys.len()),
        "a list that was written does not read"
    );
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    /// Keys that lie in the list itself, and are slow to make.
    #[derive(Clone)]
    struct Slow(PathBuf);

    impl Source for Slow {
        type How = BTreeMap<String, [u8; KEY_LEN]>;
        const VERSION: &'static str = "slow/v1";
        const REMOVED: Destruction = Destruction::Overwritten;

        fn list(&self) -> PathBuf {
            self.0.clone()
        }

        fn files(&self) -> PrivateFiles {
            PrivateFiles {
                read: |path| Ok(fs::read_to_string(path).ok().map(Zeroizing::new)),
                write: |path, text| {
                    let new = path.with_added_extension("new");
                    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, path));
                    written.map_err(|error| error.to_string())
                },
            }
        }

        fn named(&self) -> String {
            "slow".to_owned()
        }

        fn make(&self) -> Result<(Self::How, Key), HolderError> {
            std::thread::sleep(Duration::from_millis(50));
            let mut key = Zeroizing::new([0; KEY_LEN]);
            aws_lc_rs::rand::fill(key.as_mut_slice()).unwrap();
            Ok((Self::How::from([("key".to_owned(), *key)]), key))
        }

        fn get(&self, how: &Self::How) -> Result<Key, HolderError> {
            Ok(Zeroizing::new(how["key"]))
        }

        fn another(&self) -> HolderError {
            HolderError::Holder("another".to_owned())
        }
    }

    #[test]
    fn of_several_who_change_the_list_at_once_none_loses_the_key_of_another() {
        let home = tempfile::tempdir().unwrap();
        let listed = Listed(Slow(home.path().join("list")));
        let first = listed.add().unwrap();
        listed.add().unwrap();
        let added: Vec<String> = std::thread::scope(|scope| {
            let adding: Vec<_> = (0..4).map(|_| scope.spawn(|| listed.add().unwrap())).collect();
            let removing = scope.spawn(|| listed.remove(&first).unwrap());
            let added = adding.into_iter().map(|adding| adding.join().unwrap()).collect();
            removing.join().unwrap();
            added
        });
        let there = listed.read().unwrap().unwrap().keys;
        assert!(added.iter().all(|id| there.iter().any(|key| key.id == *id)));
        assert!(there.len() == 5 && there.iter().all(|key| key.id != first));
    }
}
