//! What Services are given, once each, and what they give back.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use purser_registry::{DeleteOptions, Deleted, WriteOptions};
use purser_types::resource::{RESOURCE_QUOTAS, SERVICES};
use serde_json::{Value, json};

use super::support::memory::MemoryStore;
use super::support::services::{body, create, house, merge, put, small, spec_of};
use super::support::{object, permit, text};

#[tokio::test]
async fn a_service_has_an_address_of_its_own_until_it_is_gone() {
    let house = small().await;
    let spec = create(&house, "a", json!({"clusterIP": "10.0.0.9"}))
        .await
        .unwrap();
    assert_eq!(spec["clusterIPs"], json!(["10.0.0.9"]));
    assert_eq!(
        (&spec["ipFamilies"], &spec["ipFamilyPolicy"]),
        (&json!(["IPv4"]), &json!("SingleStack"))
    );
    assert_eq!(
        create(&house, "b", json!({"clusterIP": "10.0.0.9"}))
            .await
            .unwrap_err(),
        "Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"10.0.0.9\"]: failed to allocate IP 10.0.0.9: \
         provided IP is already allocated"
    );
    for outside in ["10.0.0.0", "10.0.0.15", "10.0.1.1"] {
        assert_eq!(
            create(&house, "b", json!({"clusterIP": outside}))
                .await
                .unwrap_err(),
            format!(
                "Service \"b\" is invalid: spec.clusterIPs: Invalid value: [\"{outside}\"]: failed to allocate IP \
                 {outside}: the provided network does not match the current range"
            )
        );
    }
    let gone = house.delete(&SERVICES, "default", "a").await.unwrap();
    assert!(matches!(gone, Deleted::Was(_)), "a deleted service is shown");
    create(&house, "b", json!({"clusterIP": "10.0.0.9"}))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_range_is_given_out_to_the_last_and_then_refused() {
    let house = small().await;
    let mut given = BTreeSet::from(["10.0.0.1".to_owned()]);
    for number in 0..13 {
        let spec = create(&house, &format!("s{number}"), json!({})).await.unwrap();
        given.insert(spec["clusterIP"].as_str().unwrap().to_owned());
    }
    assert_eq!(given.len(), 14);
    assert_eq!(
        create(&house, "more", json!({})).await.unwrap_err(),
        "Internal error occurred: failed to allocate a serviceIP: range is full"
    );
    create(&house, "headless", json!({"clusterIP": "None"}))
        .await
        .unwrap();
    merge(
        &house,
        "s3",
        json!({"type": "ExternalName", "externalName": "example.com"}),
    )
    .await
    .unwrap();
    create(&house, "more", json!({})).await.unwrap();
}

#[tokio::test]
async fn writers_on_two_servers_never_get_the_same() {
    let store = Arc::<MemoryStore>::default();
    let one = house(&store, "10.0.0.0/24", "30000-30099").await;
    let other = house(&store, "10.0.0.0/24", "30000-30099").await;
    let both = (0..60).map(|number| {
        let house = if number % 2 == 0 { &one } else { &other };
        async move {
            create(house, &format!("s{number}"), json!({"type": "NodePort"}))
                .await
                .unwrap()
        }
    });
    let specs = join_all(both).await;
    let addresses: BTreeSet<&str> = specs
        .iter()
        .map(|spec| spec["clusterIP"].as_str().unwrap())
        .collect();
    let ports: BTreeSet<i64> = specs
        .iter()
        .map(|spec| spec["ports"][0]["nodePort"].as_i64().unwrap())
        .collect();
    assert_eq!((addresses.len(), ports.len()), (60, 60));
    let named = (0..10).map(|number| {
        let house = if number % 2 == 0 { &one } else { &other };
        async move {
            create(house, &format!("n{number}"), json!({"clusterIP": "10.0.0.3"}))
                .await
                .is_ok()
        }
    });
    assert_eq!(join_all(named).await.into_iter().filter(|made| *made).count(), 1);
}

#[tokio::test]
async fn writers_on_two_servers_who_are_counted_too_do_not_wait_for_each_other() {
    let store = Arc::<MemoryStore>::default();
    let one = house(&store, "10.0.0.0/24", "30000-30099").await;
    let other = house(&store, "10.0.0.0/24", "30000-30099").await;
    let quota = r#"{"metadata":{"name":"q"},"spec":{"hard":{"services":"100"}}}"#;
    one.create(&RESOURCE_QUOTAS, "default", quota).await.unwrap();
    for house in [&one, &other] {
        house.get(&RESOURCE_QUOTAS, "default", "q").await.unwrap();
    }
    let both = (0..40).map(|number| {
        let house = if number % 2 == 0 { &one } else { &other };
        async move { create(house, &format!("s{number}"), json!({})).await }
    });
    let made = tokio::time::timeout(Duration::from_secs(30), join_all(both)).await;
    let made = made.expect("an answer to everybody");
    let addresses: BTreeSet<&str> = made
        .iter()
        .flatten()
        .map(|spec| spec["clusterIP"].as_str().unwrap())
        .collect();
    assert_eq!(addresses.len(), made.iter().flatten().count());
    assert!(addresses.len() > 1);
}

#[tokio::test]
async fn ports_of_nodes_are_given_once_and_checked() {
    let house = small().await;
    let taken = create(
        &house,
        "a",
        json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30001}]}),
    );
    taken.await.unwrap();
    for (port, why) in [
        (30_001, "provided port is already allocated"),
        (
            29_999,
            "provided port is not in the valid range. The range of valid ports is 30000-30003",
        ),
    ] {
        let spec = json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": port}]});
        assert_eq!(
            create(&house, "b", spec).await.unwrap_err(),
            format!("Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: {port}: {why}")
        );
    }
    let both = json!({"type": "NodePort", "ports": [
        {"name": "t", "port": 53, "protocol": "TCP"}, {"name": "u", "port": 53, "protocol": "UDP"}]});
    let spec = create(&house, "dns", both).await.unwrap();
    assert_eq!(
        spec["ports"][0]["nodePort"], spec["ports"][1]["nodePort"],
        "one port for both protocols"
    );
    create(
        &house,
        "c",
        json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local"}),
    )
    .await
    .unwrap();
    assert_eq!(
        create(&house, "d", json!({"type": "NodePort"}))
            .await
            .unwrap_err(),
        "Internal error occurred: failed to allocate a nodePort: range is full"
    );
    let none = json!({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false});
    let spec = create(&house, "d", none).await.unwrap();
    assert!(spec["ports"][0].get("nodePort").is_none(), "{spec}");
    assert_eq!(
        create(
            &house,
            "e",
            json!({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": false,
            "externalTrafficPolicy": "Local", "healthCheckNodePort": 30001})
        )
        .await
        .unwrap_err(),
        "Internal error occurred: failed to allocate requested HealthCheck NodePort 30001: provided port is already \
         allocated"
    );
    merge(&house, "a", json!({"type": "ClusterIP"})).await.unwrap();
    create(
        &house,
        "e",
        json!({"type": "NodePort", "ports": [{"port": 1, "nodePort": 30001}]}),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn who_sends_the_same_again_keeps_what_was_given() {
    let house = small().await;
    let spec = json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local"});
    let made = create(&house, "s", spec.clone()).await.unwrap();
    let before = house.get(&SERVICES, "default", "s").await.unwrap();
    assert_eq!(put(&house, "s", spec.clone()).await.unwrap(), made);
    let after = house.get(&SERVICES, "default", "s").await.unwrap();
    assert_eq!(
        before.meta_str("resourceVersion"),
        after.meta_str("resourceVersion"),
        "nothing is written"
    );
    let port = made["ports"][0]["nodePort"].clone();
    let mut renamed = spec.clone();
    renamed["ports"] = json!([{"name": "web", "port": 80, "nodePort": port}, {"name": "more", "port": 81}]);
    let changed = put(&house, "s", renamed).await.unwrap();
    assert_eq!(changed["ports"][0]["nodePort"], port);
    assert_ne!(changed["ports"][1]["nodePort"], port);
    let other = if made["clusterIP"] == "10.0.0.2" {
        "10.0.0.3"
    } else {
        "10.0.0.2"
    };
    let other_family = format!(
        "spec.clusterIPs[0]: Invalid value: {}: expected an IPv6 value as indicated by `ipFamilies[0]`",
        made["clusterIP"]
    );
    let moved = format!("spec.clusterIPs[0]: Invalid value: [\"{other}\"]: may not change once set");
    for (change, why) in [
        (json!({"clusterIP": other}), moved.as_str()),
        (
            json!({"healthCheckNodePort": 30009}),
            "spec.healthCheckNodePort: Forbidden: field is immutable",
        ),
        (
            json!({"loadBalancerClass": "a/b"}),
            "spec.loadBalancerClass: Invalid value: \"a/b\": may not change once set",
        ),
        (json!({"ipFamilies": ["IPv6"]}), other_family.as_str()),
    ] {
        let mut wrong = spec.clone();
        wrong
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        assert_eq!(
            put(&house, "s", wrong).await.unwrap_err(),
            format!("Service \"s\" is invalid: {why}")
        );
    }
}

#[tokio::test]
async fn a_name_becomes_a_service_and_a_service_a_name() {
    let house = small().await;
    let name = json!({"type": "ExternalName", "externalName": "example.com"});
    let spec = create(&house, "s", name.clone()).await.unwrap();
    for none in [
        "clusterIP",
        "clusterIPs",
        "ipFamilies",
        "ipFamilyPolicy",
        "internalTrafficPolicy",
    ] {
        assert!(spec.get(none).is_none(), "{none}");
    }
    let spec = put(&house, "s", json!({})).await.unwrap();
    let address = spec["clusterIP"].clone();
    assert_eq!(spec["clusterIPs"], json!([address]));
    let mut wrong = name.clone();
    // Any but the one that it has: that would be taken away.
    let other = if address == "10.0.0.9" {
        "10.0.0.8"
    } else {
        "10.0.0.9"
    };
    wrong["clusterIP"] = json!(other);
    wrong["clusterIPs"] = json!([other]);
    let refused = put(&house, "s", wrong).await.unwrap_err();
    assert_eq!(
        refused,
        "Service \"s\" is invalid: spec.clusterIPs: Forbidden: may not be set for ExternalName services"
    );
    put(&house, "s", name).await.unwrap();
    create(&house, "t", json!({"clusterIP": address})).await.unwrap();
}

#[tokio::test]
async fn a_dry_run_takes_nothing() {
    let house = small().await;
    let options = WriteOptions {
        dry_run: true,
        ..WriteOptions::default()
    };
    for _ in 0..20 {
        let allowed = permit(purser_authz::Verb::Create, &SERVICES, "default", "");
        let asked = object(&SERVICES, &body("s", &json!({"type": "NodePort"})));
        let shown = house.registry.create(&allowed, asked, &options).await.unwrap();
        let spec = spec_of(&shown);
        assert_eq!(
            (&spec["clusterIP"], &spec["ports"][0]["nodePort"]),
            (&json!("10.0.0.0"), &json!(32_769))
        );
    }
    create(&house, "s", json!({"type": "NodePort"})).await.unwrap();
    let remove = DeleteOptions {
        dry_run: true,
        ..DeleteOptions::default()
    };
    house
        .delete_with(&SERVICES, "default", "s", remove)
        .await
        .unwrap();
    assert!(house.get(&SERVICES, "default", "s").await.is_ok());
}

#[tokio::test]
async fn what_was_given_is_nobodys_field() {
    let house = small().await;
    let made = house
        .create(&SERVICES, "default", &body("s", &json!({"type": "NodePort"})))
        .await
        .unwrap();
    let shown: Value = serde_json::from_str(&text(&made.object)).unwrap();
    let owned = &shown["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    for given in ["f:clusterIP", "f:clusterIPs", "f:ipFamilies", "f:ipFamilyPolicy"] {
        assert!(owned.get(given).is_none(), "{given} is owned");
    }
    assert!(owned.get("f:internalTrafficPolicy").is_some(), "{owned}");
}
