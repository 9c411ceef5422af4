//! The suite that every store passes.
//!
//! ```ignore
//! purser_store::suite!(|| async { purser_store::suite::Subject { … } });
//! ```
//! makes one `#[tokio::test]` for each behaviour; the crate that uses it needs tokio with `macros` and
//! `rt-multi-thread`. Each behaviour gets a store of its own in which nothing was written.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the suite is test code: it reports by panicking"
)]

mod compaction;
mod concurrency;
mod limits;
mod reads;
mod transactions;
mod watches;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;

pub use compaction::*;
pub use concurrency::*;
pub use limits::*;
pub use reads::*;
pub use transactions::*;
pub use watches::*;

use crate::{
    Change, Check, Event, Outcome, Page, Range, Revision, Store, StoreError, Transaction, WatchStream,
    Watched, prefix_end,
};

/// Nothing in the suite takes this long on a machine that works.
const PATIENCE: Duration = Duration::from_secs(60);

/// A new store to be tried.
pub struct Subject {
    /// The store; nothing was written to it.
    pub store: Arc<dyn Store>,
    /// What must live as long as the store (its directory, its server).
    pub keep: Box<dyn Any + Send + Sync>,
    /// Writes of 512 KiB after which a watcher that reads nothing has certainly been cut.
    pub lag_writes: usize,
}

/// Makes one test of each behaviour. The argument is an async function without arguments that answers a [`Subject`].
#[macro_export]
macro_rules! suite {
    ($subject:expr) => {
        $crate::suite!(@each $subject;
            absent_keys_read_as_none, a_record_carries_its_revisions, ranges_are_in_byte_order_and_exclude_their_end,
            a_limit_cuts_the_page_and_not_the_total, a_scan_reads_everything_in_pieces, reads_at_a_revision_see_that_revision,
            an_earlier_life_is_read_at_its_revision, an_empty_range_is_empty, a_future_revision_is_refused,
            a_new_store_is_at_its_first_revision, values_of_any_bytes_come_back,
            several_keys_change_at_one_revision, a_failed_check_changes_nothing_and_says_what_is_there,
            checks_tell_absent_from_present, the_first_failing_check_is_reported,
            a_check_alone_commits_nothing, deleting_what_is_not_there_takes_no_revision,
            what_is_wanted_for_a_while_is_there_meanwhile, a_recreated_key_begins_a_new_life, an_update_keeps_the_creation,
            a_watch_replays_and_goes_on_without_gap_or_repetition, a_watch_sees_only_its_prefix,
            a_watch_gets_all_events_of_a_revision_together, events_carry_what_was_there_before,
            a_watch_starts_after_the_revision_asked_for, a_quiet_watch_tells_progress,
            progress_is_told_at_the_start, watchers_do_not_disturb_each_other,
            a_watcher_that_does_not_read_is_cut, a_watch_in_the_future_is_refused,
            compaction_refuses_older_reads, compaction_refuses_older_watches,
            compaction_keeps_what_is_current, compaction_of_the_past_is_harmless_and_of_the_future_refused,
            a_watch_survives_compaction_behind_it, deletions_are_forgotten_and_keys_can_return,
            concurrent_writers_get_increasing_revisions_of_their_own, of_racing_creations_one_wins,
            racing_updates_lose_nothing, a_write_is_seen_by_every_later_read,
            big_values_are_kept, more_than_a_transaction_may_hold_is_refused, a_key_changed_twice_is_refused,
            a_closed_store_refuses, closing_ends_watches,
        );
    };
    (@each $subject:expr; $($behaviour:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $behaviour() {
                $crate::suite::within_patience($crate::suite::$behaviour(($subject)().await)).await;
            }
        )*
    };
}

/// Fails a behaviour that hangs.
pub async fn within_patience(behaviour: impl Future<Output = ()>) {
    tokio::time::timeout(PATIENCE, behaviour)
        .await
        .expect("the behaviour took longer than a minute");
}

fn value(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn put(key: &str, text: &str) -> Change {
    Change::Put {
        key: key.to_owned(),
        value: value(text),
    }
}

fn delete(key: &str) -> Change {
    Change::Delete { key: key.to_owned() }
}

fn check(key: &str, mod_revision: Revision) -> Check {
    Check {
        key: key.to_owned(),
        mod_revision,
    }
}

impl Subject {
    async fn try_commit(&self, checks: Vec<Check>, changes: Vec<Change>) -> Result<Outcome, StoreError> {
        self.store.commit(Transaction { checks, changes }).await
    }

    async fn outcome(&self, checks: Vec<Check>, changes: Vec<Change>) -> Outcome {
        self.try_commit(checks, changes)
            .await
            .expect("the store takes the transaction")
    }

    async fn commit(&self, changes: Vec<Change>) -> Revision {
        match self.outcome(Vec::new(), changes).await {
            Outcome::Committed(revision) => revision,
            Outcome::Failed { key, .. } => panic!("a check of {key} failed, and there was none"),
        }
    }

    async fn put(&self, key: &str, text: &str) -> Revision {
        self.commit(vec![put(key, text)]).await
    }

    async fn delete(&self, key: &str) -> Revision {
        self.commit(vec![delete(key)]).await
    }

    async fn revision(&self) -> Revision {
        self.store.revision().await.expect("the store tells its revision")
    }

    async fn text(&self, key: &str) -> Option<String> {
        let record = self.store.get(key).await.expect("the store reads");
        record.map(|record| String::from_utf8_lossy(&record.value).into_owned())
    }

    async fn try_page(&self, prefix: &str, limit: usize, at: Option<Revision>) -> Result<Page, StoreError> {
        let range = Range {
            start: prefix.to_owned(),
            end: prefix_end(prefix),
            limit,
            revision: at,
        };
        self.store.range(range).await
    }

    async fn page(&self, prefix: &str, limit: usize, at: Option<Revision>) -> Page {
        self.try_page(prefix, limit, at)
            .await
            .expect("the store reads the range")
    }

    /// `key=value` of everything under `prefix`.
    async fn texts(&self, prefix: &str, at: Option<Revision>) -> Vec<String> {
        let page = self.page(prefix, 0, at).await;
        let text =
            |record: &crate::Record| format!("{}={}", record.key, String::from_utf8_lossy(&record.value));
        page.records.iter().map(text).collect()
    }

    async fn watch(&self, prefix: &str, after: Revision) -> WatchStream {
        self.store
            .watch(prefix.to_owned(), after)
            .await
            .expect("the store watches")
    }
}

/// The next events; progress on the way is checked against them.
async fn next_events(watch: &mut WatchStream) -> Arc<[Event]> {
    let mut told = 0;
    loop {
        match watch
            .next()
            .await
            .expect("the watch goes on")
            .expect("the watch is sound")
        {
            Watched::Progress(revision) => {
                assert!(revision >= told, "progress went back from {told} to {revision}");
                told = revision;
            }
            Watched::Events(events) => {
                let revision = revision_of(&events);
                assert!(revision > told, "an event of {revision} after progress {told}");
                return events;
            }
        }
    }
}

/// The one revision that all events of a batch carry.
fn revision_of(events: &[Event]) -> Revision {
    let revision = events
        .first()
        .expect("a batch of events is not empty")
        .record
        .mod_revision;
    assert!(
        events.iter().all(|event| event.record.mod_revision == revision),
        "one batch, one revision"
    );
    revision
}

/// Reads until the watch ends, and answers why.
async fn end_of(watch: &mut WatchStream) -> StoreError {
    loop {
        match watch.next().await.expect("a watch ends with an error") {
            Ok(_) => {}
            Err(error) => {
                assert!(watch.next().await.is_none(), "nothing follows the error");
                return error;
            }
        }
    }
}

/// `+key=value`, `~key=value` or `-key` for created, changed and deleted.
fn sketch(events: &[Event]) -> Vec<String> {
    let one = |event: &Event| {
        let text = String::from_utf8_lossy(&event.record.value);
        match (event.deleted, &event.previous) {
            (true, _) => format!("-{}", event.record.key),
            (false, None) => format!("+{}={text}", event.record.key),
            (false, Some(_)) => format!("~{}={text}", event.record.key),
        }
    };
    events.iter().map(one).collect()
}
