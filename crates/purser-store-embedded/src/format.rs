//! What is on disk: one redb file, `purser.redb`, of three tables. Integers in values are little-endian.
//!
//! ```text
//! log      every change, in the order it was made; a value is written once, here, and never moved
//!   position (u64) = revision << 16 | index of the change in its transaction
//!     ┌──────────┬──────────┬────────────┬───────────┬───────┬─────────┐
//!     │ time     │ create   │ previous   │ key bytes │ key   │ value   │
//!     │ u64, ms  │ u64      │ position   │ u16       │       │         │
//!     └──────────┴──────────┴────────────┴───────────┴───────┴─────────┘
//!     create    the revision that began the key's life; 0: this change is a deletion (no value)
//!     previous  the key's change before this one; 0: none
//!
//! current  where a key stands
//!   key
//!     ┌──────────┬────────────┐
//!     │ create   │ position   │   create 0: deleted, kept until the deletion is forgotten
//!     │ u64      │ u64        │
//!     └──────────┴────────────┘
//!
//! meta     FORMAT, REVISION, COMPACTED, SWEPT, LIVE_BYTES (u8 → u64)
//! ```
//!
//! INVARIANT: a change is removed from the log only together with the forgetting of the change after it (`sweep.rs`),
//! so for every revision kept, following `previous` from `current` finds each key's state at that revision.

use bytes::BufMut;
use purser_store::StoreError;
use redb::TableDefinition;

/// The only format there is so far.
pub(crate) const FORMAT_VERSION: u64 = 1;

/// Every change by its position.
pub(crate) const LOG: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("log");
/// Where each key stands.
pub(crate) const CURRENT: TableDefinition<'static, &'static [u8], &'static [u8]> =
    TableDefinition::new("current");
/// The counters.
pub(crate) const META: TableDefinition<'static, u8, u64> = TableDefinition::new("meta");

/// In `meta`: the version of this format.
pub(crate) const FORMAT: u8 = 0;
/// In `meta`: the current revision.
pub(crate) const REVISION: u8 = 1;
/// In `meta`: the oldest revision that can be read.
pub(crate) const COMPACTED: u8 = 2;
/// In `meta`: up to this revision the log has been rid of what nobody can read.
pub(crate) const SWEPT: u8 = 3;
/// In `meta`: the bytes of all rows, to tell when the file is mostly free.
pub(crate) const LIVE_BYTES: u8 = 4;

/// Bits of a position that number the changes of one transaction.
const INDEX_BITS: u32 = 16;
const ROW_HEADER_BYTES: usize = 8 + 8 + 8 + 2;
/// Bytes of a row of `current` beside its key.
pub(crate) const LATEST_BYTES: usize = 16;

/// Where a change is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position(pub(crate) u64);

impl Position {
    /// No change.
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn new(revision: u64, index: u16) -> Self {
        Self(revision << INDEX_BITS | u64::from(index))
    }

    pub(crate) fn revision(self) -> u64 {
        self.0 >> INDEX_BITS
    }
}

/// A row of `current`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Latest {
    pub(crate) create: u64,
    pub(crate) position: Position,
}

impl Latest {
    pub(crate) fn is_live(self) -> bool {
        self.create != 0
    }

    pub(crate) fn encode(self) -> [u8; LATEST_BYTES] {
        let mut bytes = [0; LATEST_BYTES];
        let mut out = bytes.as_mut_slice();
        out.put_u64_le(self.create);
        out.put_u64_le(self.position.0);
        bytes
    }

    pub(crate) fn decode(mut bytes: &[u8]) -> Result<Self, StoreError> {
        let create = take_u64(&mut bytes)?;
        Ok(Self {
            create,
            position: Position(take_u64(&mut bytes)?),
        })
    }
}

/// A row of `log`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// When it was made, in milliseconds since 1970.
    pub(crate) time: u64,
    pub(crate) create: u64,
    pub(crate) previous: Position,
    pub(crate) key: &'a str,
    pub(crate) value: &'a [u8],
}

impl<'a> Row<'a> {
    pub(crate) fn is_deletion(&self) -> bool {
        self.create == 0
    }

    pub(crate) fn encoded_len(&self) -> usize {
        ROW_HEADER_BYTES + self.key.len() + self.value.len()
    }

    /// Fills `out`, which has [`Row::encoded_len`] bytes. Keys are shorter than 64 kB (`command.rs`).
    pub(crate) fn encode(&self, mut out: &mut [u8]) {
        out.put_u64_le(self.time);
        out.put_u64_le(self.create);
        out.put_u64_le(self.previous.0);
        out.put_u16_le(u16::try_from(self.key.len()).unwrap_or(u16::MAX));
        out.put_slice(self.key.as_bytes());
        out.put_slice(self.value);
    }

    pub(crate) fn decode(mut bytes: &'a [u8]) -> Result<Self, StoreError> {
        let time = take_u64(&mut bytes)?;
        let create = take_u64(&mut bytes)?;
        let previous = Position(take_u64(&mut bytes)?);
        let (length, rest) = bytes.split_first_chunk().ok_or_else(|| damaged("a short row"))?;
        let (key, value) = rest
            .split_at_checked(usize::from(u16::from_le_bytes(*length)))
            .ok_or_else(|| damaged("a short row"))?;
        let key = std::str::from_utf8(key).map_err(|_| damaged("a key that is not text"))?;
        Ok(Self {
            time,
            create,
            previous,
            key,
            value,
        })
    }
}

/// The error for what this module did not write.
pub(crate) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.to_owned())
}

fn take_u64(bytes: &mut &[u8]) -> Result<u64, StoreError> {
    let (number, rest) = bytes.split_first_chunk().ok_or_else(|| damaged("a short row"))?;
    *bytes = rest;
    Ok(u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let row = Row {
            time: 7,
            create: 3,
            previous: Position::new(2, 1),
            key: "/a/ü",
            value: b"\x00v",
        };
        let mut bytes = vec![0; row.encoded_len()];
        row.encode(&mut bytes);
        let read = Row::decode(&bytes).unwrap();
        assert_eq!(
            (read.time, read.create, read.previous),
            (7, 3, Position::new(2, 1))
        );
        assert_eq!((read.key, read.value), ("/a/ü", b"\x00v".as_slice()));
    }

    #[test]
    fn a_cut_row_is_damage_and_not_a_panic() {
        let row = Row {
            time: 1,
            create: 1,
            previous: Position::NONE,
            key: "/key",
            value: b"",
        };
        let mut bytes = vec![0; row.encoded_len()];
        row.encode(&mut bytes);
        for length in 0..bytes.len() {
            assert!(
                matches!(Row::decode(&bytes[..length]), Err(StoreError::Damaged(_))),
                "{length}"
            );
        }
        assert!(Latest::decode(&[0; LATEST_BYTES - 1]).is_err());
    }

    #[test]
    fn positions_order_by_revision_then_index() {
        assert!(Position::new(2, 0) > Position::new(1, u16::MAX));
        assert_eq!(Position::new(9, 4).revision(), 9);
    }
}
