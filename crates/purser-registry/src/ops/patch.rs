//! Changing parts of an object.

use purser_authz::{Permit, Verb};

use super::incoming::Incoming;
use crate::error::Error;
use crate::options::{Patch, WriteOptions};
use crate::patch;
use crate::registry::Registry;
use crate::written::Written;

impl Registry {
    /// Changes parts of an object.
    ///
    /// # Errors
    /// 400, 403, 404, 409, 413, 422, and the store's.
    pub async fn patch(
        &self,
        permit: &Permit,
        patch: Patch,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        let target = self.target(permit, &[Verb::Patch])?;
        if !permit.sees_values() && patch::looks_at_values(patch.kind, patch.body.expose()) {
            // A test tells whether a guess is right.
            permit
                .also(Verb::Get)
                .await
                .map_err(|denied| Error::Refused(denied.status))?;
        }
        self.replace(&target, permit, &Incoming::Patch(patch), options)
            .await
    }
}
