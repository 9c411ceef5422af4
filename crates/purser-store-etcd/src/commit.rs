//! Transactions.

use std::collections::BTreeSet;

use purser_store::{Change, Check, Outcome, Record, Revision, StoreError, Transaction, measure};

use crate::assembly::record;
use crate::client::{Client, Effect};
use crate::fault::Fault;
use crate::lease::Leases;
use crate::reads;
use crate::wire::{
    Compare, CompareResult, CompareTarget, DeleteRangeRequest, PutRequest, RangeRequest, Request, RequestOp,
    Response, TXN, TargetUnion, TxnRequest, TxnResponse,
};

/// Commits a transaction that holds a check or a change.
///
/// When a member does not say what became of it, it is not sent again: it could be made twice, or fail because of
/// itself. Whether it was made is then looked for in what its keys hold; only when that does not tell it either,
/// its maker hears that it is not known.
///
/// # Errors
/// The store's.
pub(crate) async fn commit(
    client: &Client,
    leases: &Leases,
    transaction: &Transaction,
) -> Result<Outcome, StoreError> {
    measure(transaction)?;
    let request = request(client, leases, transaction).await?;
    match client.ask(TXN, request, Effect::Writes).await {
        Ok(answer) => outcome(client, transaction, answer).await,
        Err(Fault::Unknown(why)) => match made(client, transaction).await {
            Some(revision) => Ok(Outcome::Committed(revision)),
            None => Err(StoreError::Unsure(why)),
        },
        Err(fault) => {
            // It may be that a lease was taken back.
            leases.forget().await;
            Err(fault.into())
        }
    }
}

async fn request(client: &Client, leases: &Leases, transaction: &Transaction) -> Result<TxnRequest, Fault> {
    let mut success = Vec::with_capacity(transaction.changes.len());
    for change in &transaction.changes {
        let lease = match change {
            Change::PutFor { lifetime, .. } => leases.lasting(client, *lifetime).await?,
            Change::Put { .. } | Change::Rewrite { .. } | Change::Delete { .. } => 0,
        };
        success.push(operation(change, lease));
    }
    let keys: BTreeSet<&str> = transaction
        .checks
        .iter()
        .map(|check| check.key.as_str())
        .collect();
    // What one key holds comes with the answer; of several only the revisions, for their values may be many.
    let keys_only = keys.len() > 1;
    Ok(TxnRequest {
        compare: transaction.checks.iter().map(compare).collect(),
        success,
        failure: keys.into_iter().map(|key| look(key, keys_only)).collect(),
    })
}

fn compare(check: &Check) -> Compare {
    let revision = i64::try_from(check.mod_revision).unwrap_or(i64::MAX);
    Compare {
        result: CompareResult::Equal as i32,
        target: CompareTarget::Mod as i32,
        key: check.key.as_bytes().to_vec(),
        target_union: Some(TargetUnion::ModRevision(revision)),
    }
}

fn operation(change: &Change, lease: i64) -> RequestOp {
    let request = match change {
        Change::Put { key, value } | Change::Rewrite { key, value } | Change::PutFor { key, value, .. } => {
            Request::Put(PutRequest {
                key: key.as_bytes().to_vec(),
                value: value.clone(),
                lease,
                ignore_lease: matches!(change, Change::Rewrite { .. }),
            })
        }
        Change::Delete { key } => Request::DeleteRange(DeleteRangeRequest {
            key: key.as_bytes().to_vec(),
        }),
    };
    RequestOp {
        request: Some(request),
    }
}

fn look(key: &str, keys_only: bool) -> RequestOp {
    RequestOp {
        request: Some(Request::Range(RangeRequest {
            key: key.as_bytes().to_vec(),
            keys_only,
            ..RangeRequest::default()
        })),
    }
}

async fn outcome(
    client: &Client,
    transaction: &Transaction,
    answer: TxnResponse,
) -> Result<Outcome, StoreError> {
    let revision = client.learn(answer.header.as_ref())?;
    if answer.succeeded {
        return Ok(Outcome::Committed(revision));
    }
    let found: Vec<Record> = answer
        .responses
        .into_iter()
        .filter_map(|operation| operation.response)
        .flat_map(|Response::Range(range)| range.kvs)
        .filter_map(record)
        .collect();
    let holds = |key: &str| found.iter().find(|record| *record.key == *key);
    let failed = transaction
        .checks
        .iter()
        .find(|check| holds(&check.key).map_or(0, |record| record.mod_revision) != check.mod_revision)
        .ok_or_else(|| StoreError::Unavailable("etcd refused a transaction whose checks hold".to_owned()))?;
    let several = transaction.checks.iter().any(|check| check.key != failed.key);
    let current = match holds(&failed.key) {
        Some(_) if several => value_at(client, &failed.key, revision).await?,
        held => held.cloned(),
    };
    Ok(Outcome::Failed {
        key: failed.key.clone(),
        current,
    })
}

/// What a key held when its check failed; what it holds now when that is forgotten.
async fn value_at(client: &Client, key: &str, revision: Revision) -> Result<Option<Record>, Fault> {
    match reads::get(client, key, i64::try_from(revision).unwrap_or(0)).await {
        Err(Fault::Compacted) => reads::get(client, key, 0).await,
        read => read,
    }
}

/// The revision at which a transaction was made of which that was not heard, when that can be told: a key that it
/// checked holds what it was to write, since a revision after the one that was checked. Not so: that says nothing, for it
/// may be on its way still.
async fn made(client: &Client, transaction: &Transaction) -> Option<Revision> {
    let (key, value, checked) =
        transaction.changes.iter().find_map(|change| {
            let (Change::Put { key, value }
            | Change::Rewrite { key, value }
            | Change::PutFor { key, value, .. }) = change
            else {
                return None;
            };
            let check = transaction.checks.iter().find(|check| check.key == *key)?;
            Some((key, value, check.mod_revision))
        })?;
    let held = reads::get(client, key, 0).await.ok()??;
    (held.value == *value && held.mod_revision > checked).then_some(held.mod_revision)
}
