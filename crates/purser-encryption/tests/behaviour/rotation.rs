//! What values are sealed with is told, and what is stale is sealed anew, over a real store.

use std::sync::Arc;

use futures_util::future::join_all;
use purser_encryption::rotation::{Pace, Progress, SealedBy, history, rewrite, survey};
use purser_encryption::{
    Algorithm, Chain, Identity, Keyed, NamedKey, OpenError, SealedChange, SealedStore, Transformer,
};
use purser_store::{Check, Outcome, Store};
use purser_store_embedded::{EmbeddedStore, Options};
use purser_types::Plaintext;
use tempfile::TempDir;

pub(crate) fn keyed(algorithm: Algorithm, keys: &[(&str, u8)]) -> Arc<dyn Transformer> {
    let key = |(name, byte): &(&str, u8)| NamedKey {
        name: (*name).to_owned(),
        secret: vec![*byte; 32].into(),
    };
    Arc::new(Keyed::new(algorithm, keys.iter().map(key).collect()).unwrap())
}

pub(crate) struct Place {
    _directory: TempDir,
    pub(crate) store: Arc<dyn Store>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let store = EmbeddedStore::open(Options::new(directory.path().join("store"))).unwrap();
        Self {
            _directory: directory,
            store: Arc::new(store),
        }
    }

    pub(crate) fn sealed(&self, transformer: Arc<dyn Transformer>) -> SealedStore {
        SealedStore::new(Arc::clone(&self.store), transformer)
    }
}

async fn put(store: &SealedStore, key: &str, value: &str) {
    let change = SealedChange::Put {
        key: key.to_owned(),
        plaintext: Plaintext::new(value.as_bytes().to_vec()),
    };
    store.commit(Vec::new(), vec![change]).await.unwrap();
}

async fn value(store: &SealedStore, key: &str) -> Vec<u8> {
    let record = store.sealed().get(key).await.unwrap().unwrap();
    store
        .open(key, &record.value)
        .await
        .unwrap()
        .plaintext
        .expose()
        .to_vec()
}

fn tree(key: &str) -> String {
    key.split('/').nth(2).unwrap_or_default().to_owned()
}

fn by(provider: &str, key: &str) -> SealedBy {
    SealedBy {
        provider: provider.to_owned(),
        key: key.to_owned(),
    }
}

#[tokio::test]
async fn a_survey_tells_of_each_tree_what_its_values_are_sealed_with() {
    let place = Place::new();
    put(
        &place.sealed(Arc::new(Identity::in_the_clear())),
        "/registry/configmaps/a/clear",
        "x",
    )
    .await;
    put(
        &place.sealed(keyed(Algorithm::AesCbc, &[("old", 1)])),
        "/registry/secrets/a/one",
        "x",
    )
    .await;
    put(
        &place.sealed(keyed(Algorithm::AesGcm, &[("lost", 9)])),
        "/registry/secrets/a/two",
        "x",
    )
    .await;
    let gcm = keyed(Algorithm::AesGcm, &[("new", 2)]);
    let others = vec![
        keyed(Algorithm::AesCbc, &[("old", 1)]),
        Arc::new(Identity::read_only()) as _,
    ];
    let store = place.sealed(Arc::new(Chain::new(gcm, others)));
    put(&store, "/registry/secrets/a/three", "x").await;
    let survey = survey(&store, tree, Pace::Alone, &Progress::default())
        .await
        .unwrap();
    let secrets = &survey.trees["secrets"];
    assert_eq!(
        (secrets.values, secrets.stale, secrets.unopened, secrets.unbound),
        (3, 1, 1, 1)
    );
    assert_eq!(secrets.by[&by("aescbc", "old")].values, 1);
    let lost = place.store.get("/registry/secrets/a/two").await.unwrap().unwrap();
    assert_eq!(secrets.by[&by("aesgcm", "lost")].oldest, lost.mod_revision);
    assert_eq!(survey.trees["configmaps"].clear, 1);
    assert_eq!(survey.unopened.len(), 1);
    assert_eq!(survey.unopened[0].key, "/registry/secrets/a/two");
    assert_eq!(survey.unopened[0].why, OpenError::NoKey("lost".to_owned()));
    assert_eq!(survey.total().values, 4);
}

#[tokio::test]
async fn what_is_stale_is_sealed_anew_and_nothing_else_is_touched() {
    let place = Place::new();
    let old = place.sealed(keyed(Algorithm::AesGcm, &[("old", 1)]));
    for number in 0..1200 {
        put(
            &old,
            &format!("/registry/secrets/a/s{number}"),
            &format!("value {number}"),
        )
        .await;
    }
    put(
        &place.sealed(keyed(Algorithm::AesGcm, &[("lost", 9)])),
        "/registry/secrets/a/bad",
        "x",
    )
    .await;
    let store = place.sealed(keyed(Algorithm::AesGcm, &[("new", 2), ("old", 1)]));
    put(&store, "/registry/secrets/a/s7", "changed").await;
    let progress = Progress::default();
    let report = rewrite(&store, Pace::Alone, &progress).await.unwrap();
    assert_eq!(
        (report.rewritten, report.fresh, report.overtaken, report.unopened),
        (1199, 1, 0, 1)
    );
    assert_eq!(progress.read(), (1201, 1201));
    let alone = place.sealed(keyed(Algorithm::AesGcm, &[("new", 2)]));
    for number in [0, 8, 1199] {
        let opened = value(&alone, &format!("/registry/secrets/a/s{number}")).await;
        assert_eq!(opened, format!("value {number}").into_bytes());
    }
    assert_eq!(value(&alone, "/registry/secrets/a/s7").await, b"changed");
    let again = rewrite(&store, Pace::Alone, &Progress::default()).await.unwrap();
    assert_eq!((again.rewritten, again.fresh), (0, 1200));
}

#[tokio::test]
async fn history_needs_a_key_until_it_is_forgotten() {
    let place = Place::new();
    put(
        &place.sealed(keyed(Algorithm::AesGcm, &[("old", 1)])),
        "/registry/secrets/a/one",
        "x",
    )
    .await;
    let store = place.sealed(keyed(Algorithm::AesGcm, &[("new", 2), ("old", 1)]));
    rewrite(&store, Pace::Alone, &Progress::default()).await.unwrap();
    let total = survey(&store, tree, Pace::Alone, &Progress::default())
        .await
        .unwrap()
        .total();
    assert_eq!(total.by.keys().collect::<Vec<_>>(), [&by("aesgcm", "new")]);
    assert!(history(&store).await.unwrap().contains_key(&by("aesgcm", "old")));
    store
        .compact(store.sealed().revision().await.unwrap())
        .await
        .unwrap();
    assert!(!history(&store).await.unwrap().contains_key(&by("aesgcm", "old")));
}

/// Writers go on while everything is sealed anew: each counts its key up by compare and write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_while_values_are_sealed_anew() {
    const KEYS: usize = 40;
    const TIMES: u64 = 40;
    let place = Place::new();
    let old = place.sealed(keyed(Algorithm::AesGcm, &[("old", 1)]));
    for number in 0..KEYS {
        put(&old, &format!("/registry/secrets/a/s{number}"), "0").await;
    }
    let store = place.sealed(keyed(Algorithm::AesGcm, &[("new", 2), ("old", 1)]));
    let count = |key: String| {
        let store = &store;
        async move {
            let mut counted = 0;
            while counted < TIMES {
                let record = store.sealed().get(&key).await.unwrap().unwrap();
                let opened = store.open(&key, &record.value).await.unwrap();
                let now: u64 = std::str::from_utf8(opened.plaintext.expose())
                    .unwrap()
                    .parse()
                    .unwrap();
                let check = Check {
                    key: key.clone(),
                    mod_revision: record.mod_revision,
                };
                let change = SealedChange::Put {
                    key: key.clone(),
                    plaintext: Plaintext::new((now + 1).to_string().into_bytes()),
                };
                let outcome = store.commit(vec![check], vec![change]).await.unwrap();
                counted += u64::from(matches!(outcome, Outcome::Committed(_)));
            }
        }
    };
    let writers = join_all((0..KEYS).map(|number| count(format!("/registry/secrets/a/s{number}"))));
    let rewriter = async {
        for _ in 0..5 {
            rewrite(&store, Pace::Alone, &Progress::default()).await.unwrap();
        }
    };
    futures_util::join!(writers, rewriter);
    let alone = place.sealed(keyed(Algorithm::AesGcm, &[("new", 2)]));
    for number in 0..KEYS {
        let counted = value(&alone, &format!("/registry/secrets/a/s{number}")).await;
        assert_eq!(counted, TIMES.to_string().into_bytes());
    }
}
