//! A watch as a stream. What the cache tells is passed on as it comes; only what has to be fetched takes a future.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::future::BoxFuture;

use super::WatchItem;
use super::stream::Watcher;
use crate::error::Error;

/// The items of a watch.
pub(crate) enum Following {
    /// The cache tells, or something is there.
    Told(Box<Watcher>),
    /// More is being fetched.
    Fetching(BoxFuture<'static, Result<Box<Watcher>, Error>>),
    /// It is over.
    Ended,
}

impl Following {
    /// Everything that `watcher` has to say.
    pub(crate) fn new(watcher: Watcher) -> Self {
        Self::Told(Box::new(watcher))
    }
}

impl Stream for Following {
    type Item = Result<WatchItem, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut *self {
                Self::Told(watcher) => {
                    if let Some(item) = ready!(watcher.poll_told(context)) {
                        return Poll::Ready(Some(Ok(item)));
                    }
                    if let Self::Told(mut watcher) = std::mem::replace(&mut *self, Self::Ended) {
                        *self = Self::Fetching(Box::pin(async move {
                            watcher.fetch().await?;
                            Ok(watcher)
                        }));
                    }
                }
                Self::Fetching(fetching) => match ready!(fetching.as_mut().poll(context)) {
                    Ok(watcher) => *self = Self::Told(watcher),
                    Err(error) => {
                        *self = Self::Ended;
                        return Poll::Ready(match error {
                            Error::Stopping => None,
                            error => Some(Err(error)),
                        });
                    }
                },
                Self::Ended => return Poll::Ready(None),
            }
        }
    }
}
