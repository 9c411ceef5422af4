//! The embedded store passes the suite.
#![expect(clippy::unwrap_used, reason = "test code reports by panicking")]

use std::sync::Arc;

use purser_store::suite::Subject;
use purser_store_embedded::{EmbeddedStore, Options};

/// More than memory holds of recent values, with a tolerance far below it.
const LAG_WRITES: usize = 40;

async fn subject() -> Subject {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        watch_lag: 4,
        ..Options::new(directory.path().join("store"))
    };
    let store = EmbeddedStore::open(options).unwrap();
    Subject {
        store: Arc::new(store),
        keep: Box::new(directory),
        lag_writes: LAG_WRITES,
    }
}

purser_store::suite!(subject);
