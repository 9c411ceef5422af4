//! ResourceQuotas: what they allow, and what they say is used.

use futures_util::future::join_all;
use purser_registry::ListOptions;
use purser_types::resource::{CONFIG_MAPS, RESOURCE_QUOTAS, SECRETS, SERVICES};

use super::support::{House, eventually, text};

const QUOTA: &str = r#"{"metadata":{"name":"q"},
    "spec":{"hard":{"secrets":"3","count/configmaps":"2","pods":"1","count/nothing.example.com":"1"}}}"#;

fn secret(name: &str) -> String {
    format!(r#"{{"metadata":{{"name":"{name}"}}}}"#)
}

async fn used(house: &House) -> serde_json::Value {
    let quota = house.get(&RESOURCE_QUOTAS, "default", "q").await.unwrap();
    let quota: serde_json::Value = serde_json::from_str(&text(&quota)).unwrap();
    quota["status"]["used"].clone()
}

#[tokio::test]
async fn a_quota_says_what_is_used_and_refuses_what_is_too_much() {
    let house = House::new().await;
    house.create(&RESOURCE_QUOTAS, "default", QUOTA).await.unwrap();
    // kube-root-ca.crt is there from the start.
    let expected = serde_json::json!({"count/configmaps": "1", "pods": "0", "secrets": "0"});
    eventually(|| async { used(&house).await == expected }).await;
    for name in ["a", "b", "c"] {
        house.create(&SECRETS, "default", &secret(name)).await.unwrap();
    }
    let refused = house.create(&SECRETS, "default", &secret("d")).await.unwrap_err();
    assert_eq!(refused.code, 403);
    assert_eq!(
        refused.message,
        "secrets \"d\" is forbidden: exceeded quota: q, requested: secrets=1, used: secrets=3, limited: secrets=3"
    );
    assert_eq!(used(&house).await["secrets"], "3");
    house.delete(&SECRETS, "default", "a").await.unwrap();
    eventually(|| async { used(&house).await["secrets"] == "2" }).await;
    house.create(&SECRETS, "default", &secret("d")).await.unwrap();
}

#[tokio::test]
async fn many_at_once_do_not_exceed_a_quota() {
    let house = House::new().await;
    house.create(&RESOURCE_QUOTAS, "default", QUOTA).await.unwrap();
    eventually(|| async { used(&house).await["secrets"] == "0" }).await;
    let names: Vec<String> = (0..20).map(|number| secret(&format!("s{number}"))).collect();
    let made = join_all(names.iter().map(|body| house.create(&SECRETS, "default", body))).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 3);
    assert_eq!(
        house
            .list(&SECRETS, "default", &ListOptions::default())
            .await
            .unwrap()
            .items
            .len(),
        3
    );
    let other = house.create(&SECRETS, "kube-public", &secret("s")).await;
    assert!(other.is_ok(), "a quota is for its namespace only");
    let config_map = r#"{"metadata":{"name":"c"}}"#;
    house.create(&CONFIG_MAPS, "default", config_map).await.unwrap();
}

#[tokio::test]
async fn ports_of_nodes_and_balancers_are_counted_and_limited() {
    let house = House::new().await;
    let quota = r#"{"metadata":{"name":"q"},"spec":{"hard":{"services":"4","services.nodeports":"3",
        "services.loadbalancers":"1"}}}"#;
    house.create(&RESOURCE_QUOTAS, "default", quota).await.unwrap();
    let house = &house;
    let is = |expected: serde_json::Value| async move { used(house).await == expected };
    eventually(|| {
        is(serde_json::json!({"services": "1", "services.nodeports": "0", "services.loadbalancers": "0"}))
    })
    .await;
    let service = |name: &str, kind: &str, ports: &str| {
        format!(r#"{{"metadata":{{"name":"{name}"}},"spec":{{"type":"{kind}","ports":[{ports}]}}}}"#)
    };
    let two = r#"{"name":"a","port":1},{"name":"b","port":2}"#;
    house
        .create(&SERVICES, "default", &service("nodes", "NodePort", two))
        .await
        .unwrap();
    let refused = house
        .create(&SERVICES, "default", &service("more", "LoadBalancer", two))
        .await
        .unwrap_err();
    assert_eq!(
        refused.message,
        "services \"more\" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: \
         services.nodeports=2, limited: services.nodeports=3"
    );
    let one = r#"{"name":"a","port":1}"#;
    house
        .create(&SERVICES, "default", &service("balanced", "LoadBalancer", one))
        .await
        .unwrap();
    let full = serde_json::json!({"services": "3", "services.nodeports": "3", "services.loadbalancers": "1"});
    eventually(|| is(full.clone())).await;
    house
        .create(&SERVICES, "default", &service("plain", "ClusterIP", one))
        .await
        .unwrap();
    let widened = house
        .merge(
            &SERVICES,
            "default",
            "plain",
            r#"{"spec":{"type":"LoadBalancer"}}"#,
        )
        .await;
    assert_eq!(
        widened.unwrap_err().message,
        "services \"plain\" is forbidden: exceeded quota: q, requested: \
         services.loadbalancers=1,services.nodeports=1, used: services.loadbalancers=1,services.nodeports=3, limited: \
         services.loadbalancers=1,services.nodeports=3"
    );
    house
        .merge(
            &SERVICES,
            "default",
            "balanced",
            r#"{"spec":{"type":"ClusterIP"}}"#,
        )
        .await
        .unwrap();
    let freed =
        serde_json::json!({"services": "4", "services.nodeports": "2", "services.loadbalancers": "0"});
    eventually(|| is(freed.clone())).await;
    house
        .merge(
            &SERVICES,
            "default",
            "plain",
            r#"{"spec":{"type":"LoadBalancer"}}"#,
        )
        .await
        .unwrap();
    let unquotaed = house
        .create(&SERVICES, "kube-public", &service("nodes", "NodePort", two))
        .await;
    assert!(unquotaed.is_ok());
}
