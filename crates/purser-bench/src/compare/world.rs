//! What is made for a comparison, with many hands, and removed afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::Method;
use tokio::task::JoinSet;

use crate::client::{Call, Client};
use crate::error::Error;
use crate::progress::Progress;

/// Requests in flight on each connection while things are made.
const HANDS: usize = 8;

/// Sends, and wants success.
///
/// # Errors
/// The refusal.
pub(super) async fn demand(client: &mut Client, call: Call, what: &str) -> Result<(), Error> {
    match client.call(call).await {
        Ok(answer) if answer.status.is_success() => Ok(()),
        Ok(answer) => Err(refused(
            what,
            format!("{} {}", answer.status, answer.message.trim_end()),
        )),
        Err(error) => Err(refused(what, error.to_string())),
    }
}

pub(super) fn refused(what: &str, reason: String) -> Error {
    Error::Refused {
        what: what.to_owned(),
        reason,
    }
}

/// Sends `count` calls, `call(0)` to `call(count - 1)`, in any order.
///
/// # Errors
/// At the first refusal.
pub(super) async fn make(
    clients: &[Client],
    what: &'static str,
    count: usize,
    call: Arc<dyn Fn(usize) -> Call + Send + Sync>,
) -> Result<(), Error> {
    let progress = Progress::counting(what, u64::try_from(count).unwrap_or(u64::MAX));
    let next = Arc::new(AtomicUsize::new(0));
    let mut running: JoinSet<Result<(), Error>> = JoinSet::new();
    for client in (0..HANDS).flat_map(|_| clients) {
        let (mut client, call) = (client.clone(), Arc::clone(&call));
        let (next, progress) = (Arc::clone(&next), progress.clone());
        running.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(());
                }
                demand(&mut client, call(number), what).await?;
                progress.step();
            }
        });
    }
    while let Some(done) = running.join_next().await {
        done.map_err(|error| refused(what, error.to_string()))??;
    }
    progress.finish();
    Ok(())
}

/// A DELETE.
pub(super) fn delete(path: String) -> Call {
    Call {
        method: Method::DELETE,
        path,
        body: Bytes::new(),
    }
}
