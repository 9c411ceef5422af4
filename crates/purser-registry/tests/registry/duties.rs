//! Of several servers of a store one does what is to be done once; another takes its place.

use std::sync::Arc;
use std::time::Duration;

use purser_registry::{Options, Registry};
use purser_types::Value;
use purser_types::resource::{CONFIG_MAPS, LEASES, NAMESPACES, SERVICE_ACCOUNTS};
use tokio::time::{Instant, sleep};

use crate::support::memory::MemoryStore;
use crate::support::transformer::Scrambler;
use crate::support::{BUNDLE, House, Shared, eventually};

/// One of several, called `name`; nothing is waited for.
async fn one(name: &str, store: &Arc<MemoryStore>) -> House {
    let sealed =
        purser_encryption::SealedStore::new(Arc::new(Shared(Arc::clone(store))), Arc::new(Scrambler));
    let options = Options {
        ca_bundle_pem: BUNDLE.to_owned(),
        candidate: Some(name.to_owned()),
        ..Options::default()
    };
    House {
        store: Arc::clone(store),
        registry: Registry::start(sealed, options).await.unwrap(),
    }
}

/// Who holds the lease, for how many seconds, and how often it has passed on.
async fn term(house: &House) -> (String, i64, i64) {
    let Ok(lease) = house.get(&LEASES, "kube-system", "purser").await else {
        return Default::default();
    };
    let spec = lease.get("spec").and_then(Value::as_map).unwrap();
    let number = |field: &str| spec.get(field).and_then(Value::as_int).unwrap_or_default();
    let holder = spec.get("holderIdentity").and_then(Value::as_str);
    (
        holder.unwrap_or_default().to_owned(),
        number("leaseDurationSeconds"),
        number("leaseTransitions"),
    )
}

async fn is_filled(house: &House, namespace: &str) -> bool {
    house.get(&SERVICE_ACCOUNTS, namespace, "default").await.is_ok()
        && house
            .get(&CONFIG_MAPS, namespace, "kube-root-ca.crt")
            .await
            .is_ok()
}

async fn make(house: &House, namespace: &str) {
    let body = format!(r#"{{"metadata":{{"name":"{namespace}"}}}}"#);
    house.create(&NAMESPACES, "", &body).await.unwrap();
}

/// Gives the lease to somebody who is not there, at the `time`th time.
async fn hand_over(house: &House, time: u32) {
    let lease = house.get(&LEASES, "kube-system", "purser").await.unwrap();
    let revision = lease.meta_str("resourceVersion");
    let body = format!(
        r#"{{"metadata":{{"name":"purser","resourceVersion":"{revision}"}},"spec":{{"holderIdentity":"other",
        "leaseDurationSeconds":15,"renewTime":"2026-01-01T00:00:{time:02}.000000Z","leaseTransitions":4}}}}"#
    );
    house
        .update(&LEASES, "kube-system", "purser", &body)
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_does_them_and_the_next_goes_on_when_it_stops() {
    let store = Arc::new(MemoryStore::default());
    let first = one("a", &store).await;
    eventually(|| async { is_filled(&first, "default").await }).await;
    let second = one("b", &store).await;
    sleep(Duration::from_secs(40)).await;
    let (holder, seconds, transitions) = term(&second).await;
    assert!(holder.starts_with("a_"), "{holder}");
    assert_eq!((seconds, transitions), (15, 0));

    // It looks every two seconds, and need not wait for the end of a lease that was given up.
    first.registry.stop().await;
    let (holder, seconds, _) = term(&second).await;
    assert_eq!((holder.as_str(), seconds), ("", 1));
    make(&second, "later").await;
    let stopped = Instant::now();
    eventually(|| async { is_filled(&second, "later").await }).await;
    assert!(
        stopped.elapsed() <= Duration::from_secs(3),
        "{:?}",
        stopped.elapsed()
    );
    let (holder, _, transitions) = term(&second).await;
    assert!(holder.starts_with("b_"), "{holder}");
    assert_eq!(transitions, 1);
    second.registry.stop().await;
}

#[tokio::test(start_paused = true)]
async fn whose_lease_was_taken_does_nothing_more_until_it_is_not_renewed() {
    let store = Arc::new(MemoryStore::default());
    let house = one("a", &store).await;
    eventually(|| async { is_filled(&house, "default").await }).await;
    hand_over(&house, 0).await;
    sleep(Duration::from_secs(3)).await;
    make(&house, "later").await;
    for time in 1..5 {
        sleep(Duration::from_secs(9)).await;
        hand_over(&house, time).await;
    }
    assert_eq!(term(&house).await.0, "other");
    assert!(!is_filled(&house, "later").await, "its holder does that");

    let renewed = Instant::now();
    while !is_filled(&house, "later").await {
        sleep(Duration::from_millis(100)).await;
    }
    let waited = renewed.elapsed();
    let bounds = Duration::from_secs(15)..Duration::from_secs(20);
    assert!(bounds.contains(&waited), "{waited:?}");
    assert_eq!(term(&house).await.2, 5);
    house.registry.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_stops_does_not_give_up_the_lease_of_another() {
    let store = Arc::new(MemoryStore::default());
    let (first, second) = (one("a", &store).await, one("b", &store).await);
    eventually(|| async { is_filled(&first, "default").await }).await;
    hand_over(&first, 1).await;
    first.registry.stop().await;
    assert_eq!(term(&second).await.0, "other");
    second.registry.stop().await;
}

/// What falls due while another does it is not forgotten when the other leaves.
#[tokio::test(start_paused = true)]
async fn dependents_of_what_is_gone_go_whoever_is_on_duty() {
    let store = Arc::new(MemoryStore::default());
    let house = one("a", &store).await;
    eventually(|| async { is_filled(&house, "default").await }).await;
    hand_over(&house, 0).await;
    sleep(Duration::from_secs(3)).await;
    let owners = r#""ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"o","uid":"gone"}]"#;
    let body = format!(r#"{{"metadata":{{"name":"child",{owners}}}}}"#);
    house.create(&CONFIG_MAPS, "default", &body).await.unwrap();
    sleep(Duration::from_secs(3)).await;
    assert!(house.get(&CONFIG_MAPS, "default", "child").await.is_ok());
    sleep(Duration::from_secs(20)).await;
    assert!(house.get(&CONFIG_MAPS, "default", "child").await.is_err());
    house.registry.stop().await;
}
