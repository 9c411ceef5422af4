//! Opening the database: first start, the format's version, the counters, and giving free space back.

use std::fs::File;
use std::path::PathBuf;

use purser_store::{Revision, StoreError};
use redb::backends::FileBackend;
use redb::{Database, Durability, ReadableDatabase, StorageBackend, TableError, WriteTransaction};

use crate::apply::Tables;
use crate::error::{OpenError, refused};
use crate::format::{COMPACTED, FORMAT, FORMAT_VERSION, LIVE_BYTES, META, REVISION, SWEPT};
use crate::options::Options;

/// The revision of a store in which nothing was written yet, as etcd counts.
const FIRST_REVISION: Revision = 1;
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
    options: &Options,
    file: Option<&PathBuf>,
) -> Result<(Database, Standing), OpenError> {
    let mut builder = Database::builder();
    builder.set_cache_size(options.cache_bytes);
    let mut db = builder.create_with_backend(backend).map_err(refused)?;
    let standing = match read_standing(&db)? {
        Some(standing) => standing,
        None if file.is_none() => initialise(&db)?,
        None => return Err(OpenError::Unreadable("the file is another program's".to_owned())),
    };
    if file
        .map(length)
        .is_some_and(|bytes| bytes >= options.shrink_above && bytes / MOSTLY_FREE > standing.live_bytes)
    {
        tracing::info!("giving the free space of the store's file back");
        db.compact()
            .map_err(|error| OpenError::Unreadable(error.to_string()))?;
    }
    Ok((db, standing))
}

/// Makes an empty database in `file`.
pub(crate) fn create(file: File) -> Result<(), OpenError> {
    let backend = FileBackend::new(file).map_err(refused)?;
    let db = Database::builder()
        .create_with_backend(backend)
        .map_err(refused)?;
    initialise(&db)?;
    db.close().map_err(|error| refused(error).into())
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

fn length(path: &PathBuf) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
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
