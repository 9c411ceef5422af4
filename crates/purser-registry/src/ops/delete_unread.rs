//! Removing an object that cannot be read, which whoever asks for it has to say.
//!
//! Source: `corruptObjectDeleter` in `k8s.io/apiserver/pkg/registry/generic/registry`, `authorizeUnsafeDelete` in
//! `k8s.io/apiserver/pkg/endpoints/handlers/delete.go`.

use purser_authz::{Permit, UnservedRequest};
use purser_types::Status;

use super::delete::{ATTEMPTS, Step};
use super::delete_options::IGNORE;
use super::namespaces;
use super::target::Target;
use crate::admitted::absent;
use crate::cache::read;
use crate::error::Error;
use crate::options::DeleteOptions;
use crate::registry::Registry;
use crate::validate::causes::invalid_as;
use crate::written::Deleted;

/// The right to it, besides the one to delete.
const VERB: &str = "unsafe-delete-ignore-read-errors";

impl Registry {
    /// Removes the target's object if it cannot be read, whatever its finalizers were.
    ///
    /// # Errors
    /// 403 without the right to it; 422 for an object that can be read, or is not there; the store's.
    pub(super) async fn delete_unread(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        options: &DeleteOptions,
    ) -> Result<Deleted, Error> {
        check_right(target, permit).await?;
        // Nobody can say whether it is one of those that the permit is for.
        if permit.is_conditional() {
            return Err(absent(permit));
        }
        namespaces::check_deletable(target.kind, target.name)?;
        let key = target.key(self)?;
        let mut stored = self.store.sealed().get(&key).await?;
        for _ in 0..ATTEMPTS {
            let record = stored.ok_or_else(|| readable(target))?;
            let error = match read::open(&self.store, target.kind, &record).await {
                Ok(_) => return Err(readable(target)),
                Err(error) => error,
            };
            match self.delete_unreadable(target, error, &record, options).await? {
                Step::Done(deleted) => return Ok(deleted),
                Step::Changed(current) => stored = current,
            }
        }
        Err(Error::Contended)
    }
}

async fn check_right(target: &Target<'_>, permit: &Permit) -> Result<(), Error> {
    let Some(authorizer) = permit.authorizer() else {
        return Ok(());
    };
    let asked = UnservedRequest {
        verb: VERB,
        ..permit.request().words()
    };
    if authorizer.may(permit.user(), &asked).await {
        return Ok(());
    }
    let why = format!("not permitted to do \"{VERB}\", reason: ");
    Err(Status::forbidden(target.kind.resource, target.name, &why).into())
}

/// As upstream, of one that is not there as well.
fn readable(target: &Target<'_>) -> Error {
    let why = "it is exclusively used to delete corrupt object(s), try again by removing this option";
    let resource = target.kind.resource;
    let cause = invalid_as(IGNORE, "true", why);
    Status::invalid(resource.group, resource.plural, target.name, vec![cause]).into()
}
