//! The store of a data directory, opened.

use purser_store_embedded::{EmbeddedStore, OpenError, Options};

use crate::error::Error;
use crate::initialised::Marks;
use crate::layout::Layout;

/// Opens it; only where nothing shows that there was one it is made.
///
/// # Errors
/// When another process has it, it is open to others, it is gone, or it cannot be read.
pub(crate) fn open(layout: &Layout, marks: &Marks) -> Result<EmbeddedStore, Error> {
    let options = Options {
        create: !marks.any(),
        ..Options::new(layout.store())
    };
    EmbeddedStore::open(options).map_err(|error| match error {
        OpenError::Held { pid } => Error::Held {
            path: layout.data.clone(),
            pid,
        },
        OpenError::Exposed { path, mode, fix } => Error::Exposed { path, mode, fix },
        OpenError::NotOurs { path, owner, us } => Error::NotOurs { path, owner, us },
        OpenError::WrongKind { path } => Error::WrongKind { path },
        OpenError::Missing { .. } => Error::StoreLost {
            store: layout.store(),
            marks: marks.named(),
        },
        error => Error::Store {
            path: layout.store(),
            reason: error.to_string(),
        },
    })
}
