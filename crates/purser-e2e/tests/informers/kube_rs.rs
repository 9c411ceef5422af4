//! kube-rs's watcher and reflector in each of their ways to follow.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt as _};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ListParams};
use kube::core::PartialObjectMeta;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, Config, Event};
use kube::runtime::{WatchStreamExt as _, reflector};
use kube::{Client, Resource, ResourceExt as _};
use tokio::task::JoinHandle;

use crate::storm;
use crate::world::{Objects, assert_same};

/// How long a cache of a test may take to be what the list is, once nothing is written any more.
const SETTLES: Duration = Duration::from_secs(30);
/// What selective informers ask for.
const SELECTED: &str = "selected=yes";

/// Tries again after the same short time: the default doubles up to half a minute, which is not what is tested.
pub(crate) struct Steadily;

impl Iterator for Steadily {
    type Item = Duration;
    fn next(&mut self) -> Option<Duration> {
        Some(Duration::from_millis(100))
    }
}

impl Backoff for Steadily {
    fn reset(&mut self) {}
}

/// A reflector that runs, and the list that its cache must be equal to.
pub(crate) struct Informer {
    name: &'static str,
    held: Box<dyn Fn() -> Objects + Send + Sync>,
    fresh: Box<dyn Fn() -> BoxFuture<'static, Objects> + Send + Sync>,
    lists: Arc<AtomicUsize>,
    driver: JoinHandle<()>,
}

impl Drop for Informer {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Informer {
    fn start<K>(
        name: &'static str,
        events: impl Stream<Item = watcher::Result<Event<K>>> + Send + 'static,
        show: fn(&K) -> String,
        fresh: impl Fn() -> BoxFuture<'static, Vec<K>> + Send + Sync + 'static,
    ) -> Self
    where
        K: Resource + Clone + Debug + Send + Sync + 'static,
        K::DynamicType: Default + Eq + Hash + Clone + Send + Sync,
    {
        let (store, writer) = reflector::store::<K>();
        let lists = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&lists);
        let driven = events
            .backoff(Steadily)
            .inspect(move |event| {
                counted.fetch_add(
                    usize::from(matches!(event, Ok(Event::InitDone))),
                    Ordering::Relaxed,
                );
            })
            .reflect(writer)
            .for_each(|_| std::future::ready(()));
        let key = |object: &K| format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any());
        let held = move || {
            let state = store.state();
            state.iter().map(|object| (key(object), show(object))).collect()
        };
        let fresh = move || -> BoxFuture<'static, Objects> {
            let listed = fresh();
            Box::pin(async move {
                let listed = listed.await;
                listed.iter().map(|object| (key(object), show(object))).collect()
            })
        };
        Self {
            name,
            held: Box::new(held),
            fresh: Box::new(fresh),
            lists,
            driver: tokio::spawn(driven),
        }
    }

    /// How often it had to begin anew with a list.
    pub(crate) fn lists(&self) -> usize {
        self.lists.load(Ordering::Relaxed)
    }

    /// Waits until it has had a list.
    pub(crate) async fn ready(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        while self.lists() == 0 {
            assert!(Instant::now() < deadline, "{} has no list", self.name);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until it holds what a fresh list has, and panics with the difference when it does not come to that.
    pub(crate) async fn settles(&self, patience: Duration) {
        let fresh = (self.fresh)().await;
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline && (self.held)() != fresh {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_same(self.name, &(self.held)(), &fresh);
    }
}

fn whole(secret: &Secret) -> String {
    serde_json::to_string(secret).expect("JSON")
}

fn metadata(object: &PartialObjectMeta<Secret>) -> String {
    serde_json::to_string(&object.metadata).expect("JSON")
}

/// An informer for each way to follow, reading over `shaky`; the lists to compare with come over `steady`.
pub(crate) fn informers(shaky: &Client, steady: &Client) -> Vec<Informer> {
    let secrets: Api<Secret> = Api::all(shaky.clone());
    let lists: Api<Secret> = Api::all(steady.clone());
    let typed = |name, config: Config, parameters: ListParams| {
        let lists = lists.clone();
        let fresh = move || -> BoxFuture<'static, Vec<Secret>> {
            let (lists, parameters) = (lists.clone(), parameters.clone());
            Box::pin(async move { lists.list(&parameters).await.expect("a list").items })
        };
        Informer::start(name, watcher::watcher(secrets.clone(), config), whole, fresh)
    };
    let all = ListParams::default;
    let about = {
        let lists: Api<PartialObjectMeta<Secret>> = Api::all(steady.clone());
        move || -> BoxFuture<'static, Vec<PartialObjectMeta<Secret>>> {
            let lists = lists.clone();
            Box::pin(async move { lists.list(&all()).await.expect("a list").items })
        }
    };
    vec![
        typed("list and watch", Config::default(), all()),
        typed("small pages", Config::default().page_size(40), all()),
        typed("any version", Config::default().any_semantic(), all()),
        typed("streaming list", Config::default().streaming_lists(), all()),
        typed("no bookmarks", Config::default().disable_bookmarks(), all()),
        typed("short watches", Config::default().timeout(2), all()),
        typed(
            "selected",
            Config::default().labels(SELECTED),
            all().labels(SELECTED),
        ),
        typed(
            "selected streaming list",
            Config::default().labels(SELECTED).streaming_lists(),
            all().labels(SELECTED),
        ),
        Informer::start(
            "metadata",
            watcher::watcher(Api::all(shaky.clone()), Config::default()),
            metadata,
            about,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn reflectors_hold_what_a_fresh_list_says_after_a_storm() {
    let mut world = storm::before().await;
    let (shaky, steady) = (
        world.client(&world.shaky).await,
        world.client(&world.steady).await,
    );
    let informers = informers(&shaky, &steady);
    for informer in &informers {
        informer.ready(SETTLES).await;
    }
    storm::pass_over(&mut world).await;
    for informer in &informers {
        informer.settles(SETTLES).await;
        assert!(
            informer.lists() > 1,
            "{}: its history was forgotten, and it did not list again",
            informer.name
        );
    }
}
