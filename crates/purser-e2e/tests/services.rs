//! Services and Endpoints against the binary: what upstream's conformance suite asks of them without nodes, and what
//! they are given under load and across kills.
//!
//! Source: `test/e2e/network/{service,endpointslice}.go` upstream, its requests in its order.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use purser_e2e::{Client, Purser, Starting};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const SERVICES: &str = "/api/v1/namespaces/default/services";
const ENDPOINTS: &str = "/api/v1/namespaces/default/endpoints";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";

fn service(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "spec": spec,
        "metadata": {"name": name, "labels": {"test-service-static": "true"}}})
}

async fn patch(admin: &Client, path: &str, media: &str, patch: &Value) -> Value {
    let answer = admin
        .body(Method::PATCH, path, media, Bytes::from(patch.to_string()))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The types of events of a watch from a revision on, and whose they are.
async fn events(admin: &Client, path: &str, query: &str) -> Vec<String> {
    let answer = admin
        .get(&format!("{path}?watch=1&timeoutSeconds=1{query}"))
        .await;
    let frames = answer.text();
    let frames = frames
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a frame"));
    let shown = frames.map(|frame| {
        let name = frame["object"]["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        format!("{} {name}", frame["type"].as_str().unwrap_or_default())
    });
    shown.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_a_service_has_its_life() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let spec = json!({"type": "LoadBalancer", "loadBalancerClass": "example.com/internal-vip",
        "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 80}]});
    let made = admin.post(SERVICES, &service("test-service", &spec)).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let from = made.json()["metadata"]["resourceVersion"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let one = format!("{SERVICES}/test-service");
    let status = format!("{one}/status");
    assert_eq!(
        admin.get(&status).await.json()["status"],
        json!({"loadBalancer": {}})
    );
    let change = json!({"metadata": {"annotations": {"patchedstatus": "true"}},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.1"}]}}});
    let patched = patch(&admin, &status, MERGE, &change).await;
    assert_eq!(patched["metadata"]["annotations"]["patchedstatus"], "true");
    assert_eq!(
        patched["status"]["loadBalancer"]["ingress"],
        json!([{"ip": "203.0.113.1", "ipMode": "VIP"}])
    );
    let mut whole = admin.get(&one).await.json();
    whole["status"]["conditions"] = json!([{"type": "StatusUpdate", "status": "True", "reason": "E2E",
        "message": "Set from e2e test", "lastTransitionTime": "2024-01-01T00:00:00Z"}]);
    let updated = admin.put(&status, &whole).await;
    assert_eq!(updated.status, 200, "{}", updated.text());
    assert_eq!(updated.json()["status"]["conditions"][0]["reason"], "E2E");
    let labels = json!({"metadata": {"labels": {"test-service": "patched"}}});
    let labelled = patch(&admin, &one, STRATEGIC, &labels).await;
    assert_eq!(
        labelled["status"]["conditions"][0]["reason"], "E2E",
        "the status stays"
    );
    let deleted = admin.delete(&one).await;
    assert_eq!(
        deleted.json()["metadata"]["name"],
        "test-service",
        "the service is shown as it was"
    );
    let query = format!("&resourceVersion={from}&labelSelector=test-service-static=true");
    assert_eq!(
        events(&admin, SERVICES, &query).await,
        [
            "MODIFIED test-service",
            "MODIFIED test-service",
            "MODIFIED test-service",
            "DELETED test-service"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn services_are_found_everywhere_and_deleted_together() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let spec = json!({"ports": [{"port": 80}]});
    for name in ["e2e-svc-a", "e2e-svc-b", "other"] {
        let mut made = service(name, &spec);
        if name == "other" {
            made["metadata"]["labels"] = json!({"a": "b"});
        }
        assert_eq!(admin.post(SERVICES, &made).await.status, 201);
    }
    let names = async || {
        let list = admin.get("/api/v1/services").await.json();
        let items = list["items"].as_array().expect("a list").clone();
        let names = items
            .iter()
            .map(|item| item["metadata"]["name"].as_str().unwrap_or_default().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["e2e-svc-a", "e2e-svc-b", "kubernetes", "other"]);
    let gone = admin
        .delete(&format!("{SERVICES}?labelSelector=test-service-static=true"))
        .await;
    assert_eq!(gone.status, 200);
    assert_eq!(names().await, ["kubernetes", "other"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_have_their_life() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let body = json!({"apiVersion": "v1", "kind": "Endpoints",
        "metadata": {"name": "testservice", "labels": {"test-endpoint-static": "true"}},
        "subsets": [{"addresses": [{"ip": "10.0.0.24"}], "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}]});
    let made = admin.post(ENDPOINTS, &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let warned = made
        .headers
        .get("warning")
        .and_then(|text| text.to_str().ok())
        .unwrap_or_default();
    assert!(
        warned.contains("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"),
        "{warned}"
    );
    let from = made.json()["metadata"]["resourceVersion"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let selected = "labelSelector=test-endpoint-static=true";
    let list = admin.get(&format!("/api/v1/endpoints?{selected}")).await.json();
    let mut found = list["items"][0].clone();
    found["metadata"]["labels"]["test-endpoint-updated"] = json!("true");
    let one = format!("{ENDPOINTS}/testservice");
    found["apiVersion"] = json!("v1");
    found["kind"] = json!("Endpoints");
    assert_eq!(admin.put(&one, &found).await.status, 200);
    let change = json!({"metadata": {"labels": {"test-service": "patched"}},
        "subsets": [{"addresses": [{"ip": "10.0.0.25"}], "ports": [{"name": "http-test", "port": 8080}]}]});
    let patched = patch(&admin, &one, STRATEGIC, &change).await;
    let shown = admin.get(&one).await.json();
    assert_eq!(patched, shown);
    assert_eq!(shown["metadata"]["labels"]["test-service"], "patched");
    assert_eq!(
        shown["subsets"],
        json!([{"addresses": [{"ip": "10.0.0.25"}], "ports": [{"name": "http-test", "port": 8080, "protocol": "TCP"}]}])
    );
    assert_eq!(admin.delete(&format!("{ENDPOINTS}?{selected}")).await.status, 200);
    assert_eq!(admin.get(&one).await.status, 404);
    let query = format!("&resourceVersion={from}&{selected}");
    assert_eq!(
        events(&admin, ENDPOINTS, &query).await,
        [
            "MODIFIED testservice",
            "MODIFIED testservice",
            "DELETED testservice"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_type_of_a_service_changes_and_ports_of_nodes_collide() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let spec = json!({"type": "ExternalName", "externalName": "foo.example.com"});
    assert_eq!(admin.post(SERVICES, &service("s", &spec)).await.status, 201);
    let one = format!("{SERVICES}/s");
    let ports = json!([{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 9376}]);
    let mut whole = admin.get(&one).await.json();
    whole["spec"]["type"] = json!("NodePort");
    whole["spec"]["externalName"] = Value::Null;
    whole["spec"]["ports"] = ports;
    let on_nodes = admin.put(&one, &whole).await;
    assert_eq!(on_nodes.status, 200, "{}", on_nodes.text());
    let mut on_nodes = on_nodes.json();
    let number = on_nodes["spec"]["ports"][0]["nodePort"]
        .as_i64()
        .unwrap_or_default();
    assert!((30_000..=32_767).contains(&number), "{on_nodes}");
    assert!(
        on_nodes["spec"]["clusterIP"]
            .as_str()
            .unwrap_or_default()
            .starts_with("10.0.0.")
    );
    let both = json!([
        {"name": "tcp", "port": 80, "protocol": "TCP", "targetPort": 80, "nodePort": number},
        {"name": "udp", "port": 80, "protocol": "UDP", "targetPort": 80, "nodePort": number}]);
    on_nodes["spec"]["ports"] = both;
    let shared = admin.put(&one, &on_nodes).await;
    assert_eq!(
        shared.status,
        200,
        "one port of nodes serves both protocols: {}",
        shared.text()
    );
    let taken = json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": number}]});
    let refused = admin.post(SERVICES, &service("other", &taken)).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text().contains("provided port is already allocated"),
        "{}",
        refused.text()
    );
    let back = json!({"spec": {"type": "ExternalName", "externalName": "foo.example.com", "ports": null}});
    let named = patch(&admin, &one, MERGE, &back).await;
    assert!(
        named["spec"].get("clusterIP").is_none() && named["spec"].get("clusterIPs").is_none(),
        "{named}"
    );
    assert_eq!(admin.post(SERVICES, &service("other", &taken)).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_of_the_api_names_the_port_that_is_served() {
    let start = || {
        Starting::default()
            .argument("--advertise-address")
            .argument("192.0.2.33")
    };
    let mut purser = start().start().await;
    for _ in 0..2 {
        let url = purser.kubeconfig().server.clone();
        let port: i64 = url
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .expect("a port");
        let kubernetes = purser.admin().get(&format!("{SERVICES}/kubernetes")).await.json();
        assert_eq!(
            kubernetes["metadata"]["labels"],
            json!({"component": "apiserver", "provider": "kubernetes"})
        );
        assert_eq!(
            (&kubernetes["spec"]["clusterIP"], &kubernetes["spec"]["ports"]),
            (
                &json!("10.0.0.1"),
                &json!([{"name": "https", "protocol": "TCP", "port": 443, "targetPort": port}])
            )
        );
        let endpoints = purser
            .admin()
            .get(&format!("{ENDPOINTS}/kubernetes"))
            .await
            .json();
        assert_eq!(
            endpoints["subsets"],
            json!([{"addresses": [{"ip": "192.0.2.33"}],
                "ports": [{"name": "https", "port": port, "protocol": "TCP"}]}])
        );
        assert_eq!(
            endpoints["metadata"]["labels"],
            json!({"endpointslice.kubernetes.io/skip-mirror": "true"})
        );
        purser.kill();
        purser.start_again().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_of_the_api_comes_back() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let one = format!("{SERVICES}/kubernetes");
    assert_eq!(admin.delete(&one).await.status, 200);
    for _ in 0..300 {
        if admin.get(&one).await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it stays away");
}

/// The ranges are just large enough: a leak, or one given twice, would show. (Who makes what is there already may be told
/// that the range is full, as upstream.)
#[tokio::test(flavor = "multi_thread")]
async fn killed_under_load_it_gives_nothing_twice_and_keeps_nothing_for_nobody() {
    const SERVED: usize = 13;
    let ranges = Starting::default()
        .argument("--service-cluster-ip-range=10.0.0.0/28")
        .argument("--service-node-port-range=30000+13");
    let mut purser = ranges.start().await;
    for round in 0..4_u64 {
        let mut writers = JoinSet::new();
        for writer in 0..SERVED {
            let admin = purser.admin();
            writers.spawn(async move {
                let spec = json!({"type": "NodePort", "ports": [{"port": 80}]});
                let one = format!("{SERVICES}/w{writer}");
                loop {
                    let body = Bytes::from(service(&format!("w{writer}"), &spec).to_string());
                    let make = http::Request::post(SERVICES)
                        .header("content-type", "application/json")
                        .body(body);
                    let remove = http::Request::delete(&one).body(Bytes::new());
                    for request in [make, remove] {
                        let Ok(answer) = admin.try_send(request.expect("a request")).await else {
                            return;
                        };
                        let told = answer.status.as_u16();
                        assert!(matches!(told, 200 | 201 | 404 | 409 | 500), "{}", answer.text());
                    }
                }
            });
        }
        tokio::time::sleep(Duration::from_millis(150 + 61 * round)).await;
        purser.kill();
        while let Some(ended) = writers.join_next().await {
            ended.expect("a writer ends well");
        }
        purser.start_again().await;
        let admin = purser.admin();
        for name in (0..SERVED).map(|writer| format!("w{writer}")) {
            if admin.get(&format!("{SERVICES}/{name}")).await.status == 200 {
                continue;
            }
            let spec = json!({"type": "NodePort", "ports": [{"port": 80}]});
            let made = admin.post(SERVICES, &service(&name, &spec)).await;
            assert_eq!(made.status, 201, "round {round}: {}", made.text());
        }
        let list = admin.get(SERVICES).await.json();
        let items = list["items"].as_array().expect("a list");
        let addresses: BTreeSet<&str> = items
            .iter()
            .filter_map(|item| item["spec"]["clusterIP"].as_str())
            .collect();
        let ports: BTreeSet<i64> = items
            .iter()
            .filter_map(|item| item["spec"]["ports"][0]["nodePort"].as_i64())
            .collect();
        assert_eq!(
            (addresses.len(), ports.len()),
            (SERVED + 1, SERVED),
            "{addresses:?} {ports:?}"
        );
    }
}
