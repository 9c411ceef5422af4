//! With a key holder: its key seals, in this process, as `purser kms serve` would have it sealed.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use purser_encryption::tally::Tallies;
use purser_encryption::{Chain, Envelope, KeyHolder, Transformer};
use purser_kms::{HolderError, HolderSpec, Layered};

use super::kms::{Keepers, wait};
use super::options::Holders;
use super::own_keys::OwnKeys;
use super::several::Several;
use super::{AtRest, key_files};
use crate::error::Error;
use crate::kms;
use crate::layout::Layout;

/// The name of the provider whose key a holder has: with it and `purser kms serve` in front of the same holder, any API
/// server reads what is sealed here.
const PROVIDER: &str = "purser-holder";
/// How such values begin.
pub(super) const PREFIX: &str = "k8s:enc:kms:v2:purser-holder:";

/// What opens what key holders sealed.
pub(super) struct Held {
    pub(super) envelope: Arc<Envelope>,
    /// Has keys of its own unwrapped, which are to be forgotten with those of the holder.
    pub(super) layer: Arc<Layered>,
}

impl Held {
    fn new(holders: impl IntoIterator<Item = Arc<dyn KeyHolder>>, tallies: &Tallies) -> Option<Self> {
        let layer = Arc::new(Layered::new(Arc::new(Several::of(holders)?)));
        let holder = Arc::clone(&layer) as Arc<dyn KeyHolder>;
        let tally = tallies.provider(PROVIDER);
        Some(Self {
            envelope: Arc::new(Envelope::new(PROVIDER, holder).counted(tally)),
            layer,
        })
    }
}

/// Seals with the key of a holder, and opens what it, those before it, and key files have sealed. Nothing is made anew:
/// neither a key of the holder nor a key file.
///
/// # Errors
/// When the holder has no key, cannot be used, or is away for too long.
pub(super) async fn open(
    layout: &Layout,
    holder: &HolderSpec,
    holders: &Holders,
    empty: bool,
) -> Result<AtRest, Error> {
    refuse_key_directory(layout, holder)?;
    let first = holder.open(kms::files()).await;
    let first = first.map_err(|error| unusable(error, holder, layout, empty))?;
    let former = open_each(&holders.former_at_rest_key_holder).await?;
    let unnamed = || Error::Server("there is no key holder".to_owned());
    let tallies = Arc::<Tallies>::default();
    let held = Held::new([first].into_iter().chain(former), &tallies).ok_or_else(unnamed)?;
    let envelopes = vec![Arc::clone(&held.envelope)];
    let waited = wait(&envelopes).await;
    waited.map_err(|(_, why)| Error::Server(format!("{holder}: {why}")))?;
    let files = key_files::load(&layout.keys)?;
    let reader = files.clone().map(|files| key_files::envelope(files, &tallies));
    let keepers = Keepers::default();
    keepers.look_after(&envelopes);
    let sealing = Arc::clone(&held.envelope) as Arc<dyn Transformer>;
    Ok(AtRest {
        key_id: sealing.info().key_id,
        transformer: match &reader {
            Some(reader) => Arc::new(Chain::new(sealing, vec![Arc::clone(reader) as _])),
            None => sealing,
        },
        envelopes: Arc::new(ArcSwap::from_pointee(envelopes)),
        readers: reader.into_iter().collect(),
        layers: vec![held.layer],
        place: holder.to_string(),
        new: false,
        keys: Some(Arc::new(OwnKeys::new(files, holders.clone()))),
        tallies,
        configured: None,
        keepers: Arc::new(keepers),
    })
}

/// Opens what former holders have sealed; `None`: none is named. They are not asked yet.
///
/// # Errors
/// When one cannot be used.
pub(super) async fn reader(holders: &Holders, tallies: &Tallies) -> Result<Option<Held>, Error> {
    let former = open_each(&holders.former_at_rest_key_holder).await?;
    Ok(Held::new(former, tallies))
}

async fn open_each(specs: &[HolderSpec]) -> Result<Vec<Arc<dyn KeyHolder>>, Error> {
    let mut holders = Vec::new();
    for spec in specs {
        holders.push(spec.open(kms::files()).await?);
    }
    Ok(holders)
}

/// Where there is data, a key that is not there is lost, and another one would not help.
fn unusable(error: HolderError, holder: &HolderSpec, layout: &Layout, empty: bool) -> Error {
    match error {
        HolderError::NoKey { .. } if !empty => Error::HolderLost {
            holder: holder.to_string(),
            store: layout.store(),
        },
        error => error.into(),
    }
}

/// The key files are destroyed by a rotation that has them replaced, and so would be the holder's.
fn refuse_key_directory(layout: &Layout, holder: &HolderSpec) -> Result<(), Error> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match holder {
        HolderSpec::File(directory) if real(directory) == real(&layout.keys) => Err(Error::Usage(format!(
            "{} is where key files are kept without a key holder: leave --at-rest-key-holder out, or name another \
             directory",
            directory.display()
        ))),
        _ => Ok(()),
    }
}
