//! One bad object never breaks a list; and nothing in the clear is left lying about.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use purser_encryption::{OpenError, Opened, ProviderInfo, SealError, Transformer};

use crate::support::{House, Scrambler, eventually, names, take, text};
use purser_registry::{DeleteOptions, Deleted, ListOptions};
use purser_types::resource::{CONFIG_MAPS, NAMESPACES, RESOURCE_QUOTAS, SECRETS, SERVICE_ACCOUNTS};

/// What says that an object is to go though it cannot be read.
fn unread() -> DeleteOptions {
    DeleteOptions {
        ignore_read_errors: true,
        ..DeleteOptions::default()
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_left_out_reported_and_deletable() {
    let house = House::new().await;
    for name in ["a", "bad", "c"] {
        house
            .create(
                &SECRETS,
                "default",
                &format!(r#"{{"metadata":{{"name":"{name}"}}}}"#),
            )
            .await
            .unwrap();
    }
    house.registry.stop().await;
    house.store.damage("/registry/secrets/default/bad");
    let house = House::over(house.store.clone()).await;
    let listing = house
        .list(&SECRETS, "default", &ListOptions::default())
        .await
        .unwrap();
    assert_eq!(names(&listing), ["a", "c"]);
    assert_eq!(
        listing.warnings,
        ["secret \"default/bad\" is left out: the value does not authenticate"]
    );
    let page = ListOptions {
        limit: Some(2),
        ..ListOptions::default()
    };
    assert_eq!(
        names(&house.list(&SECRETS, "default", &page).await.unwrap()),
        ["a", "c"]
    );
    let mut watch = house
        .watch(&SECRETS, "default", &ListOptions::default())
        .await
        .unwrap();
    let seen = take(&mut watch, 2).await;
    assert!(seen[0].starts_with("ADDED a@") && seen[1].starts_with("ADDED c@"));
    let status = house.get(&SECRETS, "default", "bad").await.unwrap_err();
    assert_eq!((status.code, status.reason), (500, "InternalError"));
    assert_eq!(
        status.message,
        "Internal error occurred: the stored value of /registry/secrets/default/bad cannot be decrypted: the value does \
         not authenticate"
    );
    assert!(house.registry.unreadable_total() >= 3);
    assert_eq!(house.registry.unreadable_objects(), 1);
    let kept = house.delete(&SECRETS, "default", "bad").await.unwrap_err();
    assert_eq!(kept.code, 500, "{}", kept.message);
    for readable in ["a", "nothing"] {
        let refused = house
            .delete_with(&SECRETS, "default", readable, unread())
            .await
            .unwrap_err();
        assert_eq!(
            refused.message,
            format!(
                "secrets \"{readable}\" is invalid: ignoreStoreReadErrorWithClusterBreakingPotential: Invalid value: true: it \
                 is exclusively used to delete corrupt object(s), try again by removing this option"
            )
        );
    }
    let gone = house
        .delete_with(&SECRETS, "default", "bad", unread())
        .await
        .unwrap();
    assert!(matches!(gone, Deleted::Gone { .. }));
    assert!(
        house
            .list(&SECRETS, "default", &ListOptions::default())
            .await
            .unwrap()
            .warnings
            .is_empty()
    );
    assert_eq!(house.registry.unreadable_objects(), 0);
}

#[tokio::test]
async fn nothing_is_made_in_a_namespace_that_cannot_be_read_and_it_goes_when_it_is_empty() {
    let house = House::new().await;
    house.namespace("rec").await;
    let filled = async || house.get(&SERVICE_ACCOUNTS, "rec", "default").await.is_ok();
    eventually(filled).await;
    house.registry.stop().await;
    house.store.damage("/registry/namespaces/rec");
    let house = House::over(house.store.clone()).await;
    let secret = r#"{"metadata":{"name":"a"}}"#;
    assert_eq!(house.create(&SECRETS, "rec", secret).await.unwrap_err().code, 500);
    let refused = house.delete_with(&NAMESPACES, "", "rec", unread()).await;
    assert_eq!(refused.unwrap_err().code, 409);
    for (resource, name) in [(&SERVICE_ACCOUNTS, "default"), (&CONFIG_MAPS, "kube-root-ca.crt")] {
        let _ = house.delete(resource, "rec", name).await;
    }
    let gone = house.delete_with(&NAMESPACES, "", "rec", unread()).await.unwrap();
    assert!(matches!(gone, Deleted::Gone { .. }));
    // Nor does what could not be done there keep the controllers from other namespaces.
    house
        .delete(&SERVICE_ACCOUNTS, "default", "default")
        .await
        .unwrap();
    eventually(|| async { house.get(&SERVICE_ACCOUNTS, "default", "default").await.is_ok() }).await;
}

#[tokio::test]
async fn a_quota_that_cannot_be_read_keeps_no_other_from_being_counted() {
    let house = House::new().await;
    house.namespace("rec").await;
    let quota = r#"{"metadata":{"name":"q"},"spec":{"hard":{"secrets":"5"}}}"#;
    for namespace in ["rec", "default"] {
        for name in ["a", "b"] {
            let secret = format!(r#"{{"metadata":{{"name":"{name}"}}}}"#);
            house.create(&SECRETS, namespace, &secret).await.unwrap();
        }
        house.create(&RESOURCE_QUOTAS, namespace, quota).await.unwrap();
    }
    house.registry.stop().await;
    house.store.damage("/registry/resourcequotas/rec/q");
    let house = House::over(house.store.clone()).await;
    let says = async |used: &str| {
        let quota = house.get(&RESOURCE_QUOTAS, "default", "q").await.unwrap();
        text(&quota).contains(&format!(r#""used":{{"secrets":"{used}"}}"#))
    };
    eventually(|| says("2")).await;
    house.delete(&SECRETS, "rec", "a").await.unwrap();
    house.delete(&SECRETS, "default", "a").await.unwrap();
    eventually(|| says("1")).await;
}

#[tokio::test]
async fn nothing_that_a_read_holds_shows_a_value() {
    const CANARY: &str = "canary-4711";
    let house = House::new().await;
    let body = format!(
        r#"{{"metadata":{{"name":"a","annotations":{{"note":"{CANARY}"}}}},"stringData":{{"k":"{CANARY}"}}}}"#
    );
    let written = house.create(&SECRETS, "default", &body).await.unwrap();
    let listing = house
        .list(&SECRETS, "default", &ListOptions::default())
        .await
        .unwrap();
    let mut watch = house
        .watch(&SECRETS, "default", &ListOptions::default())
        .await
        .unwrap();
    let item = futures_util::StreamExt::next(&mut watch).await;
    for shown in [
        format!("{written:?}"),
        format!("{listing:?}"),
        format!("{item:?}"),
        format!("{:?}", listing.items),
    ] {
        assert!(!shown.contains(CANARY), "{shown}");
    }
    for found in &listing.items {
        assert!(
            !found
                .sealed
                .windows(CANARY.len())
                .any(|part| part == CANARY.as_bytes())
        );
        assert!(!format!("{:?}", found.index).contains(CANARY));
    }
}

/// Opens Secrets only while their key is there.
#[derive(Default)]
struct Forgetful {
    lost: AtomicBool,
    asked: AtomicUsize,
}

impl Transformer for Forgetful {
    fn seal<'a>(&'a self, key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        Scrambler.seal(key, plaintext)
    }

    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        if key.starts_with("/registry/secrets/") && self.lost.load(Ordering::Relaxed) {
            self.asked.fetch_add(1, Ordering::Relaxed);
            return Box::pin(async { Err(OpenError::NoKey("key2".to_owned())) });
        }
        Scrambler.open(key, stored)
    }

    fn info(&self) -> ProviderInfo {
        Scrambler.info()
    }
}

#[tokio::test(start_paused = true)]
async fn what_opens_again_is_read_and_told_to_watches_as_a_revision_of_its_own() {
    let keys = Arc::new(Forgetful::default());
    let house = House::sealed_by(Arc::clone(&keys) as Arc<dyn Transformer>, Arc::default()).await;
    const COUNT: usize = 600;
    for number in 0..COUNT {
        let secret = format!(r#"{{"metadata":{{"name":"s{number}"}}}}"#);
        house.create(&SECRETS, "default", &secret).await.unwrap();
    }
    house.registry.stop().await;
    keys.lost.store(true, Ordering::Relaxed);
    let house = House::sealed_by(Arc::clone(&keys) as Arc<dyn Transformer>, house.store.clone()).await;
    let unreadable = || usize::try_from(house.registry.unreadable_objects()).unwrap();
    assert_eq!(unreadable(), COUNT);
    let before = house.registry.revision();
    let listing = house
        .list(&SECRETS, "default", &ListOptions::default())
        .await
        .unwrap();
    assert!(names(&listing).is_empty());
    let since = ListOptions {
        resource_version: listing.revision.to_string(),
        ..ListOptions::default()
    };
    let mut watch = house.watch(&SECRETS, "default", &since).await.unwrap();
    // They are tried at a bounded rate, and nothing is written.
    let asked = keys.asked.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(25)).await;
    let tried = keys.asked.load(Ordering::Relaxed) - asked;
    assert!((1..=3 * 256).contains(&tried), "{tried}");
    assert_eq!(house.registry.revision(), before);
    keys.lost.store(false, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(10)).await;
    eventually(|| async { unreadable() == 0 }).await;
    house.get(&SECRETS, "default", "s0").await.unwrap();
    let told = take(&mut watch, COUNT).await;
    assert!(told.iter().all(|line| line.starts_with("ADDED s")), "{told:?}");
    let revisions = told
        .iter()
        .map(|line| line.rsplit('@').next().unwrap().parse::<u64>().unwrap());
    let revisions: Vec<u64> = revisions.collect();
    assert!(revisions.is_sorted() && revisions[0] > before, "{revisions:?}");
}
