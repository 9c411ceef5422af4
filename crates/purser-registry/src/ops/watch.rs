//! Following a collection.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::once;
use purser_authz::{Permit, Verb};
use tokio::time::Instant;

use super::list_options::check_watch;
use super::revision::{Revision, parse_for_read};
use crate::error::Error;
use crate::options::ListOptions;
use crate::registry::Registry;
use crate::selection::Selection;
use crate::watch::{Bookmarks, Following, Start, WatchStream, Watcher};

impl Registry {
    /// The changes of a collection.
    ///
    /// # Errors
    /// 400 and 422 for options; a revision too old, or not reached, is the stream's first item, as upstream sends it.
    pub async fn watch(&self, permit: &Permit, options: &ListOptions) -> Result<WatchStream, Error> {
        let target = self.target(permit, &[Verb::Watch])?;
        let selection = Selection::new(
            target.kind,
            target.namespace,
            target.name,
            options,
            self.timestamp(),
        )?;
        check_watch(options)?;
        let revision = parse_for_read(&options.resource_version)?;
        let starts_with_state = options.starts_with_state();
        let start = match (starts_with_state, revision) {
            (false, Revision::At(revision)) => Start::After(revision),
            (_, revision) => {
                if let Err(error) = self.reach(revision).await {
                    return Ok(Box::pin(once(ready(Err(error)))));
                }
                let whole = target.cache.snapshot(self.caches.applied());
                let snapshot = selection.narrow(whole, &self.caches.keys, target.kind);
                match starts_with_state {
                    false => Start::After(snapshot.revision),
                    true => Start::State {
                        snapshot,
                        marks_end: options.allow_watch_bookmarks,
                    },
                }
            }
        };
        let timeout = options.timeout_seconds.map(Duration::from_secs);
        let bookmarks = options
            .allow_watch_bookmarks
            .then(|| Bookmarks::new(Instant::now(), timeout));
        let watcher = Watcher::new(
            Arc::clone(&self.caches),
            Arc::clone(target.cache),
            selection,
            start,
            bookmarks,
        )
        .admitting(permit);
        Ok(Box::pin(Following::new(watcher)))
    }
}
