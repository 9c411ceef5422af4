//! Random transactions, compactions and reopenings against a plain model: every read at every kept revision, and
//! every watch from every kept revision, answers as the model does.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code reports by panicking"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use purser_store::{
    Change, Check, Event, Outcome, Range, Record, Revision, Store, StoreError, Transaction, Watched,
    prefix_end,
};
use purser_store_embedded::{EmbeddedStore, Options};

const RUNS: u64 = 12;
const STEPS: u64 = 60;
const KEYS: u64 = 6;

/// Every revision's keys and events, from revision 1 on.
struct Model {
    states: Vec<BTreeMap<String, Record>>,
    events: Vec<Vec<Event>>,
    compacted: Revision,
}

impl Model {
    fn revision(&self) -> Revision {
        self.states.len() as Revision
    }

    fn at(&self, revision: Revision) -> &BTreeMap<String, Record> {
        &self.states[usize::try_from(revision).unwrap() - 1]
    }

    fn commit(&mut self, transaction: &Transaction) -> Outcome {
        let mut state = self.at(self.revision()).clone();
        for check in &transaction.checks {
            let current = state.get(&check.key);
            if current.map_or(0, |record| record.mod_revision) != check.mod_revision {
                return Outcome::Failed {
                    key: check.key.clone(),
                    current: current.cloned(),
                };
            }
        }
        let revision = self.revision() + 1;
        let events: Vec<_> = transaction
            .changes
            .iter()
            .filter_map(|change| change_state(&mut state, change, revision))
            .collect();
        if events.is_empty() {
            return Outcome::Committed(self.revision());
        }
        self.states.push(state);
        self.events.push(events);
        Outcome::Committed(revision)
    }
}

fn change_state(state: &mut BTreeMap<String, Record>, change: &Change, revision: Revision) -> Option<Event> {
    match change {
        Change::Put { key, value } | Change::Rewrite { key, value } | Change::PutFor { key, value, .. } => {
            let previous = state.get(key).cloned();
            let create_revision = previous
                .as_ref()
                .map_or(revision, |previous| previous.create_revision);
            let record = Record {
                key: Arc::from(&**key),
                value: value.clone(),
                create_revision,
                mod_revision: revision,
            };
            state.insert(key.clone(), record.clone());
            Some(Event {
                record,
                previous,
                deleted: false,
            })
        }
        Change::Delete { key } => {
            let previous = state.remove(key)?;
            let record = Record {
                mod_revision: revision,
                ..previous.clone()
            };
            Some(Event {
                record,
                previous: Some(previous),
                deleted: true,
            })
        }
    }
}

struct Random(u64);

impl Random {
    /// Below `bound`; a step of splitmix64.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)) % bound
    }

    fn transaction(&mut self, model: &Model) -> Transaction {
        let mut transaction = Transaction::default();
        let state = model.at(model.revision());
        for number in 0..KEYS {
            let key = format!("/{}/{number}", number % 2);
            if self.below(8) == 0 {
                let mod_revision = match self.below(4) {
                    0 => self.below(model.revision() + 1),
                    _ => state.get(&key).map_or(0, |record| record.mod_revision),
                };
                transaction.checks.push(Check {
                    key: key.clone(),
                    mod_revision,
                });
            }
            match self.below(8) {
                0 | 1 => {
                    let value = Bytes::from(format!("{}", self.below(1_000)));
                    transaction.changes.push(Change::Put { key, value });
                }
                2 => transaction.changes.push(Change::Delete { key }),
                _ => {}
            }
        }
        transaction
    }
}

fn options(path: &std::path::Path) -> Options {
    Options {
        tick: Duration::from_millis(1),
        ..Options::new(path)
    }
}

fn all(prefix: &str, revision: Option<Revision>) -> Range {
    Range {
        start: prefix.to_owned(),
        end: prefix_end(prefix),
        limit: 0,
        revision,
    }
}

async fn compare(store: &EmbeddedStore, model: &Model) {
    assert_eq!(store.revision().await.unwrap(), model.revision());
    for revision in 1..=model.revision() {
        for prefix in ["/", "/1/"] {
            let expected = model
                .at(revision)
                .values()
                .filter(|record| record.key.starts_with(prefix));
            match store.range(all(prefix, Some(revision))).await {
                Ok(page) => assert!(
                    page.records.iter().eq(expected),
                    "{prefix} at {revision}: {page:?}"
                ),
                Err(StoreError::Compacted { oldest, .. }) => assert_eq!(oldest, model.compacted),
                Err(error) => panic!("{error}"),
            }
            assert_eq!(
                revision >= model.compacted,
                store.range(all(prefix, Some(revision))).await.is_ok()
            );
            if revision >= model.compacted {
                compare_watch(store, model, prefix, revision).await;
            }
        }
    }
    for (key, record) in model.at(model.revision()) {
        assert_eq!(store.get(key).await.unwrap().as_ref(), Some(record));
    }
}

async fn compare_watch(store: &EmbeddedStore, model: &Model, prefix: &str, after: Revision) {
    let mut watch = store.watch(prefix.to_owned(), after).await.unwrap();
    let matching = |events: &Vec<Event>| -> Vec<Event> {
        events
            .iter()
            .filter(|event| event.record.key.starts_with(prefix))
            .cloned()
            .collect()
    };
    let later = model.events.iter().skip(usize::try_from(after).unwrap() - 1);
    let mut expected = later.map(matching).filter(|events| !events.is_empty());
    let mut reached = None;
    while reached != Some(model.revision()) {
        reached = Some(match watch.next().await.unwrap().unwrap() {
            Watched::Progress(revision) => revision,
            Watched::Events(events) => {
                assert_eq!(events.to_vec(), expected.next().unwrap());
                events[0].record.mod_revision
            }
        });
    }
    assert_eq!(expected.next(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kept_revision_reads_and_replays_as_the_model_says() {
    for seed in 0..RUNS {
        let directory = tempfile::tempdir().unwrap();
        let mut store = EmbeddedStore::open(options(directory.path())).unwrap();
        let mut model = Model {
            states: vec![BTreeMap::new()],
            events: Vec::new(),
            compacted: 0,
        };
        let mut random = Random(seed);
        for step in 0..STEPS {
            println!("seed {seed}, step {step}");
            let transaction = random.transaction(&model);
            let expected = model.commit(&transaction);
            assert_eq!(store.commit(transaction).await.unwrap(), expected);
            if random.below(15) == 0 {
                let revision = 1 + random.below(model.revision());
                store.compact(revision).await.unwrap();
                model.compacted = model.compacted.max(revision);
            }
            if random.below(15) == 0 {
                store.close().await.unwrap();
                drop(store);
                store = EmbeddedStore::open(options(directory.path())).unwrap();
            }
            if step % 10 == 9 {
                compare(&store, &model).await;
            }
        }
        store.close().await.unwrap();
    }
}
