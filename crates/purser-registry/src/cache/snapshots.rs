//! The states that pages of lists were read from, kept for a while so that the next page reads the same one.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use super::Objects;

/// How many states of a resource are kept at most.
pub(crate) const KEPT_SNAPSHOTS: usize = 8;

/// For how long one is kept after its last use.
pub(crate) const SNAPSHOT_AGE: Duration = Duration::from_secs(60);

/// States by revision.
#[derive(Debug, Default)]
pub(crate) struct Snapshots {
    kept: VecDeque<(u64, SystemTime, Objects)>,
}

impl Snapshots {
    /// Keeps a state for the pages that follow; the one used longest ago makes room.
    pub(crate) fn keep(&mut self, revision: u64, objects: Objects, now: SystemTime) {
        self.kept.retain(|(known, ..)| *known != revision);
        self.kept.push_back((revision, now, objects));
        if self.kept.len() > KEPT_SNAPSHOTS {
            self.kept.pop_front();
        }
    }

    /// The state at exactly `revision`.
    pub(crate) fn at(&self, revision: u64) -> Option<Objects> {
        self.kept
            .iter()
            .find(|(known, ..)| *known == revision)
            .map(|(_, _, objects)| objects.clone())
    }

    /// Lets go of those not used for [`SNAPSHOT_AGE`].
    pub(crate) fn expire(&mut self, now: SystemTime) {
        self.kept
            .retain(|(_, used, _)| now.duration_since(*used).unwrap_or_default() < SNAPSHOT_AGE);
    }
}
