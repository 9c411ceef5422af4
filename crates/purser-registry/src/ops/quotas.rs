//! What a namespace's ResourceQuotas still allow.
//!
//! INVARIANT: a creation (or a change that asks for more) and the count of it are one transaction, on the condition that
//! the quota has not changed since it was read. So however many create at once, no quota is exceeded.
//!
//! Source: `checkRequest` in `k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go`.

use purser_encryption::SealedChange;
use purser_store::Check;
use purser_types::quantity::Quantity;
use purser_types::resource::RESOURCE_QUOTAS;
use purser_types::{Object, Status, proto};

use super::target::Target;
use crate::cache::read;
use crate::error::Error;
use crate::key_locks::KeyGuard;
use crate::kinds::{self, Kind};
use crate::managed;
use crate::registry::Registry;
use crate::usage::{amount, asked, counted, is_scoped, set_used};

/// Under which name counts are recorded, as upstream.
const SERVER: &str = "kube-apiserver";

/// What a write changes besides its object.
#[derive(Default)]
pub(super) struct Reservation {
    /// The quotas are as they were read.
    pub(super) checks: Vec<Check>,
    /// The quotas with the new counts.
    pub(super) quotas: Vec<(String, Object)>,
}

impl Reservation {
    /// The changes of a transaction.
    pub(super) fn changes(&self) -> impl Iterator<Item = SealedChange> {
        self.quotas.iter().map(|(key, quota)| SealedChange::Put {
            key: key.clone(),
            plaintext: proto::encode(quota),
        })
    }
}

impl Registry {
    /// As [`Registry::reserve`], after those that the same quotas count: so none loses race after race. `scope` is
    /// what the keys of the namespace's quotas start with.
    ///
    /// # Errors
    /// As [`Registry::reserve`].
    pub(super) async fn reserve_in_turn<'a>(
        &'a self,
        target: &Target<'_>,
        new: &Object,
        old: Option<&Object>,
        scope: &'a str,
    ) -> Result<(Option<KeyGuard<'a>>, Reservation), Error> {
        if asked(target.kind, new, old).is_empty() || self.quotas_in(target.namespace).is_empty() {
            return Ok((None, Reservation::default()));
        }
        let turn = self.turns.turn(scope).await;
        Ok((Some(turn), self.reserve(target, new, old).await?))
    }

    /// Counts what an object asks for beyond what it was, in every quota of the namespace that counts such; `old` is
    /// `None` for a new one.
    ///
    /// # Errors
    /// 403 when a quota would be exceeded.
    pub(super) async fn reserve(
        &self,
        target: &Target<'_>,
        new: &Object,
        old: Option<&Object>,
    ) -> Result<Reservation, Error> {
        let mut reservation = Reservation::default();
        let wanted = asked(target.kind, new, old);
        if wanted.is_empty() {
            return Ok(reservation);
        }
        for key in self.quotas_in(target.namespace) {
            let Some(record) = self.store.sealed().get(&key).await? else {
                continue;
            };
            let kind = kinds::kind(&RESOURCE_QUOTAS).ok_or(Error::NotServed)?;
            let quota = read::open(&self.store, kind, &record).await?.object;
            if let Some(counted) = self.count_more(target, new.name(), &wanted, &quota).await? {
                reservation.checks.push(Check {
                    key: key.clone(),
                    mod_revision: record.mod_revision,
                });
                reservation.quotas.push((key, counted));
            }
        }
        Ok(reservation)
    }

    /// The storage keys of a namespace's quotas.
    pub(crate) fn quotas_in(&self, namespace: &str) -> Vec<String> {
        let scope = self.caches.keys.scope(&RESOURCE_QUOTAS, namespace);
        let cache = self.caches.of(&RESOURCE_QUOTAS);
        let snapshot = cache.map(|cache| cache.snapshot(self.caches.applied()));
        snapshot
            .map(|snapshot| {
                snapshot
                    .range(&scope, &scope)
                    .map(|found| found.key.to_string())
                    .collect()
            })
            .unwrap_or_default()
    }

    /// How much there is in a namespace of what quotas count of a kind under `name`, as far as the cache knows.
    pub(crate) fn count_in(&self, kind: &Kind, namespace: &str, name: &str) -> Quantity {
        let scope = self.caches.keys.scope(kind.resource, namespace);
        let snapshot = self
            .caches
            .of(kind.resource)
            .map(|cache| cache.snapshot(self.caches.applied()));
        let count = snapshot.map_or(0, |snapshot| {
            let each = snapshot.range(&scope, &scope);
            each.map(|found| counted(name, found.index.held.as_deref()))
                .fold(0, i64::saturating_add)
        });
        Quantity::whole(count)
    }

    /// The quota with what is wanted counted too; `None` when it counts no such.
    async fn count_more(
        &self,
        target: &Target<'_>,
        name: &str,
        wanted: &[(String, i64)],
        quota: &Object,
    ) -> Result<Option<Object>, Error> {
        let limits = wanted
            .iter()
            .filter_map(|(name, more)| Some((name, *more, amount(quota, "spec", "hard", name)?)));
        let limits: Vec<(&String, i64, Quantity)> = limits.collect();
        if limits.is_empty() || is_scoped(quota) {
            return Ok(None);
        }
        let mut new = quota.duplicate();
        let mut exceeded = Exceeded::default();
        for (counted, more, hard) in limits {
            let used = match amount(quota, "status", "used", counted) {
                Some(used) => used,
                None => {
                    self.caches.reach_latest().await?;
                    self.count_in(target.kind, target.namespace, counted)
                }
            };
            let sum = used.plus(Quantity::whole(more));
            if sum > hard {
                exceeded.add(counted, more, used, hard);
            }
            set_used(&mut new, counted, sum);
        }
        if !exceeded.requested.is_empty() {
            let why = exceeded.sentence(quota.name());
            return Err(Status::forbidden(target.kind.resource, name, &why).into());
        }
        managed::record_update_through(&mut new, Some(quota), "status", SERVER, self.timestamp());
        Ok(Some(new))
    }
}

/// What would be too much, in the order of names.
#[derive(Default)]
struct Exceeded {
    requested: Vec<String>,
    used: Vec<String>,
    limited: Vec<String>,
}

impl Exceeded {
    fn add(&mut self, name: &str, more: i64, used: Quantity, hard: Quantity) {
        self.requested.push(format!("{name}={more}"));
        self.used.push(format!("{name}={used}"));
        self.limited.push(format!("{name}={hard}"));
    }

    fn sentence(&self, quota: &str) -> String {
        let (requested, used, limited) = (
            self.requested.join(","),
            self.used.join(","),
            self.limited.join(","),
        );
        format!("exceeded quota: {quota}, requested: {requested}, used: {used}, limited: {limited}")
    }
}
