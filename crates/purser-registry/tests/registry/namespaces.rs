//! Namespaces: what they hold from the start, and how they are emptied and go.

use crate::support::{BUNDLE, House, answer, eventually, names, object, part, text};
use purser_authz::Verb;
use purser_registry::{Deleted, ListOptions, WriteOptions, Written};
use purser_types::resource::{CONFIG_MAPS, NAMESPACES, SECRETS, SERVICE_ACCOUNTS};

#[tokio::test]
async fn the_first_namespaces_exist_and_are_filled() {
    let house = House::new().await;
    let listing = house
        .list(&NAMESPACES, "", &ListOptions::default())
        .await
        .unwrap();
    assert_eq!(
        names(&listing),
        ["default", "kube-node-lease", "kube-public", "kube-system"]
    );
    let certificates = house
        .get(&CONFIG_MAPS, "default", "kube-root-ca.crt")
        .await
        .unwrap();
    let data = certificates
        .get("data")
        .and_then(purser_types::Value::as_map)
        .unwrap();
    assert_eq!(
        data.get("ca.crt").and_then(purser_types::Value::as_str),
        Some(BUNDLE)
    );
    assert!(text(&certificates).contains("kubernetes.io/description"));
    let revision = house.registry.revision();
    let second = House::over(house.store.clone()).await;
    assert_eq!(
        second.registry.revision(),
        revision,
        "a second start has nothing to do"
    );
}

#[tokio::test]
async fn what_every_namespace_holds_comes_back() {
    let house = House::new().await;
    house.namespace("rec").await;
    eventually(|| async { house.get(&SERVICE_ACCOUNTS, "rec", "default").await.is_ok() }).await;
    eventually(|| async { house.get(&CONFIG_MAPS, "rec", "kube-root-ca.crt").await.is_ok() }).await;
    let uid = house
        .get(&SERVICE_ACCOUNTS, "rec", "default")
        .await
        .unwrap()
        .uid()
        .to_owned();
    house.delete(&SERVICE_ACCOUNTS, "rec", "default").await.unwrap();
    eventually(|| async {
        house
            .get(&SERVICE_ACCOUNTS, "rec", "default")
            .await
            .is_ok_and(|account| account.uid() != uid)
    })
    .await;
    house
        .delete(&CONFIG_MAPS, "rec", "kube-root-ca.crt")
        .await
        .unwrap();
    eventually(|| async { house.get(&CONFIG_MAPS, "rec", "kube-root-ca.crt").await.is_ok() }).await;
    house
        .merge(
            &CONFIG_MAPS,
            "rec",
            "kube-root-ca.crt",
            r#"{"data":{"ca.crt":"mine"}}"#,
        )
        .await
        .unwrap();
    eventually(|| async {
        text(&house.get(&CONFIG_MAPS, "rec", "kube-root-ca.crt").await.unwrap()).contains("BEGIN CERTIFICATE")
    })
    .await;
}

#[tokio::test]
async fn a_deleted_namespace_is_emptied_and_goes() {
    let house = House::new().await;
    house.namespace("rec").await;
    for n in 0..40 {
        house
            .create(&SECRETS, "rec", &format!(r#"{{"metadata":{{"name":"s{n}"}}}}"#))
            .await
            .unwrap();
    }
    let held = r#"{"metadata":{"name":"held","finalizers":["example.com/f"]}}"#;
    house.create(&CONFIG_MAPS, "rec", held).await.unwrap();
    let Deleted::Remaining(namespace) = house.delete(&NAMESPACES, "", "rec").await.unwrap() else {
        panic!("a namespace waits for its contents")
    };
    let shown = text(&namespace.object);
    assert!(shown.contains(r#""phase":"Terminating""#) && shown.contains(r#""deletionTimestamp""#));
    assert!(!shown.contains("deletionGracePeriodSeconds"));
    let late = house
        .create(&SECRETS, "rec", r#"{"metadata":{"name":"late"}}"#)
        .await
        .unwrap_err();
    assert_eq!(late.code, 403);
    assert_eq!(
        late.message,
        "secrets \"late\" is forbidden: unable to create new content in namespace rec because it is being terminated"
    );
    let details = late.details.unwrap();
    assert_eq!(
        (details.name.as_str(), details.causes[0].reason),
        ("late", "NamespaceTerminating")
    );
    eventually(|| async {
        house
            .list(&SECRETS, "rec", &ListOptions::default())
            .await
            .unwrap()
            .items
            .is_empty()
    })
    .await;
    let Deleted::Remaining(again) = house.delete(&NAMESPACES, "", "rec").await.unwrap() else {
        panic!("a finalizer in it remains")
    };
    assert_eq!(again.revision, namespace.revision);
    house
        .merge(&CONFIG_MAPS, "rec", "held", r#"{"metadata":{"finalizers":null}}"#)
        .await
        .unwrap();
    eventually(|| house.is_gone(&NAMESPACES, "", "rec")).await;
    let missing = house
        .create(&SECRETS, "rec", r#"{"metadata":{"name":"a"}}"#)
        .await
        .unwrap_err();
    assert_eq!(missing.message, "namespaces \"rec\" not found");
    house.namespace("rec").await;
    eventually(|| async { house.get(&SERVICE_ACCOUNTS, "rec", "default").await.is_ok() }).await;
}

#[tokio::test]
async fn a_namespace_with_finalizers_of_its_own_waits_for_them() {
    let house = House::new().await;
    let body = r#"{"metadata":{"name":"rec","finalizers":["example.com/f"]}}"#;
    house.create(&NAMESPACES, "", body).await.unwrap();
    house.delete(&NAMESPACES, "", "rec").await.unwrap();
    eventually(|| async {
        !text(&house.get(&NAMESPACES, "", "rec").await.unwrap()).contains(r#""finalizers":["kubernetes"]"#)
    })
    .await;
    house
        .merge(&NAMESPACES, "", "rec", r#"{"metadata":{"finalizers":null}}"#)
        .await
        .unwrap();
    assert_eq!(house.get(&NAMESPACES, "", "rec").await.unwrap_err().code, 404);
}

#[tokio::test]
async fn the_namespaces_of_the_system_stay() {
    let house = House::new().await;
    for name in ["default", "kube-system", "kube-public"] {
        let refused = house.delete(&NAMESPACES, "", name).await.unwrap_err();
        assert_eq!(refused.code, 403);
        assert_eq!(
            refused.message,
            format!("namespaces \"{name}\" is forbidden: this namespace may not be deleted")
        );
    }
}

#[tokio::test]
async fn a_restart_finishes_what_was_begun() {
    let house = House::new().await;
    house.namespace("rec").await;
    house
        .create(&SECRETS, "rec", r#"{"metadata":{"name":"a"}}"#)
        .await
        .unwrap();
    house.registry.stop().await;
    let _ = house.delete(&NAMESPACES, "", "rec").await;
    let second = House::over(house.store.clone()).await;
    eventually(|| second.is_gone(&NAMESPACES, "", "rec")).await;
    assert!(
        second
            .list(&SECRETS, "rec", &ListOptions::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

/// Takes every finalizer of the specification away.
async fn finalize(house: &House, name: &str) -> Written {
    let permit = part(Verb::Update, &NAMESPACES, "", name, "finalize");
    let body = format!(r#"{{"metadata":{{"name":"{name}"}},"spec":{{"finalizers":[]}}}}"#);
    let namespace = object(&NAMESPACES, &body);
    answer(
        house
            .registry
            .update(&permit, namespace, &WriteOptions::default())
            .await,
    )
    .unwrap()
}

#[tokio::test]
async fn secrets_go_with_a_namespace_that_lost_its_finalizers_before() {
    let house = House::new().await;
    house.namespace("rec").await;
    let secret = r#"{"metadata":{"name":"a"}}"#;
    house.create(&SECRETS, "rec", secret).await.unwrap();
    finalize(&house, "rec").await;
    let Deleted::Remaining(marked) = house.delete(&NAMESPACES, "", "rec").await.unwrap() else {
        panic!("the first deletion only marks")
    };
    assert!(text(&marked.object).contains(r#""phase":"Terminating""#));
    eventually(|| house.is_gone(&NAMESPACES, "", "rec")).await;
    house.namespace("rec").await;
    assert_eq!(house.get(&SECRETS, "rec", "a").await.unwrap_err().code, 404);
}

#[tokio::test]
async fn a_namespace_that_holds_something_goes_by_force_of_finalize_only() {
    let house = House::new().await;
    house.namespace("rec").await;
    let held = r#"{"metadata":{"name":"a","finalizers":["example.com/f"]}}"#;
    house.create(&SECRETS, "rec", held).await.unwrap();
    finalize(&house, "rec").await;
    house.delete(&NAMESPACES, "", "rec").await.unwrap();
    let label = r#"{"metadata":{"labels":{"a":"b"}}}"#;
    house.merge(&NAMESPACES, "", "rec", label).await.unwrap();
    let again = house.delete(&NAMESPACES, "", "rec").await.unwrap();
    assert!(matches!(again, Deleted::Remaining(_)));
    assert!(!house.is_gone(&NAMESPACES, "", "rec").await);
    assert!(house.get(&SECRETS, "rec", "a").await.is_ok());
    finalize(&house, "rec").await;
    eventually(|| house.is_gone(&NAMESPACES, "", "rec")).await;
}
