//! Replacing an object.

use purser_authz::{Permit, Verb};
use purser_types::Object;

use super::incoming::Incoming;
use crate::error::Error;
use crate::options::WriteOptions;
use crate::registry::Registry;
use crate::written::Written;

impl Registry {
    /// Replaces an object.
    ///
    /// # Errors
    /// 400, 404, 409, 422, and the store's.
    pub async fn update(
        &self,
        permit: &Permit,
        mut object: Object,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        let target = self.target(permit, &[Verb::Update])?;
        if object.resource != target.kind.resource {
            return Err(Error::WrongPermit);
        }
        target.settle_namespace(&mut object)?;
        target.check_name(&object)?;
        self.replace(&target, permit, &Incoming::Whole(object), options)
            .await
    }
}
