//! What all values are sealed with.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use purser_store::{Event, Record, Revision, StoreError, Watched};

use super::everything::Everything;
use super::origin::Origin;
use super::sealed_by::SealedBy;
use super::{Pace, Progress};
use crate::sealed_store::SealedStore;
use crate::transformer::{OpenError, Opened};

/// The most values that are told by name.
pub const MOST_NAMED: usize = 1000;

/// What a store's values are sealed with.
#[derive(Debug, Default)]
pub struct Survey {
    /// For each tree of storage keys.
    pub trees: BTreeMap<String, Tally>,
    /// What is kept aside; it is in no tree.
    pub aside: Tally,
    /// Values that cannot be opened, the first [`MOST_NAMED`] of them.
    pub unopened: Vec<Unopened>,
    /// The revision of that of them which was written last; 0: there is none.
    pub newest_unopened: Revision,
    /// The store's revision when it was begun.
    pub revision: Revision,
}

/// The values of a tree.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub values: u64,
    /// That the next write would seal with another key.
    pub stale: u64,
    /// In the clear.
    pub clear: u64,
    /// That cannot be opened.
    pub unopened: u64,
    /// That could be put into another's place unnoticed.
    pub unbound: u64,
    /// By whom they are sealed.
    pub by: BTreeMap<SealedBy, Count>,
}

/// Values of one key.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub values: u64,
    /// The revision of the one that was written first.
    pub oldest: Revision,
}

/// A value that cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unopened {
    /// Its storage key.
    pub key: String,
    /// Why.
    pub why: OpenError,
}

impl Survey {
    fn note(&mut self, tree: String, record: &Record, opened: Result<Opened, OpenError>) {
        self.trees.entry(tree).or_default().note(record, &opened);
        if let Err(why) = opened {
            self.newest_unopened = self.newest_unopened.max(record.mod_revision);
            if self.unopened.len() < MOST_NAMED {
                let key = record.key.to_string();
                self.unopened.push(Unopened { key, why });
            }
        }
    }

    /// All trees together.
    #[must_use]
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        for tally in self.trees.values() {
            total.values += tally.values;
            total.stale += tally.stale;
            total.clear += tally.clear;
            total.unopened += tally.unopened;
            total.unbound += tally.unbound;
            for (by, count) in &tally.by {
                total.by.entry(by.clone()).or_default().join(*count);
            }
        }
        total
    }
}

impl Tally {
    fn note(&mut self, record: &Record, opened: &Result<Opened, OpenError>) {
        let by = SealedBy::of(&record.value);
        self.values += 1;
        self.clear += u64::from(by.is_clear());
        self.unbound += u64::from(!by.binds_the_place());
        self.unopened += u64::from(opened.is_err());
        self.stale += u64::from(opened.as_ref().is_ok_and(|opened| opened.stale));
        let one = Count {
            values: 1,
            oldest: record.mod_revision,
        };
        self.by.entry(by).or_default().join(one);
    }
}

impl Count {
    fn join(&mut self, other: Self) {
        self.oldest = match self.values {
            0 => other.oldest,
            _ => self.oldest.min(other.oldest),
        };
        self.values += other.values;
    }
}

/// Opens every value of the cluster. `tree` names the tree of a storage key.
///
/// # Errors
/// When the store cannot be read.
pub async fn survey(
    store: &SealedStore,
    tree: impl Fn(&str) -> String,
    pace: Pace,
    progress: &Progress,
) -> Result<Survey, StoreError> {
    let mut survey = Survey {
        revision: store.sealed().revision().await?,
        ..Survey::default()
    };
    let mut everything = Everything::of(store, pace.opening(), progress).await?;
    while let Some(record) = everything.next().await? {
        let origin = Origin::of(store.keyspace(), &record.key);
        let place = origin.map_or(&*record.key, |origin| origin.place);
        let opened = store.open(place, &record.value).await;
        match origin {
            Some(_) => survey.aside.note(&record, &opened),
            None => survey.note(tree(&record.key), &record, opened),
        }
        progress.step();
    }
    Ok(survey)
}

/// By whom the values in the store's history are sealed: what was written since the oldest revision that is kept.
///
/// # Errors
/// When the store cannot be read.
pub async fn history(store: &SealedStore) -> Result<BTreeMap<SealedBy, u64>, StoreError> {
    let until = store.sealed().revision().await?;
    let roots = store.keyspace().roots();
    let mut found = BTreeMap::new();
    let mut events = match store.sealed().watch(String::new(), 0).await {
        Err(StoreError::Compacted { oldest, .. }) => store.sealed().watch(String::new(), oldest).await?,
        events => events?,
    };
    while let Some(item) = events.next().await {
        let events = match item? {
            Watched::Events(events) => events,
            Watched::Progress(_) => break,
        };
        let ours = |event: &&Event| roots.iter().any(|root| event.record.key.starts_with(root));
        for event in events.iter().filter(ours) {
            for record in std::iter::once(&event.record).chain(&event.previous) {
                *found.entry(SealedBy::of(&record.value)).or_default() += 1;
            }
        }
        if events
            .last()
            .is_some_and(|event| event.record.mod_revision >= until)
        {
            break;
        }
    }
    Ok(found)
}
