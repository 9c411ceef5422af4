//! What the store and the encryption count, told on `/metrics`.

mod encryption;
mod etcd;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use purser_authn::{JwtIssuers, TokenWebhook};
use purser_encryption::CacheCounters;
use purser_registry::Registry;
use purser_server::{Observation, Server};
use purser_store_embedded::EmbeddedStore;

use crate::at_rest::{AtRest, Envelopes};
use crate::reload::Counters;
use crate::store::Opened;

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

/// The seeds of all envelopes in use.
struct Seeds(Envelopes);

impl Seeds {
    fn sum(&self, of: fn(&CacheCounters) -> &AtomicU64) -> u64 {
        let envelopes = self.0.load();
        let counts = envelopes
            .iter()
            .map(|envelope| of(envelope.seed_cache()).load(Ordering::Relaxed));
        counts.sum()
    }
}

const SEEDS: &[Told<Seeds>] = &[
    (
        "purser_seeds_at_hand",
        "Values whose seed needed no unwrapping",
        GROWS,
        |seeds| seeds.sum(|cache| &cache.hits),
    ),
    (
        "purser_seeds_unwrapped",
        "Seeds that the key holder unwrapped",
        GROWS,
        |seeds| seeds.sum(|cache| &cache.misses),
    ),
    (
        "purser_seeds_pushed_out",
        "Unwrapped seeds pushed out by the bound on them",
        GROWS,
        |seeds| seeds.sum(|cache| &cache.evictions),
    ),
];

const RELOADS: &[Told<Counters>] = &[
    (
        "purser_reloads",
        "Changes of files of settings that took effect",
        GROWS,
        |counters| counters.taken.load(Ordering::Relaxed),
    ),
    (
        "purser_reload_failures",
        "Changes of files of settings that could not be used",
        GROWS,
        |counters| counters.refused.load(Ordering::Relaxed),
    ),
];

const ISSUERS: &[Told<JwtIssuers>] = &[
    (
        "purser_token_issuers",
        "Issuers whose tokens are taken besides this server's own",
        VARIES,
        |issuers| u64::try_from(issuers.count()).unwrap_or(u64::MAX),
    ),
    (
        "purser_token_issuers_without_keys",
        "Issuers that have not been reached yet, so that their tokens are refused",
        VARIES,
        |issuers| u64::try_from(issuers.count_unknown()).unwrap_or(u64::MAX),
    ),
];

/// Has `server` tell whose tokens are taken.
pub(crate) fn tell_issuers(server: &Server, issuers: &Arc<JwtIssuers>) {
    each(server, issuers, ISSUERS);
}

const WEBHOOK: &[Told<TokenWebhook>] = &[
    (
        "purser_token_webhook_calls",
        "Reviews of tokens that the webhook was asked for",
        GROWS,
        |webhook| webhook.counters().calls.load(Ordering::Relaxed),
    ),
    (
        "purser_token_webhook_failures",
        "Reviews that it did not answer as it should",
        GROWS,
        |webhook| webhook.counters().failures.load(Ordering::Relaxed),
    ),
    (
        "purser_token_webhook_kept",
        "Reviews that were answered from what was kept",
        GROWS,
        |webhook| webhook.counters().kept.load(Ordering::Relaxed),
    ),
];

/// Has `server` tell how often the webhook was asked whose a token is.
pub(crate) fn tell_token_webhook(server: &Server, webhook: &TokenWebhook) {
    each(server, &Arc::new(webhook.clone()), WEBHOOK);
}

/// Has `server` tell how files of settings were taken anew.
pub(crate) fn tell_reloads(server: &Server, counters: &Arc<Counters>) {
    each(server, counters, RELOADS);
}

/// Has `server` tell them.
pub(crate) fn tell(server: &Server, store: &Opened, registry: &Arc<Registry>, at_rest: &AtRest) {
    match store {
        Opened::Embedded(store) => each(server, store, STORE),
        Opened::Etcd(store, _) => each(server, store, etcd::ETCD),
    }
    each(server, registry, SEALING);
    each(server, &Arc::new(Seeds(Arc::clone(&at_rest.envelopes))), SEEDS);
    encryption::tell(server, at_rest);
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
