//! What a store in etcd counts.

use purser_store_etcd::EtcdStore;

use super::{GROWS, Told, VARIES};

/// The numbers.
pub(super) const ETCD: &[Told<EtcdStore>] = &[
    (
        "apiserver_storage_size_bytes",
        "Bytes of the database of the member of etcd that was last asked for /readyz",
        VARIES,
        |store| store.stats().database_bytes,
    ),
    (
        "purser_store_revision",
        "The latest revision whose changes are known here",
        VARIES,
        |store| store.stats().revision,
    ),
    (
        "purser_store_watches_cut",
        "Watches of the store that fell behind",
        GROWS,
        |store| store.stats().lagged,
    ),
    (
        "purser_etcd_requests",
        "Requests to members of etcd, watches aside",
        GROWS,
        |store| store.stats().requests,
    ),
    (
        "purser_etcd_failures",
        "Requests that were not answered as they should be, or not in time",
        GROWS,
        |store| store.stats().failures,
    ),
    (
        "purser_etcd_turns",
        "Times that another member of etcd was turned to",
        GROWS,
        |store| store.stats().turns,
    ),
    (
        "purser_etcd_watch_restarts",
        "Times that the watch of etcd was taken up again",
        GROWS,
        |store| store.stats().watch_restarts,
    ),
];
