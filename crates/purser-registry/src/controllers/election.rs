//! Which of several servers of one store does the duties: the one that holds the Lease `purser` in `kube-system`.
//!
//! INVARIANT: a holder stops its duties [`EVERY`] and [`RENEW_WITHIN`] after it last heard that it renewed, and others take
//! the Lease only [`LEASE`] after they last saw it change, by their own clocks: so no clocks need to agree, and at most one
//! server does duties at a time unless a process, or what it is told, is held up in between. Then two may for a moment,
//! which is why duties compare before they write.
//!
//! Source: `k8s.io/client-go/tools/leaderelection`: times and transitions are upstream's.

use std::sync::Arc;
use std::time::Duration;

use purser_types::resource::LEASES;
use purser_types::time::MicroTime;
use purser_types::{Key, Map, Object, Value};
use tokio::time::Instant;

use super::stored::{named, stored};
use super::{SERVER, is_status, options, permits};
use crate::error::Error;
use crate::registry::Registry;

const NAMESPACE: &str = "kube-system";
const NAME: &str = "purser";
/// For how long a Lease that does not change stays its holder's.
const LEASE: Duration = Duration::from_secs(15);
/// For how long a holder tries to renew before it stops its duties.
const RENEW_WITHIN: Duration = Duration::from_secs(10);
/// How often the Lease is looked at, and renewed.
const EVERY: Duration = Duration::from_secs(2);
/// What is left of a Lease that was given up, in seconds.
const GIVEN_UP: i64 = 1;

/// Who stands for election, and what it knows of the Lease.
struct Candidate {
    registry: Arc<Registry>,
    /// Its own name, which no other process has.
    name: String,
    /// The revision of the Lease that was seen last, and when it was first seen.
    seen: Option<(u64, Instant)>,
}

/// Begins to stand for election, when the store has several servers.
pub(super) fn begin(registry: &Arc<Registry>) {
    let Some(machine) = &registry.options.candidate else {
        return;
    };
    let mut candidate = Candidate {
        registry: Arc::clone(registry),
        name: format!("{machine}_{}", registry.options.ids.uuid()),
        seen: None,
    };
    registry.duties.stand(async move {
        let registry = Arc::clone(&candidate.registry);
        tokio::select! {
            () = registry.duties.stopping() => {}
            () = candidate.stand() => {}
        }
        if registry.duties.are_here() {
            registry.duties.lead(false);
            if let Err(error) = candidate.give_up().await {
                tracing::warn!(%error, "the lease of duties could not be given up: the next server waits for its end");
            }
        }
    });
}

impl Candidate {
    /// Takes the Lease whenever it is to be had, and does the duties as long as it is held.
    async fn stand(&mut self) {
        loop {
            while self.holds().await != Some(true) {
                tokio::time::sleep(EVERY).await;
            }
            tracing::info!(
                holder = self.name,
                "this server does the duties of all servers of the store"
            );
            self.registry.duties.lead(true);
            self.keep().await;
            self.registry.duties.lead(false);
            tracing::warn!(
                holder = self.name,
                "this server no longer does the duties of all servers of the store"
            );
        }
    }

    /// Renews the Lease until another has it, or nothing is known of it for too long.
    async fn keep(&mut self) {
        loop {
            tokio::time::sleep(EVERY).await;
            let known = tokio::time::timeout(RENEW_WITHIN, async {
                loop {
                    match self.holds().await {
                        Some(holds) => return holds,
                        None => tokio::time::sleep(EVERY).await,
                    }
                }
            });
            if known.await != Ok(true) {
                return;
            }
        }
    }

    /// Whether it holds the Lease now, having taken or renewed it; `None` when that is not known.
    async fn holds(&mut self) -> Option<bool> {
        match self.take_or_renew().await {
            Ok(holds) => Some(holds),
            // Somebody was faster.
            Err(error) if is_status(&error, 409) => None,
            Err(error) => {
                tracing::warn!(%error, "the lease of duties can be neither taken nor renewed yet");
                None
            }
        }
    }

    async fn take_or_renew(&mut self) -> Result<bool, Error> {
        let registry = Arc::clone(&self.registry);
        registry.caches.reach_latest().await?;
        let Some((mut lease, revision)) = stored(&registry, &LEASES, NAMESPACE, NAME).await? else {
            let mut lease = named(&LEASES, NAMESPACE, NAME);
            lease.set("spec", Some(self.term(&Map::new())));
            let permit = permits::create(&LEASES, NAMESPACE);
            let made = registry.create(&permit, lease, &options(SERVER)).await?;
            self.seen = Some((made.revision, Instant::now()));
            return Ok(true);
        };
        let since = match self.seen {
            Some((seen, since)) if seen == revision => since,
            _ => Instant::now(),
        };
        self.seen = Some((revision, since));
        let empty = Map::new();
        let spec = lease.get("spec").and_then(Value::as_map).unwrap_or(&empty);
        let holder = holder(spec);
        if !holder.is_empty() && holder != self.name && since.elapsed() < lasts(spec) {
            return Ok(false);
        }
        let term = self.term(spec);
        lease.set("spec", Some(term));
        self.seen = Some((self.write(lease).await?, Instant::now()));
        Ok(true)
    }

    /// Leaves the Lease to whoever looks at it next.
    async fn give_up(&mut self) -> Result<(), Error> {
        self.registry.caches.reach_latest().await?;
        let Some((mut lease, _)) = stored(&self.registry, &LEASES, NAMESPACE, NAME).await? else {
            return Ok(());
        };
        let Some(spec) = lease.body.get_mut("spec").and_then(Value::as_map_mut) else {
            return Ok(());
        };
        if holder(spec) != self.name {
            return Ok(());
        }
        spec.remove("holderIdentity");
        spec.insert(Key::Borrowed("leaseDurationSeconds"), Value::Int(GIVEN_UP));
        self.write(lease).await.map(drop)
    }

    /// Writes it over what was read; the new revision.
    async fn write(&self, lease: Object) -> Result<u64, Error> {
        let permit = permits::update(&LEASES, NAMESPACE, NAME);
        let written = self.registry.update(&permit, lease, &options(SERVER)).await?;
        Ok(written.revision)
    }

    /// What the Lease says once it is this one's: a new term, or the one that goes on.
    fn term(&self, before: &Map) -> Value {
        let now = Value::string(MicroTime::from(self.registry.now()).to_string());
        let number = |field: &str| before.get(field).and_then(Value::as_int);
        let (acquired, transitions) = match before.get("acquireTime") {
            Some(acquired) if holder(before) == self.name => {
                (acquired.duplicate(), number("leaseTransitions").unwrap_or(0))
            }
            _ => (
                now.duplicate(),
                number("leaseTransitions").map_or(0, |before| before.saturating_add(1)),
            ),
        };
        let fields = [
            ("holderIdentity", Value::string(&*self.name)),
            (
                "leaseDurationSeconds",
                Value::Int(i64::try_from(LEASE.as_secs()).unwrap_or(i64::MAX)),
            ),
            ("acquireTime", acquired),
            ("renewTime", now),
            ("leaseTransitions", Value::Int(transitions)),
        ];
        let fields = fields.into_iter();
        Value::Map(fields.map(|(key, value)| (Key::Borrowed(key), value)).collect())
    }
}

fn holder(spec: &Map) -> &str {
    spec.get("holderIdentity")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// For how long others leave it to its holder, by what it says.
fn lasts(spec: &Map) -> Duration {
    let seconds = spec.get("leaseDurationSeconds").and_then(Value::as_int);
    Duration::from_secs(
        seconds
            .and_then(|seconds| u64::try_from(seconds).ok())
            .unwrap_or(0),
    )
}
