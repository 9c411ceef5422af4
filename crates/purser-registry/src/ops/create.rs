//! Making an object.

use purser_authz::{Permit, Verb};
use purser_encryption::SealedChange;
use purser_store::{Check, Outcome};
use purser_types::resource::RESOURCE_QUOTAS;
use purser_types::{Object, Status, Value, proto};

use super::manager::manager;
use super::owners;
use super::target::Target;
use crate::admitted::{absent, for_made};
use crate::cache::read;
use crate::error::Error;
use crate::kinds::Asked;
use crate::managed;
use crate::options::WriteOptions;
use crate::registry::Registry;
use crate::written::Written;

/// How many names are tried for a `generateName`. Source: `maxNameGenerationCreateAttempts` upstream.
const NAME_ATTEMPTS: usize = 8;

/// Longest `generateName` that is kept whole, in bytes. Source: `maxGeneratedNameLength` upstream.
const GENERATE_NAME_MAX: usize = 63 - crate::clock::SUFFIX_LENGTH;

/// How often a create is tried when its namespace, a quota or what it takes of a range changes meanwhile. Within one
/// server those who count or take go one after the other; this is for other servers.
const ATTEMPTS: usize = 20;

impl Registry {
    /// Makes an object.
    ///
    /// # Errors
    /// 400, 403, 404 (no such namespace), 409, 422, and the store's.
    pub async fn create(
        &self,
        permit: &Permit,
        object: Object,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        let target = self.target(permit, &[Verb::Create])?;
        if !target.subresource.is_empty() {
            return Err(Error::WrongPermit);
        }
        self.create_at(&target, permit, object, options).await
    }

    /// Makes an object at a target, for create and for updates that create.
    pub(crate) async fn create_at(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        mut object: Object,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        if object.resource != target.kind.resource {
            return Err(Error::WrongPermit);
        }
        target.settle_namespace(&mut object)?;
        if !target.kind.resource.is_kept() {
            return self.answer(target, permit, object, options).await;
        }
        let generate = object.name().is_empty() && !object.meta_str("generateName").is_empty();
        if !generate {
            return match self
                .try_create(target, permit, object, Managers::Record, options)
                .await?
            {
                Tried::Written(written) => Ok(*written),
                Tried::Exists(object) => Err(self.already_exists(target, object.name()).await.into()),
            };
        }
        let mut taken = object;
        for _ in 0..NAME_ATTEMPTS {
            let name = self.generated_name(taken.meta_str("generateName"));
            let mut named = taken.duplicate();
            named.set_meta_str("name", &name);
            match self
                .try_create(target, permit, named, Managers::Record, options)
                .await?
            {
                Tried::Written(written) => return Ok(*written),
                Tried::Exists(_) => taken.set_meta_str("name", &name),
            }
        }
        Err(name_conflict(target, taken.name()).into())
    }

    /// 409; says so when what is there only waits for its finalizers.
    ///
    /// Source: `Store.Create` in `k8s.io/apiserver/pkg/registry/generic/registry`.
    async fn already_exists(&self, target: &Target<'_>, name: &str) -> Status {
        let mut status = Status::already_exists(target.kind.resource, name);
        let deleting = self.is_being_deleted(target, name).await;
        // Why it cannot be told is no answer to who wants to make it.
        if deleting.unwrap_or(false) {
            status.message.insert_str(0, "object is being deleted: ");
        }
        status
    }

    async fn is_being_deleted(&self, target: &Target<'_>, name: &str) -> Result<bool, Error> {
        let keys = &self.caches.keys;
        let key = keys.object(target.kind.resource, target.namespace, name)?;
        let Some(record) = self.store.sealed().get(&key).await? else {
            return Ok(false);
        };
        let open = read::open(&self.store, target.kind, &record).await?;
        Ok(open.object.meta().contains_key("deletionTimestamp"))
    }

    /// Makes an object whose name is known, unless there is one.
    pub(super) async fn try_create(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        mut object: Object,
        managers: Managers,
        options: &WriteOptions,
    ) -> Result<Tried, Error> {
        let mut guard = self.namespace_guard(target, object.name(), false).await?;
        let revision = object.meta_str("resourceVersion").to_owned();
        let mut warnings = self.prepare_new(target, permit, &mut object, managers, options);
        let permit = for_made(permit, &object)?;
        let permit = &*permit;
        if let Some(allows) = target.kind.strategy.allows(permit, &object, None) {
            allows.await?;
        }
        let mut claim = self.claim(target, &mut object, None, options.dry_run).await?;
        warnings.extend(self.judge_new(target, &object, &revision)?);
        if let Some(admits) = target.kind.strategy.admits(permit, &object, None) {
            admits.await?;
        }
        let key = self
            .caches
            .keys
            .object(target.kind.resource, target.namespace, object.name())?;
        if options.dry_run {
            self.reserve(target, &object, None).await?;
            let stored = self.store.sealed().get(&key).await?;
            if self.unless_expired(target.kind, stored).await.is_some() {
                return Ok(Tried::Exists(object));
            }
            return Ok(Tried::Written(Box::new(
                self.written(permit, object, 0, true, warnings),
            )));
        }
        let quotas = self.caches.keys.scope(&RESOURCE_QUOTAS, target.namespace);
        let (_turn, mut reservation) = self.reserve_in_turn(target, &object, None, &quotas).await?;
        // What has expired is overwritten.
        let mut replaced = 0;
        for _ in 0..ATTEMPTS {
            let mut checks = vec![Check {
                key: key.clone(),
                mod_revision: replaced,
            }];
            checks.extend(guard.clone());
            checks.extend(claim.checks().chain(reservation.checks.iter().cloned()));
            let put = SealedChange::put(key.clone(), proto::encode(&object), target.kind.lifetime());
            let others = claim.changes().chain(reservation.changes());
            let changes = [put].into_iter().chain(others).collect();
            match self.store.commit(checks, changes).await? {
                Outcome::Committed(revision) => {
                    let written = self.written(permit, object, revision, true, warnings);
                    return Ok(Tried::Written(Box::new(written)));
                }
                Outcome::Failed { key: failed, current } if failed == key => {
                    replaced = current.as_ref().map_or(0, |record| record.mod_revision);
                    if self.unless_expired(target.kind, current).await.is_some() {
                        return Ok(Tried::Exists(object));
                    }
                }
                Outcome::Failed { key: failed, .. } if claim.is_of(&failed) => {
                    claim = self.claim_again(target, &mut object, claim).await?;
                }
                Outcome::Failed { .. } => {
                    guard = self.namespace_guard(target, object.name(), true).await?;
                    reservation = self.reserve(target, &object, None).await?;
                }
            }
        }
        Err(Error::Contended)
    }

    /// Fills in what the server decides; answers warnings.
    ///
    /// Source: `rest.BeforeCreate`.
    fn prepare_new(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        object: &mut Object,
        managers: Managers,
        options: &WriteOptions,
    ) -> Vec<String> {
        let kind = target.kind;
        let now = self.timestamp();
        object.set_meta_str("uid", &self.options.ids.uuid());
        object.set_meta_str("creationTimestamp", &now.to_string());
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
            object.meta_mut().remove(field);
        }
        let warnings = Vec::from_iter(owners::keep_once(object, owners::Seen::Sent));
        object.meta_mut().remove("resourceVersion");
        if kind.strategy.generation() {
            purser_types::object::set(object.meta_mut(), "generation", Some(Value::Int(1)));
        }
        kind.strategy.prepare_for_create(object);
        kind.strategy.stamp(&Asked { permit, now }, object, None);
        if managers == Managers::Record {
            managed::record_update(object, None, &manager(options), now);
        }
        warnings
    }

    /// Checks the whole; answers warnings. `revision` is the one that the client sent.
    fn judge_new(&self, target: &Target<'_>, object: &Object, revision: &str) -> Result<Vec<String>, Error> {
        let kind = target.kind;
        let causes = kind.causes_on_create(object);
        if !causes.is_empty() {
            let resource = kind.resource.stored_as();
            return Err(Status::invalid(resource.group, resource.kind, object.name(), causes).into());
        }
        if !matches!(revision, "" | "0") {
            // Upstream answers 500 here; the same sentence with 400 tells a client not to try again.
            let why = "resourceVersion should not be set on objects to be created";
            return Err(Status::bad_request(why).into());
        }
        self.admit(kind, object, None)
    }

    /// A name that starts with `base`.
    fn generated_name(&self, base: &str) -> String {
        let mut end = base.len().min(GENERATE_NAME_MAX);
        while !base.is_char_boundary(end) {
            end -= 1;
        }
        format!(
            "{}{}",
            base.get(..end).unwrap_or_default(),
            self.options.ids.name_suffix()
        )
    }
}

/// Whether it has still to be recorded who set which field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Managers {
    Record,
    Recorded,
}

/// What became of one try.
pub(super) enum Tried {
    Written(Box<Written>),
    /// The name is taken; the object comes back.
    Exists(Object),
}

/// The permit to make what `permit` allows to change: who may update or apply may not therefore create.
///
/// Source: `withAuthorization` in `k8s.io/apiserver/pkg/endpoints/handlers/update.go`.
///
/// # Errors
/// 403.
pub(super) async fn may_create(permit: &Permit) -> Result<Permit, Error> {
    permit
        .also(Verb::Create)
        .await
        .map_err(|denied| match permit.is_conditional() {
            // That it is not there is not told by another sentence.
            true => absent(permit),
            false => Error::Refused(denied.status),
        })
}

/// As `errors.NewGenerateNameConflict`.
fn name_conflict(target: &Target<'_>, name: &str) -> Status {
    let mut status = Status::already_exists(target.kind.resource, name);
    status
        .message
        .push_str(", the server was not able to generate a unique name for the object");
    if let Some(details) = &mut status.details {
        details.retry_after_seconds = 1;
    }
    status
}
