//! Removes requests that are over: they are made by programs, and nobody else removes them.
//!
//! Source: `pkg/controller/certificates/cleaner/cleaner.go`; bounds and period are upstream's.

use std::sync::Arc;
use std::time::Duration;

use purser_types::resource::CERTIFICATE_SIGNING_REQUESTS;
use purser_types::time::Timestamp;
use purser_types::{Object, proto};

use super::super::{is_status, permits};
use crate::certificates::certificate_end;
use crate::error::Error;
use crate::found::Found;
use crate::options::DeleteOptions;
use crate::registry::Registry;
use crate::validate::certificates::{certificate, conditions};
use crate::validate::pem::blocks;
use crate::validate::read::text;

/// How often it is looked for what is over.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// How long a request is kept once it was denied, failed, or was approved and signed, in seconds.
const SETTLED_SECONDS: i64 = 60 * 60;
/// How long a request is kept about which nobody says anything, in seconds.
const PENDING_SECONDS: i64 = 24 * 60 * 60;

/// Removes what is over, for as long as it is polled.
pub(in crate::controllers) async fn clean(registry: Arc<Registry>) {
    loop {
        let Some(cache) = registry.caches.of(&CERTIFICATE_SIGNING_REQUESTS) else {
            return;
        };
        let snapshot = cache.snapshot(registry.caches.applied());
        for found in snapshot.objects.values() {
            if let Err(error) = remove_if_over(&registry, found).await {
                tracing::warn!(%error, key = %found.key, "a request that is over cannot be removed yet");
            }
        }
        drop(snapshot);
        tokio::time::sleep(EVERY).await;
    }
}

async fn remove_if_over(registry: &Registry, found: &Found) -> Result<(), Error> {
    if found.index.unreadable.is_some() {
        return Ok(());
    }
    let plaintext = registry.open(found).await?;
    let Ok(object) = proto::decode(&CERTIFICATE_SIGNING_REQUESTS, plaintext.expose()) else {
        return Ok(());
    };
    if !is_over(&object, registry.timestamp()) {
        return Ok(());
    }
    let options = DeleteOptions {
        precondition_resource_version: Some(found.revision.to_string()),
        ..DeleteOptions::default()
    };
    let permit = permits::delete(&CERTIFICATE_SIGNING_REQUESTS, "", object.name());
    match registry.delete(&permit, &options).await {
        // Gone, or not what it was: the next round looks again.
        Err(error) if is_status(&error, 404) || is_status(&error, 409) => Ok(()),
        removed => removed.map(drop),
    }
}

/// Whether nobody needs it any more at `now`.
fn is_over(object: &Object, now: Timestamp) -> bool {
    let older = |time: &str, seconds: i64| {
        Timestamp::parse(time).is_ok_and(|time| now.seconds().saturating_sub(time.seconds()) > seconds)
    };
    let mut conditions = conditions(object).peekable();
    if conditions.peek().is_none() {
        return older(object.meta_str("creationTimestamp"), PENDING_SECONDS);
    }
    let issued = certificate(object);
    let ended = || {
        let end = blocks(issued)
            .next()
            .and_then(|block| certificate_end(block.der.expose()));
        end.is_some_and(|end| end < now)
    };
    conditions.any(|condition| {
        let settled = older(text(condition, "lastUpdateTime"), SETTLED_SECONDS);
        match text(condition, "type") {
            "Approved" => !issued.is_empty() && (settled || ended()),
            "Denied" | "Failed" => settled,
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use purser_types::{conform, json};

    use super::*;

    fn request(status: &str) -> Object {
        let body = format!(
            r#"{{"metadata":{{"name":"a","creationTimestamp":"2026-01-01T00:00:00Z"}},"spec":{{}},"status":{status}}}"#
        );
        let untyped = json::parse(body.as_bytes()).unwrap().value;
        let resource = &CERTIFICATE_SIGNING_REQUESTS;
        let body = conform::conform(resource.message, untyped).unwrap().body;
        Object { resource, body }
    }

    fn over(status: &str, time: &str) -> bool {
        is_over(&request(status), Timestamp::parse(time).unwrap())
    }

    /// A certificate of openssl, good until 1 January 2026, 02:30.
    const SHORT: &str = include_str!("short.pem.base64");

    #[test]
    fn each_is_kept_as_long_as_upstream_keeps_it() {
        let at = |kind: &str| {
            format!(
                r#"{{"conditions":[{{"type":"{kind}","status":"True","lastUpdateTime":"2026-01-01T02:00:00Z"}}]}}"#
            )
        };
        assert!(!over("{}", "2026-01-02T00:00:00Z"));
        assert!(over("{}", "2026-01-02T00:00:01Z"));
        for kind in ["Denied", "Failed"] {
            assert!(!over(&at(kind), "2026-01-01T03:00:00Z"), "{kind}");
            assert!(over(&at(kind), "2026-01-01T03:00:01Z"), "{kind}");
        }
        // Approved and never signed: somebody may still come to sign it.
        for kind in ["Approved", "Other"] {
            assert!(!over(&at(kind), "2026-09-01T00:00:00Z"), "{kind}");
        }
        // Signed by whoever says no more than that.
        let signed = at("Approved").replace(r#"}]"#, r#"}],"certificate":"eA==""#);
        assert!(!over(&signed, "2026-01-01T03:00:00Z"));
        assert!(over(&signed, "2026-01-01T03:00:01Z"));
    }

    #[test]
    fn what_has_ended_is_removed_at_once() {
        let status = format!(
            r#"{{"certificate":"{}","conditions":[{{"type":"Approved","status":"True","lastUpdateTime":"2026-01-01T02:00:00Z"}}]}}"#,
            SHORT.trim()
        );
        assert!(!over(&status, "2026-01-01T02:30:00Z"));
        assert!(over(&status, "2026-01-01T02:30:01Z"));
    }
}
