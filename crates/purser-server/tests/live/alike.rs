//! Who may not ask learns nothing of what is there: a refusal is the same whether the object exists or not, and is
//! given before anything is looked up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use http::HeaderMap;
use purser_encryption::{Envelope, LOCAL_PROVIDER, LocalKeyHolder, SealedStore};
use purser_server::Limits;
use purser_store::{Outcome, Page, Range, Record, Revision, Store, StoreError, Transaction, WatchStream};
use purser_store_embedded::{EmbeddedStore, Options};
use serde_json::json;
use tempfile::TempDir;

use crate::harness::{Answer, Client, Live};
use crate::rights::{give, rule, until};

/// Of one length, so that nothing but the name differs.
const THERE: &str = "there";
const NONE: &str = "nowhr";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const PARTIAL: &str = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const AS_BOB: (&str, &str) = ("impersonate-user", "bob");

/// What is asked twice: `NAME` is once an object that is there and once one that is not, `SPACE` a namespace.
type Asked = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const MERGE: (&str, &str) = ("content-type", "application/merge-patch+json");
const APPLY: (&str, &str) = ("content-type", "application/apply-patch+yaml");
const OPERATIONS: (&str, &str) = ("content-type", "application/json-patch+json");
const JSON: (&str, &str) = ("content-type", "application/json");

const OBJECTS: &[Asked] = &[
    ("GET", "/api/v1/namespaces/default/secrets/NAME", &[]),
    (
        "GET",
        "/api/v1/namespaces/default/secrets/NAME",
        &[("accept", TABLE)],
    ),
    (
        "GET",
        "/api/v1/namespaces/default/secrets/NAME",
        &[("accept", PARTIAL)],
    ),
    (
        "GET",
        "/api/v1/namespaces/default/secrets/NAME",
        &[("accept", "application/vnd.kubernetes.protobuf")],
    ),
    ("HEAD", "/api/v1/namespaces/default/secrets/NAME", &[]),
    (
        "GET",
        "/api/v1/namespaces/default/secrets/NAME?resourceVersion=0",
        &[],
    ),
    ("GET", "/api/v1/namespaces/default/secrets/NAME/status", &[]),
    ("PUT", "/api/v1/namespaces/default/secrets/NAME", &[JSON]),
    (
        "PUT",
        "/api/v1/namespaces/default/secrets/NAME?dryRun=All",
        &[JSON],
    ),
    ("PATCH", "/api/v1/namespaces/default/secrets/NAME", &[MERGE]),
    (
        "PATCH",
        "/api/v1/namespaces/default/secrets/NAME?dryRun=All",
        &[MERGE],
    ),
    ("PATCH", "/api/v1/namespaces/default/secrets/NAME", &[OPERATIONS]),
    (
        "PATCH",
        "/api/v1/namespaces/default/secrets/NAME?fieldManager=x",
        &[APPLY],
    ),
    ("DELETE", "/api/v1/namespaces/default/secrets/NAME", &[]),
    (
        "DELETE",
        "/api/v1/namespaces/default/secrets/NAME?dryRun=All",
        &[],
    ),
    (
        "GET",
        "/api/v1/namespaces/default/secrets?fieldSelector=metadata.name%3DNAME",
        &[],
    ),
    (
        "GET",
        "/api/v1/namespaces/default/secrets?fieldSelector=metadata.name%3DNAME&watch=1",
        &[],
    ),
    ("GET", "/api/v1/watch/namespaces/default/secrets/NAME", &[]),
    ("GET", "/api/v1/namespaces/default/secrets/NAME", &[AS_BOB]),
    (
        "PATCH",
        "/api/v1/namespaces/default/secrets/NAME",
        &[MERGE, AS_BOB],
    ),
    ("DELETE", "/api/v1/namespaces/default/secrets/NAME", &[AS_BOB]),
    (
        "POST",
        "/api/v1/namespaces/default/serviceaccounts/NAME/token",
        &[JSON],
    ),
    ("GET", "/api/v1/namespaces/default/serviceaccounts/NAME", &[]),
    (
        "PUT",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/NAME",
        &[JSON],
    ),
    (
        "PATCH",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/NAME",
        &[MERGE],
    ),
];

const NAMESPACES: &[Asked] = &[
    ("GET", "/api/v1/namespaces/NAME", &[]),
    ("GET", "/api/v1/namespaces/NAME/status", &[]),
    ("PUT", "/api/v1/namespaces/NAME/finalize", &[JSON]),
    ("DELETE", "/api/v1/namespaces/NAME", &[]),
    ("GET", "/api/v1/namespaces/NAME/secrets", &[]),
    ("GET", "/api/v1/namespaces/NAME/secrets?watch=1", &[]),
    ("GET", "/api/v1/namespaces/NAME/secrets/x", &[]),
    ("POST", "/api/v1/namespaces/NAME/secrets", &[JSON]),
    ("DELETE", "/api/v1/namespaces/NAME/secrets", &[]),
    ("PATCH", "/api/v1/namespaces/NAME/secrets/x", &[MERGE]),
    (
        "POST",
        "/api/v1/namespaces/NAME/serviceaccounts/default/token",
        &[JSON],
    ),
    ("GET", "/api/v1/namespaces/NAME/secrets", &[AS_BOB]),
];

/// Everything there is of each of these names.
async fn fill(admin: &mut Client) {
    assert_eq!(admin.secret(THERE, "v").await.code, 201);
    for (path, kind) in [
        ("/api/v1/namespaces", "Namespace"),
        ("/api/v1/namespaces/default/serviceaccounts", "ServiceAccount"),
        (
            "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
            "Role",
        ),
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles", "ClusterRole"),
    ] {
        let version = if path.starts_with("/apis/rbac") {
            "rbac.authorization.k8s.io/v1"
        } else {
            "v1"
        };
        let body = json!({"apiVersion": version, "kind": kind, "metadata": {"name": THERE}});
        let made = admin.post(path, &body.to_string()).await;
        assert_eq!(made.code, 201, "{}", made.text());
    }
}

/// What must not differ. The record's id and the time are of each request.
fn shown(answer: &Answer, name: &str) -> (u16, Vec<(String, String)>, String) {
    let kept = |headers: &HeaderMap| {
        let all = headers
            .iter()
            .filter(|(name, _)| *name != "audit-id" && *name != "date");
        let mut all: Vec<_> = all
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        all.sort();
        all
    };
    let text = String::from_utf8_lossy(&answer.body).replace(name, "NAME");
    (answer.code, kept(&answer.headers), text)
}

async fn ask(client: &mut Client, asked: &Asked, name: &str) -> Answer {
    let (method, path, headers) = *asked;
    let body = match method {
        "GET" | "HEAD" | "DELETE" => "",
        _ if headers.contains(&OPERATIONS) => r#"[{"op":"test","path":"/data/a","value":"dg=="}]"#,
        _ => "{}",
    };
    client
        .ask(method, &path.replace("NAME", name), headers, body)
        .await
}

async fn assert_alike(client: &mut Client, asked: &Asked, who: &str) {
    let there = ask(client, asked, THERE).await;
    let none = ask(client, asked, NONE).await;
    assert_eq!(there.code, 403, "{who}: {asked:?}: {:?}", there.body);
    assert_eq!(shown(&there, THERE), shown(&none, NONE), "{who}: {asked:?}");
}

#[tokio::test]
async fn a_refusal_is_the_same_whether_the_object_is_there_or_not() {
    let live = Live::start().await;
    let mut admin = live.admin().await;
    fill(&mut admin).await;
    let mut jane = live.client(Some(live.ca.client("jane", "devs"))).await;
    let mut stranger = live.client(None).await;
    for asked in OBJECTS.iter().chain(NAMESPACES) {
        assert_alike(&mut jane, asked, "who may nothing").await;
        if !asked.2.contains(&AS_BOB) {
            assert_alike(&mut stranger, asked, "who is not known").await;
        }
    }
    // Nor by who may something else: see names of Secrets, read one of them, be bob.
    let mut other = rule(&["get"], &["secrets"]);
    other["resourceNames"] = json!(["other"]);
    let names = rule(&["list"], &["secrets/metadata"]);
    let bob = rule(&["impersonate"], &["users"]);
    give(
        &mut admin,
        "something",
        &[other, names, bob, rule(&["get"], &["events"])],
    )
    .await;
    until(&mut jane, "/api/v1/namespaces/default/events/none", 404).await;
    for asked in OBJECTS.iter().chain(NAMESPACES) {
        let metadata = asked.1.contains("secrets?fieldSelector") && !asked.1.contains("watch");
        if !metadata || !asked.2.is_empty() {
            assert_alike(&mut jane, asked, "who may something else").await;
        }
    }
}

/// A store that counts what it is asked.
struct Counting {
    inner: EmbeddedStore,
    asked: Arc<AtomicU64>,
}

impl Counting {
    fn count(&self) -> &EmbeddedStore {
        self.asked.fetch_add(1, Ordering::Relaxed);
        &self.inner
    }
}

impl Store for Counting {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        self.count().get(key)
    }

    fn range(&self, range: Range) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.count().range(range)
    }

    fn commit(&self, transaction: Transaction) -> BoxFuture<'_, Result<Outcome, StoreError>> {
        self.count().commit(transaction)
    }

    fn watch(&self, prefix: String, after: Revision) -> BoxFuture<'_, Result<WatchStream, StoreError>> {
        self.count().watch(prefix, after)
    }

    fn revision(&self) -> BoxFuture<'_, Result<Revision, StoreError>> {
        self.count().revision()
    }

    fn compact(&self, revision: Revision) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.compact(revision)
    }

    fn close(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.close()
    }
}

/// The work that a refusal would differ by: what the store is asked, and what is opened and sealed.
struct Work {
    live: Live,
    asked: Arc<AtomicU64>,
}

impl Work {
    async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let inner = EmbeddedStore::open(Options::new(directory.path().join("store"))).unwrap();
        let keys = directory.path().join("keys");
        LocalKeyHolder::generate(&keys).unwrap();
        let envelope = Envelope::new(LOCAL_PROVIDER, Arc::new(LocalKeyHolder::load(&keys).unwrap()));
        let asked = Arc::new(AtomicU64::new(0));
        let store = Counting {
            inner,
            asked: Arc::clone(&asked),
        };
        let sealed = SealedStore::new(Arc::new(store), Arc::new(envelope));
        let live = Live::over(sealed, directory, Limits::default(), Vec::new()).await;
        Self { live, asked }
    }

    fn done(&self) -> [u64; 3] {
        let sealing = self.live.registry.sealing();
        [&*self.asked, &sealing.opens, &sealing.seals].map(|count| count.load(Ordering::Relaxed))
    }

    /// Waits until the server's own controllers have nothing more to do.
    async fn settled(&self) {
        let mut before = self.done();
        for _ in 0..100 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            let now = self.done();
            if now == before {
                return;
            }
            before = now;
        }
        panic!("the server is never idle");
    }
}

#[tokio::test]
async fn a_refusal_looks_nothing_up() {
    let work = Work::new().await;
    let mut admin = work.live.admin().await;
    fill(&mut admin).await;
    let mut jane = work.live.client(Some(work.live.ca.client("jane", "devs"))).await;
    work.settled().await;
    let before = work.done();
    for asked in OBJECTS.iter().chain(NAMESPACES) {
        for name in [THERE, NONE] {
            assert_eq!(ask(&mut jane, asked, name).await.code, 403);
        }
    }
    assert_eq!(work.done(), before, "[asked of the store, opened, sealed]");
    // That is no proof when nothing is counted.
    assert_eq!(ask(&mut admin, &OBJECTS[0], THERE).await.code, 200);
    assert_eq!(work.done()[1], before[1] + 1);
}
