//! Services are given addresses and ports that nobody else has.
//!
//! INVARIANT: what is held is what the stored Services say, and nothing else says it. Who takes something writes the key
//! of the range in the transaction that writes the Service, on the condition that the key is as it was read, and looks
//! at what is held no earlier than that. So nothing is given twice, whoever else writes; and what a Service held is
//! free when it is gone, with nothing to be given back or repaired after a crash. (A Service that cannot be read is not
//! seen to hold anything.)
//!
//! The keys are upstream's, of `RangeAllocation`s without a bitmap.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use purser_authz::{Permit, ResourceRequest, Verb};
use purser_encryption::SealedChange;
use purser_store::Check;
use purser_types::resource::{ENDPOINTS, RANGE_ALLOCATIONS, SERVICES};
use purser_types::{Object, Value, proto};
use uuid::Uuid;

use super::target::Target;
use crate::error::Error;
use crate::key_locks::KeyGuard;
use crate::options::DeleteOptions;
use crate::registry::Registry;
use crate::services::{Mode, Pools, Taken, give};

/// Those who take something go one after the other, so that none of them loses race after race.
const TURN: &str = "ranges";

/// What one Service takes.
#[derive(Default)]
pub(super) struct Claim<'a> {
    turn: Option<KeyGuard<'a>>,
    ranges: Vec<Range>,
    /// The Service before it was completed.
    asked: Option<Object>,
}

/// The key of a range out of which something is taken.
struct Range {
    key: String,
    mod_revision: u64,
    shown: String,
}

impl Claim<'_> {
    /// The ranges are as they were read.
    pub(super) fn checks(&self) -> impl Iterator<Item = Check> {
        self.ranges.iter().map(|range| Check {
            key: range.key.clone(),
            mod_revision: range.mod_revision,
        })
    }

    /// The changes of a transaction.
    pub(super) fn changes(&self) -> impl Iterator<Item = SealedChange> {
        self.ranges.iter().map(|range| {
            let mut marker = Object::new(&RANGE_ALLOCATIONS);
            marker.set("range", Some(Value::string(&range.shown)));
            SealedChange::Put {
                key: range.key.clone(),
                plaintext: proto::encode(&marker),
            }
        })
    }

    /// Whether `key` is one of its ranges.
    pub(super) fn is_of(&self, key: &str) -> bool {
        self.ranges.iter().any(|range| range.key == key)
    }
}

impl Registry {
    /// Completes a Service with the addresses and ports that it lacks, and says what has to hold when it is written.
    /// Other kinds lack nothing.
    ///
    /// # Errors
    /// 422 for what cannot be given, 500 when nothing is left.
    pub(super) async fn claim(
        &self,
        target: &Target<'_>,
        object: &mut Object,
        before: Option<&Object>,
        dry_run: bool,
    ) -> Result<Claim<'_>, Error> {
        self.claim_in(None, target, object, before, dry_run).await
    }

    /// Completes a new Service anew when others took something meanwhile. It stays its turn: to wait for it again, with
    /// that of the quotas in hand, would be to wait for each other.
    ///
    /// # Errors
    /// As [`Registry::claim`].
    pub(super) async fn claim_again<'a>(
        &'a self,
        target: &Target<'_>,
        object: &mut Object,
        claim: Claim<'a>,
    ) -> Result<Claim<'a>, Error> {
        if let Some(asked) = claim.asked {
            *object = asked;
        }
        self.claim_in(claim.turn, target, object, None, false).await
    }

    async fn claim_in<'a>(
        &'a self,
        turn: Option<KeyGuard<'a>>,
        target: &Target<'_>,
        object: &mut Object,
        before: Option<&Object>,
        dry_run: bool,
    ) -> Result<Claim<'a>, Error> {
        if target.kind.resource != &SERVICES || !target.subresource.is_empty() {
            return Ok(Claim::default());
        }
        let services = &self.options.services;
        if dry_run {
            let mut pools = Pools::new(services, self.taken(), Mode::DryRun, 0);
            give(object, before, &mut pools).map_err(Error::Refused)?;
            return Ok(Claim::default());
        }
        let mut tried = object.duplicate();
        let mut trial = Pools::new(services, Taken::default(), Mode::Trial, 0);
        give(&mut tried, before, &mut trial).map_err(Error::Refused)?;
        let wanted = [
            (trial.took_address, "serviceips", services.first.to_string()),
            (
                !trial.took_ports.is_empty(),
                "servicenodeports",
                services.ports.to_string(),
            ),
        ];
        let mut claim = Claim {
            turn,
            ..Claim::default()
        };
        for (_, name, shown) in wanted.into_iter().filter(|(wanted, ..)| *wanted) {
            if claim.turn.is_none() {
                claim.turn = Some(self.turns.turn(TURN).await);
            }
            let key = format!("{}{name}", self.caches.keys.directory(&RANGE_ALLOCATIONS));
            let record = self.store.sealed().get(&key).await?;
            claim.ranges.push(Range {
                key,
                mod_revision: record.map_or(0, |record| record.mod_revision),
                shown,
            });
        }
        if claim.ranges.is_empty() {
            *object = tried;
            return Ok(claim);
        }
        claim.asked = Some(object.duplicate());
        self.caches.reach_latest().await?;
        let mut pools = Pools::new(services, self.taken(), Mode::Real, self.chance());
        give(object, before, &mut pools).map_err(Error::Refused)?;
        Ok(claim)
    }

    /// What Services hold, as far as the cache knows.
    fn taken(&self) -> Taken {
        let mut taken = Taken::default();
        let snapshot = self
            .caches
            .of(&SERVICES)
            .map(|cache| cache.snapshot(self.caches.applied()));
        let services = snapshot.iter().flat_map(|snapshot| snapshot.objects.values());
        for held in services.filter_map(|found| found.index.held.as_deref()) {
            taken.addresses.extend(&held.addresses);
            taken.ports.extend(&held.ports);
        }
        taken
    }

    fn chance(&self) -> u64 {
        let drawn = Uuid::parse_str(&self.options.ids.uuid()).map_or(0, |uuid| uuid.as_u128());
        u64::try_from(drawn & u128::from(u64::MAX)).unwrap_or(0)
    }

    /// What happens when the target's object is gone: with a Service go its Endpoints. Upstream does not insist on it
    /// either.
    ///
    /// Source: `afterDelete` in `pkg/registry/core/service/storage/storage.go`.
    pub(super) fn after_removal<'a>(&'a self, target: &'a Target<'_>) -> BoxFuture<'a, ()> {
        if target.kind.resource != &SERVICES {
            return std::future::ready(()).boxed();
        }
        let permit = Permit::internal(ResourceRequest {
            verb: Verb::Delete,
            resource: &ENDPOINTS,
            subresource: String::new(),
            namespace: target.namespace.to_owned(),
            name: target.name.to_owned(),
            selectors: None,
        });
        async move {
            match self.delete(&permit, &DeleteOptions::default()).await {
                Err(Error::Refused(status)) if status.code == 404 => {}
                Err(error) => {
                    tracing::warn!(%error, namespace = target.namespace, name = target.name, "the endpoints of a service that is gone are left");
                }
                Ok(_) => {}
            }
        }
        .boxed()
    }
}
