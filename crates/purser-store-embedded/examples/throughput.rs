//! Durable creations a second, and how many share a flush:
//! `cargo run --release -p purser-store-embedded --example throughput -- [writers] [seconds] [update]`.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a measurement for people"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use purser_store::{Change, Check, Store, Transaction};
use purser_store_embedded::{EmbeddedStore, Options};

/// A Secret of 1 kB in its envelope.
const VALUE_BYTES: usize = 1_400;
/// Keys that updates go around.
const UPDATED_KEYS: u64 = 10_000;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let writers: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(64);
    let seconds: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(5);
    let update = arguments.next().is_some();
    let directory = tempfile::tempdir_in(".").expect("a directory on this disk");
    let store = EmbeddedStore::open(Options::new(directory.path())).expect("a new store");
    let store = Arc::new(store);
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let tasks = (0..writers).map(|_| tokio::spawn(write_until(end, store.clone(), next.clone(), update)));
    let mut waits = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        waits.extend(task.await.expect("the writer ends"));
    }
    let elapsed = start.elapsed();
    waits.sort_unstable();
    let count = u64::try_from(waits.len()).unwrap_or(0);
    let at = |percent: usize| {
        waits
            .get(waits.len() * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    let stats = store.stats();
    println!("writers {writers}, {VALUE_BYTES} B values, {count} commits in {elapsed:.2?}");
    println!(
        "commits/s {}",
        u128::from(count) * 1_000 / elapsed.as_millis().max(1)
    );
    println!("wait p50 {:?}, p99 {:?}", at(50), at(99));
    println!(
        "flushes {}, commits per flush {}, largest group {}",
        stats.flushes,
        stats.commits / stats.flushes.max(1),
        stats.largest_group
    );
    println!(
        "file {} MB, kept {} MB",
        stats.file_bytes >> 20,
        stats.live_bytes >> 20
    );
    store.close().await.expect("closes");
}

async fn write_until(
    end: Instant,
    store: Arc<EmbeddedStore>,
    next: Arc<AtomicU64>,
    update: bool,
) -> Vec<Duration> {
    let value = Bytes::from(vec![b'v'; VALUE_BYTES]);
    let mut waits = Vec::new();
    while Instant::now() < end {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let number = if update { number % UPDATED_KEYS } else { number };
        // Spread over the key space, as names are.
        let name = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let key = format!("/registry/secrets/namespace-{}/secret-{name:016x}", number % 10);
        let checks = if update {
            Vec::new()
        } else {
            vec![Check {
                key: key.clone(),
                mod_revision: 0,
            }]
        };
        let changes = vec![Change::Put {
            key,
            value: value.clone(),
        }];
        let begun = Instant::now();
        store
            .commit(Transaction { checks, changes })
            .await
            .expect("commits");
        waits.push(begun.elapsed());
    }
    waits
}
