//! Answering what is not kept.

use purser_authz::Permit;
use purser_types::{Object, Status};

use super::manager::manager;
use super::target::Target;
use crate::admitted::for_made;
use crate::error::Error;
use crate::kinds::Asked;
use crate::managed;
use crate::options::WriteOptions;
use crate::registry::Registry;
use crate::validate::causes::CAUSES_MAX;
use crate::written::Written;

impl Registry {
    /// Answers an object of a kind that is not kept; a dry run differs in nothing.
    ///
    /// # Errors
    /// 422, whose sentence names no kind, as upstream's, and the kind's own.
    pub(super) async fn answer(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        mut object: Object,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        let permit = &*for_made(permit, &object)?;
        let strategy = target.kind.strategy;
        let now = self.timestamp();
        managed::record_update(&mut object, None, &manager(options), now);
        let mut causes = strategy.validate(&object);
        causes.truncate(CAUSES_MAX);
        if !causes.is_empty() {
            return Err(Status::invalid(target.kind.resource.group, "", "", causes).into());
        }
        Ok(Written {
            object: strategy.answer(&Asked { permit, now }, object).await?,
            revision: 0,
            created: true,
            warnings: Vec::new(),
        })
    }
}
