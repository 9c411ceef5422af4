//! New certificates from the same authorities.

use std::path::{Path, PathBuf};

use rcgen::KeyPair;
use time::{Duration, OffsetDateTime};

use crate::authority::{Authority, AuthorityFiles, Generation, Side};
use crate::certificate::Facts;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::files;
use crate::layout::Layout;
use crate::leaf::Leaf;

/// Which keys new certificates are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// The same: one file changes, at once, and no private key has to be carried anywhere.
    Same,
    /// New ones: key and certificate change one after the other, and a handshake between the two fails once.
    New,
}

/// A certificate that was replaced.
#[derive(Debug, Clone)]
pub struct Renewed {
    /// Its file.
    pub certificate: PathBuf,
    /// When the one before ends; `None` when it could not be read.
    pub ended: Option<OffsetDateTime>,
    /// When this one does.
    pub ends: OffsetDateTime,
}

/// Replaces every certificate of a cluster by one that is good for `lifetime`. Files are replaced whole.
///
/// # Errors
/// When the directory holds no cluster or an authority's key is missing; when something cannot be written: what was
/// replaced until then is told by nobody, and another attempt replaces all.
pub fn renew(
    directory: &Path,
    lifetime: Duration,
    keys: Keys,
    now: OffsetDateTime,
) -> Result<(Cluster, Vec<Renewed>), Error> {
    let layout = Layout::new(directory);
    let cluster = Cluster::read(&layout.cluster())?;
    let mut renewed = Vec::new();
    // All authorities are looked at before anything is replaced.
    let authorities = Side::ALL.map(|side| {
        let files = AuthorityFiles::new(&layout.authorities(), side, Generation::Current);
        Authority::open(&files, now).map(|authority| (side, authority))
    });
    let authorities = authorities.into_iter().collect::<Result<Vec<_>, _>>()?;
    for (side, authority) in &authorities {
        renewed.extend(reissue(&layout, &cluster, *side, authority, lifetime, keys, now)?);
    }
    Ok((cluster, renewed))
}

/// Replaces every certificate of one side.
pub(crate) fn reissue(
    layout: &Layout,
    cluster: &Cluster,
    side: Side,
    authority: &Authority,
    lifetime: Duration,
    keys: Keys,
    now: OffsetDateTime,
) -> Result<Vec<Renewed>, Error> {
    let leaves = Leaf::all(cluster).into_iter().filter(|leaf| leaf.side() == side);
    leaves
        .map(|leaf| {
            let (certificate, key) = leaf.files(layout);
            let before = files::read(&certificate)
                .ok()
                .and_then(|text| Facts::of_pem(&text));
            match keys {
                Keys::New => leaf.make(layout, authority, lifetime, now)?,
                Keys::Same => {
                    let pair = KeyPair::from_pem(&files::read(&key)?)
                        .map_err(|_| Error::content(&key, "it is no private key: renew with --new-keys"))?;
                    files::write(&certificate, &leaf.certify(&pair, authority, lifetime, now)?)?;
                }
            }
            let after = Facts::of_pem(&files::read(&certificate)?)
                .ok_or_else(|| Error::content(&certificate, "what was written cannot be read"))?;
            Ok(Renewed {
                certificate,
                ended: before.map(|facts| facts.not_after),
                ends: after.not_after,
            })
        })
        .collect()
}
