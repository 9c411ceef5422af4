//! Opening the database: first start, the format's version, the counters, and giving free space back.

use std::path::PathBuf;

use purser_store::{Revision, StoreError};
use redb::{Database, Durability, ReadableDatabase, StorageBackend, TableError, WriteTransaction};

use crate::apply::Tables;
use crate::error::{OpenError, refused};
use crate::format::{COMPACTED, FORMAT, FORMAT_VERSION, LIVE_BYTES, META, REVISION, SWEPT};

/// The revision of a store in which nothing was written yet, as etcd counts.
const FIRST_REVISION: Revision = 1;
/// A file shorter than this is left as it is.
const MIN_COMPACTED_FILE_BYTES: u64 = 64 << 20;
/// A file this many times longer than what it keeps is mostly free.
const MOSTLY_FREE: u64 = 4;

/// Where the store stands, as written with each commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) revision: Revision,
    pub(crate) compacted: Revision,
    pub(crate) swept: Revision,
    pub(crate) live_bytes: u64,
}

impl Standing {
    const FIRST: Self = Self {
        revision: FIRST_REVISION,
        compacted: 0,
        swept: 0,
        live_bytes: 0,
    };

    /// Writes what differs from `before`.
    pub(crate) fn write(&self, before: &Self, tables: &mut Tables<'_>) -> Result<(), StoreError> {
        let rows = [
            (REVISION, self.revision, before.revision),
            (COMPACTED, self.compacted, before.compacted),
            (SWEPT, self.swept, before.swept),
            (LIVE_BYTES, self.live_bytes, before.live_bytes),
        ];
        for (name, now, was) in rows {
            if now != was {
                tables.meta.insert(name, now).map_err(refused)?;
            }
        }
        Ok(())
    }
}

/// Opens the database on `backend`, whose file (when it is one) is at `file`.
pub(crate) fn open(
    backend: impl StorageBackend,
    cache_bytes: usize,
    file: Option<&PathBuf>,
) -> Result<(Database, Standing), OpenError> {
    let mut builder = Database::builder();
    builder.set_cache_size(cache_bytes);
    let mut db = builder.create_with_backend(backend).map_err(refused)?;
    let standing = match read_standing(&db)? {
        Some(standing) => standing,
        None => initialise(&db)?,
    };
    if file.is_some_and(|path| is_mostly_free(path, standing.live_bytes)) {
        tracing::info!("giving the free space of the store's file back");
        db.compact()
            .map_err(|error| OpenError::Unreadable(error.to_string()))?;
    }
    Ok((db, standing))
}

/// A write transaction whose commit survives loss of power, whatever a failing disk makes of a torn write.
pub(crate) fn begin_durable(db: &Database) -> Result<WriteTransaction, StoreError> {
    let mut transaction = db.begin_write().map_err(refused)?;
    transaction
        .set_durability(Durability::Immediate)
        .map_err(refused)?;
    transaction.set_two_phase_commit(true);
    Ok(transaction)
}

fn is_mostly_free(path: &PathBuf, live_bytes: u64) -> bool {
    let file_bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    file_bytes >= MIN_COMPACTED_FILE_BYTES && file_bytes / MOSTLY_FREE > live_bytes
}

fn read_standing(db: &Database) -> Result<Option<Standing>, OpenError> {
    let transaction = db.begin_read().map_err(refused)?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(refused(error).into()),
    };
    let read = |name: u8| -> Result<u64, OpenError> {
        let value = meta.get(name).map_err(refused)?;
        value
            .map(|value| value.value())
            .ok_or_else(|| OpenError::Unreadable(format!("no counter {name}")))
    };
    let found = read(FORMAT)?;
    if found != FORMAT_VERSION {
        return Err(OpenError::Format {
            found,
            known: FORMAT_VERSION,
        });
    }
    Ok(Some(Standing {
        revision: read(REVISION)?,
        compacted: read(COMPACTED)?,
        swept: read(SWEPT)?,
        live_bytes: read(LIVE_BYTES)?,
    }))
}

fn initialise(db: &Database) -> Result<Standing, OpenError> {
    let transaction = begin_durable(db)?;
    let mut tables = Tables::open(&transaction)?;
    tables.meta.insert(FORMAT, FORMAT_VERSION).map_err(refused)?;
    for name in [REVISION, COMPACTED, SWEPT, LIVE_BYTES] {
        tables.meta.insert(name, 0).map_err(refused)?;
    }
    let nothing = Standing {
        revision: 0,
        ..Standing::FIRST
    };
    Standing::FIRST.write(&nothing, &mut tables)?;
    drop(tables);
    transaction.commit().map_err(refused)?;
    Ok(Standing::FIRST)
}
