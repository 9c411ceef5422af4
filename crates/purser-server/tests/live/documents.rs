//! What is no object.

use serde_json::json;

use crate::harness::Live;

#[tokio::test]
async fn discovery_is_as_recorded() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let api = client.get("/api").await.json();
    assert_eq!(
        (&api["kind"], &api["versions"]),
        (&json!("APIVersions"), &json!(["v1"]))
    );
    assert_eq!(client.get("/apis").await.json()["kind"], "APIGroupList");
    assert_eq!(client.get("/api/v1").await.json()["groupVersion"], "v1");
    let missing = client.get("/api/v2").await;
    assert_eq!(
        missing.json()["message"],
        "the server could not find the requested resource"
    );
    for path in ["/nope", "/apis/none.example.com", "/apis/none.example.com/v1"] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.code, answer.text()),
            (404, "404 page not found\n"),
            "{path}"
        );
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    }
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    let aggregated = client.ask("GET", "/api", &[("accept", accept)], "").await;
    assert_eq!(aggregated.json()["kind"], "APIGroupDiscoveryList");
    let tag = aggregated.headers["etag"].to_str().unwrap().to_owned();
    let again = client
        .ask("GET", "/api", &[("accept", accept), ("if-none-match", &tag)], "")
        .await;
    assert_eq!((again.code, again.body.len()), (304, 0));
}

#[tokio::test]
async fn methods_are_refused_as_recorded() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let secrets = "/api/v1/namespaces/default/secrets";
    for method in ["PUT", "PATCH", "OPTIONS", "TRACE"] {
        let answer = client.ask(method, secrets, &[], "").await;
        assert_eq!(answer.code, 405, "{method}");
        assert_eq!(
            answer.message(),
            "the server does not allow this method on the requested resource"
        );
    }
    let head = client.ask("HEAD", secrets, &[], "").await;
    assert_eq!((head.code, head.body.len()), (405, 0));
}

#[tokio::test]
async fn head_is_answered_with_the_head_alone() {
    let live = Live::start().await;
    for mut client in [live.admin().await, live.admin_second().await] {
        for path in ["/livez", "/version", "/openapi/v2", "/nope", "/livez"] {
            let whole = client.get(path).await;
            let head = client.ask("HEAD", path, &[], "").await;
            assert_eq!((head.code, head.body.len()), (whole.code, 0), "{path}");
            assert_eq!(
                head.headers["content-length"],
                whole.body.len().to_string().as_str(),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn metrics_are_in_the_format_asked_for() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    client.get("/version").await;
    for accept in ["", "*/*", "text/plain;version=0.0.4", "application/json"] {
        let plain = client.ask("GET", "/metrics", &[("accept", accept)], "").await;
        assert_eq!(
            plain.headers["content-type"],
            "text/plain; version=0.0.4; charset=utf-8"
        );
        for line in [
            "# TYPE apiserver_request_total counter\n",
            "# HELP apiserver_request_total ",
            "# TYPE process_cpu_seconds_total counter\n",
            "# TYPE apiserver_request_duration_seconds histogram\n",
        ] {
            assert!(plain.text().contains(line), "{line} in\n{}", plain.text());
        }
        assert!(!plain.text().contains("# EOF"));
    }
    let scraper = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let open = client.ask("GET", "/metrics", &[("accept", scraper)], "").await;
    let media = open.headers["content-type"].to_str().unwrap();
    assert!(media.starts_with("application/openmetrics-text; version=1.0.0"));
    assert!(open.text().contains("# TYPE apiserver_request counter\n"));
    assert!(open.text().ends_with("# EOF\n"));
}

#[tokio::test]
async fn version_and_index_are_indented_json_whatever_is_asked() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    for path in ["/version", "/version?pretty=0", "/?pretty=0"] {
        let answer = client.get(path).await;
        assert!(answer.text().starts_with("{\n  \""), "{path}: {}", answer.text());
        assert!(answer.text().ends_with("\n}"), "{path}: {}", answer.text());
    }
    let yaml = [("accept", "application/yaml")];
    let version = client.ask("GET", "/version", &yaml, "").await;
    assert_eq!(version.code, 406);
    let why = "406: Not Acceptable\n\nAvailable representations: application/json";
    assert!(
        version
            .text()
            .contains("Available representations: application/json\n"),
        "{}",
        version.text()
    );
    let html = client
        .ask("GET", "/version", &[("accept", "text/html")], "")
        .await;
    assert_eq!((html.code, html.message().as_str()), (406, why));
    let index = client.ask("GET", "/", &yaml, "").await;
    let first = json!("/.well-known/openid-configuration");
    assert_eq!((index.code, &index.json()["paths"][0]), (200, &first));
}

#[tokio::test]
async fn health_version_and_metrics_are_told() {
    let mut live = Live::start().await;
    let mut client = live.admin().await;
    for path in [
        "/livez",
        "/readyz",
        "/healthz",
        "/readyz/ping",
        "/readyz/watch-cache",
        "/readyz/shutdown",
    ] {
        let answer = client.get(path).await;
        assert_eq!((answer.code, answer.text()), (200, "ok"), "{path}");
    }
    let verbose = client.get("/readyz?verbose").await;
    assert!(
        verbose.text().ends_with("readyz check passed\n"),
        "{}",
        verbose.text()
    );
    assert!(
        client.get("/version").await.json()["gitVersion"]
            .as_str()
            .unwrap()
            .starts_with("v1.36.0+purser.")
    );
    client.get("/api/v1/namespaces/default/secrets").await;
    let metrics = client.get("/metrics").await;
    let line = "apiserver_request_total{verb=\"LIST\",group=\"\",version=\"v1\",resource=\"secrets\"";
    assert!(metrics.text().contains(line), "{}", metrics.text());
    live.stop();
    live.stopped().await;
}

#[tokio::test]
async fn openapi_version_3_is_protobuf_under_the_same_tag() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let json = client.get("/openapi/v3/apis/coordination.k8s.io/v1").await;
    for accept in [
        "application/com.github.proto-openapi.spec.v3@v1.0+protobuf",
        "application/com.github.proto-openapi.spec.v3.v1.0+protobuf, application/json;q=0.9",
    ] {
        let path = "/openapi/v3/apis/coordination.k8s.io/v1";
        let protobuf = client.ask("GET", path, &[("accept", accept)], "").await;
        assert_eq!(protobuf.code, 200);
        assert_eq!(
            protobuf.headers["content-type"],
            "application/com.github.proto-openapi.spec.v3.v1.0+protobuf"
        );
        assert_eq!(protobuf.headers["etag"], json.headers["etag"]);
        assert!(protobuf.body.starts_with(b"\x0a\x053.0.0"));
        let name = b"io.k8s.api.coordination.v1.LeaseSpec";
        assert!(protobuf.body.windows(name.len()).any(|bytes| bytes == name));
    }
    let html = client
        .ask("GET", "/openapi/v3/version", &[("accept", "text/html")], "")
        .await;
    assert_eq!((html.code, html.body.len()), (406, 0));
}

#[tokio::test]
async fn openapi_is_served_as_json_by_hash() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let yaml = [("accept", "application/yaml")];
    let refused = client.ask("GET", "/openapi/v2", &yaml, "").await;
    assert_eq!((refused.code, refused.body.len()), (406, 0));
    assert_eq!(client.get("/openapi/v2").await.json()["swagger"], "2.0");
    let index = client.get("/openapi/v3").await.json();
    let url = index["paths"]["api/v1"]["serverRelativeURL"].as_str().unwrap();
    let document = client.get(url).await;
    assert_eq!(document.json()["openapi"], "3.0.0");
    assert!(
        document.headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    assert_eq!(client.get("/openapi/v3/api/v1?hash=old").await.code, 301);
}
