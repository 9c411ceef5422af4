//! Values that cannot be opened, planted into the store of a server that is stopped.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use purser_encryption::{Envelope, LOCAL_PROVIDER, LocalKeyHolder, Transformer as _};
use purser_store::{Change, Range, Store as _, Transaction, prefix_end};
use purser_store_embedded::{EmbeddedStore, Options};

use crate::client::Client;
use crate::server::{Server, files};

/// Where Secrets of the namespace default are.
pub(crate) const SECRETS: &str = "/api/v1/namespaces/default/secrets";
/// Most changes of a transaction here.
const CHUNK: usize = 100;

/// A key that the server does not have.
pub(crate) struct LostKey {
    directory: tempfile::TempDir,
    pub(crate) id: String,
}

impl LostKey {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let id = LocalKeyHolder::generate(&directory.path().join("keys")).unwrap();
        Self { directory, id }
    }

    /// It is found again.
    pub(crate) fn restore(&self, server: &Server) {
        let name = format!("{}.key", self.id);
        let file = files(self.directory.path())
            .into_iter()
            .find(|file| file.ends_with(&name))
            .unwrap();
        fs::copy(file, server.path("keys").join(name)).unwrap();
    }
}

pub(crate) fn create(client: &Client, name: &str) {
    let secret = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"{name}"}},"stringData":{{"a":"canary-{name}"}}}}"#
    );
    client.create(SECRETS, &secret);
}

/// What the store of a stopped server has at a key, as it is stored.
pub(crate) fn raw(server: &Server, key: &str) -> Option<Bytes> {
    with_store(server, async |store| {
        store.get(key).await.unwrap().map(|record| record.value)
    })
}

/// How many keys the store of a stopped server has that begin so.
pub(crate) fn count(server: &Server, prefix: &str) -> usize {
    with_store(server, async |store| {
        let everything = Range {
            start: prefix.to_owned(),
            end: prefix_end(prefix),
            limit: 1,
            revision: None,
        };
        store.range(everything).await.unwrap().total
    })
}

/// Seals the values of these storage keys with another key, as if that had been the server's and was lost.
pub(crate) fn lose(server: &Server, lost: &LostKey, keys: &[String]) {
    let from = envelope(&server.path("keys"));
    let to = envelope(&lost.directory.path().join("keys"));
    with_store(server, async |store| {
        for chunk in keys.chunks(CHUNK) {
            let mut changes = Vec::new();
            for key in chunk {
                let record = store.get(key).await.unwrap().unwrap();
                let opened = from.open(key, &record.value).await.unwrap();
                let value = to.seal(key, opened.plaintext.expose()).await.unwrap();
                changes.push(Change::Put {
                    key: key.clone(),
                    value,
                });
            }
            commit(store, changes).await;
        }
    });
}

/// Puts these bytes to storage keys.
pub(crate) fn put(server: &Server, values: &[(String, Bytes)]) {
    with_store(server, async |store| {
        for chunk in values.chunks(CHUNK) {
            let put = |(key, value): &(String, Bytes)| Change::Put {
                key: key.clone(),
                value: value.clone(),
            };
            commit(store, chunk.iter().map(put).collect()).await;
        }
    });
}

pub(crate) fn key_of(name: &str) -> String {
    format!("/registry/secrets/default/{name}")
}

async fn commit(store: &EmbeddedStore, changes: Vec<Change>) {
    let checks = Vec::new();
    store.commit(Transaction { checks, changes }).await.unwrap();
}

fn envelope(keys: &Path) -> Envelope {
    Envelope::new(LOCAL_PROVIDER, Arc::new(LocalKeyHolder::load(keys).unwrap()))
}

fn with_store<T>(server: &Server, work: impl AsyncFnOnce(&EmbeddedStore) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = EmbeddedStore::open(Options::new(server.path("store"))).unwrap();
        let done = work(&store).await;
        store.close().await.unwrap();
        done
    })
}
