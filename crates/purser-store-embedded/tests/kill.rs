//! `kill -9` under load, at random instants: nothing acknowledged is lost and nothing is half done.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code reports by panicking"
)]

mod ledger;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use ledger::{Ledger, standing, verify, write};
use purser_store::{Revision, Store};
use purser_store_embedded::{EmbeddedStore, Options};

/// Names the store's directory to the process that is to be killed.
const DIRECTORY: &str = "PURSER_STORE_KILLED_DIRECTORY";
const ROUNDS: u64 = 50;
const SLOTS: u64 = 8;
const PADDING: usize = 1_000;
/// The longest that a process lives after it has said that it writes.
const MAX_LIFE_MICROSECONDS: u64 = 120_000;

fn options(directory: &Path) -> Options {
    Options {
        history_age: Duration::ZERO,
        history_revisions: 300,
        ..Options::new(directory)
    }
}

fn say(line: &str) {
    std::io::stdout()
        .lock()
        .write_all(format!("\n{line}\n").as_bytes())
        .unwrap();
}

/// Not a test: the process that is killed. Without its variable it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_until_killed() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let store = Arc::new(EmbeddedStore::open(options(Path::new(&directory))).unwrap());
    say("writing");
    let slots = (0..SLOTS).map(|slot| {
        let store = store.clone();
        tokio::spawn(async move {
            let (mut number, _) = standing(&store, slot).await;
            loop {
                number += 1;
                let revision = write(&store, slot, number, PADDING).await.unwrap();
                say(&format!("done {slot} {number} {revision}"));
            }
        })
    });
    join_all(slots).await;
}

/// Starts the writing process, kills it after `life`, and notes what it had been answered.
fn write_and_kill(directory: &Path, life: Duration, before_it_writes: bool, ledger: &mut Ledger) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writes_until_killed", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    if !before_it_writes {
        assert!(
            lines.by_ref().any(|line| line.unwrap() == "writing"),
            "the process opened the store"
        );
    }
    std::thread::sleep(life);
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines.map_while(Result::ok) {
        if let [slot, number, revision] = numbers(&line)[..] {
            ledger.insert(slot, (number, revision));
        }
    }
}

/// The numbers of a whole `done` line.
fn numbers(line: &str) -> Vec<u64> {
    let Some(numbers) = line.strip_prefix("done ") else {
        return Vec::new();
    };
    numbers
        .split(' ')
        .map_while(|number| number.parse().ok())
        .collect()
}

/// A step of splitmix64.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 27)
}

#[tokio::test]
async fn fifty_kills_under_load_lose_nothing_answered() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let mut seed = 2_026;
    let mut ledger = Ledger::new();
    let mut reached: Revision = 1;
    for round in 0..ROUNDS {
        let life = Duration::from_micros(random(&mut seed) % MAX_LIFE_MICROSECONDS);
        write_and_kill(&path, life, round % 5 == 4, &mut ledger);
        let store = EmbeddedStore::open(options(&path)).unwrap();
        println!("round {round}: lived {life:?}, {ledger:?}");
        verify(&store, &ledger, SLOTS).await;
        let revision = store.revision().await.unwrap();
        assert!(
            revision >= reached,
            "revisions went back from {reached} to {revision}"
        );
        reached = revision;
        for slot in 0..SLOTS {
            // From now on this is what must be there.
            let found = standing(&store, slot).await;
            if found.0 > 0 {
                ledger.insert(slot, found);
            }
        }
        store.close().await.unwrap();
    }
    assert!(
        reached > ROUNDS * SLOTS,
        "the processes wrote under load: {reached}"
    );
}
