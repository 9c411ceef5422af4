//! Sealing anew what is stale.

use futures_util::StreamExt as _;
use futures_util::stream;
use purser_store::{Check, Outcome, Record};

use super::Progress;
use super::surveying::{MOST_NAMED, Pages, Unopened};
use crate::sealed_store::{CommitError, SealedChange, SealedStore};
use crate::transformer::SealError;

/// How many values are on their way to the store at once: they share its flushes.
const AT_ONCE: usize = 64;

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
pub async fn rewrite(store: &SealedStore, progress: &Progress) -> Result<Report, CommitError> {
    let mut report = Report::default();
    let mut pages = Pages::default();
    while let Some(records) = pages.next(store, progress).await? {
        let mut working = stream::iter(records)
            .map(|record| one(store, record))
            .buffer_unordered(AT_ONCE);
        while let Some(done) = working.next().await {
            match done? {
                Done::Rewritten => report.rewritten += 1,
                Done::Fresh => report.fresh += 1,
                Done::Overtaken => report.overtaken += 1,
                Done::Unopened(unopened) => {
                    report.unopened += 1;
                    if report.named.len() < MOST_NAMED {
                        report.named.push(unopened);
                    }
                }
            }
            progress.step();
        }
    }
    Ok(report)
}

async fn one(store: &SealedStore, record: Record) -> Result<Done, CommitError> {
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
    let sealed_anew = SealedChange::Put {
        key: record.key.to_string(),
        plaintext: opened.plaintext,
    };
    match store.commit(vec![unchanged], vec![sealed_anew]).await? {
        Outcome::Committed(_) => Ok(Done::Rewritten),
        Outcome::Failed { .. } => Ok(Done::Overtaken),
    }
}
