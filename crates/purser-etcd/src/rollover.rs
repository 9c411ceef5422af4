//! An authority replaces another without a moment in which somebody is not believed: first both are trusted, then the new
//! one signs, then the old one is dropped. Members read whom they trust when they start, so the first and the last step
//! need a restart of each, one after the other.

use std::path::Path;

use time::{Duration, OffsetDateTime};

use crate::authority::{Authority, AuthorityFiles, Generation, Side};
use crate::cluster::Cluster;
use crate::error::Error;
use crate::files;
use crate::init::tell_trusting;
use crate::layout::Layout;
use crate::renew::{Keys, Renewed, reissue};

/// A step of an authority's replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Make the new authority, and trust both.
    Trust,
    /// Sign all certificates of the side with the new one.
    Reissue,
    /// Trust the new one alone, and destroy the old one's key.
    Drop,
}

/// Takes a step. One that was cut short is taken again.
///
/// # Errors
/// [`Error::Order`] when it is not the one that comes next; when something cannot be read or written.
pub fn roll_over(
    directory: &Path,
    side: Side,
    step: Step,
    lifetime: Duration,
    now: OffsetDateTime,
) -> Result<(Cluster, Vec<Renewed>), Error> {
    let layout = Layout::new(directory);
    let cluster = Cluster::read(&layout.cluster())?;
    let place = layout.authorities();
    let files = |generation| AuthorityFiles::new(&place, side, generation);
    let (current, next, old) = (
        files(Generation::Current),
        files(Generation::Next),
        files(Generation::Old),
    );
    let mut renewed = Vec::new();
    match step {
        Step::Trust => {
            if old.certificate.exists() {
                return Err(Error::Order(format!(
                    "a replacement of the {side}' authority is under way: finish it with --step reissue and --step drop"
                )));
            }
            if !next.certificate.exists() {
                Authority::make(&next, side, cluster.short_token(), now)?;
            }
        }
        Step::Reissue => {
            if !next.certificate.exists() && !old.certificate.exists() {
                return Err(Error::Order(format!(
                    "there is no new authority of the {side}: --step trust comes first, and a restart of who trusts it"
                )));
            }
            advance(&current, &next, &old)?;
            let authority = Authority::open(&current, now)?;
            renewed = reissue(&layout, &cluster, side, &authority, lifetime, Keys::Same, now)?;
        }
        Step::Drop => {
            if next.certificate.exists() || !old.certificate.exists() {
                return Err(Error::Order(format!(
                    "there is no old authority of the {side} to drop: --step trust and --step reissue come first"
                )));
            }
            files::remove(&old.key)?;
            files::remove(&old.certificate)?;
        }
    }
    tell_trusting(&layout, &cluster, side)?;
    Ok((cluster, renewed))
}

/// The new authority takes the place of the one that signed. Each rename happens once, however often this is cut short.
fn advance(current: &AuthorityFiles, next: &AuthorityFiles, old: &AuthorityFiles) -> Result<(), Error> {
    for (from, to) in [(&current.key, &old.key), (&current.certificate, &old.certificate)] {
        if !to.exists() {
            files::rename(from, to)?;
        }
    }
    for (from, to) in [
        (&next.key, &current.key),
        (&next.certificate, &current.certificate),
    ] {
        if from.exists() {
            files::rename(from, to)?;
        }
    }
    Ok(())
}
