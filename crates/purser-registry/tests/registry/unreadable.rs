//! One bad object never breaks a list; and nothing in the clear is left lying about.

use crate::support::{House, names, take};
use purser_registry::{Deleted, ListOptions};
use purser_types::resource::SECRETS;

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
    assert!(status.message.starts_with("Internal error occurred: "));
    assert!(house.registry.unreadable_total() >= 3);
    assert_eq!(house.registry.unreadable_objects(), 1);
    let gone = house.delete(&SECRETS, "default", "bad").await.unwrap();
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
