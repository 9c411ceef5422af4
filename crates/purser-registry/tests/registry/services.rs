//! Services and Endpoints: what is wrong with them, and what becomes of them.

use purser_authz::Verb;
use purser_registry::patch::PatchKind;
use purser_registry::{ListOptions, Patch, WriteOptions};
use purser_types::Plaintext;
use purser_types::resource::{ENDPOINTS, SERVICES};

use super::support::{House, answer, names, part, text};

#[tokio::test]
async fn the_service_of_the_api_exists_from_the_start() {
    let house = House::new().await;
    let service: serde_json::Value = serde_json::from_str(&text(
        &house.get(&SERVICES, "default", "kubernetes").await.unwrap(),
    ))
    .unwrap();
    assert_eq!(service["spec"]["ports"][0]["port"], 443);
    assert_eq!(service["spec"]["clusterIPs"], serde_json::json!(["10.0.0.1"]));
    assert_eq!(service["spec"]["ipFamilies"], serde_json::json!(["IPv4"]));
}

#[tokio::test]
async fn services_have_defaults_and_keep_their_address() {
    let house = House::new().await;
    let body =
        r#"{"metadata":{"name":"s"},"spec":{"clusterIP":"None","selector":{"a":"b"},"ports":[{"port":80}]}}"#;
    let made = house.create(&SERVICES, "default", body).await.unwrap();
    let made: serde_json::Value = serde_json::from_str(&text(&made.object)).unwrap();
    assert_eq!(
        made["spec"]["ports"],
        serde_json::json!([{"protocol": "TCP", "port": 80, "targetPort": 80}])
    );
    assert_eq!(made["spec"]["type"], "ClusterIP");
    assert_eq!(made["status"], serde_json::json!({"loadBalancer": {}}));
    let options = ListOptions {
        field_selector: "spec.clusterIP=None".to_owned(),
        ..ListOptions::default()
    };
    assert_eq!(
        names(&house.list(&SERVICES, "default", &options).await.unwrap()).len(),
        1
    );
    let refused = house
        .merge(
            &SERVICES,
            "default",
            "s",
            r#"{"spec":{"clusterIP":"10.0.0.9","clusterIPs":null}}"#,
        )
        .await;
    assert_eq!(
        refused.unwrap_err().message,
        "Service \"s\" is invalid: spec.clusterIPs[0]: Invalid value: [\"10.0.0.9\"]: may not change once set"
    );
}

#[tokio::test]
async fn mistakes_of_services_and_endpoints_are_refused() {
    let house = House::new().await;
    for (body, why) in [
        (
            r#"{"metadata":{"name":"s"},"spec":{}}"#,
            "spec.ports: Required value",
        ),
        (
            r#"{"metadata":{"name":"s"},"spec":{"ports":[{"port":0,"targetPort":1}]}}"#,
            "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        (
            r#"{"metadata":{"name":"s"},"spec":{"type":"Frob","ports":[{"port":1}]}}"#,
            "spec.type: Unsupported value: \"Frob\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"",
        ),
        (
            r#"{"metadata":{"name":"s"},"spec":{"type":"ExternalName"}}"#,
            "spec.externalName: Required value",
        ),
    ] {
        let refused = house.create(&SERVICES, "default", body).await.unwrap_err();
        assert_eq!(refused.message, format!("Service \"s\" is invalid: {why}"));
    }
    let body =
        r#"{"metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"127.0.0.1"}],"ports":[{"port":80}]}]}"#;
    assert_eq!(
        house
            .create(&ENDPOINTS, "default", body)
            .await
            .unwrap_err()
            .message,
        "Endpoints \"e\" is invalid: subsets[0].addresses[0].ip: Invalid value: \"127.0.0.1\": may not be in the \
         loopback range (127.0.0.0/8, ::1/128)"
    );
    let body = body.replace("127.0.0.1", "10.1.2.3");
    assert!(
        house
            .update(&ENDPOINTS, "default", "e", &body)
            .await
            .unwrap()
            .created
    );
}

#[tokio::test]
async fn endpoints_go_with_their_service() {
    let house = House::new().await;
    for name in ["a", "b"] {
        let body = format!(
            r#"{{"metadata":{{"name":"{name}"}},"subsets":[{{"addresses":[{{"ip":"10.1.2.3"}}]}}]}}"#
        );
        house.create(&ENDPOINTS, "default", &body).await.unwrap();
    }
    let there = |name: &'static str| async { house.get(&ENDPOINTS, "default", name).await.is_ok() };
    let body = r#"{"metadata":{"name":"a"},"spec":{"ports":[{"port":1}]}}"#;
    house.create(&SERVICES, "default", body).await.unwrap();
    house.delete(&SERVICES, "default", "a").await.unwrap();
    assert!(!there("a").await && there("b").await);
    let held = r#"{"metadata":{"name":"b","finalizers":["example.com/f"]},"spec":{"ports":[{"port":1}]}}"#;
    house.create(&SERVICES, "default", held).await.unwrap();
    house.delete(&SERVICES, "default", "b").await.unwrap();
    assert!(there("b").await);
    let released = r#"{"metadata":{"finalizers":null}}"#;
    house.merge(&SERVICES, "default", "b", released).await.unwrap();
    assert!(!there("b").await);
}

/// What a merge patch makes of a service's specification.
async fn merged(house: &House, patch: &str) -> Result<serde_json::Value, String> {
    let written = house.merge(&SERVICES, "default", "s", patch).await;
    let written = written.map_err(|status| status.message)?;
    Ok(serde_json::from_str(&text(&written.object)).unwrap())
}

#[tokio::test]
async fn a_service_leaves_its_type_behind() {
    let house = House::new().await;
    let body = r#"{"metadata":{"name":"s"},"spec":{"type":"NodePort","clusterIP":"10.0.0.8","ports":
        [{"port":80,"nodePort":30080}]}}"#;
    house.create(&SERVICES, "default", body).await.unwrap();
    let plain = serde_json::json!({
        "ports": [{"protocol": "TCP", "port": 80, "targetPort": 80}],
        "clusterIP": "10.0.0.8", "clusterIPs": ["10.0.0.8"], "type": "ClusterIP", "sessionAffinity": "None",
        "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster"
    });
    let now = merged(&house, r#"{"spec":{"type":"ClusterIP"}}"#).await.unwrap();
    assert_eq!(now["spec"], plain);
    let balanced = r#"{"spec":{"type":"LoadBalancer","loadBalancerClass":"a/b","externalTrafficPolicy":"Local",
        "healthCheckNodePort":30100}}"#;
    let now = merged(&house, balanced).await.unwrap();
    assert_eq!(now["spec"]["allocateLoadBalancerNodePorts"], true);
    let now = merged(&house, r#"{"spec":{"type":null}}"#).await.unwrap();
    assert_eq!(now["spec"], plain);
    assert_eq!(now["status"], serde_json::json!({"loadBalancer": {}}));
    let external = r#"{"spec":{"type":"ExternalName","externalName":"example.com"}}"#;
    let now = merged(&house, external).await.unwrap();
    for gone in [
        "clusterIP",
        "clusterIPs",
        "ipFamilies",
        "ipFamilyPolicy",
        "internalTrafficPolicy",
    ] {
        assert!(now["spec"].get(gone).is_none(), "{gone} is left");
    }
}

#[tokio::test]
async fn what_a_change_of_type_touches_itself_is_judged() {
    let house = House::new().await;
    let body =
        r#"{"metadata":{"name":"s"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30080}]}}"#;
    house.create(&SERVICES, "default", body).await.unwrap();
    let patch = r#"{"spec":{"type":"ClusterIP","ports":[{"port":80,"nodePort":30081}]}}"#;
    assert_eq!(
        merged(&house, patch).await.unwrap_err(),
        "Service \"s\" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"
    );
}

#[tokio::test]
async fn what_only_load_balancers_have_is_refused_to_others() {
    let house = House::new().await;
    let only = "may only be used when `type` is 'LoadBalancer'";
    for (fields, why) in [
        (
            r#""loadBalancerSourceRanges":["10.0.0.0/8"]"#,
            format!("spec.LoadBalancerSourceRanges: Forbidden: {only}"),
        ),
        (
            r#""type":"LoadBalancer","loadBalancerSourceRanges":["10.0.0.0/33"]"#,
            "spec.LoadBalancerSourceRanges[0]: Invalid value: \"10.0.0.0/33\": must be a valid CIDR value, (e.g. \
             10.9.8.0/24 or 2001:db8::/64)"
                .to_owned(),
        ),
        (
            r#""allocateLoadBalancerNodePorts":true"#,
            format!("spec.allocateLoadBalancerNodePorts: Forbidden: {only}"),
        ),
        (
            r#""loadBalancerClass":"a/b""#,
            format!("spec.loadBalancerClass: Forbidden: {only}"),
        ),
        (
            r#""type":"LoadBalancer","healthCheckNodePort":30000"#,
            "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and \
             `externalTrafficPolicy` is 'Local'"
                .to_owned(),
        ),
        (
            r#""trafficDistribution":"Far""#,
            "spec.trafficDistribution: Unsupported value: \"Far\": supported values: \"PreferClose\", \
             \"PreferSameZone\", \"PreferSameNode\""
                .to_owned(),
        ),
        (
            r#""ipFamilies":["IPv4","IPv4"]"#,
            "spec.ipFamilies[1]: Duplicate value: \"IPv4\"".to_owned(),
        ),
    ] {
        let body = format!(r#"{{"metadata":{{"name":"s"}},"spec":{{{fields},"ports":[{{"port":1}}]}}}}"#);
        let refused = house.create(&SERVICES, "default", &body).await.unwrap_err();
        assert_eq!(refused.message, format!("Service \"s\" is invalid: {why}"));
    }
}

/// What a merge patch makes of a service's status.
async fn known(house: &House, name: &str, ingress: &str) -> Result<serde_json::Value, String> {
    let permit = part(Verb::Patch, &SERVICES, "default", name, "status");
    let patch = Patch {
        kind: PatchKind::Merge,
        body: Plaintext::new(
            format!(r#"{{"status":{{"loadBalancer":{{"ingress":[{ingress}]}}}}}}"#).into_bytes(),
        ),
    };
    let options = WriteOptions::default();
    let patched = house.registry.patch(&permit, patch, &options).await;
    let written = answer(patched).map_err(|status| status.message)?;
    let object: serde_json::Value = serde_json::from_str(&text(&written.object)).unwrap();
    Ok(object["status"]["loadBalancer"]["ingress"][0].clone())
}

#[tokio::test]
async fn where_a_load_balancer_is_reached_is_judged() {
    let house = House::new().await;
    for (name, kind) in [("plain", "ClusterIP"), ("balanced", "LoadBalancer")] {
        let body = format!(
            r#"{{"metadata":{{"name":"{name}"}},"spec":{{"type":"{kind}","ports":[{{"port":1}}]}}}}"#
        );
        house.create(&SERVICES, "default", &body).await.unwrap();
    }
    let place = r#"{"ip":"192.0.2.1"}"#;
    assert_eq!(
        known(&house, "balanced", place).await.unwrap(),
        serde_json::json!({"ip": "192.0.2.1", "ipMode": "VIP"})
    );
    for (name, ingress, why) in [
        (
            "plain",
            place,
            ": Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
        ),
        (
            "balanced",
            r#"{"ip":"nowhere"}"#,
            "[0].ip: Invalid value: \"nowhere\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
        ),
        (
            "balanced",
            r#"{"hostname":"192.0.2.1"}"#,
            "[0].hostname: Invalid value: \"192.0.2.1\": must be a DNS name, not an IP address",
        ),
        (
            "balanced",
            r#"{"hostname":"a","ipMode":"VIP"}"#,
            "[0].ipMode: Forbidden: may not be specified when `ip` is not set",
        ),
    ] {
        assert_eq!(
            known(&house, name, ingress).await.unwrap_err(),
            format!("Service \"{name}\" is invalid: status.loadBalancer.ingress{why}")
        );
    }
}

#[test]
fn endpoints_alone_are_deprecated() {
    let deprecated = purser_registry::kinds::KINDS
        .iter()
        .filter_map(|kind| kind.deprecated);
    assert_eq!(
        deprecated.collect::<Vec<_>>(),
        ["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"]
    );
}
