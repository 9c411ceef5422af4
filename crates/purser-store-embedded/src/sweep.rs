//! Forgetting history, a bounded piece at a time.
//!
//! The log is walked once, from the oldest revision that was not walked yet. When a change may be forgotten, the one
//! before it of the same key goes (nobody can read it any more), and a deletion goes itself. What is left of walked
//! revisions are the values that keys still hold, and those are never looked at again.

use purser_store::{Revision, StoreError};
use redb::ReadableTable;

use crate::apply::Tables;
use crate::error::refused;
use crate::format::{LATEST_BYTES, Position, Row};
use crate::snapshot::latest;

/// What may be forgotten.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Up to here everything: somebody asked for it.
    pub(crate) asked: Revision,
    /// Up to here what is old enough.
    pub(crate) aged: Revision,
    /// Old enough: made at this time or before it, in milliseconds since 1970.
    pub(crate) made_by: u64,
    /// Of no age: made later than this, by a clock that was ahead. It must not keep history until then.
    pub(crate) made_at_most: u64,
}

impl Bounds {
    fn is_young(self, row: &Row<'_>) -> bool {
        self.made_by < row.time && row.time <= self.made_at_most
    }
}

/// What a step did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Step {
    /// Everything up to this revision has been walked.
    pub(crate) swept: Revision,
    /// Rows removed.
    pub(crate) removed: usize,
    /// Bytes of the rows removed.
    pub(crate) freed: u64,
    /// The first change that is too young was made at this time.
    pub(crate) stopped_at: Option<u64>,
}

/// What one change leaves to remove.
enum Dead {
    Row(Position),
    Deletion { position: Position, key: Vec<u8> },
}

/// Walks on from `swept` over at most about `budget` changes (whole revisions).
pub(crate) fn step(
    tables: &mut Tables<'_>,
    swept: Revision,
    bounds: Bounds,
    budget: usize,
) -> Result<Step, StoreError> {
    let mut step = Step {
        swept,
        ..Step::default()
    };
    let dead = walk(tables, &mut step, bounds, budget)?;
    for dead in dead {
        match dead {
            Dead::Row(position) => remove_row(tables, &mut step, position)?,
            Dead::Deletion { position, key } => {
                remove_row(tables, &mut step, position)?;
                remove_deleted_key(tables, &mut step, position, &key)?;
            }
        }
    }
    Ok(step)
}

fn walk(
    tables: &Tables<'_>,
    step: &mut Step,
    bounds: Bounds,
    budget: usize,
) -> Result<Vec<Dead>, StoreError> {
    let mut dead = Vec::new();
    let end = bounds.asked.max(bounds.aged);
    let first = Position::new(step.swept + 1, 0);
    let rows = tables
        .log
        .range(first.0..Position::new(end + 1, 0).0)
        .map_err(refused)?;
    for (walked, entry) in rows.enumerate() {
        let (position, bytes) = entry.map_err(refused)?;
        let (position, row) = (Position(position.value()), Row::decode(bytes.value())?);
        if position.revision() > step.swept {
            if walked >= budget {
                return Ok(dead);
            }
            if position.revision() > bounds.asked && bounds.is_young(&row) {
                step.stopped_at = Some(row.time);
                return Ok(dead);
            }
            step.swept = position.revision();
        }
        if row.previous != Position::NONE {
            dead.push(Dead::Row(row.previous));
        }
        if row.is_deletion() {
            dead.push(Dead::Deletion {
                position,
                key: row.key.as_bytes().to_vec(),
            });
        }
    }
    step.swept = step.swept.max(end);
    Ok(dead)
}

/// A deletion that was forgotten before its key was created again is gone already.
fn remove_row(tables: &mut Tables<'_>, step: &mut Step, position: Position) -> Result<(), StoreError> {
    if let Some(row) = tables.log.remove(position.0).map_err(refused)? {
        step.removed += 1;
        step.freed += u64::try_from(row.value().len()).unwrap_or(0);
    }
    Ok(())
}

fn remove_deleted_key(
    tables: &mut Tables<'_>,
    step: &mut Step,
    position: Position,
    key: &[u8],
) -> Result<(), StoreError> {
    let key = std::str::from_utf8(key).unwrap_or_default();
    if latest(&tables.current, key)?.is_some_and(|latest| latest.position == position) {
        tables.current.remove(key.as_bytes()).map_err(refused)?;
        step.freed += u64::try_from(key.len() + LATEST_BYTES).unwrap_or(0);
    }
    Ok(())
}
