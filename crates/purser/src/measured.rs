//! What the store and the encryption count, told on `/metrics`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use purser_encryption::Envelope;
use purser_registry::Registry;
use purser_server::{Observation, Server};
use purser_store_embedded::EmbeddedStore;

/// A number: its name, what it counts, whether it only grows, and how it is read.
type Told<S> = (&'static str, &'static str, bool, fn(&S) -> u64);

const GROWS: bool = true;
const VARIES: bool = false;

const STORE: &[Told<EmbeddedStore>] = &[
    (
        "apiserver_storage_size_bytes",
        "Bytes of the store's file",
        VARIES,
        |store| store.stats().file_bytes,
    ),
    (
        "purser_store_kept_bytes",
        "Bytes of what is kept in it, history included",
        VARIES,
        |store| store.stats().live_bytes,
    ),
    ("purser_store_revision", "Its revision", VARIES, |store| {
        store.stats().revision
    }),
    (
        "purser_store_oldest_revision",
        "The oldest revision that can be read",
        VARIES,
        |store| store.stats().compacted,
    ),
    (
        "purser_store_flushes",
        "Groups of transactions made durable together",
        GROWS,
        |store| store.stats().flushes,
    ),
    ("purser_store_commits", "Transactions committed", GROWS, |store| {
        store.stats().commits
    }),
    (
        "purser_store_changes",
        "Changes made by transactions",
        GROWS,
        |store| store.stats().changes,
    ),
    (
        "purser_store_largest_group",
        "Transactions of the largest group",
        VARIES,
        |store| store.stats().largest_group,
    ),
    (
        "purser_store_forgotten",
        "Changes forgotten with their history",
        GROWS,
        |store| store.stats().forgotten,
    ),
    (
        "purser_store_watches_cut",
        "Watches of the store that fell behind",
        GROWS,
        |store| store.stats().lagged,
    ),
];

const SEALING: &[Told<Registry>] = &[
    ("purser_values_sealed", "Values sealed", GROWS, |registry| {
        registry.sealing().seals.load(Ordering::Relaxed)
    }),
    (
        "purser_values_not_sealed",
        "Values that could not be sealed",
        GROWS,
        |registry| registry.sealing().seal_failures.load(Ordering::Relaxed),
    ),
    ("purser_values_opened", "Values opened", GROWS, |registry| {
        registry.sealing().opens.load(Ordering::Relaxed)
    }),
    (
        "purser_values_not_opened",
        "Values that could not be opened",
        GROWS,
        |registry| registry.sealing().open_failures.load(Ordering::Relaxed),
    ),
    (
        "purser_values_opened_stale",
        "Values opened that the next write seals with the key of now",
        GROWS,
        |registry| registry.sealing().stale_opens.load(Ordering::Relaxed),
    ),
];

const SEEDS: &[Told<Envelope>] = &[
    (
        "purser_seeds_at_hand",
        "Values whose seed needed no unwrapping",
        GROWS,
        |envelope| envelope.seed_cache().hits.load(Ordering::Relaxed),
    ),
    (
        "purser_seeds_unwrapped",
        "Seeds that the key holder unwrapped",
        GROWS,
        |envelope| envelope.seed_cache().misses.load(Ordering::Relaxed),
    ),
    (
        "purser_seeds_pushed_out",
        "Unwrapped seeds pushed out by the bound on them",
        GROWS,
        |envelope| envelope.seed_cache().evictions.load(Ordering::Relaxed),
    ),
];

/// Has `server` tell them.
pub(crate) fn tell(
    server: &Server,
    store: &Arc<EmbeddedStore>,
    registry: &Arc<Registry>,
    envelope: &Arc<Envelope>,
) {
    each(server, store, STORE);
    each(server, registry, SEALING);
    each(server, envelope, SEEDS);
}

fn each<S: Send + Sync + 'static>(server: &Server, source: &Arc<S>, numbers: &'static [Told<S>]) {
    for (name, help, counter, read) in numbers {
        let source = Arc::clone(source);
        server.observe(Observation {
            name,
            help,
            counter: *counter,
            read: Box::new(move || read(&source)),
        });
    }
}
