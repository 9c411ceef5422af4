//! Creating, replacing, patching and removing objects.

use crate::support::{House, answer, object, permit, text};
use purser_authz::Verb;
use purser_registry::{DeleteOptions, Deleted, WriteOptions};
use purser_types::resource::{CONFIG_MAPS, SECRETS};

#[tokio::test]
async fn a_created_object_reads_back_with_what_the_server_decides() {
    let house = House::new().await;
    let body = r#"{"metadata":{"name":"a","labels":{"x":"y"}},"stringData":{"k":"v"}}"#;
    let written = house.create(&SECRETS, "default", body).await.unwrap();
    assert!(written.created);
    let read = house.get(&SECRETS, "default", "a").await.unwrap();
    assert_eq!(text(&read), text(&written.object));
    assert_eq!(read.namespace(), "default");
    assert_eq!(read.meta_str("resourceVersion"), written.revision.to_string());
    assert!(!read.uid().is_empty() && !read.meta_str("creationTimestamp").is_empty());
    assert!(text(&read).contains(r#""data":{"k":"dg=="}"#));
    let again = house.create(&SECRETS, "default", body).await.unwrap_err();
    assert_eq!(
        (again.code, again.message.as_str()),
        (409, "secrets \"a\" already exists")
    );
}

#[tokio::test]
async fn creates_are_refused_as_recorded() {
    let house = House::new().await;
    let refused = |namespace: &'static str, body: &'static str| {
        let house = &house;
        async move {
            let status = house.create(&SECRETS, namespace, body).await.unwrap_err();
            (status.code, status.message)
        }
    };
    let missing = refused("none", r#"{"metadata":{"name":"a"}}"#).await;
    assert_eq!(missing, (404, "namespaces \"none\" not found".to_owned()));
    let other = refused("default", r#"{"metadata":{"name":"a","namespace":"other"}}"#).await;
    let why = "the namespace of the provided object does not match the namespace sent on the request";
    assert_eq!(other, (400, why.to_owned()));
    let revision = refused("default", r#"{"metadata":{"name":"a","resourceVersion":"5"}}"#).await;
    assert_eq!(
        revision,
        (
            400,
            "resourceVersion should not be set on objects to be created".to_owned()
        )
    );
    let nameless = refused("default", r#"{"metadata":{}}"#).await;
    let why = "Secret \"\" is invalid: metadata.name: Required value: name or generateName is required";
    assert_eq!(nameless, (422, why.to_owned()));
}

#[tokio::test]
async fn generated_names_are_tried_until_one_is_free() {
    let house = House::new().await;
    let body = r#"{"metadata":{"generateName":"gen-"}}"#;
    let first = house.create(&SECRETS, "default", body).await.unwrap();
    let second = house.create(&SECRETS, "default", body).await.unwrap();
    assert!(first.object.name().starts_with("gen-") && first.object.name().len() == 9);
    assert_ne!(first.object.name(), second.object.name());
    let long = format!(r#"{{"metadata":{{"generateName":"{}"}}}}"#, "x".repeat(80));
    assert_eq!(
        house
            .create(&SECRETS, "default", &long)
            .await
            .unwrap()
            .object
            .name()
            .len(),
        63
    );
}

#[tokio::test]
async fn updates_insist_on_the_revision_they_name() {
    let house = House::new().await;
    let first = house
        .create(
            &CONFIG_MAPS,
            "default",
            r#"{"metadata":{"name":"a"},"data":{"k":"1"}}"#,
        )
        .await
        .unwrap();
    let with = |revision: u64, value: &str| {
        format!(r#"{{"metadata":{{"name":"a","resourceVersion":"{revision}"}},"data":{{"k":"{value}"}}}}"#)
    };
    let second = house
        .update(&CONFIG_MAPS, "default", "a", &with(first.revision, "2"))
        .await
        .unwrap();
    assert!(second.revision > first.revision);
    let lost = house
        .update(&CONFIG_MAPS, "default", "a", &with(first.revision, "3"))
        .await
        .unwrap_err();
    assert_eq!(
        (lost.code, lost.message.as_str()),
        (
            409,
            "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your \
             changes to the latest version and try again"
        )
    );
    let blind = r#"{"metadata":{"name":"a"},"data":{"z":"1"}}"#;
    let third = house.update(&CONFIG_MAPS, "default", "a", blind).await.unwrap();
    assert!(third.revision > second.revision && !third.created);
    assert_eq!(third.object.uid(), first.object.uid());
    let same = house.update(&CONFIG_MAPS, "default", "a", blind).await.unwrap();
    assert_eq!(
        same.revision, third.revision,
        "nothing changed, so nothing is written"
    );
}

#[tokio::test]
async fn updates_are_refused_as_recorded() {
    let house = House::new().await;
    let created = house
        .create(&CONFIG_MAPS, "default", r#"{"metadata":{"name":"c0"}}"#)
        .await
        .unwrap();
    let refused = |name: &'static str, body: &'static str| {
        let house = &house;
        async move {
            let status = house
                .update(&CONFIG_MAPS, "default", name, body)
                .await
                .unwrap_err();
            (status.code, status.message)
        }
    };
    let name = refused("c0", r#"{"metadata":{"name":"c9"}}"#).await;
    let why = "the name of the object (c9) does not match the name on the URL (c0)";
    assert_eq!(name, (400, why.to_owned()));
    let missing = refused("none", r#"{"metadata":{"name":"none"}}"#).await;
    assert_eq!(missing, (404, "configmaps \"none\" not found".to_owned()));
    let uid = refused("c0", r#"{"metadata":{"name":"c0","uid":"nope"}}"#).await;
    let why = format!(
        "Operation cannot be fulfilled on configmaps \"c0\": StorageError: invalid object, Code: 4, Key: \
         /registry/configmaps/default/c0, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in \
         precondition: nope, UID in object meta: {}",
        created.object.uid()
    );
    assert_eq!(uid, (409, why));
    let namespace = refused("c0", r#"{"metadata":{"name":"c0","namespace":"x"}}"#).await;
    let why = "the namespace of the provided object does not match the namespace sent on the request";
    assert_eq!(namespace, (400, why.to_owned()));
}

#[tokio::test]
async fn a_dry_run_answers_and_changes_nothing() {
    let house = House::new().await;
    let dry = WriteOptions {
        dry_run: true,
        ..WriteOptions::default()
    };
    let body = r#"{"metadata":{"name":"a"},"data":{"k":"1"}}"#;
    let create = permit(Verb::Create, &CONFIG_MAPS, "default", "");
    let would = answer(
        house
            .registry
            .create(&create, object(&CONFIG_MAPS, body), &dry)
            .await,
    )
    .unwrap();
    assert_eq!(would.object.meta_str("resourceVersion"), "");
    assert_eq!(
        house.get(&CONFIG_MAPS, "default", "a").await.unwrap_err().code,
        404
    );
    let created = house.create(&CONFIG_MAPS, "default", body).await.unwrap();
    let exists = answer(
        house
            .registry
            .create(&create, object(&CONFIG_MAPS, body), &dry)
            .await,
    )
    .unwrap_err();
    assert_eq!(exists.code, 409);
    let changed = object(&CONFIG_MAPS, r#"{"metadata":{"name":"a"},"data":{"k":"2"}}"#);
    let update = permit(Verb::Update, &CONFIG_MAPS, "default", "a");
    let would = answer(house.registry.update(&update, changed, &dry).await).unwrap();
    assert_eq!(would.revision, created.revision);
    assert!(text(&would.object).contains(r#""k":"2""#));
    let options = DeleteOptions {
        dry_run: true,
        ..DeleteOptions::default()
    };
    let gone = house
        .delete_with(&CONFIG_MAPS, "default", "a", options)
        .await
        .unwrap();
    assert!(matches!(gone, Deleted::Gone { .. }));
    assert!(text(&house.get(&CONFIG_MAPS, "default", "a").await.unwrap()).contains(r#""k":"1""#));
}

#[tokio::test]
async fn writers_without_a_revision_take_turns() {
    const WRITERS: usize = 40;
    let house = House::new().await;
    house
        .create(&CONFIG_MAPS, "default", r#"{"metadata":{"name":"a"},"data":{}}"#)
        .await
        .unwrap();
    let patches = (0..WRITERS).map(|n| {
        let house = &house;
        async move {
            let body = format!(r#"{{"data":{{"k{n}":"v"}}}}"#);
            house.merge(&CONFIG_MAPS, "default", "a", &body).await.unwrap();
        }
    });
    futures_util::future::join_all(patches).await;
    let read = house.get(&CONFIG_MAPS, "default", "a").await.unwrap();
    let keys = read
        .get("data")
        .and_then(purser_types::Value::as_map)
        .unwrap()
        .len();
    assert_eq!(keys, WRITERS, "every one of them is there");
}

#[tokio::test]
async fn a_patch_is_refused_as_recorded() {
    let house = House::new().await;
    house
        .create(&CONFIG_MAPS, "default", r#"{"metadata":{"name":"c1"}}"#)
        .await
        .unwrap();
    let refused = |name: &'static str, body: &'static str| {
        let house = &house;
        async move {
            let status = house
                .merge(&CONFIG_MAPS, "default", name, body)
                .await
                .unwrap_err();
            (status.code, status.message)
        }
    };
    let name = refused("c1", r#"{"metadata":{"name":"zz"}}"#).await;
    assert_eq!(
        name,
        (
            400,
            "the name of the object (zz) does not match the name on the URL (c1)".to_owned()
        )
    );
    let revision = refused("c1", r#"{"metadata":{"resourceVersion":"1"}}"#).await;
    assert_eq!(revision.0, 409);
    let uid = refused("c1", r#"{"metadata":{"uid":"zz"}}"#).await;
    let why = "ConfigMap \"c1\" is invalid: metadata.uid: Invalid value: \"zz\": field is immutable";
    assert_eq!(uid, (422, why.to_owned()));
    assert_eq!(
        refused("none", "{}").await,
        (404, "configmaps \"none\" not found".to_owned())
    );
}

#[tokio::test]
async fn deletions_check_their_preconditions() {
    let house = House::new().await;
    let created = house
        .create(&CONFIG_MAPS, "default", r#"{"metadata":{"name":"c2"}}"#)
        .await
        .unwrap();
    let options = DeleteOptions {
        precondition_uid: Some("x".to_owned()),
        ..DeleteOptions::default()
    };
    let status = house
        .delete_with(&CONFIG_MAPS, "default", "c2", options)
        .await
        .unwrap_err();
    let why = format!(
        "Operation cannot be fulfilled on ConfigMap \"c2\": the UID in the precondition (x) does not match the UID \
         in record ({}). The object might have been deleted and then recreated",
        created.object.uid()
    );
    assert_eq!((status.code, status.message), (409, why));
    assert_eq!(status.details.unwrap().kind, "ConfigMap");
    let options = DeleteOptions {
        precondition_resource_version: Some("1".to_owned()),
        ..DeleteOptions::default()
    };
    let status = house
        .delete_with(&CONFIG_MAPS, "default", "c2", options)
        .await
        .unwrap_err();
    let why = format!(
        "Operation cannot be fulfilled on ConfigMap \"c2\": the ResourceVersion in the precondition (1) does not \
         match the ResourceVersion in record ({}). The object might have been modified",
        created.revision
    );
    assert_eq!((status.code, status.message), (409, why));
    let Deleted::Gone { name, uid } = house.delete(&CONFIG_MAPS, "default", "c2").await.unwrap() else {
        panic!("it had no finalizers")
    };
    assert_eq!((name.as_str(), uid.as_str()), ("c2", created.object.uid()));
    assert_eq!(
        house
            .delete(&CONFIG_MAPS, "default", "c2")
            .await
            .unwrap_err()
            .code,
        404
    );
}

#[tokio::test]
async fn finalizers_hold_an_object_until_the_last_is_taken_away() {
    let house = House::new().await;
    let body = r#"{"metadata":{"name":"a","finalizers":["example.com/f"]},"data":{"k":"v"}}"#;
    house.create(&CONFIG_MAPS, "default", body).await.unwrap();
    let Deleted::Remaining(marked) = house.delete(&CONFIG_MAPS, "default", "a").await.unwrap() else {
        panic!("a finalizer remains")
    };
    let shown = text(&marked.object);
    assert!(shown.contains(r#""deletionTimestamp":"#) && shown.contains(r#""deletionGracePeriodSeconds":0"#));
    let Deleted::Remaining(again) = house.delete(&CONFIG_MAPS, "default", "a").await.unwrap() else {
        panic!("a finalizer remains")
    };
    assert_eq!(again.revision, marked.revision);
    let taken = house.create(&CONFIG_MAPS, "default", body).await.unwrap_err();
    let why = "object is being deleted: configmaps \"a\" already exists";
    assert_eq!((taken.code, taken.message.as_str()), (409, why));
    let more = r#"{"metadata":{"finalizers":["example.com/f","example.com/g"]}}"#;
    let refused = house.merge(&CONFIG_MAPS, "default", "a", more).await.unwrap_err();
    assert!(
        refused
            .message
            .contains("no new finalizers can be added if the object is being deleted")
    );
    let last = house
        .merge(&CONFIG_MAPS, "default", "a", r#"{"metadata":{"finalizers":[]}}"#)
        .await
        .unwrap();
    assert_eq!(last.revision, marked.revision, "answered as it last was");
    assert_eq!(
        house.get(&CONFIG_MAPS, "default", "a").await.unwrap_err().code,
        404
    );
}
