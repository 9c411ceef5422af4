//! Expired means gone, also before anything has been cleaned up.

use purser_store::Record;

use crate::cache::read;
use crate::index;
use crate::kinds::Kind;
use crate::registry::Registry;

impl Registry {
    /// What is stored, unless its time is over.
    pub(crate) async fn unless_expired(&self, kind: &'static Kind, stored: Option<Record>) -> Option<Record> {
        let record = stored?;
        if kind.strategy.lifetime().is_none() {
            return Some(record);
        }
        let expires = match read::open(&self.store, kind, &record).await {
            Ok(open) => index::expiry(kind, &open.object),
            // What cannot be read is not known to be over.
            Err(_) => None,
        };
        let over = expires.is_some_and(|expires| expires <= self.timestamp());
        (!over).then_some(record)
    }
}
