//! How long a store of many objects takes to open and read whole, after a clean end and after a crash:
//! `cargo run --release -p purser-store-embedded --example reopen -- [objects]`.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a measurement for people"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use purser_store::{Change, Range, Store, Transaction, prefix_end};
use purser_store_embedded::{EmbeddedStore, Options};

const VALUE_BYTES: usize = 1_400;
const PREFIX: &str = "/registry/";
/// Objects in one transaction while the store is filled.
const BATCH: u64 = 100;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let objects: u64 = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(100_000);
    let directory = tempfile::tempdir_in(".").expect("a directory on this disk");
    let path = directory.path();
    let store = EmbeddedStore::open(Options::new(path)).expect("a new store");
    fill(&store, objects).await;
    let stats = store.stats();
    println!(
        "{objects} objects: file {} MB, kept {} MB",
        stats.file_bytes >> 20,
        stats.live_bytes >> 20
    );
    // What is on disk while the store is open is what a crash leaves.
    let crashed = tempfile::tempdir_in(".").expect("a directory on this disk");
    std::fs::copy(path.join("purser.redb"), crashed.path().join("purser.redb")).expect("copies");
    let begun = Instant::now();
    store.close().await.expect("closes");
    drop(store);
    println!("closing                       {:.0?}", begun.elapsed());
    for (state, path) in [("after a clean end", path), ("after a crash", crashed.path())] {
        let (open, read) = reopen(path).await;
        println!("{state:<18} opening {open:.0?}, reading all {read:.0?}");
    }
}

async fn fill(store: &EmbeddedStore, objects: u64) {
    let value = Bytes::from(vec![b'v'; VALUE_BYTES]);
    for batch in 0..objects.div_ceil(BATCH) {
        let changes = (0..BATCH).map(|number| {
            let name = (batch * BATCH + number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            Change::Put {
                key: format!("{PREFIX}secrets/namespace-{}/secret-{name:016x}", number % 10),
                value: value.clone(),
            }
        });
        let changes = changes.collect();
        store
            .commit(Transaction {
                checks: Vec::new(),
                changes,
            })
            .await
            .expect("commits");
    }
}

async fn reopen(path: &Path) -> (Duration, Duration) {
    let begun = Instant::now();
    let store = EmbeddedStore::open(Options::new(path)).expect("opens again");
    let opened = begun.elapsed();
    let all = Range {
        start: PREFIX.to_owned(),
        end: prefix_end(PREFIX),
        limit: 0,
        revision: None,
    };
    store.range(all).await.expect("reads");
    (opened, begun.elapsed() - opened)
}
