//! Objects go with their owners, as the policy of the deletion says.

use purser_registry::{DeleteOptions, Deleted, ListOptions};
use purser_types::Resource;
use purser_types::resource::{CONFIG_MAPS, NAMESPACES, SECRETS};

use crate::support::{House, eventually, names, text};

/// `{"apiVersion":…}` of an owner, with what else it says.
fn reference(kind: &str, name: &str, uid: &str, more: &str) -> String {
    format!(r#"{{"apiVersion":"v1","kind":"{kind}","name":"{name}","uid":"{uid}"{more}}}"#)
}

const BLOCKS: &str = r#","blockOwnerDeletion":true"#;

impl House {
    async fn uid(&self, resource: &'static Resource, name: &str) -> String {
        let namespace = if resource.namespaced { "default" } else { "" };
        self.get(resource, namespace, name)
            .await
            .unwrap()
            .uid()
            .to_owned()
    }

    async fn configmap(&self, name: &str, owners: &[String]) -> String {
        let owners = owners.join(",");
        let body = format!(r#"{{"metadata":{{"name":"{name}","ownerReferences":[{owners}]}}}}"#);
        self.create(&CONFIG_MAPS, "default", &body).await.unwrap();
        self.uid(&CONFIG_MAPS, name).await
    }

    async fn discard(&self, name: &str, policy: &str) -> Deleted {
        let options = DeleteOptions {
            propagation_policy: Some(policy.to_owned()),
            ..DeleteOptions::default()
        };
        self.delete_with(&CONFIG_MAPS, "default", name, options)
            .await
            .unwrap()
    }

    async fn shown(&self, name: &str) -> String {
        text(&self.get(&CONFIG_MAPS, "default", name).await.unwrap())
    }
}

/// Long enough for a controller to do what it should not.
async fn pause() {
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
}

#[tokio::test]
async fn dependents_go_after_their_owner() {
    let house = House::new().await;
    let owner = house.configmap("owner", &[]).await;
    let child = house
        .configmap("child", &[reference("ConfigMap", "owner", &owner, "")])
        .await;
    house
        .configmap("grandchild", &[reference("ConfigMap", "child", &child, "")])
        .await;
    house.configmap("other", &[]).await;
    pause().await;
    assert!(!house.is_gone(&CONFIG_MAPS, "default", "grandchild").await);
    let Deleted::Gone { .. } = house.discard("owner", "Background").await else {
        panic!("nothing holds it")
    };
    for name in ["child", "grandchild"] {
        eventually(|| house.is_gone(&CONFIG_MAPS, "default", name)).await;
    }
    assert!(!house.is_gone(&CONFIG_MAPS, "default", "other").await);
}

#[tokio::test]
async fn without_a_policy_dependents_go_too() {
    let house = House::new().await;
    let owner = house.configmap("owner", &[]).await;
    house
        .configmap("child", &[reference("ConfigMap", "owner", &owner, "")])
        .await;
    house.delete(&CONFIG_MAPS, "default", "owner").await.unwrap();
    eventually(|| house.is_gone(&CONFIG_MAPS, "default", "child")).await;
}

#[tokio::test]
async fn in_the_foreground_the_owner_goes_after_the_dependents_that_block_it() {
    let house = House::new().await;
    let owner = house.configmap("owner", &[]).await;
    let held = format!(
        r#"{{"metadata":{{"name":"held","finalizers":["example.com/f"],"ownerReferences":[{}]}}}}"#,
        reference("ConfigMap", "owner", &owner, BLOCKS)
    );
    house.create(&CONFIG_MAPS, "default", &held).await.unwrap();
    house
        .configmap("free", &[reference("ConfigMap", "owner", &owner, "")])
        .await;
    let Deleted::Remaining(written) = house.discard("owner", "Foreground").await else {
        panic!("it waits for its dependents")
    };
    let shown = text(&written.object);
    assert!(
        shown.contains(r#""finalizers":["foregroundDeletion"]"#),
        "{shown}"
    );
    assert!(shown.contains(r#""deletionTimestamp""#) && shown.contains(r#""deletionGracePeriodSeconds":0"#));
    eventually(|| house.is_gone(&CONFIG_MAPS, "default", "free")).await;
    eventually(|| async { house.shown("held").await.contains("deletionTimestamp") }).await;
    pause().await;
    assert!(!house.is_gone(&CONFIG_MAPS, "default", "owner").await);
    house
        .merge(
            &CONFIG_MAPS,
            "default",
            "held",
            r#"{"metadata":{"finalizers":null}}"#,
        )
        .await
        .unwrap();
    for name in ["held", "owner"] {
        eventually(|| house.is_gone(&CONFIG_MAPS, "default", name)).await;
    }
}

#[tokio::test]
async fn a_chain_goes_in_the_foreground_from_its_end() {
    let house = House::new().await;
    let owner = house.configmap("owner", &[]).await;
    let child = house
        .configmap("child", &[reference("ConfigMap", "owner", &owner, BLOCKS)])
        .await;
    house
        .configmap("grandchild", &[reference("ConfigMap", "child", &child, BLOCKS)])
        .await;
    house.discard("owner", "Foreground").await;
    for name in ["grandchild", "child", "owner"] {
        eventually(|| house.is_gone(&CONFIG_MAPS, "default", name)).await;
    }
}

#[tokio::test]
async fn a_circle_goes_in_the_foreground() {
    let house = House::new().await;
    let first = house.configmap("first", &[]).await;
    let second = house
        .configmap("second", &[reference("ConfigMap", "first", &first, BLOCKS)])
        .await;
    let closing = reference("ConfigMap", "second", &second, BLOCKS);
    let patch = format!(r#"{{"metadata":{{"ownerReferences":[{closing}]}}}}"#);
    house
        .merge(&CONFIG_MAPS, "default", "first", &patch)
        .await
        .unwrap();
    house.discard("first", "Foreground").await;
    for name in ["first", "second"] {
        eventually(|| house.is_gone(&CONFIG_MAPS, "default", name)).await;
    }
}

#[tokio::test]
async fn orphans_live_on_without_their_owner() {
    let house = House::new().await;
    let owner = house.configmap("owner", &[]).await;
    for name in ["a", "b"] {
        house
            .configmap(name, &[reference("ConfigMap", "owner", &owner, BLOCKS)])
            .await;
    }
    let Deleted::Remaining(written) = house.discard("owner", "Orphan").await else {
        panic!("its dependents have to be released first")
    };
    assert!(text(&written.object).contains(r#""finalizers":["orphan"]"#));
    eventually(|| house.is_gone(&CONFIG_MAPS, "default", "owner")).await;
    pause().await;
    for name in ["a", "b"] {
        assert!(!house.shown(name).await.contains("ownerReferences"));
    }
}

#[tokio::test]
async fn one_owner_that_stays_keeps_a_dependent_and_loses_no_one_else_to_it() {
    let house = House::new().await;
    let (goes, stays) = (
        house.configmap("goes", &[]).await,
        house.configmap("stays", &[]).await,
    );
    let owners = [
        reference("ConfigMap", "goes", &goes, BLOCKS),
        reference("ConfigMap", "stays", &stays, BLOCKS),
    ];
    house.configmap("child", &owners).await;
    house.discard("goes", "Foreground").await;
    eventually(|| house.is_gone(&CONFIG_MAPS, "default", "goes")).await;
    let shown = house.shown("child").await;
    assert!(shown.contains(&stays) && !shown.contains(&goes), "{shown}");
    house.discard("stays", "Background").await;
    eventually(|| house.is_gone(&CONFIG_MAPS, "default", "child")).await;
}

#[tokio::test]
async fn an_owner_that_does_not_exist_counts_as_gone() {
    let house = House::new().await;
    let real = house.configmap("real", &[]).await;
    house.namespace("elsewhere").await;
    for (namespace, name, owner) in [
        ("default", "of-nobody", reference("Secret", "none", "u", "")),
        // One of the same name is not the same.
        ("default", "stale", reference("ConfigMap", "real", "another", "")),
        // An owner is looked for in the namespace of the dependent.
        ("elsewhere", "far", reference("ConfigMap", "real", &real, "")),
    ] {
        let body = format!(r#"{{"metadata":{{"name":"{name}","ownerReferences":[{owner}]}}}}"#);
        house.create(&CONFIG_MAPS, namespace, &body).await.unwrap();
        eventually(|| house.is_gone(&CONFIG_MAPS, namespace, name)).await;
    }
    let kept = format!(
        "[{}]",
        names(
            &house
                .list(&CONFIG_MAPS, "default", &ListOptions::default())
                .await
                .unwrap()
        )
        .join(",")
    );
    assert_eq!(kept, "[kube-root-ca.crt,real]");
}

#[tokio::test]
async fn what_cannot_be_told_of_an_owner_harms_nobody() {
    let house = House::new().await;
    let account = reference("ConfigMap", "none", "gone", "");
    let unknown = account.replace(r#""v1""#, r#""apps/v1""#);
    house.configmap("child", &[unknown, account.clone()]).await;
    let body = format!(r#"{{"metadata":{{"name":"cluster-wide","ownerReferences":[{account}]}}}}"#);
    house.create(&NAMESPACES, "", &body).await.unwrap();
    pause().await;
    assert!(house.shown("child").await.contains("gone"));
    assert!(house.get(&NAMESPACES, "", "cluster-wide").await.is_ok());
}

#[tokio::test]
async fn an_owner_of_the_whole_cluster_owns_in_every_namespace() {
    let house = House::new().await;
    house.namespace("owner").await;
    let owner = house.uid(&NAMESPACES, "owner").await;
    let body = format!(
        r#"{{"metadata":{{"name":"s","ownerReferences":[{}]}}}}"#,
        reference("Namespace", "owner", &owner, "")
    );
    house.create(&SECRETS, "default", &body).await.unwrap();
    pause().await;
    assert!(house.get(&SECRETS, "default", "s").await.is_ok());
    house.delete(&NAMESPACES, "", "owner").await.unwrap();
    eventually(|| house.is_gone(&SECRETS, "default", "s")).await;
}

#[tokio::test]
async fn another_policy_may_be_asked_for_while_an_object_waits() {
    let house = House::new().await;
    let owner = house.configmap("owner", &[]).await;
    let held = format!(
        r#"{{"metadata":{{"name":"held","finalizers":["example.com/f"],"ownerReferences":[{}]}}}}"#,
        reference("ConfigMap", "owner", &owner, BLOCKS)
    );
    house.create(&CONFIG_MAPS, "default", &held).await.unwrap();
    house.discard("owner", "Foreground").await;
    let Deleted::Remaining(again) = house.discard("owner", "Foreground").await else {
        panic!("it still waits")
    };
    let before = house.get(&CONFIG_MAPS, "default", "owner").await.unwrap();
    assert_eq!(
        again.object.meta_str("resourceVersion"),
        before.meta_str("resourceVersion")
    );
    let Deleted::Gone { .. } = house.discard("owner", "Background").await else {
        panic!("nothing holds it any more")
    };
}

#[tokio::test]
async fn a_restart_goes_on_with_what_was_begun() {
    let house = House::new().await;
    let owners = [
        house.configmap("front", &[]).await,
        house.configmap("orphaning", &[]).await,
    ];
    let (front, orphaning) = (
        reference("ConfigMap", "front", &owners[0], BLOCKS),
        reference("ConfigMap", "orphaning", &owners[1], ""),
    );
    house.configmap("child", std::slice::from_ref(&front)).await;
    house.configmap("orphan", std::slice::from_ref(&orphaning)).await;
    let gone = house.configmap("gone", &[]).await;
    house
        .configmap("late", &[reference("ConfigMap", "gone", &gone, "")])
        .await;
    house.registry.stop().await;
    house.discard("front", "Foreground").await;
    house.discard("orphaning", "Orphan").await;
    house.discard("gone", "Background").await;
    let second = House::over(house.store.clone()).await;
    for name in ["child", "front", "orphaning", "late"] {
        eventually(|| second.is_gone(&CONFIG_MAPS, "default", name)).await;
    }
    assert!(!second.shown("orphan").await.contains("ownerReferences"));
}
