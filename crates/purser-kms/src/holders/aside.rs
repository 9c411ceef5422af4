//! Work that waits for a disk or a device.

use super::error::HolderError;

/// Does it on a thread that may wait.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HolderError> + Send + 'static,
) -> Result<T, HolderError> {
    let working = tokio::task::spawn_blocking(work).await;
    working.map_err(|error| HolderError::Holder(error.to_string()))?
}
