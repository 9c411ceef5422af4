//! What a store on etcd does in a second: `etcd_throughput http://127.0.0.1:2379 [writes]`. It fills that etcd.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool for the developer: it says what it measured, and ends when it cannot"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use purser_store::{Change, Check, Range, Store, Transaction, prefix_end};
use purser_store_etcd::{EtcdStore, Options};
use tokio::task::JoinSet;

/// At the same time.
const TASKS: usize = 64;
/// Of a value: a Secret of 1 KiB, sealed.
const VALUE_BYTES: usize = 1_300;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments.next().unwrap();
    let writes: usize = arguments.next().map_or(20_000, |text| text.parse().unwrap());
    let options = Options {
        compaction_interval: Duration::ZERO,
        ..Options::new(vec![endpoint])
    };
    let store = Arc::new(EtcdStore::open(options).await.unwrap());
    let began = store.revision().await.unwrap();
    let value = Bytes::from(vec![7; VALUE_BYTES]);
    each("creations", writes, |number| {
        let (store, value) = (Arc::clone(&store), value.clone());
        async move {
            let key = format!("/registry/secrets/bench/{began}-{number}");
            let checks = vec![Check {
                key: key.clone(),
                mod_revision: 0,
            }];
            let changes = vec![Change::Put { key, value }];
            store.commit(Transaction { checks, changes }).await.unwrap();
        }
    })
    .await;
    each("revisions", 10 * writes, |_| {
        let store = Arc::clone(&store);
        async move { assert!(store.revision().await.unwrap() > 0) }
    })
    .await;
    let started = Instant::now();
    let everything = Range {
        start: "/registry/".to_owned(),
        end: prefix_end("/registry/"),
        limit: 0,
        revision: None,
    };
    let page = store.range(everything).await.unwrap();
    println!("{} records read in {:?}", page.records.len(), started.elapsed());
}

async fn each<F>(what: &str, count: usize, make: impl Fn(usize) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let started = Instant::now();
    let mut running = JoinSet::new();
    for number in 0..count {
        if running.len() >= TASKS {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(make(number));
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    let seconds = started.elapsed().as_secs_f64();
    let rate = f64::from(u32::try_from(count).unwrap()) / seconds;
    println!("{rate:.0} {what} a second, {TASKS} at the same time");
}
