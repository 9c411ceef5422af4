//! What is answered while nothing can be put on record.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use purser_audit::{Audit, LogSink, SinkOptions};
use purser_server::Limits;

use crate::harness::Live;

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
