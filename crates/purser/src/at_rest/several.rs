//! Key holders one after the other.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use purser_encryption::{KeyHolder, OpenError, SealError, Wrapped};
use zeroize::Zeroizing;

/// The first wraps; all unwrap.
pub(super) struct Several {
    first: Arc<dyn KeyHolder>,
    others: Vec<Arc<dyn KeyHolder>>,
}

impl Several {
    /// `None`: there is none.
    pub(super) fn of(holders: impl IntoIterator<Item = Arc<dyn KeyHolder>>) -> Option<Self> {
        let mut holders = holders.into_iter();
        Some(Self {
            first: holders.next()?,
            others: holders.collect(),
        })
    }

    /// Asks one after the other until one has the key. That one is away is told before that others do not have it, so
    /// that nobody takes the key for lost.
    async fn unwrap_any(&self, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let mut worst = match self.first.unwrap(wrapped).await {
            Err(error @ (OpenError::NoKey(_) | OpenError::Unavailable(_))) => error,
            told => return told,
        };
        for holder in &self.others {
            match holder.unwrap(wrapped).await {
                Err(OpenError::NoKey(_)) => {}
                Err(error @ OpenError::Unavailable(_)) => worst = error,
                told => return told,
            }
        }
        Err(worst)
    }
}

impl KeyHolder for Several {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        self.first.key_id()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        self.first.wrap(secret)
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        self.unwrap_any(wrapped).boxed()
    }

    fn trusted_for(&self) -> Option<Duration> {
        self.first.trusted_for()
    }
}
