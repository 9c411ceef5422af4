//! How the writer comes back after its disk failed.
//!
//! After a failure only the disk knows what it holds, and redb neither reads nor writes. So the database is let go and
//! opened again, at once and then each tick, until that works. What had been on its way may have become durable:
//! then it is shown to everybody now, though who sent it was told that it failed.

use std::sync::Arc;

use purser_store::{Event, Revision, StoreError};

use crate::error::OpenError;
use crate::failure::Failure;
use crate::medium;
use crate::snapshot::Snapshot;
use crate::writer::Writer;

impl Writer {
    /// Lets the database go: nothing is read or written until [`Writer::recover`] has opened it again.
    pub(crate) fn fail(&mut self, error: StoreError) {
        tracing::error!(%error, "the store failed; it is opened again as soon as that works");
        let why = match &error {
            StoreError::Unavailable(why) => why.clone(),
            other => other.to_string(),
        };
        self.hub.trouble(Some(why));
        self.hub.release();
        self.db = None;
        self.failed = Some(Failure::new(error));
    }

    /// Opens the database again when it is time to try.
    pub(crate) fn recover(&mut self) {
        let Some(failure) = &mut self.failed else { return };
        if !failure.is_due(self.options.tick) {
            return;
        }
        match self.open_again() {
            Ok(()) => {
                tracing::info!(revision = self.standing.revision, "the store works again");
                self.failed = None;
                self.hub.trouble(None);
                // Whether there is room is looked at again.
                self.full = false;
            }
            Err(error) => tracing::debug!(%error, "the store cannot be opened again yet"),
        }
    }

    fn open_again(&mut self) -> Result<(), OpenError> {
        let (db, standing) = medium::open(self.medium.as_ref(), &self.options)?;
        if standing.revision < self.standing.revision {
            return Err(OpenError::Unreadable("what was written last is gone".to_owned()));
        }
        let snapshot = Snapshot::take(&db, standing.revision, standing.compacted)?;
        // What was forgotten together with its commit cannot be shown any more.
        let shown = self.standing.revision.max(standing.compacted);
        let missed = missed(&snapshot, shown)?;
        self.db = Some(db);
        self.standing = standing;
        self.hub.publish(snapshot, shown, missed);
        Ok(())
    }
}

/// The revisions after `shown`, which became durable without having been shown.
fn missed(snapshot: &Snapshot, shown: Revision) -> Result<Vec<Arc<[Event]>>, StoreError> {
    let (mut missed, mut reached) = (Vec::new(), shown);
    while reached < snapshot.revision {
        let replay = snapshot.replay("", reached)?;
        missed.extend(replay.events);
        reached = replay.reached;
    }
    Ok(missed)
}
