//! What is answered while nothing can be put on record, and what is put there of credentials.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use purser_audit::{Audit, LogSink, SinkOptions};
use purser_server::Limits;

use serde_json::{Value, json};

use crate::harness::Live;
use crate::token_secrets;
use crate::tokens::{self, ACCOUNTS, SECRETS};

/// Takes no byte.
const FULL: &str = "/dev/full";

#[tokio::test]
async fn while_the_audit_log_fails_only_probes_and_metrics_are_answered() {
    let sink = Arc::new(LogSink::open(Path::new(FULL), SinkOptions::default()).unwrap());
    let audit = Audit::new(Some(Arc::clone(&sink)));
    let live = Live::with_audit(Limits::default(), Vec::new(), audit).await;
    let mut client = live.admin().await;
    assert_eq!(client.get("/livez").await.code, 200);
    while !sink.is_failing() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let secrets = "/api/v1/namespaces/default/secrets";
    for path in [secrets, "/version", "/api"] {
        assert_eq!(client.get(path).await.code, 503, "{path}");
    }
    assert_eq!(client.secret("one", "v").await.code, 503);
    assert_eq!(client.get("/livez").await.code, 200);
    let ready = client.get("/readyz").await;
    assert_eq!(
        (ready.code, ready.text().contains("[-]audit failed")),
        (500, true)
    );
    let metrics = client.get("/metrics").await;
    assert_eq!(
        (metrics.code, metrics.text().contains("purser_audit_refused")),
        (200, true)
    );
}

#[tokio::test]
async fn a_token_is_on_record_when_it_is_issued_and_when_it_is_used() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.log");
    let sink = Arc::new(LogSink::open(&path, SinkOptions::default()).unwrap());
    let audit = Audit::new(Some(Arc::clone(&sink)));
    let live = Live::with_audit(Limits::default(), Vec::new(), audit).await;
    let (_live, mut admin, mut machine) = tokens::machines_of(live).await;
    let token = tokens::token(&mut admin, json!({})).await;
    tokens::until(&mut machine, &token, SECRETS, 200).await;
    let dry = format!("{ACCOUNTS}/bot/token?dryRun=All");
    let request = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}"#;
    assert_eq!(admin.post(&dry, request).await.code, 201);
    assert_eq!(token_secrets::make(&mut admin, "forever", "bot").await.code, 201);
    let (_, lasting) = token_secrets::filled(&mut admin, "forever", "").await;
    tokens::until(&mut machine, &lasting, "/version", 200).await;
    sink.flush(Duration::from_secs(5)).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    for secret in [&token, &lasting] {
        let signature = secret.rsplit('.').next().unwrap();
        assert!(!text.contains(signature), "a token is on record");
    }
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |uri: &str| {
        let mut complete = events.iter().filter(|event| event["stage"] == "ResponseComplete");
        complete.rfind(|event| event["requestURI"] == uri).unwrap()
    };
    let issued = &of(&format!("{ACCOUNTS}/bot/token"))["annotations"];
    let issued = issued["authentication.kubernetes.io/issued-credential-id"].as_str();
    assert!(issued.is_some_and(|id| id.starts_with("JTI=")), "{issued:?}");
    let used = events.iter().find(|event| {
        event["requestURI"] == SECRETS && event["user"]["username"] == "system:serviceaccount:default:bot"
    });
    let extra = &used.unwrap()["user"]["extra"];
    assert_eq!(
        extra["authentication.kubernetes.io/credential-id"],
        json!([issued])
    );
    let dry = &of(&dry)["annotations"];
    assert_eq!(
        dry["authentication.kubernetes.io/issued-credential-id"],
        Value::Null
    );
    let lasting = &of("/version")["annotations"];
    assert_eq!(
        lasting["authentication.k8s.io/legacy-token"],
        "system:serviceaccount:default:bot"
    );
    assert_eq!(
        lasting["authentication.k8s.io/legacy-token-manual-secret"],
        "forever"
    );
}
