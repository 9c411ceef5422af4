//! What a database lies on: a file of a directory that is held, or a disk of the tests.

use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::backends::FileBackend;
use redb::{Database, StorageBackend};

use crate::database::{self, Standing};
use crate::directory::Directory;
use crate::error::{OpenError, refused};
use crate::options::Options;

/// Where a database can be opened, and opened again after it failed.
pub(crate) trait Medium: Send {
    /// Opens the database.
    ///
    /// # Errors
    /// See [`OpenError`].
    fn open(&self, options: &Options) -> Result<(Database, Standing), OpenError>;

    /// Whether what is free has come down to the reserve that is kept for deletions.
    fn nearly_full(&self, _options: &Options) -> bool {
        false
    }
}

/// A disk of one's own; its clones share what is on it.
pub(crate) struct Disk<B>(pub(crate) B);

impl<B: StorageBackend + Clone> Medium for Disk<B> {
    fn open(&self, options: &Options) -> Result<(Database, Standing), OpenError> {
        database::open(self.0.clone(), options, None)
    }
}

impl Medium for Directory {
    fn open(&self, options: &Options) -> Result<(Database, Standing), OpenError> {
        let file = self.open_database(options.create, database::create)?;
        let backend = FileBackend::new(file).map_err(refused)?;
        database::open(backend, options, Some(&self.database_path()))
    }

    fn nearly_full(&self, options: &Options) -> bool {
        self.space()
            .is_some_and(|space| space.free < space.reserve(options.reserve_bytes))
    }
}

/// Opens the database. What is damaged in a way that redb's checks do not foresee makes it panic.
pub(crate) fn open(medium: &dyn Medium, options: &Options) -> Result<(Database, Standing), OpenError> {
    let opened = catch_unwind(AssertUnwindSafe(|| medium.open(options)));
    opened.unwrap_or_else(|_| {
        let what = "what is in the file makes no sense: it is damaged, restore it from a backup";
        Err(OpenError::Unreadable(what.to_owned()))
    })
}
