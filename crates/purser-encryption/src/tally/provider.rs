//! What is counted of one KMS provider.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Direction;
use super::histogram::{Distribution, Histogram};
use super::key::{KeyUses, hashed, now};
use crate::counters::bump;

/// The most sets of labels with the hash of a key id that are told of a provider, each way taken apart: upstream's
/// `cacheSize`, which it has for all of them together.
const TOLD: usize = 100;
/// The most keys whose uses are kept: the least recently used goes first.
const KEYS: usize = 1024;
/// `dek_source_cache_size` before anything was kept.
const NOT_YET: u64 = u64::MAX;

/// What was wrong with a key id that a plugin's Status gave; the words are upstream's `ErrCodeKeyID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadKeyId {
    Empty,
    TooLong,
}

/// What is counted of one KMS provider, over all changes of the configuration.
#[derive(Debug)]
pub struct ProviderTally {
    name: String,
    keys: Mutex<HashMap<String, Arc<KeyUses>>>,
    /// When Status last gave a key id, by its hash, in milliseconds since 1970.
    statuses: Mutex<HashMap<String, u64>>,
    empty: AtomicU64,
    too_long: AtomicU64,
    /// By method and gRPC code, which both come from closed sets.
    calls: Mutex<BTreeMap<(&'static str, &'static str), Arc<Histogram>>>,
    kept: AtomicU64,
    misses: AtomicU64,
    generated: Histogram,
    not_generated: AtomicU64,
    v1: Mutex<V1>,
}

/// What is counted of KMS v1 alone.
#[derive(Debug)]
struct V1 {
    /// The part of the cache that is full.
    filled: f64,
    last: [Option<Instant>; 2],
    arrivals: [Histogram; 2],
}

/// The uses of a key in one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyUse {
    /// Which way.
    pub direction: Direction,
    /// The hash of its id, as labels show it.
    pub hash: String,
    /// How often.
    pub count: u64,
    /// When last, in seconds since 1970.
    pub last: f64,
}

impl ProviderTally {
    pub(super) fn new(name: &str) -> Self {
        // Upstream's buckets.
        let arrivals = || Histogram::doubling(Duration::from_secs(60), 10);
        Self {
            name: name.to_owned(),
            keys: Mutex::default(),
            statuses: Mutex::default(),
            empty: AtomicU64::new(0),
            too_long: AtomicU64::new(0),
            calls: Mutex::default(),
            kept: AtomicU64::new(NOT_YET),
            misses: AtomicU64::new(0),
            generated: Histogram::doubling(Duration::from_micros(5), 14),
            not_generated: AtomicU64::new(0),
            v1: Mutex::new(V1 {
                filled: 0.0,
                last: [None; 2],
                arrivals: [arrivals(), arrivals()],
            }),
        }
    }

    /// The provider's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The uses of keys, the latest first, at most a hundred.
    #[must_use]
    pub fn keys(&self) -> Vec<KeyUse> {
        let keys = self.keys.lock();
        let all = keys.iter().flat_map(|(hash, uses)| {
            Direction::BOTH.map(|direction| (uses.read(direction), direction, hash))
        });
        let mut used: Vec<_> = all.filter(|((count, _), ..)| *count > 0).collect();
        used.sort_unstable_by_key(|((_, last), direction, hash)| {
            (std::cmp::Reverse(*last), *direction, *hash)
        });
        used.truncate(TOLD);
        let told = used.into_iter().map(|((count, last), direction, hash)| KeyUse {
            direction,
            hash: hash.clone(),
            count,
            last: seconds(last),
        });
        told.collect()
    }

    /// The hashes of the key ids that Status gave, at most a hundred, each with when it did last, in seconds since 1970.
    #[must_use]
    pub fn statuses(&self) -> Vec<(String, f64)> {
        let statuses = self.statuses.lock();
        let told = statuses.iter().map(|(hash, last)| (hash.clone(), seconds(*last)));
        told.collect()
    }

    /// How often Status gave a key id that is none, by what was wrong with it.
    #[must_use]
    pub fn bad_key_ids(&self) -> [(&'static str, u64); 2] {
        [
            ("empty", self.empty.load(Ordering::Relaxed)),
            ("too_long", self.too_long.load(Ordering::Relaxed)),
        ]
    }

    /// How long calls of the plugin took, by method and gRPC code.
    #[must_use]
    pub fn calls(&self) -> Vec<(&'static str, &'static str, Distribution)> {
        let calls = self.calls.lock();
        let told = calls
            .iter()
            .map(|((method, code), took)| (*method, *code, took.read()));
        told.collect()
    }

    /// How many unwrapped seeds are kept; `None`: none were yet.
    #[must_use]
    pub fn kept(&self) -> Option<u64> {
        Some(self.kept.load(Ordering::Relaxed)).filter(|kept| *kept != NOT_YET)
    }

    /// How often a seed or key had to be unwrapped.
    #[must_use]
    pub fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }

    /// How long it took to make seeds and keys.
    #[must_use]
    pub fn generated(&self) -> Distribution {
        self.generated.read()
    }

    /// How often none could be made.
    #[must_use]
    pub fn not_generated(&self) -> u64 {
        self.not_generated.load(Ordering::Relaxed)
    }

    /// Of KMS v1: the part of the cache of keys that is full, and how far apart values came, each way.
    #[must_use]
    pub fn of_v1(&self) -> (f64, [(Direction, Distribution); 2]) {
        let v1 = self.v1.lock();
        let [opened, sealed] = v1.arrivals.each_ref().map(Histogram::read);
        let arrivals = [(Direction::FromStorage, opened), (Direction::ToStorage, sealed)];
        (v1.filled, arrivals)
    }

    /// Where uses of the key with this id are counted.
    pub(crate) fn key(&self, id: &str) -> Arc<KeyUses> {
        let hash = hashed(id);
        let mut keys = self.keys.lock();
        if keys.len() >= KEYS && !keys.contains_key(&hash) {
            let oldest = keys.iter().min_by_key(|(_, uses)| uses.last());
            if let Some(oldest) = oldest.map(|(hash, _)| hash.clone()) {
                keys.remove(&oldest);
            }
        }
        Arc::clone(keys.entry(hash).or_default())
    }

    /// Status gave this key id.
    pub(crate) fn status_gave(&self, id: &str) {
        let mut statuses = self.statuses.lock();
        let hash = hashed(id);
        if statuses.len() >= TOLD && !statuses.contains_key(&hash) {
            let oldest = statuses.iter().min_by_key(|(_, last)| **last);
            if let Some(oldest) = oldest.map(|(hash, _)| hash.clone()) {
                statuses.remove(&oldest);
            }
        }
        statuses.insert(hash, now());
    }

    /// Status gave what is no key id.
    pub(crate) fn status_gave_none(&self, why: BadKeyId) {
        bump(match why {
            BadKeyId::Empty => &self.empty,
            BadKeyId::TooLong => &self.too_long,
        });
    }

    /// A call of the plugin ended with this gRPC code.
    pub(crate) fn called(&self, method: &'static str, code: &'static str, took: Duration) {
        let mut calls = self.calls.lock();
        // Upstream's buckets.
        let new = || Arc::new(Histogram::doubling(Duration::from_micros(100), 20));
        calls.entry((method, code)).or_insert_with(new).observe(took);
    }

    /// So many unwrapped seeds are kept now.
    pub(crate) fn keeps(&self, seeds: usize) {
        let seeds = u64::try_from(seeds).unwrap_or(NOT_YET - 1);
        self.kept.store(seeds, Ordering::Relaxed);
    }

    /// A seed or key had to be unwrapped.
    pub(crate) fn missed(&self) {
        bump(&self.misses);
    }

    /// Counts the making of a seed or key, which `make` does.
    pub(crate) fn generating<T, E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let began = Instant::now();
        let made = make();
        match &made {
            Ok(_) => self.generated.observe(began.elapsed()),
            Err(_) => bump(&self.not_generated),
        }
        made
    }

    /// Of KMS v1: a value came this way.
    pub(crate) fn arrived(&self, direction: Direction) {
        let now = Instant::now();
        let mut v1 = self.v1.lock();
        let V1 { last, arrivals, .. } = &mut *v1;
        let at = usize::from(direction == Direction::ToStorage);
        if let (Some(last), Some(arrivals)) = (last.get_mut(at), arrivals.get(at)) {
            arrivals.observe(now - last.unwrap_or(now));
            *last = Some(now);
        }
    }

    /// Of KMS v1: this many keys are kept of as many as may be.
    pub(crate) fn filled(&self, kept: usize, most: usize) {
        let part = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
        self.v1.lock().filled = part(kept) / part(most.max(1));
    }
}

fn seconds(milliseconds: u64) -> f64 {
    Duration::from_millis(milliseconds).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_keys_the_latest_are_told_and_none_in_the_clear() {
        let tally = ProviderTally::new("p");
        for number in 0..2 * KEYS {
            let id = format!("the-key-{number}");
            tally.key(&id).used(Direction::ToStorage);
            tally.key(&id).used(Direction::FromStorage);
            tally.status_gave(&id);
        }
        let told = tally.keys();
        assert_eq!((told.len(), tally.keys.lock().len()), (TOLD, KEYS));
        assert!(
            told.iter()
                .all(|used| used.hash.starts_with("sha256:") && used.count == 1)
        );
        let statuses = tally.statuses();
        assert_eq!(statuses.len(), TOLD);
        assert!(!format!("{told:?}{statuses:?}").contains("the-key"));
    }

    #[test]
    fn a_key_that_comes_back_goes_on_being_counted() {
        let tally = ProviderTally::new("p");
        tally.key("a").used(Direction::ToStorage);
        tally.key("a").used(Direction::ToStorage);
        assert_eq!(tally.keys().first().map(|used| used.count), Some(2));
    }

    #[test]
    fn the_first_value_comes_no_time_after_none() {
        let tally = ProviderTally::new("p");
        tally.arrived(Direction::ToStorage);
        tally.filled(1, 4);
        let (filled, [(_, opened), (_, sealed)]) = tally.of_v1();
        assert!((filled - 0.25).abs() < 1e-9);
        assert_eq!((opened.count(), sealed.count()), (0, 1));
    }
}
