//! Lists: pages, revisions and selectors.

use crate::support::{House, answer, names, permit};
use purser_authz::Verb;
use purser_registry::{DeleteOptions, ListOptions};
use purser_store::Store;
use purser_types::resource::{CONFIG_MAPS, SECRETS};

async fn seeded(count: usize) -> House {
    let house = House::new().await;
    house.namespace("rec").await;
    for n in 0..count {
        let odd = n % 2;
        let body = format!(
            r#"{{"metadata":{{"name":"c{n}","labels":{{"i":"{n}","odd":"{odd}"}}}},"stringData":{{"i":"{n}"}}}}"#
        );
        house.create(&SECRETS, "rec", &body).await.unwrap();
    }
    house
}

fn page(limit: i64, token: &str) -> ListOptions {
    ListOptions {
        limit: Some(limit),
        continue_token: token.to_owned(),
        ..ListOptions::default()
    }
}

fn at(revision: &str, matching: &str) -> ListOptions {
    ListOptions {
        resource_version: revision.to_owned(),
        resource_version_match: matching.to_owned(),
        ..ListOptions::default()
    }
}

#[tokio::test]
async fn pages_show_one_state_whatever_happens_between_them() {
    let house = seeded(7).await;
    let first = house.list(&SECRETS, "rec", &page(3, "")).await.unwrap();
    assert_eq!(
        (names(&first), first.remaining),
        (vec!["c0".into(), "c1".into(), "c2".into()], Some(4))
    );
    house.delete(&SECRETS, "rec", "c4").await.unwrap();
    house
        .create(&SECRETS, "rec", r#"{"metadata":{"name":"c3a"}}"#)
        .await
        .unwrap();
    let second = house
        .list(&SECRETS, "rec", &page(3, &first.continue_token))
        .await
        .unwrap();
    assert_eq!(
        (names(&second), second.remaining),
        (vec!["c3".into(), "c4".into(), "c5".into()], Some(1))
    );
    assert_eq!(second.revision, first.revision);
    let last = house
        .list(&SECRETS, "rec", &page(3, &second.continue_token))
        .await
        .unwrap();
    assert_eq!(
        (names(&last), last.remaining, last.continue_token.as_str()),
        (vec!["c6".into()], None, "")
    );
    let now = house
        .list(&SECRETS, "rec", &ListOptions::default())
        .await
        .unwrap();
    assert_eq!(names(&now), ["c0", "c1", "c2", "c3", "c3a", "c5", "c6"]);
}

#[tokio::test]
async fn a_page_is_read_from_history_when_its_state_is_no_longer_kept() {
    let house = seeded(6).await;
    let first = house.list(&SECRETS, "rec", &page(2, "")).await.unwrap();
    for n in 0..12 {
        house
            .create(&SECRETS, "rec", &format!(r#"{{"metadata":{{"name":"x{n}"}}}}"#))
            .await
            .unwrap();
        house.list(&SECRETS, "rec", &page(1, "")).await.unwrap();
    }
    let second = house
        .list(&SECRETS, "rec", &page(2, &first.continue_token))
        .await
        .unwrap();
    assert_eq!(
        (names(&second), second.remaining),
        (vec!["c2".into(), "c3".into()], Some(2))
    );
    assert_eq!(second.revision, first.revision);
    house.store.compact(house.registry.revision()).await.unwrap();
    let expired = house
        .list(&SECRETS, "rec", &page(2, &second.continue_token))
        .await
        .unwrap_err();
    assert_eq!((expired.code, expired.reason), (410, "Expired"));
    assert!(
        expired
            .message
            .starts_with("The provided continue parameter is too old to display a consistent list")
    );
    let rest = house
        .list(&SECRETS, "rec", &page(100, &expired.continue_token))
        .await
        .unwrap();
    assert_eq!(names(&rest)[..3], ["c4", "c5", "x0"]);
    assert!(rest.revision > first.revision);
}

#[tokio::test]
async fn revisions_of_lists_mean_what_they_mean_upstream() {
    let house = seeded(3).await;
    let before = house
        .list(&SECRETS, "rec", &ListOptions::default())
        .await
        .unwrap()
        .revision;
    house
        .create(&SECRETS, "rec", r#"{"metadata":{"name":"d"}}"#)
        .await
        .unwrap();
    let exact = house
        .list(&SECRETS, "rec", &at(&before.to_string(), "Exact"))
        .await
        .unwrap();
    assert_eq!((names(&exact).len(), exact.revision), (3, before));
    house.get(&SECRETS, "rec", "d").await.unwrap();
    let newer = house
        .list(&SECRETS, "rec", &at(&before.to_string(), "NotOlderThan"))
        .await
        .unwrap();
    assert_eq!(names(&newer).len(), 4);
    let any = ListOptions {
        limit: Some(1),
        ..at("0", "")
    };
    let any = house.list(&SECRETS, "rec", &any).await.unwrap();
    assert_eq!(
        (any.items.len(), any.continue_token.as_str()),
        (4, ""),
        "0 ignores the limit"
    );
    let legacy = ListOptions {
        limit: Some(9),
        ..at(&before.to_string(), "")
    };
    assert_eq!(house.list(&SECRETS, "rec", &legacy).await.unwrap().items.len(), 3);
    house.store.compact(house.registry.revision()).await.unwrap();
    let old = house.list(&SECRETS, "rec", &at("1", "Exact")).await.unwrap_err();
    let why = "The resourceVersion for the provided list is too old.";
    assert_eq!((old.code, old.message.as_str()), (410, why));
    let bad = house.list(&SECRETS, "rec", &at("abc", "")).await.unwrap_err();
    assert_eq!(
        (bad.code, bad.message.as_str()),
        (
            400,
            "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": \
             invalid syntax"
        )
    );
    let first = house.list(&SECRETS, "rec", &page(2, "")).await.unwrap();
    let both = ListOptions {
        resource_version: "1".to_owned(),
        ..page(2, &first.continue_token)
    };
    let both = house.list(&SECRETS, "rec", &both).await.unwrap_err();
    assert_eq!(
        both.message,
        "specifying resource version is not allowed when using continue"
    );
}

#[tokio::test(start_paused = true)]
async fn a_revision_of_the_future_is_waited_for_and_refused() {
    let house = House::new().await;
    let status = house
        .list(&SECRETS, "default", &at("999999999", "NotOlderThan"))
        .await
        .unwrap_err();
    let current = house.registry.revision();
    assert_eq!(status.code, 504);
    assert_eq!(
        status.message,
        format!("Timeout: Too large resource version: 999999999, current: {current}")
    );
    assert_eq!(status.details.unwrap().retry_after_seconds, 1);
}

#[tokio::test]
async fn selectors_narrow_a_list() {
    let house = seeded(5).await;
    let select = |labels: &str, fields: &str| ListOptions {
        label_selector: labels.to_owned(),
        field_selector: fields.to_owned(),
        ..ListOptions::default()
    };
    let found = house
        .list(&SECRETS, "rec", &select("odd in (0,1),i notin (3)", ""))
        .await
        .unwrap();
    assert_eq!(names(&found), ["c0", "c1", "c2", "c4"]);
    assert_eq!(
        names(
            &house
                .list(&SECRETS, "rec", &select("", "metadata.name=c1"))
                .await
                .unwrap()
        ),
        ["c1"]
    );
    assert_eq!(
        names(
            &house
                .list(&SECRETS, "", &select("", "metadata.name=c1,type=Opaque"))
                .await
                .unwrap()
        ),
        ["c1"]
    );
    assert!(
        house
            .list(&SECRETS, "rec", &select("", "type!=Opaque"))
            .await
            .unwrap()
            .items
            .is_empty()
    );
    let limited = ListOptions {
        limit: Some(1),
        ..select("odd=0", "")
    };
    let limited = house.list(&SECRETS, "rec", &limited).await.unwrap();
    assert!(limited.remaining.is_none() && !limited.continue_token.is_empty());
    let unknown = house
        .list(&CONFIG_MAPS, "rec", &select("", "data.i=1"))
        .await
        .unwrap_err();
    let why = "\"data.i\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";
    assert_eq!((unknown.code, unknown.message.as_str()), (400, why));
    let unknown = house
        .list(&SECRETS, "rec", &select("", "data.i=1"))
        .await
        .unwrap_err();
    assert_eq!(unknown.message, "field label not supported: data.i");
}

#[tokio::test]
async fn a_permit_for_one_name_lists_that_one_only() {
    let house = seeded(3).await;
    let permit = permit(Verb::List, &SECRETS, "rec", "c1");
    let listing = answer(house.registry.list(&permit, &ListOptions::default()).await).unwrap();
    assert_eq!(names(&listing), ["c1"]);
}

#[tokio::test]
async fn a_collection_is_deleted_by_selector() {
    let house = seeded(6).await;
    let permit = permit(Verb::DeleteCollection, &SECRETS, "rec", "");
    let odd = ListOptions {
        label_selector: "odd=1".to_owned(),
        ..ListOptions::default()
    };
    let dry = DeleteOptions {
        dry_run: true,
        ..DeleteOptions::default()
    };
    let would = answer(house.registry.delete_collection(&permit, &odd, &dry).await).unwrap();
    assert_eq!(would.items.len(), 3);
    let gone = answer(
        house
            .registry
            .delete_collection(&permit, &odd, &DeleteOptions::default())
            .await,
    )
    .unwrap();
    assert_eq!(names(&gone), ["c1", "c3", "c5"]);
    assert_eq!(
        names(
            &house
                .list(&SECRETS, "rec", &ListOptions::default())
                .await
                .unwrap()
        ),
        ["c0", "c2", "c4"]
    );
}
