//! Events: two faces of one storage, and an hour to live.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use purser_authz::Verb;
use purser_encryption::SealedStore;
use purser_registry::{Clock, ListOptions, Options, Registry, WriteOptions};
use purser_types::resource::{EVENTS, EVENTS_V1, LEASES};

use super::support::memory::MemoryStore;
use super::support::transformer::Scrambler;
use super::support::{House, Shared, answer, lone_permit, names, object, take, text};

const EVENT: &str = r#"{"metadata":{"name":"e"},
    "involvedObject":{"kind":"Secret","namespace":"default","name":"s"},"reason":"R","message":"m","type":"Normal",
    "source":{"component":"x"}}"#;

/// A clock that stands until it is moved.
struct Hand(AtomicU64);

impl Clock for Hand {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

async fn house(clock: &Arc<Hand>) -> House {
    let store = Arc::new(MemoryStore::default());
    let sealed = SealedStore::new(Arc::new(Shared(Arc::clone(&store))), Arc::new(Scrambler));
    let options = Options {
        clock: Arc::<Hand>::clone(clock),
        ..Options::default()
    };
    let registry = Registry::start(sealed, options).await.unwrap();
    House { store, registry }
}

fn fields(selector: &str) -> ListOptions {
    ListOptions {
        field_selector: selector.to_owned(),
        ..ListOptions::default()
    }
}

#[tokio::test]
async fn an_event_is_seen_through_both_faces() {
    let house = House::new().await;
    let mut stream = house
        .watch(&EVENTS_V1, "default", &ListOptions::default())
        .await
        .unwrap();
    house.create(&EVENTS, "default", EVENT).await.unwrap();
    let seen = text(&house.get(&EVENTS_V1, "default", "e").await.unwrap());
    for part in [
        r#""apiVersion":"events.k8s.io/v1""#,
        r#""note":"m""#,
        r#""regarding":{"#,
        r#""deprecatedSource":{"component":"x"}"#,
    ] {
        assert!(seen.contains(part), "{part} in {seen}");
    }
    assert_eq!(take(&mut stream, 1).await.len(), 1);
    for (resource, selector, found) in [
        (&EVENTS, "involvedObject.name=s,reason=R", 1),
        (&EVENTS, "source=x", 1),
        (&EVENTS_V1, "regarding.name=s,type=Normal", 1),
        (&EVENTS_V1, "regarding.name=t", 0),
    ] {
        let listing = house.list(resource, "default", &fields(selector)).await.unwrap();
        assert_eq!(listing.items.len(), found, "{selector}");
    }
    let refused = house
        .list(&EVENTS_V1, "default", &fields("involvedObject.name=s"))
        .await
        .unwrap_err();
    assert_eq!(refused.message, "field label not supported: involvedObject.name");
    house
        .merge(&EVENTS, "default", "e", r#"{"message":"n"}"#)
        .await
        .unwrap();
    assert!(text(&house.get(&EVENTS_V1, "default", "e").await.unwrap()).contains(r#""note":"n""#));
}

#[tokio::test]
async fn an_event_is_gone_an_hour_after_its_last_write() {
    let clock = Arc::new(Hand(AtomicU64::new(1_800_000_000)));
    let house = house(&clock).await;
    house.create(&EVENTS, "default", EVENT).await.unwrap();
    clock.0.fetch_add(1800, Ordering::Relaxed);
    house
        .merge(&EVENTS, "default", "e", r#"{"count":2}"#)
        .await
        .unwrap();
    clock.0.fetch_add(3599, Ordering::Relaxed);
    assert!(house.get(&EVENTS_V1, "default", "e").await.is_ok());
    clock.0.fetch_add(1, Ordering::Relaxed);
    assert_eq!(house.get(&EVENTS, "default", "e").await.unwrap_err().code, 404);
    let listing = house
        .list(&EVENTS, "default", &ListOptions::default())
        .await
        .unwrap();
    assert!(names(&listing).is_empty());
    assert_eq!(
        house
            .merge(&EVENTS, "default", "e", r#"{"count":3}"#)
            .await
            .unwrap_err()
            .code,
        404
    );
    assert_eq!(house.delete(&EVENTS, "default", "e").await.unwrap_err().code, 404);
    house.create(&EVENTS, "default", EVENT).await.unwrap();
    assert!(house.get(&EVENTS, "default", "e").await.is_ok());
}

#[tokio::test]
async fn an_update_creates_for_those_only_who_may_create() {
    let house = House::new().await;
    let lease = object(
        &LEASES,
        r#"{"metadata":{"name":"l"},"spec":{"holderIdentity":"a"}}"#,
    );
    let update = lone_permit(Verb::Update, &LEASES, "default", "l");
    let refused = house
        .registry
        .update(&update, lease, &WriteOptions::default())
        .await;
    let refused = answer(refused).unwrap_err();
    assert_eq!(refused.code, 403);
    assert!(
        refused.message.contains("cannot create resource \"leases\""),
        "{}",
        refused.message
    );
    assert_eq!(house.get(&LEASES, "default", "l").await.unwrap_err().code, 404);
}

/// As upstream, whose store names the resource of the request; what is wrong with an object is told of what is stored.
#[tokio::test]
async fn who_asks_through_a_face_is_told_of_that_face() {
    let house = House::new().await;
    let missing = house.get(&EVENTS_V1, "default", "e").await.unwrap_err();
    assert_eq!(missing.message, "events.events.k8s.io \"e\" not found");
    let missing = house.get(&EVENTS, "default", "e").await.unwrap_err();
    assert_eq!(missing.message, "events \"e\" not found");
    let bad = r#"{"metadata":{"name":"e"},"reason":"r"}"#;
    let bad = house.create(&EVENTS_V1, "default", bad).await.unwrap_err();
    assert!(
        bad.message.starts_with("Event \"e\" is invalid"),
        "{}",
        bad.message
    );
}

#[tokio::test]
async fn an_update_creates_a_lease_and_must_say_what_it_changes() {
    let house = House::new().await;
    let lease = r#"{"metadata":{"name":"l"},
        "spec":{"holderIdentity":"a"}}"#;
    assert!(
        house
            .update(&LEASES, "default", "l", lease)
            .await
            .unwrap()
            .created
    );
    house.delete(&LEASES, "default", "l").await.unwrap();
    let of_the_past = r#"{"metadata":{"name":"l","resourceVersion":"5"},"spec":{"holderIdentity":"a"}}"#;
    let again = house.update(&LEASES, "default", "l", of_the_past).await;
    assert!(
        again.unwrap().created,
        "the revision of what is gone is no condition"
    );
    let refused = house.update(&LEASES, "default", "l", lease).await.unwrap_err();
    assert_eq!(refused.code, 422);
    assert!(
        refused
            .message
            .contains("metadata.resourceVersion: Invalid value: 0: must be specified for an update")
    );
}
