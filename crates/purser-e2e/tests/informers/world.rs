//! A server with two ways to it: a steady one for those who write, a shaky one for the informers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use purser_e2e::Purser;
use purser_store::Store as _;
use purser_store_embedded::{EmbeddedStore, Options};

use crate::proxy::Proxy;

/// What a cache or a list holds: `namespace/name` → what must be the same.
pub(crate) type Objects = BTreeMap<String, String>;

/// The server and the ways to it.
pub(crate) struct World {
    pub(crate) purser: Purser,
    /// Cut only while the server is away.
    pub(crate) steady: Proxy,
    /// The informers' way.
    pub(crate) shaky: Proxy,
}

impl World {
    pub(crate) async fn start() -> Self {
        let purser = Purser::start().await;
        let address = purser.kubeconfig().address().to_owned();
        Self {
            purser,
            steady: Proxy::start(&address).await,
            shaky: Proxy::start(&address).await,
        }
    }

    /// A client of kube-rs over one of the ways.
    pub(crate) async fn client(&self, way: &Proxy) -> Client {
        let kubeconfig = Kubeconfig::from_yaml(&self.kubeconfig(way)).expect("kube reads the kubeconfig");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
        Client::try_from(config.expect("a config")).expect("a client")
    }

    /// A file with the administrator's kubeconfig over the shaky way.
    pub(crate) fn shaky_kubeconfig(&self) -> PathBuf {
        let path = self.purser.scratch().join("shaky.kubeconfig");
        std::fs::write(&path, self.kubeconfig(&self.shaky)).expect("it can be written");
        path
    }

    fn kubeconfig(&self, way: &Proxy) -> String {
        let text = std::fs::read_to_string(self.purser.kubeconfig_path()).expect("there is a kubeconfig");
        text.replace(&self.purser.kubeconfig().server, &way.url())
    }

    /// Kills the server, forgets the whole history of its store, and starts it again.
    pub(crate) async fn compact(&mut self) {
        self.purser.kill();
        let store = EmbeddedStore::open(Options::new(self.purser.data().join("store")));
        let store = store.expect("the store opens");
        let revision = store.revision().await.expect("a revision");
        store.compact(revision).await.expect("it forgets");
        store.close().await.expect("it closes");
        drop(store);
        self.purser.start_again().await;
        let address = self.purser.kubeconfig().address().to_owned();
        for way in [&self.steady, &self.shaky] {
            way.retarget(&address);
            way.cut();
        }
    }
}

/// Panics with what differs.
pub(crate) fn assert_same(who: &str, held: &Objects, fresh: &Objects) {
    let differs = |key: &&String| held.get(*key) != fresh.get(*key);
    let keys: std::collections::BTreeSet<&String> = held.keys().chain(fresh.keys()).collect();
    let wrong: Vec<String> = keys
        .into_iter()
        .filter(differs)
        .take(10)
        .map(|key| match (held.get(key), fresh.get(key)) {
            (Some(_), None) => format!("{key} is gone and still held"),
            (None, _) => format!("{key} is missing"),
            (Some(held), Some(fresh)) => format!("{key} is another: {held:.200} for {fresh:.200}"),
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{who} holds {} objects, the list has {}:\n{}",
        held.len(),
        fresh.len(),
        wrong.join("\n")
    );
}
