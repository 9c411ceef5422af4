//! Changing parts of an object.

use purser_authz::{Permit, Verb};

use super::incoming::Incoming;
use crate::error::Error;
use crate::options::{Patch, WriteOptions};
use crate::registry::Registry;
use crate::written::Written;

impl Registry {
    /// Changes parts of an object.
    ///
    /// # Errors
    /// 400, 404, 409, 413, 422, and the store's.
    pub async fn patch(
        &self,
        permit: &Permit,
        patch: Patch,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        let target = self.target(permit, &[Verb::Patch])?;
        self.replace(&target, permit, &Incoming::Patch(patch), options)
            .await
    }
}
