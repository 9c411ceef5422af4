//! The registry: the caches, the operations (in `ops/`) and the controllers over one sealed store.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use parking_lot::Mutex;
use purser_authz::{Authorizer, Permit};
use purser_encryption::SealedStore;
use purser_types::time::Timestamp;
use purser_types::{Object, Plaintext, Resource};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::cache::Caches;
use crate::certificates::Signer;
use crate::clock::{Clock, Ids, RandomIds, SystemClock};
use crate::duties::Duties;
use crate::error::Error;
use crate::found::Found;
use crate::key_locks::KeyLocks;
use crate::kinds::{KINDS, Kind};
use crate::lasting;
use crate::services::ServiceRanges;
use crate::written::{Written, strip_values};

/// How a registry is set up.
#[derive(Clone)]
pub struct Options {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where uids and generated names come from.
    pub ids: Arc<dyn Ids>,
    /// Who decides what requests may do; it learns of roles and bindings from here.
    pub authorizer: Arc<Authorizer>,
    /// The CA certificates of the server, PEM, for each namespace's `kube-root-ca.crt`.
    pub ca_bundle_pem: String,
    /// `--deny-credentials-in-configmaps`: refuse what is otherwise only warned about.
    pub deny_credentials_in_configmaps: bool,
    /// Who signs requests for certificates that were approved; `None`: nobody does here.
    pub signer: Option<Arc<dyn Signer>>,
    /// Where addresses and ports of Services are given from.
    pub services: ServiceRanges,
    /// The port at which this server is reached, for the Service and the Endpoints `kubernetes`.
    pub port: u16,
    /// The address at which others reach this server, for the Endpoints `kubernetes`; `None`: they are not made.
    pub advertised: Option<IpAddr>,
    /// What this server is called among others of the same store, when there are any: one of them is elected to do what
    /// is to be done once. `None`: it is the only one.
    pub candidate: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            authorizer: Arc::new(Authorizer::new()),
            ca_bundle_pem: String::new(),
            deny_credentials_in_configmaps: false,
            signer: None,
            services: ServiceRanges::default(),
            port: 6443,
            advertised: None,
            candidate: None,
        }
    }
}

/// Every served kind over one sealed store.
pub struct Registry {
    pub(crate) store: Arc<SealedStore>,
    pub(crate) caches: Arc<Caches>,
    pub(crate) options: Options,
    pub(crate) turns: KeyLocks,
    pub(crate) duties: Duties,
    /// Where Secrets go whose tokens were used, once somebody writes that down.
    pub(crate) uses: OnceLock<mpsc::Sender<Arc<Found>>>,
    unreadable: AtomicU64,
    tasks: Mutex<JoinSet<()>>,
}

impl Registry {
    /// Who decides what requests may do.
    #[must_use]
    pub fn authorizer(&self) -> &Arc<Authorizer> {
        &self.options.authorizer
    }

    /// Over caches that are filled; nothing follows the store yet.
    pub(crate) fn over(store: Arc<SealedStore>, caches: Arc<Caches>, options: Options) -> Self {
        Self {
            store,
            caches,
            turns: KeyLocks::default(),
            duties: Duties::new(options.candidate.is_some()),
            options,
            uses: OnceLock::new(),
            unreadable: AtomicU64::new(0),
            tasks: Mutex::new(JoinSet::new()),
        }
    }

    /// Runs a task until [`Registry::stop`].
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().spawn(task);
    }

    /// The table of kinds.
    #[must_use]
    pub fn kinds(&self) -> &'static [Kind] {
        KINDS
    }

    /// The stored protobuf of an object in the clear. What cannot be opened is counted (see
    /// [`Registry::unreadable_total`]).
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub async fn open(&self, found: &Found) -> Result<Plaintext, Error> {
        match self.store.open(&found.key, &found.sealed).await {
            Ok(opened) => Ok(opened.plaintext),
            Err(why) => {
                self.count_unreadable();
                Err(Error::Unreadable {
                    key: found.key.to_string(),
                    why,
                })
            }
        }
    }

    /// The revision up to which the caches are filled.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.caches.applied()
    }

    /// Waits until everything committed before this call is in the caches, and lets go of what objects were before. What
    /// was deleted is in no cache then.
    ///
    /// # Errors
    /// When the store cannot be read, or the caches do not follow it.
    pub async fn forget_history(&self) -> Result<(), Error> {
        self.caches.reach_latest().await?;
        self.caches.all().for_each(|cache| cache.forget_history());
        Ok(())
    }

    /// Whether the caches follow the store, for `/readyz`.
    ///
    /// # Errors
    /// What is missing.
    pub fn readiness(&self) -> Result<(), &'static str> {
        if self.caches.following() {
            Ok(())
        } else {
            Err("the watch cache does not follow the store")
        }
    }

    /// How many reads met a value that could not be opened, since the start.
    #[must_use]
    pub fn unreadable_total(&self) -> u64 {
        self.unreadable.load(Ordering::Relaxed)
    }

    /// How often values were sealed and opened.
    #[must_use]
    pub fn sealing(&self) -> &purser_encryption::Counters {
        self.store.counters()
    }

    /// How many of the stored objects cannot be read.
    #[must_use]
    pub fn unreadable_objects(&self) -> u64 {
        let count: usize = self.caches.all().map(|cache| cache.unreadable()).sum();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Of each kind that has any, how many of the stored objects cannot be read.
    #[must_use]
    pub fn unreadable(&self) -> Vec<(&'static Resource, usize)> {
        let all = self.caches.all();
        let counts = all.map(|cache| (cache.kind.resource, cache.unreadable()));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// Those objects of `resource` that cannot be read, at most so many.
    #[must_use]
    pub fn unreadable_of(&self, resource: &'static Resource, most: usize) -> Vec<Arc<Found>> {
        let cache = self.caches.of(resource);
        cache.map_or_else(Vec::new, |cache| cache.unreadable_objects(most))
    }

    /// How many objects of `resource` there are.
    #[must_use]
    pub fn count(&self, resource: &'static Resource) -> usize {
        self.caches.of(resource).map_or(0, |cache| cache.counts().0)
    }

    /// Of each kind, how many objects there are and how many watches wait for events.
    #[must_use]
    pub fn counts(&self) -> Vec<(&'static Kind, usize, usize)> {
        let count = |cache: &Arc<crate::cache::ResourceCache>| {
            let (objects, watches) = cache.counts();
            (cache.kind, objects, watches)
        };
        self.caches.all().map(count).collect()
    }

    /// Ends watches and controllers. The store stays open.
    pub async fn stop(&self) {
        self.duties.resign().await;
        for cache in self.caches.all() {
            cache.stop();
        }
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.shutdown().await;
    }

    pub(crate) fn count_unreadable(&self) {
        self.unreadable.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.options.clock.now()
    }

    pub(crate) fn timestamp(&self) -> Timestamp {
        Timestamp::from(self.now())
    }

    /// Lets admission judge an object, or what a change makes of `old`; answers its warnings and the kind's.
    pub(crate) fn admit(
        &self,
        kind: &Kind,
        object: &Object,
        old: Option<&Object>,
    ) -> Result<Vec<String>, Error> {
        let options = purser_admission::Options {
            deny_credentials_in_configmaps: self.options.deny_credentials_in_configmaps,
        };
        let verdict = purser_admission::judge(object, &options);
        match verdict.refusal {
            Some(refusal) => Err(refusal.into()),
            None => {
                let mut warnings = match old {
                    Some(old) => kind.strategy.warnings_on_update(object, old),
                    None => {
                        let warnings = kind.strategy.warnings(object).into_iter();
                        warnings.chain(lasting::warning(object)).collect()
                    }
                };
                warnings.extend(verdict.warnings);
                Ok(warnings)
            }
        }
    }

    /// What a write answers: at its revision, and without values when the caller may not see them.
    pub(crate) fn written(
        &self,
        permit: &Permit,
        mut object: Object,
        revision: u64,
        created: bool,
        warnings: Vec<String>,
    ) -> Written {
        let shown = if revision == 0 {
            String::new()
        } else {
            revision.to_string()
        };
        object.set_meta_str("resourceVersion", &shown);
        if !permit.sees_values() {
            strip_values(&mut object);
        }
        Written {
            object,
            revision,
            created,
            warnings,
        }
    }
}
