//! Unwrapped seeds and keys, a bounded number of them, wiped when they are pushed out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{Context, SHA256};
use parking_lot::RwLock;

use crate::counters::{CacheCounters, bump};
use crate::encrypted_object::{EncryptedObject, SourceType};
use crate::key_holder::Wrapped;

/// Most seeds kept. There is about one per start of a writing process, and one per change of the key.
pub(crate) const CAPACITY: usize = 4096;

/// A full cache lets go of this part of its seeds, and of one at least.
const EVICTED_PART: usize = 32;

/// Names a wrapped seed: a hash of everything that the key holder is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SeedId([u8; 32]);

impl SeedId {
    /// One of `lanes` numbers, evenly spread.
    pub(crate) fn lane(&self, lanes: usize) -> usize {
        let [first, ..] = self.0;
        usize::from(first) % lanes.max(1)
    }

    /// The name of what sealed `object`.
    pub(crate) fn of(object: &EncryptedObject<'_>) -> Self {
        let mut annotations = object.annotations.clone();
        annotations.sort_unstable();
        Self::hash(
            object.source_type,
            object.source,
            object.key_id,
            annotations.into_iter(),
        )
    }

    /// The name of `wrapped`.
    pub(crate) fn of_wrapped(source_type: SourceType, wrapped: &Wrapped) -> Self {
        let annotations = wrapped
            .annotations
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_slice()));
        Self::hash(source_type, &wrapped.ciphertext, &wrapped.key_id, annotations)
    }

    fn hash<'a>(
        source_type: SourceType,
        source: &[u8],
        key_id: &str,
        annotations: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(&[source_type.number()]);
        let mut part = |bytes: &[u8]| {
            context.update(&(bytes.len() as u64).to_be_bytes());
            context.update(bytes);
        };
        part(source);
        part(key_id.as_bytes());
        for (key, value) in annotations {
            part(key.as_bytes());
            part(value);
        }
        let mut id = [0; 32];
        for (to, from) in id.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        Self(id)
    }
}

struct Entry<K> {
    key: K,
    used: AtomicU64,
}

/// The cache; the least recently used seed goes first.
pub(crate) struct SeedCache<K> {
    entries: RwLock<HashMap<SeedId, Entry<K>>>,
    tick: AtomicU64,
    capacity: usize,
    pub(crate) counters: CacheCounters,
}

impl<K: Clone> SeedCache<K> {
    /// A cache of at most `capacity`; 0: it keeps nothing.
    pub(crate) fn new(capacity: usize) -> Self {
        let counters = CacheCounters::default();
        Self {
            entries: RwLock::new(HashMap::new()),
            tick: AtomicU64::new(0),
            capacity,
            counters,
        }
    }

    pub(crate) fn get(&self, id: &SeedId) -> Option<K> {
        let entries = self.entries.read();
        let entry = entries.get(id)?;
        entry
            .used
            .store(self.tick.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(entry.key.clone())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.read().len()
    }

    /// Lets go of one.
    pub(crate) fn remove(&self, id: &SeedId) {
        self.entries.write().remove(id);
    }

    /// Lets go of everything.
    pub(crate) fn clear(&self) {
        self.entries.write().clear();
    }

    /// Lets go of the least recently used, several at once: to find one takes a look at all.
    fn make_room(&self, entries: &mut HashMap<SeedId, Entry<K>>) {
        let mut used: Vec<u64> = entries
            .values()
            .map(|entry| entry.used.load(Ordering::Relaxed))
            .collect();
        let last = self.capacity / EVICTED_PART;
        let Some((_, newest, _)) = (last < used.len()).then(|| used.select_nth_unstable(last)) else {
            return;
        };
        let newest = *newest;
        let before = entries.len();
        entries.retain(|_, entry| entry.used.load(Ordering::Relaxed) > newest);
        for _ in entries.len()..before {
            bump(&self.counters.evictions);
        }
    }

    pub(crate) fn insert(&self, id: SeedId, key: K) {
        if self.capacity == 0 {
            return;
        }
        let mut entries = self.entries.write();
        if entries.len() >= self.capacity && !entries.contains_key(&id) {
            self.make_room(&mut entries);
        }
        let used = AtomicU64::new(self.tick.fetch_add(1, Ordering::Relaxed));
        entries.insert(id, Entry { key, used });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_key::DataKey;

    fn id(number: u8) -> SeedId {
        SeedId([number; 32])
    }

    fn key() -> DataKey {
        DataKey::new(SourceType::Seed, &[1; 32]).unwrap()
    }

    #[test]
    fn the_least_recently_used_seed_goes_first() {
        let cache = SeedCache::new(2);
        cache.insert(id(1), key());
        cache.insert(id(2), key());
        assert!(cache.get(&id(1)).is_some());
        cache.insert(id(3), key());
        assert!(cache.get(&id(2)).is_none());
        assert!(cache.get(&id(1)).is_some() && cache.get(&id(3)).is_some());
        assert_eq!(cache.counters.evictions.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_cache_without_room_keeps_nothing() {
        let cache = SeedCache::new(0);
        cache.insert(id(1), key());
        assert!(cache.get(&id(1)).is_none());
    }

    #[test]
    fn the_name_of_a_seed_depends_on_everything_the_holder_is_given() {
        let base = Wrapped {
            ciphertext: vec![1],
            key_id: "k".to_owned(),
            annotations: [("a.b".to_owned(), vec![1])].into(),
        };
        let name = |wrapped: &Wrapped| SeedId::of_wrapped(SourceType::Seed, wrapped);
        let others = [
            Wrapped {
                ciphertext: vec![2],
                ..base.clone()
            },
            Wrapped {
                key_id: "l".to_owned(),
                ..base.clone()
            },
            Wrapped {
                annotations: [("a.b".to_owned(), vec![2])].into(),
                ..base.clone()
            },
            Wrapped {
                annotations: [("a.c".to_owned(), vec![1])].into(),
                ..base.clone()
            },
        ];
        for other in &others {
            assert_ne!(name(&base), name(other));
        }
        assert_ne!(name(&base), SeedId::of_wrapped(SourceType::Key, &base));
    }
}
