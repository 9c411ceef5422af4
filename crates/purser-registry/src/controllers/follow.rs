//! A watch that is taken up again whenever it ends.

use std::future::Future;
use std::sync::Arc;

use futures_util::StreamExt;
use purser_types::Resource;

use super::{RETRY_FIRST, RETRY_MAX, permits};
use crate::error::Error;
use crate::event::EventKind;
use crate::found::Found;
use crate::options::ListOptions;
use crate::registry::Registry;
use crate::watch::WatchItem;

/// Calls `handle` for every object there is and for every change after that, one after the other, for as long as it
/// is polled.
pub(super) async fn follow<F, H>(
    registry: &Arc<Registry>,
    resource: &'static Resource,
    field_selector: &str,
    mut handle: H,
) where
    H: FnMut(EventKind, Arc<Found>) -> F,
    F: Future<Output = ()>,
{
    let options = ListOptions {
        field_selector: field_selector.to_owned(),
        ..ListOptions::default()
    };
    loop {
        match registry.watch(&permits::watch(resource), &options).await {
            Ok(mut stream) => {
                while let Some(item) = stream.next().await {
                    match item {
                        Ok(WatchItem::Event { kind, found, .. }) => handle(kind, found).await,
                        Ok(WatchItem::Bookmark { .. }) => {}
                        Err(error) => {
                            tracing::warn!(%error, resource = resource.plural, "a controller's watch failed");
                        }
                    }
                }
            }
            Err(error) => tracing::warn!(%error, resource = resource.plural, "a controller cannot watch"),
        }
        tokio::time::sleep(RETRY_FIRST).await;
    }
}

/// Runs `attempt` until it succeeds, with growing pauses.
pub(super) async fn until_done<F, A>(what: &str, namespace: &str, mut attempt: A)
where
    A: FnMut() -> F,
    F: Future<Output = Result<(), Error>>,
{
    let mut pause = RETRY_FIRST;
    while let Err(error) = attempt().await {
        tracing::warn!(%error, namespace, "{what} failed; it is tried again in {pause:?}");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_MAX);
    }
}
