//! One transaction on the tables: check, then change.

use std::sync::Arc;

use bytes::Bytes;
use purser_store::{Change, Event, Outcome, Record, Revision, StoreError, Transaction};
use redb::{Table, WriteTransaction};

use crate::error::refused;
use crate::format::{CURRENT, LATEST_BYTES, LOG, Latest, META, Position, Row};
use crate::snapshot::{deletion, latest, latest_record, record_at};

/// The tables, open for writing.
pub(crate) struct Tables<'txn> {
    pub(crate) current: Table<'txn, &'static [u8], &'static [u8]>,
    pub(crate) log: Table<'txn, u64, &'static [u8]>,
    pub(crate) meta: Table<'txn, u8, u64>,
}

/// What a transaction did.
pub(crate) enum Applied {
    /// A check failed.
    Failed(Outcome),
    /// There was nothing to change.
    Unchanged,
    /// It made these events.
    Changed(Vec<Event>),
}

impl<'txn> Tables<'txn> {
    pub(crate) fn open(transaction: &'txn WriteTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            current: transaction.open_table(CURRENT).map_err(refused)?,
            log: transaction.open_table(LOG).map_err(refused)?,
            meta: transaction.open_table(META).map_err(refused)?,
        })
    }

    /// Applies `transaction`, whose changes take `revision` and `time` (milliseconds since 1970).
    /// After an error nothing of the whole group may be committed.
    pub(crate) fn apply(
        &mut self,
        transaction: &Transaction,
        revision: Revision,
        time: u64,
        live_bytes: &mut u64,
    ) -> Result<Applied, StoreError> {
        for check in &transaction.checks {
            let latest = latest(&self.current, &check.key)?.filter(|latest| latest.is_live());
            if latest.map_or(0, |latest| latest.position.revision()) != check.mod_revision {
                let current = latest_record(&self.current, &self.log, &check.key)?;
                return Ok(Applied::Failed(Outcome::Failed {
                    key: check.key.clone(),
                    current,
                }));
            }
        }
        let mut events = Vec::with_capacity(transaction.changes.len());
        for change in &transaction.changes {
            // INVARIANT: `command.rs` bounds the changes of a transaction far below 65,536.
            let position = Position::new(revision, u16::try_from(events.len()).unwrap_or(u16::MAX));
            events.extend(match change {
                Change::Put { key, value }
                | Change::Rewrite { key, value }
                | Change::PutFor { key, value, .. } => {
                    Some(self.put(key, value, position, time, live_bytes)?)
                }
                Change::Delete { key } => self.delete(key, position, time, live_bytes)?,
            });
        }
        Ok(if events.is_empty() {
            Applied::Unchanged
        } else {
            Applied::Changed(events)
        })
    }

    fn put(
        &mut self,
        key: &str,
        value: &Bytes,
        position: Position,
        time: u64,
        live_bytes: &mut u64,
    ) -> Result<Event, StoreError> {
        let before = latest(&self.current, key)?;
        let lives = before.filter(|latest| latest.is_live());
        let previous = lives
            .map(|latest| record_at(&self.log, latest.position))
            .transpose()?;
        let create = lives.map_or(position.revision(), |latest| latest.create);
        let row = Row {
            time,
            create,
            previous: position_of(before),
            key,
            value,
        };
        self.append(position, &row, create, before.is_none(), live_bytes)?;
        let record = Record {
            key: previous
                .as_ref()
                .map_or_else(|| Arc::from(key), |record| record.key.clone()),
            value: value.clone(),
            create_revision: create,
            mod_revision: position.revision(),
        };
        Ok(Event {
            record,
            previous,
            deleted: false,
        })
    }

    fn delete(
        &mut self,
        key: &str,
        position: Position,
        time: u64,
        live_bytes: &mut u64,
    ) -> Result<Option<Event>, StoreError> {
        let Some(before) = latest(&self.current, key)?.filter(|latest| latest.is_live()) else {
            return Ok(None);
        };
        let previous = record_at(&self.log, before.position)?;
        let row = Row {
            time,
            create: 0,
            previous: before.position,
            key,
            value: &[],
        };
        self.append(position, &row, 0, false, live_bytes)?;
        Ok(Some(deletion(previous, position.revision())))
    }

    fn append(
        &mut self,
        position: Position,
        row: &Row<'_>,
        create: u64,
        key_is_new: bool,
        live_bytes: &mut u64,
    ) -> Result<(), StoreError> {
        let length = row.encoded_len();
        let mut reserved = self.log.insert_reserve(position.0, length).map_err(refused)?;
        row.encode(reserved.as_mut());
        drop(reserved);
        let latest = Latest { create, position }.encode();
        self.current
            .insert(row.key.as_bytes(), latest.as_slice())
            .map_err(refused)?;
        let index_bytes = if key_is_new {
            row.key.len() + LATEST_BYTES
        } else {
            0
        };
        *live_bytes += u64::try_from(length + index_bytes).unwrap_or(0);
        Ok(())
    }
}

fn position_of(latest: Option<Latest>) -> Position {
    latest.map_or(Position::NONE, |latest| latest.position)
}
