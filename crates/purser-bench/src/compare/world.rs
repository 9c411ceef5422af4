//! What is made for a comparison, with many hands.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use crate::client::{Call, Client};
use crate::error::Error;
use crate::progress::Progress;
use crate::scene::{demand, refused};

/// Requests in flight on each connection while things are made.
const HANDS: usize = 8;

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
