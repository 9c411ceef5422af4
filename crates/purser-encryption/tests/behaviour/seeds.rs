//! When a seed is made, and when the key holder is asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use purser_encryption::{Envelope, EnvelopeV1, KeyHolder, OpenError, SealError, Transformer as _, Wrapped};
use zeroize::Zeroizing;

const KEY: &str = "/registry/secrets/default/a";

/// A slow plugin that "wraps" by reversing, whose current key and health a test sets.
#[derive(Default)]
struct Slow {
    key: AtomicU64,
    down: AtomicU64,
    wraps: AtomicUsize,
    unwraps: AtomicUsize,
    at_work: AtomicUsize,
    most_at_once: AtomicUsize,
    /// As a plugin is: trusted for three minutes after it was last well.
    away_at_times: bool,
    /// Wraps with another key than it tells.
    flapping: AtomicU64,
}

impl Slow {
    async fn work(&self) -> Result<(), String> {
        let at_once = self.at_work.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.at_work.fetch_sub(1, Ordering::Relaxed);
        if self.down.load(Ordering::Relaxed) == 0 {
            Ok(())
        } else {
            Err("down".to_owned())
        }
    }
}

impl KeyHolder for Slow {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        async {
            self.work().await.map_err(SealError::Unavailable)?;
            Ok(format!("key-{}", self.key.load(Ordering::Relaxed)))
        }
        .boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        async move {
            self.work().await.map_err(SealError::Unavailable)?;
            self.wraps.fetch_add(1, Ordering::Relaxed);
            let ciphertext = secret.iter().rev().copied().collect();
            let flapped = self.flapping.load(Ordering::Relaxed);
            let key_id = format!("key-{}", self.key.load(Ordering::Relaxed) + flapped);
            Ok(Wrapped {
                ciphertext,
                key_id,
                annotations: BTreeMap::new(),
            })
        }
        .boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        async move {
            self.work().await.map_err(OpenError::Unavailable)?;
            self.unwraps.fetch_add(1, Ordering::Relaxed);
            Ok(Zeroizing::new(wrapped.ciphertext.iter().rev().copied().collect()))
        }
        .boxed()
    }

    fn trusted_for(&self) -> Option<Duration> {
        self.away_at_times.then(|| Duration::from_secs(180))
    }
}

fn plugin() -> (Arc<Slow>, Arc<Envelope>) {
    let holder = Arc::new(Slow {
        away_at_times: true,
        ..Slow::default()
    });
    (holder.clone(), Arc::new(Envelope::new("slow", holder)))
}

#[tokio::test(start_paused = true)]
async fn writes_stop_three_minutes_after_a_plugin_was_last_well_and_reads_go_on() {
    let (holder, envelope) = plugin();
    let keeping = tokio::spawn({
        let envelope = Arc::clone(&envelope);
        async move { envelope.keep_fresh().await }
    });
    tokio::time::sleep(Duration::from_secs(600)).await;
    let sealed = envelope.seal(KEY, b"x").await.unwrap();
    holder.down.store(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(115)).await;
    assert_eq!(
        envelope.failure().unwrap(),
        "the key holder is not available: down"
    );
    assert!(envelope.seal(KEY, b"x").await.is_ok());
    tokio::time::sleep(Duration::from_secs(70)).await;
    let refused = envelope.seal(KEY, b"x").await.unwrap_err().to_string();
    assert!(
        refused.ends_with("it was last well too long ago: the key holder is not available: down"),
        "{refused}"
    );
    assert_eq!(
        envelope.open(KEY, &sealed).await.unwrap().plaintext.expose(),
        b"x"
    );
    holder.down.store(0, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert!(envelope.failure().is_none());
    assert!(envelope.seal(KEY, b"x").await.is_ok());
    assert_eq!(
        holder.wraps.load(Ordering::Relaxed),
        1,
        "the key is the same, and so is the seed"
    );
    keeping.abort();
}

#[tokio::test(start_paused = true)]
async fn a_key_that_changes_is_picked_up_within_a_minute() {
    let (holder, envelope) = plugin();
    let keeping = tokio::spawn({
        let envelope = Arc::clone(&envelope);
        async move { envelope.keep_fresh().await }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let sealed = envelope.seal(KEY, b"x").await.unwrap();
    holder.key.store(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(envelope.info().key_id, "key-1");
    let opened = envelope.open(KEY, &sealed).await.unwrap();
    assert!(opened.stale);
    keeping.abort();
}

#[tokio::test(start_paused = true)]
async fn what_a_plugin_wraps_with_another_key_than_it_tells_is_thrown_away() {
    let (holder, envelope) = plugin();
    holder.flapping.store(1, Ordering::Relaxed);
    let refused = envelope.seal(KEY, b"x").await.unwrap_err().to_string();
    assert!(
        refused.contains("another key than the one that it says"),
        "{refused}"
    );
    assert_eq!(envelope.info().key_id, "");
    holder.flapping.store(0, Ordering::Relaxed);
    assert!(envelope.seal(KEY, b"x").await.is_ok());
    holder.key.store(1, Ordering::Relaxed);
    holder.flapping.store(1, Ordering::Relaxed);
    assert!(envelope.refresh().await.is_err());
    assert_eq!(
        envelope.info().key_id,
        "key-0",
        "what is there goes on being used"
    );
    assert!(envelope.seal(KEY, b"x").await.is_ok());
}

fn envelope() -> (Arc<Slow>, Envelope) {
    let holder = Arc::new(Slow::default());
    (holder.clone(), Envelope::new("slow", holder))
}

#[tokio::test(start_paused = true)]
async fn concurrent_first_writes_make_one_seed() {
    let (holder, envelope) = envelope();
    let sealed = join_all((0..50).map(|_| envelope.seal(KEY, b"x"))).await;
    assert!(sealed.iter().all(Result::is_ok));
    assert_eq!(holder.wraps.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn concurrent_reads_of_one_unknown_seed_ask_once() {
    let (_, writer) = envelope();
    let sealed = writer.seal(KEY, b"x").await.unwrap();
    let (holder, reader) = envelope();
    let opened = join_all((0..50).map(|_| reader.open(KEY, &sealed))).await;
    assert!(opened.iter().all(|opened| {
        opened
            .as_ref()
            .is_ok_and(|opened| opened.plaintext.expose() == b"x")
    }));
    assert_eq!(holder.unwraps.load(Ordering::Relaxed), 1);
    let counters = reader.seed_cache();
    assert_eq!(
        (
            counters.hits.load(Ordering::Relaxed),
            counters.misses.load(Ordering::Relaxed)
        ),
        (49, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_reads_of_other_seeds_each_asks_a_slow_plugin_for_few_at_once_and_keeps_a_bounded_number()
{
    const BURST: usize = 10_000;
    let mut sealed = Vec::with_capacity(BURST);
    for _ in 0..BURST {
        let (_, writer) = envelope();
        sealed.push(writer.seal(KEY, b"x").await.unwrap());
    }
    let (holder, reader) = envelope();
    let opened = join_all(sealed.iter().map(|sealed| reader.open(KEY, sealed))).await;
    assert!(opened.iter().all(Result::is_ok));
    assert_eq!(holder.unwraps.load(Ordering::Relaxed), BURST);
    let most = holder.most_at_once.load(Ordering::Relaxed);
    assert!((2..=16).contains(&most), "{most} at once");
    let counters = reader.seed_cache();
    let misses = counters.misses.load(Ordering::Relaxed);
    let kept = misses - counters.evictions.load(Ordering::Relaxed);
    assert_eq!(misses, u64::try_from(BURST).unwrap());
    assert!((1..=4096).contains(&kept), "{kept} are kept");
}

#[tokio::test(start_paused = true)]
async fn a_new_key_makes_a_new_seed_and_the_old_values_stale() {
    let (holder, envelope) = envelope();
    envelope.refresh().await.unwrap();
    let old = envelope.seal(KEY, b"x").await.unwrap();
    envelope.refresh().await.unwrap();
    assert_eq!(holder.wraps.load(Ordering::Relaxed), 1, "the key is the same");
    assert!(!envelope.open(KEY, &old).await.unwrap().stale);

    holder.key.store(1, Ordering::Relaxed);
    envelope.refresh().await.unwrap();
    assert_eq!(envelope.info().key_id, "key-1");
    let new = envelope.seal(KEY, b"x").await.unwrap();
    assert!(envelope.open(KEY, &old).await.unwrap().stale);
    assert!(!envelope.open(KEY, &new).await.unwrap().stale);
    assert_eq!(
        holder.unwraps.load(Ordering::Relaxed),
        0,
        "seeds made here need no unwrapping"
    );
}

#[tokio::test(start_paused = true)]
async fn while_the_holder_is_down_what_is_known_goes_on() {
    let (holder, envelope) = envelope();
    holder.down.store(1, Ordering::Relaxed);
    let down = SealError::Unavailable("down".to_owned());
    assert_eq!(envelope.seal(KEY, b"x").await, Err(down.clone()));
    holder.down.store(0, Ordering::Relaxed);
    let sealed = envelope.seal(KEY, b"x").await.unwrap();
    holder.down.store(1, Ordering::Relaxed);
    assert_eq!(envelope.refresh().await, Err(down));
    assert_eq!(
        envelope.open(KEY, &sealed).await.unwrap().plaintext.expose(),
        b"x"
    );
    assert!(envelope.seal(KEY, b"y").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_seed_of_the_wrong_length_is_refused() {
    let (_, writer) = envelope();
    let sealed = writer.seal(KEY, b"x").await.unwrap().to_vec();
    // The wrapped seed is field 3; one byte of it is cut out.
    let at = sealed.windows(2).rposition(|pair| pair == [0x1a, 32]).unwrap();
    let mut short = sealed;
    short[at + 1] = 31;
    short.remove(at + 2);
    let (_, reader) = envelope();
    assert!(matches!(
        reader.open(KEY, &short).await,
        Err(OpenError::Malformed(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn a_plugin_of_version_1_is_believed_for_twenty_seconds_and_for_three_when_it_is_not_well() {
    let (holder, _) = envelope();
    let older = EnvelopeV1::new("old", holder.clone(), 10);
    let after = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
    assert_eq!(older.check().await, Ok(()));
    holder.down.store(1, Ordering::Relaxed);
    after(19).await;
    assert_eq!(older.check().await, Ok(()));
    after(2).await;
    let down = Err("the key holder is not available: down".to_owned());
    assert_eq!(older.check().await, down);
    holder.down.store(0, Ordering::Relaxed);
    after(2).await;
    assert_eq!(older.check().await, down);
    after(2).await;
    assert_eq!(older.check().await, Ok(()));
    assert_eq!(holder.unwraps.load(Ordering::Relaxed), 2);
}
