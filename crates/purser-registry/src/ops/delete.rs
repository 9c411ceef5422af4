//! Removing an object.

use purser_authz::{Permit, Verb};
use purser_encryption::SealedChange;
use purser_store::{Check, Outcome, Record};
use purser_types::{Object, Status, Value, proto};

use super::target::Target;
use super::{delete_options, finalizers, namespaces};
use crate::admitted::{absent, for_object, missing};
use crate::cache::read;
use crate::error::Error;
use crate::options::DeleteOptions;
use crate::registry::Registry;
use crate::written::{Deleted, Written};

/// How often a deletion is tried when others get in between.
pub(super) const ATTEMPTS: usize = 10;

/// One step of a deletion.
pub(super) enum Step {
    /// Nothing is left to do; this is the answer.
    Done(Deleted),
    /// Somebody else was faster; this is stored now.
    Changed(Option<Record>),
}

impl Registry {
    /// Removes an object, or marks it when finalizers remain. One that cannot be read goes only when the options say so,
    /// without a look at its finalizers.
    ///
    /// # Errors
    /// 403, 404, 409, 422, and the store's.
    pub async fn delete(&self, permit: &Permit, options: &DeleteOptions) -> Result<Deleted, Error> {
        let target = self.target(permit, &[Verb::Delete])?;
        delete_options::check(options)?;
        if options.ignore_read_errors {
            return self.delete_unread(&target, permit, options).await;
        }
        self.delete_at(&target, permit, options).await
    }

    /// Removes the target's object.
    pub(crate) async fn delete_at(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        options: &DeleteOptions,
    ) -> Result<Deleted, Error> {
        namespaces::check_deletable(target.kind, target.name)?;
        let key = target.key(self)?;
        let mut stored = self.store.sealed().get(&key).await?;
        for _ in 0..ATTEMPTS {
            let stored_now = self.unless_expired(target.kind, stored).await;
            let record = stored_now.ok_or_else(|| missing(permit))?;
            let opened = read::open(&self.store, target.kind, &record).await;
            let step = match opened.map(|open| open.object) {
                Ok(object) => {
                    let permit = for_object(permit, &object).ok_or_else(|| absent(permit))?;
                    self.delete_open(target, &permit, object, &record, options)
                        .await?
                }
                // Nobody can say whether it is one of those that the permit is for.
                Err(_) if permit.is_conditional() => return Err(absent(permit)),
                Err(error) if permit.authorizer().is_some() => return Err(error),
                // A namespace that ends takes with it what cannot be read.
                Err(error) => self.delete_unreadable(target, error, &record, options).await?,
            };
            match step {
                Step::Done(deleted) => return Ok(deleted),
                Step::Changed(current) => stored = current,
            }
        }
        Err(Error::Contended)
    }

    async fn delete_open(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        mut object: Object,
        record: &Record,
        options: &DeleteOptions,
    ) -> Result<Step, Error> {
        check_uid(target, object.uid(), options)?;
        check_revision(target, record, options)?;
        let deleting = object.meta().contains_key("deletionTimestamp");
        // As upstream, the first deletion of a namespace only marks it, whatever its finalizers.
        let held = namespaces::is_namespace(target.kind)
            && (!deleting || namespaces::has_finalizers(&object) || self.is_filled(target.name).await?);
        // A namespace that is being emptied stays as it is; anything else may still change its mind about dependents.
        let changed = !(held && deleting) && finalizers::settle(target.kind, &mut object, options);
        let finalizers = object.meta().get("finalizers").and_then(Value::as_list);
        if !held && finalizers.is_none_or(<[Value]>::is_empty) {
            return self.remove_open(target, permit, object, record, options).await;
        }
        if deleting && !changed {
            let written = self.written(permit, object, record.mod_revision, false, Vec::new());
            return Ok(Step::Done(Deleted::Remaining(written)));
        }
        if !deleting {
            self.mark(target, &mut object);
        }
        self.keep_marked(permit, object, record, options).await
    }

    /// Removes an object, and answers as its kind does.
    async fn remove_open(
        &self,
        target: &Target<'_>,
        permit: &Permit,
        object: Object,
        record: &Record,
        options: &DeleteOptions,
    ) -> Result<Step, Error> {
        let uid = object.uid().to_owned();
        // What is not shown is not held in the clear while the store writes.
        let shown = target.kind.strategy.returns_deleted().then_some(object);
        let revision = match self.remove(record, options).await? {
            Ok(revision) => revision,
            Err(current) => return Ok(Step::Changed(current)),
        };
        if !options.dry_run {
            self.after_removal(target).await;
        }
        Ok(Step::Done(match shown {
            Some(object) => Deleted::Was(self.written(permit, object, revision, false, Vec::new())),
            None => Deleted::Gone {
                name: target.name.to_owned(),
                uid,
            },
        }))
    }

    /// Marks an object for deletion.
    fn mark(&self, target: &Target<'_>, object: &mut Object) {
        object.set_meta_str("deletionTimestamp", &self.timestamp().to_string());
        if namespaces::is_namespace(target.kind) {
            namespaces::terminate(object);
        } else {
            purser_types::object::set(
                object.meta_mut(),
                "deletionGracePeriodSeconds",
                Some(Value::Int(0)),
            );
        }
        if let Some(generation @ 1..) = object.meta().get("generation").and_then(Value::as_int) {
            purser_types::object::set(
                object.meta_mut(),
                "generation",
                Some(Value::Int(generation.saturating_add(1))),
            );
        }
    }

    async fn keep_marked(
        &self,
        permit: &Permit,
        object: Object,
        record: &Record,
        options: &DeleteOptions,
    ) -> Result<Step, Error> {
        let answer =
            |revision| -> Written { self.written(permit, object.duplicate(), revision, false, Vec::new()) };
        if options.dry_run {
            return Ok(Step::Done(Deleted::Remaining(answer(record.mod_revision))));
        }
        let change = SealedChange::Put {
            key: record.key.to_string(),
            plaintext: proto::encode(&object),
        };
        Ok(
            match self.store.commit(vec![unchanged(record)], vec![change]).await? {
                Outcome::Committed(revision) => Step::Done(Deleted::Remaining(answer(revision))),
                Outcome::Failed { current, .. } => Step::Changed(current),
            },
        )
    }

    /// Removes what cannot be read, unless the failure may pass.
    pub(super) async fn delete_unreadable(
        &self,
        target: &Target<'_>,
        error: Error,
        record: &Record,
        options: &DeleteOptions,
    ) -> Result<Step, Error> {
        if !error.is_damage() || options.precondition_uid.is_some() {
            return Err(error);
        }
        check_revision(target, record, options)?;
        if namespaces::is_namespace(target.kind) && self.is_filled(target.name).await? {
            let why = "it cannot be read and is not empty; delete what is in it first";
            return Err(Status::conflict(target.kind.resource.stored_as(), target.name, why).into());
        }
        tracing::warn!(key = %record.key, "an object that cannot be read is deleted, whatever its finalizers were");
        Ok(match self.remove(record, options).await? {
            Ok(_) => Step::Done(Deleted::Gone {
                name: target.name.to_owned(),
                uid: String::new(),
            }),
            Err(current) => Step::Changed(current),
        })
    }

    /// Whether there is anything in a namespace now. Of one whose deletion has begun, and of one that cannot be read,
    /// `false` is for good: nothing is made in it any more. It must not be removed before, or what is in it would belong to the next of its name.
    pub(crate) async fn is_filled(&self, namespace: &str) -> Result<bool, Error> {
        self.caches.reach_latest().await?;
        Ok(self.holds_objects(namespace))
    }

    /// Whether there is anything in a namespace, as far as the cache knows.
    pub(crate) fn holds_objects(&self, namespace: &str) -> bool {
        let mut namespaced = self.caches.all().filter(|cache| cache.kind.resource.namespaced);
        namespaced.any(|cache| {
            let scope = self.caches.keys.scope(cache.kind.resource, namespace);
            cache
                .snapshot(self.caches.applied())
                .range(&scope, &scope)
                .next()
                .is_some()
        })
    }

    /// Removes what is stored; the answer is the revision of that. `Err` holds what is stored now when somebody else
    /// was faster.
    async fn remove(
        &self,
        record: &Record,
        options: &DeleteOptions,
    ) -> Result<Result<u64, Option<Record>>, Error> {
        if options.dry_run {
            return Ok(Ok(record.mod_revision));
        }
        let change = SealedChange::Delete {
            key: record.key.to_string(),
        };
        Ok(
            match self.store.commit(vec![unchanged(record)], vec![change]).await? {
                Outcome::Committed(revision) => Ok(revision),
                Outcome::Failed { current, .. } => Err(current),
            },
        )
    }
}

fn unchanged(record: &Record) -> Check {
    Check {
        key: record.key.to_string(),
        mod_revision: record.mod_revision,
    }
}

/// Source: `rest.BeforeDelete`, sentences and the kind in place of the resource included.
fn check_uid(target: &Target<'_>, stored: &str, options: &DeleteOptions) -> Result<(), Error> {
    match &options.precondition_uid {
        Some(asked) if asked != stored && namespaces::is_namespace(target.kind) => {
            Err(namespaces::precondition_failed(target.name, "UID", asked, stored))
        }
        Some(asked) if asked != stored => Err(failed(
            target,
            &format!(
                "the UID in the precondition ({asked}) does not match the UID in record ({stored}). The object might \
                 have been deleted and then recreated"
            ),
        )),
        _ => Ok(()),
    }
}

fn check_revision(target: &Target<'_>, record: &Record, options: &DeleteOptions) -> Result<(), Error> {
    let stored = record.mod_revision.to_string();
    match &options.precondition_resource_version {
        Some(asked) if *asked != stored && namespaces::is_namespace(target.kind) => {
            let field = "ResourceVersion";
            Err(namespaces::precondition_failed(
                target.name,
                field,
                asked,
                &stored,
            ))
        }
        Some(asked) if *asked != stored => Err(failed(
            target,
            &format!(
                "the ResourceVersion in the precondition ({asked}) does not match the ResourceVersion in record \
                 ({stored}). The object might have been modified"
            ),
        )),
        _ => Ok(()),
    }
}

fn failed(target: &Target<'_>, why: &str) -> Error {
    let kind = target.kind.resource.kind;
    let mut status = Status::conflict(target.kind.resource.stored_as(), target.name, why);
    status.message = format!("Operation cannot be fulfilled on {kind} {:?}: {why}", target.name);
    if let Some(details) = &mut status.details {
        details.kind = kind.to_owned();
    }
    status.into()
}
