//! Reading one object.

use std::sync::Arc;

use purser_authz::{Permit, Verb};

use super::revision::parse_for_read;
use crate::admitted::{absent, admits, missing};
use crate::error::Error;
use crate::found::Found;
use crate::options::GetOptions;
use crate::registry::Registry;

impl Registry {
    /// One object.
    ///
    /// # Errors
    /// 403, 404, 500 when it cannot be read, 504 for a revision not reached, and the store's.
    pub async fn get(&self, permit: &Permit, options: &GetOptions) -> Result<Arc<Found>, Error> {
        let target = self.target(permit, &[Verb::Get])?;
        let key = target.key(self)?;
        self.reach(parse_for_read(&options.resource_version)?).await?;
        let now = self.timestamp();
        let found = target
            .cache
            .get(&key)
            .filter(|found| !found.index.is_expired(now))
            .ok_or_else(|| missing(permit))?;
        if !admits(&self.store, permit, &found).await {
            return Err(absent(permit));
        }
        match found.unreadable() {
            None => Ok(found),
            Some(error) => {
                self.count_unreadable();
                Err(error)
            }
        }
    }
}
