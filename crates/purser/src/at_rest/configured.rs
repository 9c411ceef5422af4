//! With a configuration: the providers that the file names, each for its kinds.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use parking_lot::Mutex;
use purser_encryption::configuration::{Configuration, Kms, KmsVersion, Provider, Providers, Routes};
use purser_encryption::tally::Tallies;
use purser_encryption::{Chain, Envelope, EnvelopeV1, Identity, Transformer};
use purser_store::Store;
use purser_types::Resource;
use purser_types::resource::SECRETS;
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use super::counting;
use super::kms::{Keepers, dial, wait, wait_for_older};
use super::options::Holders;
use super::{AtRest, Envelopes, OlderEnvelopes, held, key_files, witness};
use crate::error::Error;
use crate::layout::Layout;
use crate::private;
use crate::reload::{Counters, Digest, Followed, digest};

/// How long after a file that cannot be used the same one is tried again: upstream's
/// `EncryptionConfigFileChangePollDuration`, with which it does so too.
const AGAIN: Duration = Duration::from_secs(60);

/// A configuration file, and what is made of it.
pub(crate) struct Configured {
    file: PathBuf,
    reloads: bool,
    /// Set by [`Configured::open`].
    routes: Arc<Routes>,
    envelopes: Envelopes,
    older: OlderEnvelopes,
    keepers: Keepers,
    tallies: Arc<Tallies>,
    counters: Arc<Counters>,
    /// The digest of the content that is in effect.
    in_effect: Arc<Mutex<Option<Digest>>>,
    /// Opens what former key holders sealed.
    former: OnceLock<Arc<Envelope>>,
    /// The content that [`Configured::open`] found, and the store that it is for.
    opened: OnceLock<(Digest, Arc<dyn Store>)>,
}

/// What a file's content becomes.
struct Made {
    trees: Vec<(String, Arc<dyn Transformer>)>,
    otherwise: Arc<dyn Transformer>,
    /// What keeps the server's own records.
    own: Arc<dyn Transformer>,
    envelopes: Vec<Arc<Envelope>>,
    older: Vec<Arc<EnvelopeV1>>,
}

impl Configured {
    /// That file, which is read later; whether it will be read again when it changes.
    pub(crate) fn new(file: PathBuf, reloads: bool) -> Arc<Self> {
        Arc::new(Self {
            file,
            reloads,
            routes: Arc::new(Routes::new(Vec::new(), Arc::new(Identity::read_only()))),
            envelopes: Arc::new(ArcSwap::from_pointee(Vec::new())),
            older: OlderEnvelopes::default(),
            keepers: Keepers::default(),
            tallies: Arc::default(),
            counters: Arc::default(),
            in_effect: Arc::default(),
            former: OnceLock::new(),
            opened: OnceLock::new(),
        })
    }

    /// Reads the file and waits for the plugins that it names.
    ///
    /// # Errors
    /// When the file is open to others, or something in it is wrong, or a plugin is not well.
    pub(super) async fn open(
        self: Arc<Self>,
        layout: &Layout,
        store: &Arc<dyn Store>,
        holders: &Holders,
    ) -> Result<AtRest, Error> {
        let content = read(&self.file)?;
        if let Some(former) = held::reader(holders, &self.tallies).await? {
            // It is opened once.
            let _ = self.former.set(former.envelope);
        }
        let made = self.make(content.as_bytes(), layout).await?;
        let key_id = made.own.info().key_id;
        self.use_now(made, digest(content.as_bytes()));
        // It is opened once.
        let _ = self.opened.set((digest(content.as_bytes()), Arc::clone(store)));
        Ok(AtRest {
            transformer: Arc::clone(&self.routes) as Arc<dyn Transformer>,
            envelopes: Arc::clone(&self.envelopes),
            key_id,
            place: self.file.display().to_string(),
            new: false,
            keys: None,
            readers: Vec::new(),
            layers: Vec::new(),
            // The configuration has its own, which change with it.
            keepers: Arc::default(),
            tallies: Arc::clone(&self.tallies),
            configured: Some(self),
        })
    }

    /// The file, to be looked at again and again; `None`: that is not wanted.
    pub(crate) fn follow(self: &Arc<Self>, layout: &Layout) -> Option<Followed> {
        let (opened, store) = self.opened.get().filter(|_| self.reloads)?;
        let (opened, opened_store) = (*opened, Arc::clone(store));
        let (this, layout, runtime) = (Arc::clone(self), layout.clone(), Handle::current());
        let keyspace = layout.keyspace.clone();
        let apply = move |content: &[u8]| {
            let (maker, layout, store) = (Arc::clone(&this), layout.clone(), Arc::clone(&opened_store));
            let (hash, content) = (digest(content), Zeroizing::new(content.to_vec()));
            // A task of its own, which ends with the server: on this thread its timers would fail then.
            let making = runtime.spawn(async move {
                let made = maker.make(&content, &layout).await?;
                witness::hand_over(&layout, &store, made.own.as_ref()).await?;
                Ok::<_, Error>(made)
            });
            let stops = |_| "the server stops".to_owned();
            let made = runtime.block_on(making).map_err(stops)?;
            this.use_now(made.map_err(|error| error.to_string())?, hash);
            let (kept, routes) = (Arc::clone(&opened_store), Arc::clone(&this.routes));
            let keyspace = keyspace.clone();
            let sealing = runtime.spawn(async move { witness::seal_anew(&keyspace, &kept, routes).await });
            // What the file says is in effect even so.
            if let Err(error) = runtime.block_on(sealing).map_err(stops)? {
                tracing::warn!(%error, "whether a later file has the key of now will not be noticed");
            }
            Ok(())
        };
        let reread = |path: &Path| match read(path) {
            Ok(text) => Ok(Zeroizing::new(text.as_bytes().to_vec())),
            Err(error) => Err(error.to_string()),
        };
        let followed = Followed::known("how values are kept", self.file.clone(), opened, apply);
        let followed = followed.reading(reread).counted(Arc::clone(&self.counters));
        // A plugin that the file names may come later.
        Some(followed.trying_again(AGAIN))
    }

    /// The plugins of KMS v1 in use.
    pub(super) fn older(&self) -> OlderEnvelopes {
        Arc::clone(&self.older)
    }

    /// How it was read again.
    pub(crate) fn reloads(&self) -> Reloads {
        Reloads {
            counters: Arc::clone(&self.counters),
            in_effect: Arc::clone(&self.in_effect),
        }
    }

    /// What becomes of a content, without any effect yet.
    async fn make(&self, content: &[u8], layout: &Layout) -> Result<Made, Error> {
        let wrong = |reason: String| Error::Settings {
            path: self.file.clone(),
            reason,
        };
        let configuration =
            Configuration::read(content, self.reloads).map_err(|error| wrong(error.to_string()))?;
        warn(&configuration);
        let providers = Providers::counted(configuration, &self.tallies, |kms| dial(kms, &self.tallies))
            .map_err(|error| wrong(error.to_string()))?;
        let waited = wait(providers.envelopes()).await;
        waited.map_err(|(name, why)| wrong(format!("KMS provider {name}: {why}")))?;
        let waited = wait_for_older(providers.older_envelopes()).await;
        waited.map_err(|(name, why)| wrong(format!("KMS provider {name}: {why}")))?;
        let local = key_files::reader(layout, &self.tallies)?;
        // What was sealed before there was a configuration is read, and sealed anew with the next write.
        let earlier: Vec<Arc<dyn Transformer>> = local
            .iter()
            .chain(self.former.get())
            .map(|earlier| Arc::clone(earlier) as Arc<dyn Transformer>)
            .collect();
        let with_earlier = |configured: Arc<dyn Transformer>| -> Arc<dyn Transformer> {
            match earlier.is_empty() {
                true => configured,
                false => Arc::new(Chain::new(configured, earlier.clone())),
            }
        };
        let of = |resource: &'static Resource| with_earlier(providers.of(resource.group, resource.plural));
        let own = with_earlier(providers.of_the_server(SECRETS.group, SECRETS.plural));
        let mut trees = counting::trees(&layout.keyspace, &self.tallies, of);
        trees.push((
            layout.keyspace.own().to_owned(),
            counting::other(&self.tallies, Arc::clone(&own)),
        ));
        let otherwise = Arc::new(Chain::new(Arc::new(Identity::in_the_clear()), earlier));
        Ok(Made {
            trees,
            // Ranges of addresses are in the clear, whatever the file says, as upstream has it, which could not read
            // them otherwise: it makes their storage without the transformers. Source: `NewLegacyRESTStorage` takes
            // the storage factory beneath `transformerStorageFactory` of `pkg/server/options/etcd.go`. What was
            // sealed before is read.
            otherwise: counting::other(&self.tallies, otherwise),
            own,
            envelopes: providers.envelopes().to_vec(),
            older: providers.older_envelopes().to_vec(),
        })
    }

    fn use_now(&self, made: Made, content: Digest) {
        self.keepers.look_after(&made.envelopes);
        self.envelopes.store(Arc::new(made.envelopes));
        self.older.store(Arc::new(made.older));
        self.routes.change(made.trees, made.otherwise);
        *self.in_effect.lock() = Some(content);
    }
}

/// How a configuration was read again.
pub(crate) struct Reloads {
    /// How often.
    pub(crate) counters: Arc<Counters>,
    in_effect: Arc<Mutex<Option<Digest>>>,
}

impl Reloads {
    /// The hash of what is in effect, in hexadecimal.
    pub(crate) fn digest(&self) -> Option<String> {
        let digest = (*self.in_effect.lock())?;
        Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The text of the file, which has to be there and private, for it may hold keys.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, Error> {
    private::read_through_links(path)?.ok_or_else(|| Error::Settings {
        path: path.to_owned(),
        reason: "there is no such file".to_owned(),
    })
}

/// Says aloud what a configuration gives up.
pub(super) fn warn(configuration: &Configuration) {
    if configuration.keeps_in_the_clear(SECRETS.group, SECRETS.plural) {
        tracing::warn!(
            "Secrets are stored in the clear: the configuration's first provider for them is identity, or there is none"
        );
    }
    for provider in configuration.blocks.iter().flat_map(|block| &block.providers) {
        match provider {
            Provider::Keyed { algorithm, .. } if !algorithm.binds_the_place() => tracing::warn!(
                provider = algorithm.as_str(),
                "who can write to the store can put one value into another's place unnoticed: aesgcm and kms bind them"
            ),
            Provider::Kms(Kms {
                version: KmsVersion::V1 { .. },
                name,
                ..
            }) => tracing::warn!(
                provider = name,
                "KMS v1 is deprecated and takes a call for every write: use v2"
            ),
            _ => {}
        }
    }
}
