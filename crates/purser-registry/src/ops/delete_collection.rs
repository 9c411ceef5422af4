//! Removing all objects that match.

use std::sync::Arc;

use futures_util::StreamExt;
use purser_authz::{Permit, Verb};

use super::delete_options;
use super::target::Target;
use crate::error::Error;
use crate::found::{Found, Listing};
use crate::options::{DeleteOptions, ListOptions};
use crate::registry::Registry;

/// How many objects of a collection are being removed at the same time, so that they share flushes.
const AT_ONCE: usize = 32;

impl Registry {
    /// Removes all objects that match; answers them as they were before, a page when there was a limit. Objects that
    /// cannot be read are left alone: they are removed one by one, by name.
    ///
    /// # Errors
    /// As [`Registry::list`] and [`Registry::delete`]; the first failure is answered, and some objects may be gone.
    pub async fn delete_collection(
        &self,
        permit: &Permit,
        list: &ListOptions,
        options: &DeleteOptions,
    ) -> Result<Listing, Error> {
        let target = self.target(permit, &[Verb::DeleteCollection])?;
        delete_options::check_many(options)?;
        let listing = self.list(permit, list).await?;
        let removals = listing
            .items
            .iter()
            .map(|found| self.remove_listed(&target, permit, found, options));
        let mut done = futures_util::stream::iter(removals.collect::<Vec<_>>()).buffer_unordered(AT_ONCE);
        while let Some(outcome) = done.next().await {
            outcome?;
        }
        drop(done);
        Ok(listing)
    }

    /// Removes one of them; that it has gone meanwhile is as good.
    async fn remove_listed(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        found: &Arc<Found>,
        options: &DeleteOptions,
    ) -> Result<(), Error> {
        let one = Target {
            namespace: &found.index.namespace,
            name: &found.index.name,
            ..target.clone()
        };
        match self.delete_at(&one, permit, options).await {
            Err(Error::Refused(status)) if status.code == 404 => Ok(()),
            // It has become one that the permit is not for.
            Err(Error::Refused(status)) if status.code == 403 && permit.is_conditional() => Ok(()),
            outcome => outcome.map(drop),
        }
    }
}
