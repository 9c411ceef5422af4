//! History that is old enough is forgotten, by one of all servers on the same etcd, kube-apiservers among them.
//!
//! Source: `compact.go` of `k8s.io/apiserver/pkg/storage/etcd3`. A key's version is the clock: whoever raises it forgets
//! what came before the revision that it saw one interval ago; the others see that and wait for an interval.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use purser_store::Revision;

use crate::client::{Client, Effect};
use crate::fault::Fault;
use crate::wire::{
    COMPACT, CompactionRequest, CompactionResponse, Compare, CompareResult, CompareTarget, PutRequest,
    RangeRequest, Request, RequestOp, Response, TXN, TargetUnion, TxnRequest, TxnResponse,
};

/// The key; its value is the revision before which history is forgotten.
const KEY: &[u8] = b"compact_rev_key";

/// What one of the servers knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Clock {
    /// The key's version.
    version: i64,
    /// The revision when that was seen; 0: never.
    revision: Revision,
}

/// Forgets history for as long as it is polled.
pub(crate) async fn keep(client: Arc<Client>, interval: Duration) {
    let mut clock = Clock::default();
    loop {
        tokio::time::sleep(interval).await;
        match tick(&client, clock).await {
            Ok(next) => clock = next,
            Err(fault) => tracing::warn!(reason = fault.why(), "old history in etcd is not forgotten yet"),
        }
    }
}

/// One step of the protocol.
async fn tick(client: &Client, clock: Clock) -> Result<Clock, Fault> {
    let answer: TxnResponse = client.ask(TXN, request(clock), Effect::Writes).await?;
    let revision = client.learn(answer.header.as_ref())?;
    if !answer.succeeded {
        let seen = answer
            .responses
            .into_iter()
            .filter_map(|operation| operation.response);
        let version = seen
            .flat_map(|Response::Range(range)| range.kvs)
            .map(|kv| kv.version);
        return Ok(Clock {
            version: version.max().unwrap_or(0),
            revision,
        });
    }
    // Nothing is known of the time before the first.
    if clock.revision > 0 {
        compact(client, clock.revision).await?;
        tracing::debug!(before = clock.revision, "old history in etcd is forgotten");
    }
    Ok(Clock {
        version: clock.version + 1,
        revision,
    })
}

fn request(clock: Clock) -> TxnRequest {
    let operation = |request| RequestOp {
        request: Some(request),
    };
    TxnRequest {
        compare: vec![Compare {
            result: CompareResult::Equal as i32,
            target: CompareTarget::Version as i32,
            key: KEY.to_vec(),
            target_union: Some(TargetUnion::Version(clock.version)),
        }],
        success: vec![operation(Request::Put(PutRequest {
            key: KEY.to_vec(),
            value: Bytes::from(clock.revision.to_string()),
            lease: 0,
            ignore_lease: false,
        }))],
        failure: vec![operation(Request::Range(RangeRequest {
            key: KEY.to_vec(),
            ..RangeRequest::default()
        }))],
    }
}

/// Forgets what came before `revision`; that it is forgotten already is no fault. It may be asked again.
///
/// # Errors
/// The client's.
pub(crate) async fn compact(client: &Client, revision: Revision) -> Result<(), Fault> {
    let question = CompactionRequest {
        revision: i64::try_from(revision).unwrap_or(i64::MAX),
    };
    let answer: Result<CompactionResponse, Fault> = client.ask(COMPACT, question, Effect::Reads).await;
    match answer {
        Ok(_) | Err(Fault::Compacted) => Ok(()),
        Err(fault) => Err(fault),
    }
}
