//! Server-side apply through the registry.

use purser_authz::Verb;
use purser_registry::{Apply, WriteOptions, Written};
use purser_types::decode::FieldValidation;
use purser_types::resource::{CONFIG_MAPS, EVENTS_V1, NAMESPACES};
use purser_types::{Plaintext, Resource, Status};

use crate::support::{House, answer, lone_permit, part, permit, text};

/// Who applies, and how.
fn by(manager: &str) -> WriteOptions {
    WriteOptions {
        field_manager: manager.to_owned(),
        ..WriteOptions::default()
    }
}

fn config(body: &str) -> Apply {
    Apply {
        body: Plaintext::new(body.as_bytes().to_vec()),
        force: false,
    }
}

impl House {
    async fn apply_as(
        &self,
        resource: &'static Resource,
        name: &str,
        body: &str,
        options: &WriteOptions,
    ) -> Result<Written, Box<Status>> {
        let namespace = if resource.namespaced { "default" } else { "" };
        let patch = permit(Verb::Patch, resource, namespace, name);
        answer(self.registry.apply(&patch, config(body), options).await)
    }

    async fn apply(&self, data: &str, manager: &str) -> Result<Written, Box<Status>> {
        let body =
            format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c"}},"data":{data}}}"#);
        self.apply_as(&CONFIG_MAPS, "c", &body, &by(manager)).await
    }
}

#[tokio::test]
async fn what_is_not_there_is_created_by_who_may() {
    let house = House::new().await;
    let body = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","resourceVersion":"7"}}"#;
    let patch = lone_permit(Verb::Patch, &CONFIG_MAPS, "default", "c");
    let refused = house.registry.apply(&patch, config(body), &by("one")).await;
    assert_eq!(answer(refused).unwrap_err().code, 403);
    let written = house.apply_as(&CONFIG_MAPS, "c", body, &by("one")).await.unwrap();
    assert!(written.created);
    let again = house.apply(r#"{"a":"1"}"#, "one").await.unwrap();
    assert!(!again.created && again.revision > written.revision);

    let uid = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"d","uid":"u"}}"#;
    let refused = house
        .apply_as(&CONFIG_MAPS, "d", uid, &by("one"))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code, refused.message.as_str()),
        (
            409,
            "Operation cannot be fulfilled on configmaps \"d\": uid mismatch: the provided object specified uid u, \
             and no existing object was found"
        )
    );
}

#[tokio::test]
async fn applying_the_same_writes_nothing_and_a_dry_run_neither() {
    let house = House::new().await;
    let first = house.apply(r#"{"a":"1"}"#, "one").await.unwrap();
    let same = house.apply(r#"{"a":"1"}"#, "one").await.unwrap();
    assert_eq!(same.revision, first.revision);
    assert_eq!(text(&same.object), text(&first.object));
    let body = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"2"}}"#;
    let dry = WriteOptions {
        dry_run: true,
        ..by("one")
    };
    let would = house.apply_as(&CONFIG_MAPS, "c", body, &dry).await.unwrap();
    assert!(text(&would.object).contains(r#""data":{"a":"2"}"#));
    let read = house.get(&CONFIG_MAPS, "default", "c").await.unwrap();
    assert_eq!(text(&read), text(&first.object));
}

#[tokio::test]
async fn an_object_that_is_being_deleted_is_applied_to_without_new_finalizers() {
    let house = House::new().await;
    let body = |finalizers: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c","finalizers":{finalizers}}},"data":{{"a":"1"}}}}"#
        )
    };
    let apply = |finalizers: &'static str| {
        let (house, body) = (&house, body(finalizers));
        async move { house.apply_as(&CONFIG_MAPS, "c", &body, &by("one")).await }
    };
    apply(r#"["example.com/a"]"#).await.unwrap();
    house.delete(&CONFIG_MAPS, "default", "c").await.unwrap();
    let refused = apply(r#"["example.com/a","example.com/b"]"#).await.unwrap_err();
    assert_eq!(refused.code, 422);
    assert!(
        refused.message.contains("metadata.finalizers: Forbidden"),
        "{}",
        refused.message
    );
    apply("[]").await.unwrap();
    let gone = house.get(&CONFIG_MAPS, "default", "c").await.unwrap_err();
    assert_eq!(gone.code, 404, "its last finalizer is given up");
}

#[tokio::test]
async fn repeated_keys_are_warned_about_once_it_is_applied() {
    let house = House::new().await;
    let body = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: b\n  a: c\n";
    let written = house.apply_as(&CONFIG_MAPS, "c", body, &by("one")).await.unwrap();
    assert_eq!(written.warnings.len(), 1);
    assert!(
        written
            .warnings
            .iter()
            .all(|line| line.contains("key \"a\" already set in map"))
    );
    let strict = WriteOptions {
        field_validation: FieldValidation::Strict,
        ..by("one")
    };
    let refused = house
        .apply_as(&CONFIG_MAPS, "c", body, &strict)
        .await
        .unwrap_err();
    assert_eq!(refused.code, 400);
}

#[tokio::test]
async fn a_subresource_has_managers_of_its_own() {
    let house = House::new().await;
    house.namespace("rec").await;
    let status = |reason: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"rec"}},"status":{{"conditions":[{{"type":"Mine","status":"True","reason":"{reason}"}}]}}}}"#
        )
    };
    let apply = |reason: &str| config(&status(reason));
    let written = house
        .registry
        .apply(
            &part(Verb::Patch, &NAMESPACES, "", "rec", "status"),
            apply("a"),
            &by("one"),
        )
        .await
        .unwrap();
    let shown = text(&written.object);
    let owned = r#""fieldsV1":{"f:status":{"f:conditions":{"k:{\"type\":\"Mine\"}":{".":{},"f:reason":{},"f:status":{},"f:type":{}}}}},"subresource":"status"}"#;
    assert!(shown.contains(owned), "{shown}");
    let conflict = house
        .registry
        .apply(
            &part(Verb::Patch, &NAMESPACES, "", "rec", "status"),
            apply("b"),
            &by("two"),
        )
        .await;
    assert_eq!(
        answer(conflict).unwrap_err().message,
        "Apply failed with 1 conflict: conflict with \"one\" with subresource \"status\": \
         .status.conditions[type=\"Mine\"].reason"
    );
}

#[tokio::test]
async fn owners_of_one_face_are_owners_in_the_other() {
    let house = House::new().await;
    let core = r#"{"metadata":{"name":"e","namespace":"default"},"involvedObject":{"kind":"Secret","namespace":"default","name":"s"},
        "message":"hello","reason":"Seen","type":"Normal","source":{"component":"c"}}"#;
    house
        .create(&purser_types::resource::EVENTS, "default", core)
        .await
        .unwrap();
    let body = r#"{"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e"},"note":"other"}"#;
    let refused = house
        .apply_as(&EVENTS_V1, "e", body, &by("one"))
        .await
        .unwrap_err();
    assert_eq!(
        refused.message,
        "Apply failed with 1 conflict: conflict with \"unknown\" using v1: .message"
    );
}
