//! Leases for what is wanted for a while only. Many keys share one: each lives a little longer than it would have to.
//!
//! Source: `lease_manager.go` of `k8s.io/apiserver/pkg/storage/etcd3`.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::client::{Client, Effect};
use crate::fault::{Fault, clip};
use crate::wire::{LEASE_GRANT, LeaseGrantRequest, LeaseGrantResponse};

/// For how much of a lifetime a lease is given to more keys: one in so many parts.
const SHARED_PART: u32 = 20;
/// For how long at most.
const SHARED_AT_MOST: Duration = Duration::from_secs(60);
/// Keys of a lease at most: they are removed in one transaction.
const KEYS: usize = 1_000;
/// Lifetimes that are remembered at most; there are as many as kinds that have one.
const LIFETIMES: usize = 64;

/// One that more keys may be given to.
#[derive(Debug, Clone, Copy)]
struct Lease {
    id: i64,
    until: Instant,
    keys: usize,
}

/// Those in use, by lifetime.
#[derive(Default)]
pub(crate) struct Leases(Mutex<BTreeMap<Duration, Lease>>);

impl Leases {
    /// A lease that lasts at least so long from now.
    ///
    /// # Errors
    /// The client's.
    pub(crate) async fn lasting(&self, client: &Client, lifetime: Duration) -> Result<i64, Fault> {
        // Held while one is granted: others that want it wait for it.
        let mut leases = self.0.lock().await;
        let now = Instant::now();
        if let Some(lease) = leases.get_mut(&lifetime)
            && now < lease.until
            && lease.keys < KEYS
        {
            lease.keys += 1;
            return Ok(lease.id);
        }
        let shared = (lifetime / SHARED_PART).min(SHARED_AT_MOST);
        let id = grant(client, lifetime + shared).await?;
        if leases.len() >= LIFETIMES {
            leases.clear();
        }
        let until = now + shared;
        leases.insert(lifetime, Lease { id, until, keys: 1 });
        Ok(id)
    }

    /// Forgets them: somebody may have taken them back.
    pub(crate) async fn forget(&self) {
        self.0.lock().await.clear();
    }
}

/// Asked for again it is another one, and the first ends with no key.
async fn grant(client: &Client, lifetime: Duration) -> Result<i64, Fault> {
    let ttl = lifetime.as_secs() + u64::from(lifetime.subsec_nanos() > 0);
    let question = LeaseGrantRequest {
        ttl: i64::try_from(ttl).unwrap_or(i64::MAX),
    };
    let answer: LeaseGrantResponse = client.ask(LEASE_GRANT, question, Effect::Reads).await?;
    match answer.id {
        0 => Err(Fault::Refused(format!("no lease: {}", clip(&answer.error)))),
        id => Ok(id),
    }
}
