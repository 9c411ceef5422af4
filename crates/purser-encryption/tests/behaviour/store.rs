//! Nothing reaches the store in the clear.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use purser_encryption::{CommitError, Identity, OpenError, SealError, SealedChange, SealedStore};
use purser_store::{
    Change, Check, Outcome, Page, Range, Record, Revision, Store, StoreError, Transaction, WatchStream,
};
use purser_types::Plaintext;

use crate::tamper::local;

/// Keeps the transactions it is given.
#[derive(Default)]
struct Kept(Mutex<Vec<Transaction>>);

fn no<T: Send + 'static>() -> BoxFuture<'static, Result<T, StoreError>> {
    ready(Err(StoreError::Unavailable("test".to_owned()))).boxed()
}

impl Store for Kept {
    fn get<'a>(&'a self, _key: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        no()
    }

    fn range(&self, _range: Range) -> BoxFuture<'_, Result<Page, StoreError>> {
        no()
    }

    fn commit(&self, transaction: Transaction) -> BoxFuture<'_, Result<Outcome, StoreError>> {
        self.0.lock().unwrap().push(transaction);
        ready(Ok(Outcome::Committed(7))).boxed()
    }

    fn watch(&self, _prefix: String, _after: Revision) -> BoxFuture<'_, Result<WatchStream, StoreError>> {
        no()
    }

    fn revision(&self) -> BoxFuture<'_, Result<Revision, StoreError>> {
        no()
    }

    fn compact(&self, _revision: Revision) -> BoxFuture<'_, Result<(), StoreError>> {
        no()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        no()
    }
}

fn put(key: &str, plaintext: &[u8]) -> SealedChange {
    SealedChange::Put {
        key: key.to_owned(),
        plaintext: Plaintext::new(plaintext.to_vec()),
    }
}

#[tokio::test]
async fn a_transaction_keeps_its_checks_and_order_and_is_sealed() {
    let (_home, envelope) = local();
    let inner = Arc::new(Kept::default());
    let store = SealedStore::new(inner.clone(), Arc::new(envelope));
    let checks = vec![Check {
        key: "/a".to_owned(),
        mod_revision: 3,
    }];
    let changes = vec![
        put("/a", b"canary-1"),
        SealedChange::Delete { key: "/b".to_owned() },
        put("/c", b"canary-2"),
    ];
    assert_eq!(
        store.commit(checks, changes).await.unwrap(),
        Outcome::Committed(7)
    );

    let kept = inner.0.lock().unwrap().pop().unwrap();
    assert_eq!(
        (kept.checks[0].key.as_str(), kept.checks[0].mod_revision),
        ("/a", 3)
    );
    let [
        Change::Put {
            key: a,
            value: sealed_a,
        },
        Change::Delete { key: b },
        Change::Put {
            key: c,
            value: sealed_c,
        },
    ] = kept.changes.as_slice()
    else {
        panic!("other changes");
    };
    assert_eq!((a.as_str(), b.as_str(), c.as_str()), ("/a", "/b", "/c"));
    for sealed in [sealed_a, sealed_c] {
        assert!(sealed.starts_with(b"k8s:enc:kms:v2:purser-local:"));
        assert!(!sealed.windows(6).any(|window| window == b"canary"));
    }
    assert_eq!(
        store.open("/a", sealed_a).await.unwrap().plaintext.expose(),
        b"canary-1"
    );
    assert_eq!(store.open("/c", sealed_a).await.unwrap_err(), OpenError::Damaged);
    let counters = store.counters();
    let counted =
        [&counters.seals, &counters.opens, &counters.open_failures].map(|c| c.load(Ordering::Relaxed));
    assert_eq!(counted, [2, 1, 1]);
    let info = store.transformer().info();
    assert!(
        info.name == "purser-local" && info.key_id.starts_with("local-"),
        "{info:?}"
    );
}

#[tokio::test]
async fn when_a_value_cannot_be_sealed_nothing_is_written() {
    let inner = Arc::new(Kept::default());
    let store = SealedStore::new(inner.clone(), Arc::new(Identity::read_only()));
    let result = store.commit(Vec::new(), vec![put("/a", b"canary")]).await;
    assert!(matches!(
        result,
        Err(CommitError::Seal(SealError::ReadOnly("identity")))
    ));
    assert!(inner.0.lock().unwrap().is_empty());
    assert_eq!(store.counters().seal_failures.load(Ordering::Relaxed), 1);
}
