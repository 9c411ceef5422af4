//! Whether writes are taken.

use std::sync::atomic::Ordering;
use std::time::Duration;

use purser_store::StoreError;

use crate::client::{Client, Effect};
use crate::current::Current;
use crate::fault::{Fault, clip};
use crate::wire::{STATUS, StatusRequest, StatusResponse};

/// Asks a member for alarms, and the cluster for its revision, which needs most members.
///
/// # Errors
/// Why writes are not taken, or that this is not known within `time`.
pub(crate) async fn writable(client: &Client, current: &Current, time: Duration) -> Result<(), StoreError> {
    let asked = async {
        let status: StatusResponse = client
            .ask_within(time, STATUS, StatusRequest {}, Effect::Reads)
            .await?;
        let bytes = u64::try_from(status.db_size).unwrap_or(0);
        client.counters.database_bytes.store(bytes, Ordering::Relaxed);
        if !status.errors.is_empty() {
            let errors = clip(&status.errors.join(", "));
            return Err(Fault::Refused(format!("etcd says: {errors}")));
        }
        current.revision().await.map_err(Fault::Unknown)
    };
    match tokio::time::timeout(time, asked).await {
        Ok(answer) => Ok(answer.map(drop)?),
        Err(_) => Err(StoreError::Unavailable(format!(
            "etcd did not answer within {time:?}"
        ))),
    }
}
