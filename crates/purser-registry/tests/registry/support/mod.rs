//! A registry over a store in memory, and short ways to ask it.

pub(crate) mod memory;
pub(crate) mod services;
pub(crate) mod transformer;

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt};
use purser_authz::{Authorizer, MASTERS, Permit, ResourceRequest, Verb};
use purser_encryption::{SealedStore, Transformer};
use purser_registry::{
    DeleteOptions, Deleted, Error, GetOptions, ListOptions, Listing, Options, Patch, Registry, WatchItem,
    WatchStream, WriteOptions, Written, patch::PatchKind,
};
use purser_types::decode::{BodyFormat, FieldValidation};
use purser_types::{Object, Plaintext, Resource, Status, User, decode, json, proto};

use memory::MemoryStore;
pub(crate) use transformer::Scrambler;

pub(crate) const BUNDLE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

/// A registry and the store under it.
pub(crate) struct House {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) registry: Arc<Registry>,
}

/// What a test shares with the registry that it starts again.
pub(crate) struct Shared(pub(crate) Arc<MemoryStore>);

impl purser_store::Store for Shared {
    fn get<'a>(
        &'a self,
        key: &'a str,
    ) -> futures_util::future::BoxFuture<'a, Result<Option<purser_store::Record>, purser_store::StoreError>>
    {
        self.0.get(key)
    }
    fn range(
        &self,
        range: purser_store::Range,
    ) -> futures_util::future::BoxFuture<'_, Result<purser_store::Page, purser_store::StoreError>> {
        self.0.range(range)
    }
    fn commit(
        &self,
        transaction: purser_store::Transaction,
    ) -> futures_util::future::BoxFuture<'_, Result<purser_store::Outcome, purser_store::StoreError>> {
        self.0.commit(transaction)
    }
    fn watch(
        &self,
        prefix: String,
        after: u64,
    ) -> futures_util::future::BoxFuture<'_, Result<purser_store::WatchStream, purser_store::StoreError>>
    {
        self.0.watch(prefix, after)
    }
    fn revision(&self) -> futures_util::future::BoxFuture<'_, Result<u64, purser_store::StoreError>> {
        self.0.revision()
    }
    fn compact(
        &self,
        revision: u64,
    ) -> futures_util::future::BoxFuture<'_, Result<(), purser_store::StoreError>> {
        self.0.compact(revision)
    }
    fn close(&self) -> futures_util::future::BoxFuture<'_, Result<(), purser_store::StoreError>> {
        self.0.close()
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::over(Arc::new(MemoryStore::default())).await
    }

    pub(crate) async fn over(store: Arc<MemoryStore>) -> Self {
        Self::sealed_by(Arc::new(Scrambler), store).await
    }

    pub(crate) async fn sealed_by(transformer: Arc<dyn Transformer>, store: Arc<MemoryStore>) -> Self {
        Self::with(transformer, store, Options::default()).await
    }

    pub(crate) async fn with(
        transformer: Arc<dyn Transformer>,
        store: Arc<MemoryStore>,
        options: Options,
    ) -> Self {
        let sealed = SealedStore::new(Arc::new(Shared(Arc::clone(&store))), transformer);
        let options = Options {
            ca_bundle_pem: BUNDLE.to_owned(),
            ..options
        };
        let registry = Registry::start(sealed, options).await.unwrap();
        let house = Self { store, registry };
        house.settle().await;
        house
    }

    /// Waits until the controllers have filled the default namespaces.
    async fn settle(&self) {
        for namespace in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            for (resource, name) in [
                (&purser_types::resource::SERVICE_ACCOUNTS, "default"),
                (&purser_types::resource::CONFIG_MAPS, "kube-root-ca.crt"),
            ] {
                eventually(|| async { self.get(resource, namespace, name).await.is_ok() }).await;
            }
        }
    }

    pub(crate) async fn create(
        &self,
        resource: &'static Resource,
        namespace: &str,
        body: &str,
    ) -> Result<Written, Box<Status>> {
        let permit = permit(Verb::Create, resource, namespace, "");
        answer(
            self.registry
                .create(&permit, object(resource, body), &WriteOptions::default())
                .await,
        )
    }

    pub(crate) async fn update(
        &self,
        resource: &'static Resource,
        namespace: &str,
        name: &str,
        body: &str,
    ) -> Result<Written, Box<Status>> {
        let permit = permit(Verb::Update, resource, namespace, name);
        answer(
            self.registry
                .update(&permit, object(resource, body), &WriteOptions::default())
                .await,
        )
    }

    pub(crate) async fn merge(
        &self,
        resource: &'static Resource,
        namespace: &str,
        name: &str,
        body: &str,
    ) -> Result<Written, Box<Status>> {
        let permit = permit(Verb::Patch, resource, namespace, name);
        let patch = Patch {
            kind: PatchKind::Merge,
            body: Plaintext::new(body.as_bytes().to_vec()),
        };
        answer(
            self.registry
                .patch(&permit, patch, &WriteOptions::default())
                .await,
        )
    }

    pub(crate) async fn delete(
        &self,
        resource: &'static Resource,
        namespace: &str,
        name: &str,
    ) -> Result<Deleted, Box<Status>> {
        self.delete_with(resource, namespace, name, DeleteOptions::default())
            .await
    }

    pub(crate) async fn delete_with(
        &self,
        resource: &'static Resource,
        namespace: &str,
        name: &str,
        options: DeleteOptions,
    ) -> Result<Deleted, Box<Status>> {
        let permit = permit(Verb::Delete, resource, namespace, name);
        answer(self.registry.delete(&permit, &options).await)
    }

    /// The object in the clear, its revision put in.
    pub(crate) async fn get(
        &self,
        resource: &'static Resource,
        namespace: &str,
        name: &str,
    ) -> Result<Object, Box<Status>> {
        let permit = permit(Verb::Get, resource, namespace, name);
        let found = answer(self.registry.get(&permit, &GetOptions::default()).await)?;
        let plaintext = answer(self.registry.open(&found).await)?;
        let mut object = proto::decode(resource, plaintext.expose()).unwrap();
        object.set_meta_str("resourceVersion", &found.revision.to_string());
        Ok(object)
    }

    /// Whether there is no such object.
    pub(crate) async fn is_gone(&self, resource: &'static Resource, namespace: &str, name: &str) -> bool {
        let found = self.get(resource, namespace, name).await;
        found.is_err_and(|status| status.code == 404)
    }

    pub(crate) async fn list(
        &self,
        resource: &'static Resource,
        namespace: &str,
        options: &ListOptions,
    ) -> Result<Listing, Box<Status>> {
        answer(
            self.registry
                .list(&permit(Verb::List, resource, namespace, ""), options)
                .await,
        )
    }

    pub(crate) async fn watch(
        &self,
        resource: &'static Resource,
        namespace: &str,
        options: &ListOptions,
    ) -> Result<WatchStream, Box<Status>> {
        answer(
            self.registry
                .watch(&permit(Verb::Watch, resource, namespace, ""), options)
                .await,
        )
    }

    pub(crate) async fn namespace(&self, name: &str) {
        let body = format!(r#"{{"metadata":{{"name":"{name}"}}}}"#);
        self.create(&purser_types::resource::NAMESPACES, "", &body)
            .await
            .unwrap();
    }
}

pub(crate) fn answer<T>(outcome: Result<T, Error>) -> Result<T, Box<Status>> {
    outcome.map_err(|error| Box::new(Status::from(&error)))
}

fn request(verb: Verb, resource: &'static Resource, namespace: &str, name: &str) -> ResourceRequest {
    ResourceRequest {
        verb,
        resource,
        subresource: String::new(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        selectors: None,
    }
}

/// The permit of somebody who may do everything else, too.
pub(crate) fn permit(verb: Verb, resource: &'static Resource, namespace: &str, name: &str) -> Permit {
    let master = User {
        groups: vec![MASTERS.to_owned()],
        ..User::default()
    };
    let authorizer = Arc::new(Authorizer::new());
    let master = Arc::new(master);
    let asked = authorizer.authorize(&master, request(verb, resource, namespace, name));
    asked.now_or_never().unwrap().unwrap()
}

/// A permit for a subresource of an object.
pub(crate) fn part(
    verb: Verb,
    resource: &'static Resource,
    namespace: &str,
    name: &str,
    subresource: &str,
) -> Permit {
    Permit::internal(ResourceRequest {
        subresource: subresource.to_owned(),
        ..request(verb, resource, namespace, name)
    })
}

/// The permit of somebody who may do nothing else.
pub(crate) fn lone_permit(verb: Verb, resource: &'static Resource, namespace: &str, name: &str) -> Permit {
    Permit::internal(request(verb, resource, namespace, name))
}

pub(crate) fn object(resource: &'static Resource, body: &str) -> Object {
    let (version, kind) = (resource.api_version(), resource.kind);
    let head = format!(r#"{{"apiVersion":"{version}","kind":"{kind}","#);
    let body = body.replacen('{', &head, 1);
    decode::object(
        resource,
        BodyFormat::Json,
        body.as_bytes(),
        FieldValidation::Strict,
    )
    .unwrap()
    .0
}

pub(crate) fn text(object: &Object) -> String {
    let mut out = Vec::new();
    json::write_object(object, &mut out);
    String::from_utf8(out).unwrap()
}

pub(crate) fn names(listing: &Listing) -> Vec<String> {
    listing
        .items
        .iter()
        .map(|found| found.index.name.to_string())
        .collect()
}

/// One line an item: `ADDED a@7`, `BOOKMARK 9 (end)`.
pub(crate) fn line(item: &Result<WatchItem, Error>) -> String {
    match item {
        Ok(WatchItem::Event { kind, found, .. }) => {
            format!("{} {}@{}", kind.as_str(), found.index.name, found.revision)
        }
        Ok(WatchItem::Bookmark {
            revision,
            initial_events_end,
        }) => {
            format!(
                "BOOKMARK {revision}{}",
                if *initial_events_end { " (end)" } else { "" }
            )
        }
        Err(error) => format!("ERROR {error}"),
    }
}

/// The next `count` items, each within five seconds.
pub(crate) async fn take(stream: &mut WatchStream, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for _ in 0..count {
        let item = tokio::time::timeout(Duration::from_secs(5), stream.next()).await;
        lines.push(
            item.expect("an item in time")
                .as_ref()
                .map_or_else(|| "END".to_owned(), line),
        );
    }
    lines
}

/// Waits until `holds`, at most five seconds.
pub(crate) async fn eventually<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not come to pass in time");
}

/// Whether nothing comes for a moment.
pub(crate) async fn is_quiet(stream: &mut WatchStream) -> bool {
    tokio::time::timeout(Duration::from_millis(100), stream.next())
        .await
        .is_err()
}
