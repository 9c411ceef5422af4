//! The store on etcd passes the suite.
use std::sync::Arc;

use crate::cluster::Etcd;
use purser_store::suite::Subject;
use purser_store_etcd::{EtcdStore, Options};

/// More than memory holds of recent values, with a tolerance far below it.
const LAG_WRITES: usize = 40;

async fn subject() -> Subject {
    let etcd = Etcd::start().await;
    let options = Options {
        watch_lag: 4,
        ..etcd.options()
    };
    let store = EtcdStore::open(options).await.unwrap();
    Subject {
        store: Arc::new(store),
        keep: Box::new(etcd),
        lag_writes: LAG_WRITES,
    }
}

purser_store::suite!(subject);
