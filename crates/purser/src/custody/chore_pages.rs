//! Values that are kept aside and backups that need keys, of a server that runs: pages for administrators.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use purser_server::{Page, PageRefusal};
use serde_json::Value;

use super::Custody;
use super::chore::Chore;
use super::pages::FAULT;
use super::quarantine::Refused;

/// The pages of one server.
pub(crate) struct ChorePages(Arc<Custody>);

impl ChorePages {
    /// Pages about what `custody` looks after.
    pub(crate) fn new(custody: Arc<Custody>) -> Self {
        Self(custody)
    }

    /// Whether or not somebody waits for it, it is done to its end.
    async fn answer(&self, chore: Option<Chore>) -> Result<Value, PageRefusal> {
        let chore = chore.ok_or(PageRefusal::Method)?;
        let custody = Arc::clone(&self.0);
        let doing = tokio::spawn(async move { custody.see_to(&chore).await });
        let done = doing.await.map_err(|_| PageRefusal::Failed(FAULT.to_owned()))?;
        let done = done.map_err(|refused| match refused {
            Refused::Missing(why) => PageRefusal::NotFound(why),
            Refused::Conflict(why) => PageRefusal::Conflict(why),
            Refused::Failed(why) => PageRefusal::Failed(why),
        })?;
        serde_json::to_value(done).map_err(|error| PageRefusal::Failed(error.to_string()))
    }
}

impl Page for ChorePages {
    fn paths(&self) -> &'static [&'static str] {
        Chore::PATHS
    }

    fn get(&self, path: &str) -> BoxFuture<'_, Result<Value, PageRefusal>> {
        Box::pin(self.answer(Chore::told_at(path)))
    }

    fn post(&self, path: &str) -> BoxFuture<'_, Result<Value, PageRefusal>> {
        Box::pin(self.answer(Chore::done_at(path)))
    }
}
