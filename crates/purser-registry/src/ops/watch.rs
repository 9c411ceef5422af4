//! Following a collection.

use std::sync::Arc;
use std::time::Duration;

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
    /// 400 and 422 for options; a revision too old is the stream's first item, as upstream sends it.
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
        let start = match (options.send_initial_events, revision) {
            (None, Revision::At(revision)) => Start::After(revision),
            (Some(false), Revision::At(revision)) => Start::After(revision),
            (initial, revision) => {
                match revision {
                    Revision::Latest => self.caches.reach_latest().await?,
                    Revision::Any => {}
                    Revision::At(revision) => self.caches.reach(revision).await?,
                }
                let whole = target.cache.snapshot(self.caches.applied());
                let snapshot = selection.narrow(whole, &self.caches.keys, target.kind);
                match initial {
                    Some(false) => Start::After(snapshot.revision),
                    _ => Start::State {
                        snapshot,
                        marks_end: initial.is_some() && options.allow_watch_bookmarks,
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
        );
        Ok(Box::pin(Following::new(watcher)))
    }
}
