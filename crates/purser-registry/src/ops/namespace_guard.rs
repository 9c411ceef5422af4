//! Objects are made in namespaces that exist and stay.

use purser_store::Check;
use purser_types::Status;
use purser_types::resource::NAMESPACES;
use purser_types::status::{Cause, Details};

use super::target::Target;
use crate::cache::read;
use crate::error::Error;
use crate::registry::Registry;

impl Registry {
    /// The condition under which an object may be made in the request's namespace: that the namespace has not
    /// changed since it was seen. It is part of the write's transaction, so that nothing can be made in a namespace
    /// once its deletion has begun. Cluster-scoped objects have none.
    ///
    /// # Errors
    /// 404 when there is no such namespace, 403 while it is being deleted, 500 when it cannot be read.
    pub(crate) async fn namespace_guard(
        &self,
        target: &Target<'_>,
        name: &str,
        fresh: bool,
    ) -> Result<Option<Check>, Error> {
        if !target.kind.resource.namespaced {
            return Ok(None);
        }
        let namespace = target.namespace;
        let key = self.caches.keys.object(&NAMESPACES, "", namespace)?;
        let cached = if fresh {
            None
        } else {
            self.caches.of(&NAMESPACES).and_then(|cache| cache.get(&key))
        };
        let found = match cached {
            Some(found) => found,
            None => {
                let record = self.store.sealed().get(&key).await?;
                let missing = || Status::not_found(&NAMESPACES, namespace);
                let record = record.ok_or_else(missing)?;
                let indexed = read::index(&self.store, &self.caches.keys, &record).await;
                indexed.ok_or_else(missing)?.found
            }
        };
        // Whether its deletion has begun is then not known.
        if let Some(error) = found.unreadable() {
            return Err(error);
        }
        if found.index.deleting {
            return Err(terminating(target, name).into());
        }
        Ok(Some(Check {
            key,
            mod_revision: found.revision,
        }))
    }
}

/// As `NamespaceLifecycle` answers, with the cause that controllers look for.
fn terminating(target: &Target<'_>, name: &str) -> Status {
    let namespace = target.namespace;
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let mut status = Status::forbidden(target.kind.resource, name, &why);
    let cause = Cause {
        reason: "NamespaceTerminating",
        message: format!("namespace {namespace} is being terminated"),
        field: "metadata.namespace".to_owned(),
    };
    status.details = Some(Details {
        causes: vec![cause],
        ..status.details.unwrap_or_default()
    });
    status
}
