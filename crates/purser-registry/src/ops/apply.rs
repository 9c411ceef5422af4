//! Server-side apply.
//!
//! Source: `applyPatcher` in `k8s.io/apiserver/pkg/endpoints/handlers/patch.go`.

use purser_authz::{Permit, Verb};
use purser_types::{Object, Status};

use super::create::{Managers, Tried, may_create};
use super::incoming::{Applying, Incoming};
use super::target::Target;
use crate::admitted::for_made;
use crate::apply::{Config, apply};
use crate::error::Error;
use crate::managed::Writer;
use crate::options::{Apply, WriteOptions};
use crate::registry::Registry;
use crate::written::Written;

impl Registry {
    /// Applies a configuration in the name of `options.field_manager`; what is not there is created.
    ///
    /// # Errors
    /// 400, 403, 404 (no such namespace), 409, 422, 500 for what does not fit the schema, and the store's.
    pub async fn apply(
        &self,
        permit: &Permit,
        apply: Apply,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        let target = self.target(permit, &[Verb::Patch])?;
        let applying = Applying {
            config: Config::read(apply.body.expose())?,
            force: apply.force,
        };
        self.replace(&target, permit, &Incoming::Apply(applying), options)
            .await
    }

    /// What becomes of an object, and warnings about the configuration.
    pub(super) fn applied(
        &self,
        target: &Target<'_>,
        applying: &Applying,
        current: Option<&Object>,
        options: &WriteOptions,
    ) -> Result<(Object, Vec<String>), Error> {
        let writer = Writer {
            resource: target.kind.resource,
            manager: &options.field_manager,
            subresource: target.subresource,
            now: self.timestamp(),
        };
        let mut object = apply(current, &applying.config, &writer, applying.force)?;
        let warnings = applying.config.judge(options.field_validation)?;
        if current.is_none() {
            as_new(target, &mut object)?;
        }
        target.settle_namespace(&mut object)?;
        target.check_name(&object)?;
        Ok((object, warnings))
    }

    /// Creates what is applied; `None` when it is there after all.
    pub(super) async fn create_applied(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        applying: &Applying,
        options: &WriteOptions,
    ) -> Result<Option<Written>, Error> {
        if permit.is_conditional() {
            // Before anything is said that would not be said of an object that the permit is not for.
            may_create(permit).await?;
        }
        let (object, warnings) = self.applied(target, applying, None, options)?;
        let may_apply = for_made(permit, &object)?;
        let permit = may_create(&may_apply).await?;
        let tried = self.try_create(target, &permit, object, Managers::Recorded, options);
        Ok(match tried.await? {
            Tried::Written(mut written) => {
                written.warnings.splice(0..0, warnings);
                Some(*written)
            }
            Tried::Exists(_) => None,
        })
    }
}

/// Takes out what the server sets; a uid says that the object had to be there.
fn as_new(target: &Target<'_>, object: &mut Object) -> Result<(), Error> {
    if !object.uid().is_empty() {
        let why = format!(
            "uid mismatch: the provided object specified uid {}, and no existing object was found",
            object.uid()
        );
        return Err(Status::conflict(target.kind.resource, target.name, &why).into());
    }
    object.meta_mut().remove("resourceVersion");
    Ok(())
}
