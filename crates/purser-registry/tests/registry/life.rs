//! The life of a namespace: its subresources, what it says while it ends, and who lets it go.

use purser_authz::Verb;
use purser_registry::patch::PatchKind;
use purser_registry::{DeleteOptions, GetOptions, ListOptions, Patch, WriteOptions, Written};
use purser_types::resource::{CONFIG_MAPS, NAMESPACES, SECRETS};
use purser_types::{Plaintext, Status};

use crate::support::{House, answer, eventually, object, part, text};

impl House {
    async fn put(&self, name: &str, subresource: &str, body: &str) -> Result<Written, Box<Status>> {
        let permit = part(Verb::Update, &NAMESPACES, "", name, subresource);
        let body = object(&NAMESPACES, body);
        answer(
            self.registry
                .update(&permit, body, &WriteOptions::default())
                .await,
        )
    }

    async fn merge_status(&self, name: &str, body: &str) -> Result<Written, Box<Status>> {
        let patch = Patch {
            kind: PatchKind::Merge,
            body: Plaintext::new(body.as_bytes().to_vec()),
        };
        let permit = part(Verb::Patch, &NAMESPACES, "", name, "status");
        answer(
            self.registry
                .patch(&permit, patch, &WriteOptions::default())
                .await,
        )
    }

    async fn says(&self, name: &str) -> String {
        text(&self.get(&NAMESPACES, "", name).await.unwrap())
    }
}

#[tokio::test]
async fn the_status_is_written_through_its_subresource_only() {
    let house = House::new().await;
    house.namespace("rec").await;
    let condition = r#"{"type":"Mine","status":"True","lastTransitionTime":null}"#;
    let whole = format!(r#"{{"metadata":{{"name":"rec"}},"status":{{"conditions":[{condition}]}}}}"#);
    let written = house.update(&NAMESPACES, "", "rec", &whole).await.unwrap();
    assert!(!text(&written.object).contains("Mine"));
    let patch = format!(r#"{{"spec":{{"finalizers":[]}},"status":{{"conditions":[{condition}]}}}}"#);
    let written = house.merge_status("rec", &patch).await.unwrap();
    let shown = text(&written.object);
    assert!(
        shown.contains("Mine") && shown.contains(r#""finalizers":["kubernetes"]"#),
        "{shown}"
    );
    assert!(shown.contains(r#""subresource":"status""#), "{shown}");
    let refused = house
        .merge_status("rec", r#"{"status":{"phase":"Terminating"}}"#)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code, refused.message.as_str()),
        (
            422,
            "Namespace \"rec\" is invalid: status.Phase: Invalid value: \"Terminating\": may only be 'Active' if \
             `deletionTimestamp` is empty"
        )
    );
    let read = part(Verb::Get, &NAMESPACES, "", "rec", "status");
    assert!(house.registry.get(&read, &GetOptions::default()).await.is_ok());
    let missing = house
        .put("none", "status", r#"{"metadata":{"name":"none"}}"#)
        .await;
    assert_eq!(missing.unwrap_err().message, "namespaces \"none\" not found");
}

#[tokio::test]
async fn finalizers_are_written_through_finalize_only() {
    let house = House::new().await;
    house.namespace("rec").await;
    let body = |finalizers: &str| {
        format!(
            r#"{{"metadata":{{"name":"rec"}},"spec":{{"finalizers":[{finalizers}]}},"status":{{"phase":"Gone"}}}}"#
        )
    };
    let (both, mine) = (
        body(r#""kubernetes","example.com/mine""#),
        body(r#""example.com/mine""#),
    );
    house.update(&NAMESPACES, "", "rec", &both).await.unwrap();
    assert!(!house.says("rec").await.contains("example.com/mine"));
    house.put("rec", "finalize", &both).await.unwrap();
    let shown = house.says("rec").await;
    assert!(
        shown.contains("example.com/mine") && shown.contains(r#""phase":"Active""#),
        "{shown}"
    );
    let refused = house.put("rec", "finalize", &body(r#""kubernetes","x""#)).await;
    assert_eq!(
        refused.unwrap_err().message,
        "Namespace \"rec\" is invalid: spec.finalizers[1]: Invalid value: \"x\": name is neither a standard finalizer \
         name nor is it fully qualified"
    );
    house.delete(&NAMESPACES, "", "rec").await.unwrap();
    eventually(|| async { !house.says("rec").await.contains("\"kubernetes\"") }).await;
    let shown = house.says("rec").await;
    assert!(shown.contains(r#""finalizers":["example.com/mine"]"#), "{shown}");
    assert!(shown.contains("All content successfully removed"), "{shown}");
    house.put("rec", "finalize", &mine).await.unwrap();
    assert!(!house.is_gone(&NAMESPACES, "", "rec").await);
    house.put("rec", "finalize", &body("")).await.unwrap();
    assert!(house.is_gone(&NAMESPACES, "", "rec").await);
}

#[tokio::test]
async fn a_namespace_says_what_keeps_it() {
    let house = House::new().await;
    house.namespace("rec").await;
    for (name, finalizers) in [
        ("a", r#""example.com/x""#),
        ("b", r#""example.com/x","example.com/y""#),
    ] {
        let body = format!(r#"{{"metadata":{{"name":"{name}","finalizers":[{finalizers}]}}}}"#);
        house.create(&CONFIG_MAPS, "rec", &body).await.unwrap();
    }
    let body = r#"{"metadata":{"name":"s","finalizers":["example.com/x"]}}"#;
    house.create(&SECRETS, "rec", body).await.unwrap();
    house.delete(&NAMESPACES, "", "rec").await.unwrap();
    eventually(|| async { house.says("rec").await.contains("SomeResourcesRemain") }).await;
    let shown = house.says("rec").await;
    for expected in [
        "Some resources are remaining: configmaps. has 2 resource instances, secrets. has 1 resource instances",
        "finalizers remaining: example.com/x in 3 resource instances, example.com/y in 1 resource instances",
        "All content successfully deleted, may be waiting on finalization",
        r#""manager":"kube-controller-manager""#,
    ] {
        assert!(shown.contains(expected), "{shown}");
    }
    for (resource, name) in [(&CONFIG_MAPS, "a"), (&CONFIG_MAPS, "b"), (&SECRETS, "s")] {
        house
            .merge(resource, "rec", name, r#"{"metadata":{"finalizers":null}}"#)
            .await
            .unwrap();
    }
    eventually(|| house.is_gone(&NAMESPACES, "", "rec")).await;
}

#[tokio::test]
async fn a_namespace_goes_whatever_becomes_of_its_dependents() {
    let house = House::new().await;
    for policy in ["Foreground", "Background", "Orphan"] {
        house.namespace("rec").await;
        let wrong = DeleteOptions {
            precondition_uid: Some("x".to_owned()),
            ..DeleteOptions::default()
        };
        let uid = house.get(&NAMESPACES, "", "rec").await.unwrap().uid().to_owned();
        let refused = house
            .delete_with(&NAMESPACES, "", "rec", wrong)
            .await
            .unwrap_err();
        assert_eq!(
            (refused.code, refused.message),
            (
                409,
                format!(
                    "Operation cannot be fulfilled on namespaces \"rec\": Precondition failed: UID in precondition: x, \
                     UID in object meta: {uid}"
                )
            )
        );
        let options = DeleteOptions {
            propagation_policy: Some(policy.to_owned()),
            ..DeleteOptions::default()
        };
        house.delete_with(&NAMESPACES, "", "rec", options).await.unwrap();
        eventually(|| house.is_gone(&NAMESPACES, "", "rec")).await;
    }
}

#[tokio::test]
async fn many_namespaces_go_with_one_write_an_object_and_two_a_namespace() {
    const NAMESPACES_MADE: u64 = 20;
    const OBJECTS: u64 = 20;
    let house = House::new().await;
    for n in 0..NAMESPACES_MADE {
        let namespace = format!("n{n}");
        house.namespace(&namespace).await;
        for object in 0..OBJECTS {
            let body = format!(r#"{{"metadata":{{"name":"s{object}"}}}}"#);
            house.create(&SECRETS, &namespace, &body).await.unwrap();
        }
    }
    let whole = || async {
        let mut count = 0;
        for resource in [&SECRETS, &CONFIG_MAPS, &purser_types::resource::SERVICE_ACCOUNTS] {
            count += house
                .list(resource, "", &ListOptions::default())
                .await
                .unwrap()
                .items
                .len();
        }
        u64::try_from(count).unwrap()
    };
    // Besides the secrets each namespace, those from the start too, holds an account and a configmap.
    let full = NAMESPACES_MADE * (OBJECTS + 2) + 8;
    eventually(|| async { whole().await == full }).await;
    let before = house.registry.revision();
    for n in 0..NAMESPACES_MADE {
        house.delete(&NAMESPACES, "", &format!("n{n}")).await.unwrap();
    }
    for n in 0..NAMESPACES_MADE {
        let name = format!("n{n}");
        eventually(|| house.is_gone(&NAMESPACES, "", &name)).await;
    }
    assert_eq!(whole().await, 8);
    assert_eq!(
        house.registry.revision() - before,
        NAMESPACES_MADE * (OBJECTS + 2 + 2)
    );
}
