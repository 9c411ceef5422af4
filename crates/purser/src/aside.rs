//! Work that waits for files.

use crate::error::Error;

/// Begins it on a thread of its own, whether or not it is waited for.
///
/// # Errors
/// The work's own, and when it panics.
pub(crate) fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> impl Future<Output = Result<T, Error>> {
    let working = tokio::task::spawn_blocking(work);
    async { working.await.map_err(|error| Error::Server(error.to_string()))? }
}
