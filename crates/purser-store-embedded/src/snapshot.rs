//! The store as of one commit, for readers.

use std::sync::Arc;

use bytes::Bytes;
use purser_store::{Event, Page, Range, Record, Revision, StoreError};
use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTable};

use crate::error::refused;
use crate::format::{CURRENT, LOG, Latest, Position, Row, damaged};

/// Rows of the log that one step of a replay looks at.
const REPLAY_ROWS: usize = 1_000;
/// Bytes of values that one step of a replay collects before it stops.
const REPLAY_BYTES: usize = 4 << 20;

/// Bytes of values that one scan collects before it stops.
const SCAN_BYTES: usize = 2 << 20;

/// What `current` looks like to those who only read.
pub(crate) type CurrentRows = ReadOnlyTable<&'static [u8], &'static [u8]>;
/// What `log` looks like to those who only read.
pub(crate) type LogRows = ReadOnlyTable<u64, &'static [u8]>;

/// A consistent view; pages that it needs are not reused while it lives, so nobody keeps one for long.
pub(crate) struct Snapshot {
    pub(crate) revision: Revision,
    pub(crate) compacted: Revision,
    current: CurrentRows,
    log: LogRows,
}

/// A piece of the history.
pub(crate) struct Replay {
    /// The matching events, by revision.
    pub(crate) events: Vec<Arc<[Event]>>,
    /// Everything up to this revision is in `events` or does not match.
    pub(crate) reached: Revision,
}

impl Snapshot {
    pub(crate) fn take(db: &Database, revision: Revision, compacted: Revision) -> Result<Self, StoreError> {
        let transaction = db.begin_read().map_err(refused)?;
        let current = transaction.open_table(CURRENT).map_err(refused)?;
        let log = transaction.open_table(LOG).map_err(refused)?;
        Ok(Self {
            revision,
            compacted,
            current,
            log,
        })
    }

    /// The record of `key`.
    pub(crate) fn get(&self, key: &str) -> Result<Option<Record>, StoreError> {
        latest_record(&self.current, &self.log, key)
    }

    /// The records of a range, as of the revision asked for.
    pub(crate) fn range(&self, range: &Range) -> Result<Page, StoreError> {
        let revision = self.readable(range.revision.unwrap_or(self.revision))?;
        let mut page = Page {
            records: Vec::new(),
            total: 0,
            revision,
        };
        if range.start >= range.end {
            return Ok(page);
        }
        let bounds = range.start.as_bytes()..range.end.as_bytes();
        for row in self.current.range_owned::<&[u8]>(bounds).map_err(refused)? {
            let (_, latest) = row.map_err(refused)?;
            let Some(position) = self.position_at(Latest::decode(latest.value())?, revision)? else {
                continue;
            };
            page.total += 1;
            if range.limit == 0 || page.records.len() < range.limit {
                page.records.push(record_at(&self.log, position)?);
            }
        }
        Ok(page)
    }

    /// The first records from `start` to before `end`, at most `limit`, and no more once they hold [`SCAN_BYTES`].
    pub(crate) fn scan(&self, start: &str, end: &str, limit: usize) -> Result<Vec<Record>, StoreError> {
        let mut records: Vec<Record> = Vec::new();
        if start >= end {
            return Ok(records);
        }
        let mut bytes = 0;
        let bounds = start.as_bytes()..end.as_bytes();
        for row in self.current.range_owned::<&[u8]>(bounds).map_err(refused)? {
            let (_, latest) = row.map_err(refused)?;
            let latest = Latest::decode(latest.value())?;
            if !latest.is_live() {
                continue;
            }
            let record = record_at(&self.log, latest.position)?;
            bytes += record.value.len();
            records.push(record);
            if records.len() >= limit || bytes >= SCAN_BYTES {
                break;
            }
        }
        Ok(records)
    }

    /// The events under `prefix` after revision `after`: a bounded piece of them, whole revisions only.
    pub(crate) fn replay(&self, prefix: &str, after: Revision) -> Result<Replay, StoreError> {
        let mut replay = Replay {
            events: Vec::new(),
            reached: after,
        };
        self.readable(after)?;
        let mut open: Vec<Event> = Vec::new();
        let (mut rows, mut bytes) = (0, 0);
        let first = Position::new(after + 1, 0);
        for row in self.log.range_owned(first.0..).map_err(refused)? {
            let (position, value) = row.map_err(refused)?;
            let (position, row) = (Position(position.value()), Row::decode(value.value())?);
            if position.revision() > replay.reached + 1 {
                close_revision(&mut replay, &mut open, position.revision() - 1);
                if rows >= REPLAY_ROWS || bytes >= REPLAY_BYTES {
                    return Ok(replay);
                }
            }
            rows += 1;
            if row.key.starts_with(prefix) {
                bytes += row.value.len();
                open.push(event_of(&self.log, position, &row)?);
            }
        }
        close_revision(&mut replay, &mut open, self.revision);
        Ok(replay)
    }

    /// The revision itself, when it can be read.
    pub(crate) fn readable(&self, asked: Revision) -> Result<Revision, StoreError> {
        if asked > self.revision {
            return Err(StoreError::Future {
                asked,
                current: self.revision,
            });
        }
        if asked < self.compacted {
            return Err(StoreError::Compacted {
                asked,
                oldest: self.compacted,
            });
        }
        Ok(asked)
    }

    /// Follows a key's changes back to the one that held at `revision`; `None` when the key did not exist.
    ///
    /// INVARIANT: `revision` is not compacted, so every change after it is still in the log.
    fn position_at(&self, latest: Latest, revision: Revision) -> Result<Option<Position>, StoreError> {
        let mut position = latest.position;
        if position.revision() <= revision {
            return Ok(latest.is_live().then_some(position));
        }
        loop {
            let bytes = self.log.get(position.0).map_err(refused)?;
            let bytes = bytes.ok_or_else(|| damaged("a change is missing"))?;
            let row = Row::decode(bytes.value())?;
            if row.previous >= position {
                return Err(damaged("a change that follows itself"));
            }
            if row.previous.revision() <= revision {
                // Before a creation there is a deletion, or nothing: either way the key did not exist.
                let created = row.create == position.revision();
                return Ok((!created).then_some(row.previous));
            }
            position = row.previous;
        }
    }
}

fn close_revision(replay: &mut Replay, open: &mut Vec<Event>, reached: Revision) {
    if !open.is_empty() {
        replay.events.push(std::mem::take(open).into());
    }
    replay.reached = reached;
}

/// The record that the change at `position` made.
pub(crate) fn record_at(
    log: &impl ReadableTable<u64, &'static [u8]>,
    position: Position,
) -> Result<Record, StoreError> {
    let bytes = log
        .get(position.0)
        .map_err(refused)?
        .ok_or_else(|| damaged("a change is missing"))?;
    Ok(record_of(position, &Row::decode(bytes.value())?))
}

/// The record of `key` now.
pub(crate) fn latest_record(
    current: &impl ReadableTable<&'static [u8], &'static [u8]>,
    log: &impl ReadableTable<u64, &'static [u8]>,
    key: &str,
) -> Result<Option<Record>, StoreError> {
    match latest(current, key)?.filter(|latest| latest.is_live()) {
        Some(latest) => record_at(log, latest.position).map(Some),
        None => Ok(None),
    }
}

/// Where `key` stands, a remembered deletion included.
pub(crate) fn latest(
    current: &impl ReadableTable<&'static [u8], &'static [u8]>,
    key: &str,
) -> Result<Option<Latest>, StoreError> {
    match current.get(key.as_bytes()).map_err(refused)? {
        Some(bytes) => Latest::decode(bytes.value()).map(Some),
        None => Ok(None),
    }
}

fn record_of(position: Position, row: &Row<'_>) -> Record {
    Record {
        key: Arc::from(row.key),
        value: Bytes::copy_from_slice(row.value),
        create_revision: row.create,
        mod_revision: position.revision(),
    }
}

fn event_of(log: &LogRows, position: Position, row: &Row<'_>) -> Result<Event, StoreError> {
    if row.is_deletion() {
        let previous = record_at(log, row.previous)?;
        return Ok(deletion(previous, position.revision()));
    }
    let created = row.create == position.revision();
    let previous = if created {
        None
    } else {
        Some(record_at(log, row.previous)?)
    };
    Ok(Event {
        record: record_of(position, row),
        previous,
        deleted: false,
    })
}

/// The event of a deletion, at `revision`, of what `previous` says.
pub(crate) fn deletion(previous: Record, revision: Revision) -> Event {
    let record = Record {
        mod_revision: revision,
        ..previous.clone()
    };
    Event {
        record,
        previous: Some(previous),
        deleted: true,
    }
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    #[test]
    fn a_chain_that_does_not_lead_back_is_damage_and_not_a_loop() {
        let db = Database::builder()
            .create_with_backend(InMemoryBackend::new())
            .unwrap();
        let position = Position::new(7, 0);
        let row = Row {
            time: 1,
            create: 2,
            previous: position,
            key: "/a",
            value: b"v",
        };
        let mut bytes = vec![0; row.encoded_len()];
        row.encode(&mut bytes);
        let latest = Latest { create: 2, position }.encode();
        let transaction = db.begin_write().unwrap();
        {
            let mut log = transaction.open_table(LOG).unwrap();
            log.insert(position.0, bytes.as_slice()).unwrap();
            let mut current = transaction.open_table(CURRENT).unwrap();
            current.insert(b"/a".as_slice(), latest.as_slice()).unwrap();
        }
        transaction.commit().unwrap();
        let snapshot = Snapshot::take(&db, 7, 1).unwrap();
        let range = Range {
            start: "/".to_owned(),
            end: "0".to_owned(),
            limit: 0,
            revision: Some(3),
        };
        assert!(matches!(snapshot.range(&range), Err(StoreError::Damaged(_))));
    }
}
