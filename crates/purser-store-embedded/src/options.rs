//! How a store is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Memory that redb may use for pages. Small: the layer above caches what is read often.
const DEFAULT_CACHE_BYTES: usize = 8 << 20;

/// History younger than this is kept.
const DEFAULT_HISTORY_AGE: Duration = Duration::from_secs(300);

/// At least this many revisions of history are kept.
const DEFAULT_HISTORY_REVISIONS: u64 = 10_000;

/// How many revisions a watcher may stay behind before it is cut.
const DEFAULT_WATCH_LAG: u64 = 10_000;

/// How often an idle store looks for history to forget.
const DEFAULT_TICK: Duration = Duration::from_secs(5);

/// A file shorter than this keeps its free space.
const DEFAULT_SHRINK_ABOVE: u64 = 64 << 20;

/// Where the store takes the time from; it only decides which history is old enough to be forgotten.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> SystemTime;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// What [`EmbeddedStore::open`](crate::EmbeddedStore::open) needs to know.
#[derive(Clone)]
pub struct Options {
    /// The directory of the store's files; made (mode 0700) when missing.
    pub directory: PathBuf,
    /// Memory for pages of the file, in bytes; 8 MiB by default.
    pub cache_bytes: usize,
    /// History younger than this is kept; 5 minutes by default.
    pub history_age: Duration,
    /// At least this many of the latest revisions are kept, however old; 10,000 by default.
    pub history_revisions: u64,
    /// A watcher more revisions behind than this, and behind what memory holds, is cut; 10,000 by default.
    pub watch_lag: u64,
    /// How often an idle store looks for history to forget, and one whose disk failed whether it works again; 5 seconds
    /// by default.
    pub tick: Duration,
    /// A file longer than this, in bytes, of which most is free gives the free space back when it is opened; 64 MiB
    /// by default.
    pub shrink_above: u64,
    /// Whether a database that is not there is made; if not, that is [`OpenError::Missing`](crate::OpenError::Missing).
    pub create: bool,
    /// While less than this is free on the disk, in bytes, only deletions are taken; by default 16 MiB, or a sixteenth
    /// of a disk that is small.
    pub reserve_bytes: Option<u64>,
    /// Tells the age of history.
    pub clock: Arc<dyn Clock>,
}

impl Options {
    /// The defaults, in `directory`.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            cache_bytes: DEFAULT_CACHE_BYTES,
            history_age: DEFAULT_HISTORY_AGE,
            history_revisions: DEFAULT_HISTORY_REVISIONS,
            watch_lag: DEFAULT_WATCH_LAG,
            tick: DEFAULT_TICK,
            shrink_above: DEFAULT_SHRINK_ABOVE,
            create: true,
            reserve_bytes: None,
            clock: Arc::new(SystemClock),
        }
    }
}
