//! What all values are sealed with.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use purser_store::{Range, Record, Revision, StoreError, Watched};

use super::sealed_by::SealedBy;
use super::{PAGE, Progress};
use crate::sealed_store::SealedStore;
use crate::transformer::OpenError;

/// The most values that are told by name.
pub const MOST_NAMED: usize = 1000;

/// What a store's values are sealed with.
#[derive(Debug, Default)]
pub struct Survey {
    /// For each tree of storage keys.
    pub trees: BTreeMap<String, Tally>,
    /// Values that cannot be opened, the first [`MOST_NAMED`] of them.
    pub unopened: Vec<Unopened>,
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

impl Count {
    fn join(&mut self, other: Self) {
        self.oldest = match self.values {
            0 => other.oldest,
            _ => self.oldest.min(other.oldest),
        };
        self.values += other.values;
    }
}

/// Opens every value of the store. `tree` names the tree of a storage key.
///
/// # Errors
/// When the store cannot be read.
pub async fn survey(
    store: &SealedStore,
    tree: impl Fn(&str) -> String,
    progress: &Progress,
) -> Result<Survey, StoreError> {
    let mut survey = Survey {
        revision: store.sealed().revision().await?,
        ..Survey::default()
    };
    let mut pages = Pages::default();
    while let Some(records) = pages.next(store, progress).await? {
        for record in records {
            let opened = store.open(&record.key, &record.value).await;
            let tally = survey.trees.entry(tree(&record.key)).or_default();
            let by = SealedBy::of(&record.value);
            tally.values += 1;
            tally.clear += u64::from(by.is_clear());
            tally.unbound += u64::from(!by.binds_the_place());
            let one = Count {
                values: 1,
                oldest: record.mod_revision,
            };
            tally.by.entry(by).or_default().join(one);
            match opened {
                Ok(opened) => tally.stale += u64::from(opened.stale),
                Err(why) => {
                    tally.unopened += 1;
                    if survey.unopened.len() < MOST_NAMED {
                        let key = record.key.to_string();
                        survey.unopened.push(Unopened { key, why });
                    }
                }
            }
            progress.step();
        }
    }
    Ok(survey)
}

/// By whom the values in the store's history are sealed: what was written since the oldest revision that is kept.
///
/// # Errors
/// When the store cannot be read.
pub async fn history(store: &SealedStore) -> Result<BTreeMap<SealedBy, u64>, StoreError> {
    let until = store.sealed().revision().await?;
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
        for event in events.iter() {
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

/// Everything that is stored, page by page, each as it is when it is read.
#[derive(Default)]
pub(super) struct Pages {
    /// The last key of the page before.
    after: Option<String>,
    ended: bool,
}

impl Pages {
    pub(super) async fn next(
        &mut self,
        store: &SealedStore,
        progress: &Progress,
    ) -> Result<Option<Vec<Record>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let range = Range {
            start: self
                .after
                .as_ref()
                .map_or_else(String::new, |after| format!("{after}\0")),
            end: char::MAX.to_string(),
            limit: PAGE,
            revision: None,
        };
        let page = store.sealed().range(range).await?;
        if self.after.is_none() {
            progress.of(page.total);
        }
        self.ended = page.records.len() < PAGE;
        self.after = page.records.last().map(|record| record.key.to_string());
        Ok(Some(page.records).filter(|records| !records.is_empty()))
    }
}
