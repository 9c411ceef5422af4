//! What updates and patches share: read, change, check, and write if nobody else did.
//!
//! Source: `Store.Update` and `rest.BeforeUpdate` in `k8s.io/apiserver/pkg/registry`.

use purser_authz::Permit;
use purser_encryption::SealedChange;
use purser_store::{Check, Outcome, Record};
use purser_types::resource::RESOURCE_QUOTAS;
use purser_types::{Object, Status, Value, proto};

use super::create::may_create;
use super::incoming::Incoming;
use super::manager::manager;
use super::mask::Mask;
use super::namespaces;
use super::owners;
use super::revision::parse_for_read;
use super::services::Claim;
use super::target::Target;
use crate::admitted::{absent, for_made, for_object, missing, stays_out_of_sight};
use crate::cache::read::{self, Open};
use crate::error::Error;
use crate::kinds::Asked;
use crate::managed;
use crate::options::WriteOptions;
use crate::patch;
use crate::registry::Registry;
use crate::validate::causes::invalid_as;
use crate::written::Written;

/// How often a change that does not insist on a revision is tried when others get in between.
const ATTEMPTS: usize = 10;

/// Upstream's sentence for a lost race.
const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// A change worked out against what is stored.
struct Worked<'a> {
    object: Object,
    /// For what the change makes.
    permit: Permit,
    warnings: Vec<String>,
    claim: Claim<'a>,
    /// Whether nothing changes, as far as the caller may know; `None`: as far as bytes differ.
    same: Option<bool>,
}

impl Registry {
    /// Replaces the target's object by what `incoming` makes of it.
    pub(crate) async fn replace(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        incoming: &Incoming,
        options: &WriteOptions,
    ) -> Result<Written, Error> {
        let key = target.key(self)?;
        let _turn = match incoming.insists() {
            true => None,
            false => Some(self.turns.turn(&key).await),
        };
        let mut stored = self.store.sealed().get(&key).await?;
        for _ in 0..ATTEMPTS {
            let Some(record) = self.unless_expired(target.kind, stored).await else {
                let missing = self.replace_missing(target, permit, incoming, options, &key);
                if let Some(written) = missing.await? {
                    return Ok(written);
                }
                stored = self.store.sealed().get(&key).await?;
                continue;
            };
            let opened = read::open(&self.store, target.kind, &record).await;
            let mut old = match opened {
                // Nobody can say whether it is one of those that the permit is for.
                Err(_) if permit.is_conditional() => return Err(absent(permit)),
                opened => opened?,
            };
            let permit = &*for_object(permit, &old.object).ok_or_else(|| absent(permit))?;
            old.object
                .set_meta_str("resourceVersion", &record.mod_revision.to_string());
            let worked = self
                .work_out(target, permit, incoming, &mut old, &record, options)
                .await?;
            match self.write(target, worked, old, &record, options).await? {
                Ok(written) => return Ok(written),
                Err(current) => stored = current,
            }
        }
        Err(Status::conflict(target.kind.resource, target.name, MODIFIED).into())
    }

    /// An update of what is not there; `None` when it is there after all.
    async fn replace_missing(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        incoming: &Incoming,
        options: &WriteOptions,
        key: &str,
    ) -> Result<Option<Written>, Error> {
        if !target.subresource.is_empty() {
            return Err(missing(permit));
        }
        let object = match incoming {
            Incoming::Whole(object) => object,
            Incoming::Patch(_) => return Err(missing(permit)),
            Incoming::Apply(applying) => {
                return self.create_applied(target, permit, applying, options).await;
            }
        };
        let creates = target.kind.strategy.allow_create_on_update();
        if permit.is_conditional() {
            // Before anything is said that would not be said of an object that the permit is not for.
            match creates {
                true => may_create(permit).await.map(drop)?,
                false => return Err(absent(permit)),
            }
        }
        check_uid(target, key, object, "")?;
        if creates {
            let permit = may_create(&*for_made(permit, object)?).await?;
            let mut object = object.duplicate();
            // As upstream: the revision of what is gone is no condition, but has to be one.
            parse_for_read(object.meta_str("resourceVersion"))?;
            object.meta_mut().remove("resourceVersion");
            return self.create_at(target, &permit, object, options).await.map(Some);
        }
        Err(absent(permit))
    }

    /// Makes the new object out of the old one, and checks it.
    async fn work_out(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        incoming: &Incoming,
        old: &mut Open,
        record: &Record,
        options: &WriteOptions,
    ) -> Result<Worked<'_>, Error> {
        let mask = (!permit.sees_values()).then(|| Mask::put_on(&mut old.object, &self.options.ids.uuid()));
        let (mut object, mut warnings) = match incoming {
            Incoming::Whole(object) => {
                check_uid(target, &record.key, object, old.object.uid())?;
                (object.duplicate(), Vec::new())
            }
            Incoming::Patch(patch) => {
                let validation = options.field_validation;
                let patched = patch::apply(patch.kind, patch.body.expose(), &old.object, validation);
                let (mut object, warnings) = patched?;
                target.settle_namespace(&mut object)?;
                target.check_name(&object)?;
                (object, warnings)
            }
            Incoming::Apply(applying) => self.applied(target, applying, Some(&old.object), options)?,
        };
        let seen = match incoming {
            Incoming::Whole(_) => owners::Seen::Sent,
            Incoming::Patch(_) | Incoming::Apply(_) => owners::Seen::Patched,
        };
        warnings.extend(owners::keep_once(&mut object, seen));
        settle_revision(target, &mut object, record)?;
        self.prepare_changed(target, permit, &mut object, &old.object, incoming, options);
        if let Some(allows) = target.kind.strategy.allows(permit, &object, Some(&old.object)) {
            allows.await?;
        }
        let claim = self
            .claim(target, &mut object, Some(&old.object), options.dry_run)
            .await?;
        keep_managed_when_nothing_else_changed(&mut object, &old.object);
        let same = mask.is_some().then(|| object == old.object);
        let kept = mask.is_some_and(|mask| mask.take_off(&mut object, &mut old.object));
        let made_for = for_made(permit, &object)?.into_owned();
        if kept {
            stays_out_of_sight(permit, &object)?;
        }
        judge_changed(target, &object, &old.object)?;
        if let Some(admits) = target.kind.strategy.admits(permit, &object, Some(&old.object)) {
            admits.await?;
        }
        let advice = self.admit(target.kind, &object, Some(&old.object))?;
        // What there is to say of values that the caller may not read is not said.
        warnings.extend(advice.into_iter().filter(|_| !kept));
        Ok(Worked {
            object,
            permit: made_for,
            warnings,
            claim,
            same,
        })
    }

    /// Fills in what the server decides.
    fn prepare_changed(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        object: &mut Object,
        old: &Object,
        incoming: &Incoming,
        options: &WriteOptions,
    ) {
        let kind = target.kind;
        keep(object, old, "generation", true);
        match target.subresource {
            "" => kind.strategy.prepare_for_update(object, old),
            subresource => kind.strategy.prepare_through(subresource, object, old),
        }
        let now = self.timestamp();
        kind.strategy.stamp(&Asked { permit, now }, object, Some(old));
        keep(object, old, "uid", object.uid().is_empty());
        keep(
            object,
            old,
            "creationTimestamp",
            !old.meta_str("creationTimestamp").is_empty(),
        );
        keep(
            object,
            old,
            "deletionTimestamp",
            old.meta().contains_key("deletionTimestamp"),
        );
        let grace = "deletionGracePeriodSeconds";
        keep(
            object,
            old,
            grace,
            old.meta().contains_key(grace) && !object.meta().contains_key(grace),
        );
        object.meta_mut().remove("selfLink");
        if !matches!(incoming, Incoming::Apply(_)) {
            managed::record_update_through(object, Some(old), target.subresource, &manager(options), now);
        }
    }

    /// Writes the change, unless there is none. `Err` holds what is stored now when somebody else was faster.
    async fn write(
        &self,
        target: &Target<'_>,
        worked: Worked<'_>,
        old: Open,
        record: &Record,
        options: &WriteOptions,
    ) -> Result<Result<Written, Option<Record>>, Error> {
        let Worked {
            object,
            permit,
            warnings,
            claim,
            same,
        } = worked;
        let key = record.key.to_string();
        let plaintext = proto::encode(&object);
        let same = same.unwrap_or_else(|| plaintext == old.plaintext) && !old.stale;
        // A namespace goes with its contents, unless `finalize` forces it, as upstream lets everybody do who may.
        let forced = target.subresource == "finalize";
        let last = is_last_change(target, &object, &old.object)
            && (forced || !namespaces::is_namespace(target.kind) || !self.is_filled(target.name).await?);
        let quotas = self.caches.keys.scope(&RESOURCE_QUOTAS, target.namespace);
        let (_turn, reservation) = self
            .reserve_in_turn(target, &object, Some(&old.object), &quotas)
            .await?;
        if options.dry_run || (same && !last) {
            return Ok(Ok(self.written(
                &permit,
                object,
                record.mod_revision,
                false,
                warnings,
            )));
        }
        // What was is not held in the clear while the store writes.
        drop(old);
        let mut checks = vec![Check {
            key: key.clone(),
            mod_revision: record.mod_revision,
        }];
        checks.extend(claim.checks().chain(reservation.checks.iter().cloned()));
        let change = match (last, key.clone()) {
            (true, key) => SealedChange::Delete { key },
            (false, key) => SealedChange::put(key, plaintext, target.kind.lifetime()),
        };
        let others = claim.changes().chain(reservation.changes());
        let changes = [change].into_iter().chain(others).collect();
        Ok(match self.store.commit(checks, changes).await? {
            Outcome::Committed(revision) => {
                if last {
                    self.after_removal(target).await;
                }
                // As upstream: an object that goes with its last finalizer is answered as it last was.
                let shown = if last { record.mod_revision } else { revision };
                Ok(self.written(&permit, object, shown, false, warnings))
            }
            Outcome::Failed { key: failed, current } if failed == key => Err(current),
            // What others gave out or counted meanwhile: the change is worked out anew.
            Outcome::Failed { .. } => Err(self.store.sealed().get(&key).await?),
        })
    }
}

/// Checks a change.
fn judge_changed(target: &Target<'_>, object: &Object, old: &Object) -> Result<(), Error> {
    let kind = target.kind;
    let causes = match target.subresource {
        "" => kind.causes_on_update(object, old),
        subresource => kind.causes_through(subresource, object, old),
    };
    if causes.is_empty() {
        return Ok(());
    }
    let resource = kind.resource.stored_as();
    Err(Status::invalid(resource.group, resource.kind, object.name(), causes).into())
}

/// Checks the revision the client changes, and puts in the present one.
fn settle_revision(target: &Target<'_>, object: &mut Object, record: &Record) -> Result<(), Error> {
    const FIELD: &str = "resourceVersion";
    let resource = target.kind.resource;
    let present = record.mod_revision.to_string();
    let given = object.meta_str(FIELD);
    let unconditional = matches!(given, "" | "0");
    if unconditional && !target.kind.strategy.allow_unconditional_update() {
        let why = "must be specified for an update";
        // Upstream has read a number by then, and names the resource where the kind belongs.
        let cause = invalid_as("metadata.resourceVersion", "0", why);
        return Err(Status::invalid(resource.group, resource.plural, target.name, vec![cause]).into());
    }
    if !unconditional && given != present {
        parse_for_read(given)?;
        return Err(Status::conflict(resource, target.name, MODIFIED).into());
    }
    object.set_meta_str(FIELD, &present);
    Ok(())
}

/// Takes a field of the old metadata over, or its absence.
fn keep(object: &mut Object, old: &Object, field: &'static str, when: bool) {
    if when {
        let value = old.meta().get(field).map(Value::duplicate);
        purser_types::object::set(object.meta_mut(), field, value);
    }
}

/// A write that changes nothing but times of `managedFields` is no write.
///
/// Source: `IgnoreManagedFieldsTimestampsTransformer` upstream.
fn keep_managed_when_nothing_else_changed(object: &mut Object, old: &Object) {
    const FIELD: &str = "managedFields";
    if object.meta().get(FIELD) == old.meta().get(FIELD) {
        return;
    }
    let managed = object.meta_mut().remove(FIELD);
    let mut without = old.duplicate();
    let before = without.meta_mut().remove(FIELD);
    let same = *object == without && untimed(managed.as_ref()) == untimed(before.as_ref());
    purser_types::object::set(object.meta_mut(), FIELD, if same { before } else { managed });
}

/// The entries without their times.
fn untimed(managed: Option<&Value>) -> Vec<Value> {
    let entries = managed.and_then(Value::as_list).unwrap_or_default();
    let strip = |entry: &Value| {
        let mut entry = entry.duplicate();
        if let Some(map) = entry.as_map_mut() {
            map.remove("time");
        }
        entry
    };
    entries.iter().map(strip).collect()
}

/// Whether the change takes away the last thing that kept a deleted object.
fn is_last_change(target: &Target<'_>, object: &Object, old: &Object) -> bool {
    old.meta().contains_key("deletionTimestamp")
        && object
            .meta()
            .get("finalizers")
            .and_then(Value::as_list)
            .is_none_or(<[Value]>::is_empty)
        && !(namespaces::is_namespace(target.kind) && namespaces::has_finalizers(object))
}

/// The uid of an update is a condition. The sentence is upstream's, storage key included.
fn check_uid(target: &Target<'_>, key: &str, object: &Object, stored: &str) -> Result<(), Error> {
    let given = object.uid();
    if given.is_empty() || given == stored {
        return Ok(());
    }
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition \
         failed: UID in precondition: {given}, UID in object meta: {stored}"
    );
    Err(Status::conflict(target.kind.resource, target.name, &why).into())
}
