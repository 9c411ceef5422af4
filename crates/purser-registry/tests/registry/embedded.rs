//! The same over the real store and the real cipher: what is written survives, and nothing on disk is in the clear.

use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt;
use purser_authz::Verb;
use purser_encryption::{Envelope, LOCAL_PROVIDER, LocalKeyHolder, SealedStore};
use purser_registry::{DeleteOptions, ListOptions, Options, Registry, WatchItem, WriteOptions};
use purser_store::Store;
use purser_store_embedded::EmbeddedStore;
use purser_types::resource::{NAMESPACES, SECRETS};

use crate::support::{answer, names, object, permit};

const WRITES: usize = 200;
const CANARY: &str = "canary-0815";

async fn start(home: &Path) -> (Arc<EmbeddedStore>, Arc<Registry>) {
    let keys = home.join("keys");
    if !keys.exists() {
        LocalKeyHolder::generate(&keys).unwrap();
    }
    let holder = LocalKeyHolder::load(&keys).unwrap();
    let envelope = Envelope::new(LOCAL_PROVIDER, Arc::new(holder));
    let options = purser_store_embedded::Options::new(home.join("data"));
    let store = Arc::new(EmbeddedStore::open(options).unwrap());
    let sealed = SealedStore::new(Arc::clone(&store) as Arc<dyn Store>, Arc::new(envelope));
    let registry = Registry::start(sealed, Options::default()).await.unwrap();
    (store, registry)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_survives_a_restart_sealed() {
    let home = tempfile::tempdir().unwrap();
    let (store, registry) = start(home.path()).await;
    let before = registry.revision();
    let watch = permit(Verb::Watch, &SECRETS, "", "");
    let since = ListOptions {
        resource_version: before.to_string(),
        ..ListOptions::default()
    };
    let watch = registry.watch(&watch, &since).await.unwrap();
    let writes = (0..WRITES).map(|n| {
        let registry = Arc::clone(&registry);
        tokio::spawn(async move {
            let body = format!(
                r#"{{"metadata":{{"name":"s{n:03}","labels":{{"l":"{CANARY}"}}}},"stringData":{{"{CANARY}":"{CANARY}"}}}}"#
            );
            let permit = permit(Verb::Create, &SECRETS, "default", "");
            registry.create(&permit, object(&SECRETS, &body), &WriteOptions::default()).await.unwrap().revision
        })
    });
    let mut revisions = Vec::new();
    for write in writes.collect::<Vec<_>>() {
        revisions.push(write.await.unwrap());
    }
    revisions.sort_unstable();
    let items: Vec<_> = watch.take(WRITES).collect().await;
    let seen: Vec<u64> = items
        .into_iter()
        .filter_map(|item| match item {
            Ok(WatchItem::Event { found, .. }) => Some(found.revision),
            _ => None,
        })
        .collect();
    assert_eq!(seen, revisions, "every write is watched once, in order");
    registry.stop().await;
    store.close().await.unwrap();
    drop((registry, store));
    let (store, registry) = start(home.path()).await;
    let list = permit(Verb::List, &SECRETS, "default", "");
    let listing = answer(registry.list(&list, &ListOptions::default()).await).unwrap();
    assert_eq!(
        names(&listing),
        (0..WRITES).map(|n| format!("s{n:03}")).collect::<Vec<_>>()
    );
    let first = registry.open(&listing.items[0]).await.unwrap();
    assert!(
        first
            .expose()
            .windows(CANARY.len())
            .any(|part| part == CANARY.as_bytes())
    );
    registry.stop().await;
    store.close().await.unwrap();
    for file in files(&home.path().join("data")) {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes());
        assert!(!found, "{} holds something in the clear", file.display());
    }
}

/// `cargo xtask slow` runs it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: ten thousand objects, and a bound in time"]
async fn a_hundred_namespaces_of_a_hundred_objects_are_gone_in_ten_seconds() {
    const EACH: usize = 100;
    let home = tempfile::tempdir().unwrap();
    let (store, registry) = start(home.path()).await;
    let many = (0..EACH).map(|n| {
        let registry = Arc::clone(&registry);
        tokio::spawn(async move {
            let create = async |resource, namespace: &str, name: &str| {
                let body = format!(r#"{{"metadata":{{"name":"{name}"}}}}"#);
                let permit = permit(Verb::Create, resource, namespace, "");
                let options = WriteOptions::default();
                let made = registry.create(&permit, object(resource, &body), &options);
                made.await.unwrap();
            };
            let namespace = format!("n{n}");
            create(&NAMESPACES, "", &namespace).await;
            for object in 0..EACH {
                create(&SECRETS, &namespace, &format!("s{object}")).await;
            }
        })
    });
    for one in many.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    let began = std::time::Instant::now();
    for n in 0..EACH {
        let permit = permit(Verb::Delete, &NAMESPACES, "", &format!("n{n}"));
        registry.delete(&permit, &DeleteOptions::default()).await.unwrap();
    }
    let list = permit(Verb::List, &NAMESPACES, "", "");
    let left = async || {
        let listing = registry.list(&list, &ListOptions::default()).await.unwrap();
        names(&listing)
            .iter()
            .filter(|name| name.starts_with('n'))
            .count()
    };
    while left().await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let took = began.elapsed();
    println!("gone in {took:?}");
    assert!(took < std::time::Duration::from_secs(10), "{took:?}");
    registry.stop().await;
    store.close().await.unwrap();
}

fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}
