//! Sealing anew what is stale.

use std::pin::pin;

use futures_util::stream::{self, TryStreamExt as _};
use purser_store::{Check, Outcome, Record};

use super::everything::Everything;
use super::origin::Origin;
use super::surveying::{MOST_NAMED, Unopened};
use super::{Pace, Progress};
use crate::sealed_store::{CommitError, SealedChange, SealedStore};
use crate::transformer::SealError;

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    /// Values that were sealed anew.
    pub rewritten: u64,
    /// Values that needed nothing.
    pub fresh: u64,
    /// Values that somebody else wrote meanwhile, and so sealed with the key of now.
    pub overtaken: u64,
    /// How many cannot be opened.
    pub unopened: u64,
    /// The first [`MOST_NAMED`] of those.
    pub named: Vec<Unopened>,
}

/// What became of one value.
enum Done {
    Rewritten,
    Fresh,
    Overtaken,
    Unopened(Unopened),
}

/// Seals every stale value anew, each only if it is still the one that was read: nobody's write is lost. Values that
/// cannot be opened are left alone and told. Can be broken off at any point and begun again.
///
/// # Errors
/// When the store cannot be read or written, or nothing can be sealed.
pub async fn rewrite(store: &SealedStore, pace: Pace, progress: &Progress) -> Result<Report, CommitError> {
    let mut report = Report::default();
    let everything = Everything::of(store, pace.rewriting(), progress).await?;
    let records = stream::try_unfold(everything, |mut everything| async {
        let next = everything.next().await?;
        Ok::<_, CommitError>(next.map(|record| (record, everything)))
    });
    let working = records.map_ok(|record| one(store, record));
    let mut working = pin!(working.try_buffer_unordered(pace.at_once()));
    while let Some(done) = working.try_next().await? {
        report.note(done);
        progress.step();
    }
    Ok(report)
}

impl Report {
    fn note(&mut self, done: Done) {
        match done {
            Done::Rewritten => self.rewritten += 1,
            Done::Fresh => self.fresh += 1,
            Done::Overtaken => self.overtaken += 1,
            Done::Unopened(unopened) => {
                self.unopened += 1;
                if self.named.len() < MOST_NAMED {
                    self.named.push(unopened);
                }
            }
        }
    }
}

async fn one(store: &SealedStore, record: Record) -> Result<Done, CommitError> {
    // Kept aside, byte for byte; what it needs is told by the survey.
    if Origin::of(store.keyspace(), &record.key).is_some() {
        return Ok(Done::Fresh);
    }
    let opened = match store.open(&record.key, &record.value).await {
        Ok(opened) if !opened.stale => return Ok(Done::Fresh),
        Ok(opened) => opened,
        // Not lost, but not to be had: going on would leave it stale unnoticed.
        Err(crate::OpenError::Unavailable(why)) => return Err(SealError::Unavailable(why).into()),
        Err(why) => {
            let key = record.key.to_string();
            return Ok(Done::Unopened(Unopened { key, why }));
        }
    };
    let unchanged = Check {
        key: record.key.to_string(),
        mod_revision: record.mod_revision,
    };
    let sealed_anew = SealedChange::Rewrite {
        key: record.key.to_string(),
        plaintext: opened.plaintext,
    };
    match store.commit(vec![unchanged], vec![sealed_anew]).await? {
        Outcome::Committed(_) => Ok(Done::Rewritten),
        Outcome::Failed { .. } => Ok(Done::Overtaken),
    }
}
