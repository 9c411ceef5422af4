//! What is counted of sealing and opening, for a metrics endpoint: what kube-apiserver counts, under its words.
//!
//! Nothing here costs a value more than a few atomic additions and the reading of a clock. Labels come from closed sets
//! or are bounded in number; none holds a key id in the clear.
//!
//! Sources: `k8s.io/apiserver/pkg/storage/value/metrics.go` and
//! `k8s.io/apiserver/pkg/storage/value/encrypt/envelope/metrics/metrics.go`.

mod histogram;
mod key;
mod provider;
mod series;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

pub use histogram::Distribution;
pub(crate) use key::KeyUses;
pub use key::hashed;
pub(crate) use provider::BadKeyId;
pub use provider::{KeyUse, ProviderTally};
pub(crate) use series::Series;

/// The most that is kept of what nobody counts with any more, series and providers each.
const OUT_OF_USE: usize = 4096;

/// Which way a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// It is opened.
    FromStorage,
    /// It is sealed.
    ToStorage,
}

impl Direction {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::FromStorage, Self::ToStorage];

    /// The word of labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FromStorage => "from_storage",
            Self::ToStorage => "to_storage",
        }
    }
}

/// The labels of a series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Labels {
    direction: Direction,
    resource: String,
    prefix: String,
}

/// What became of the values of a kind that begin with a provider's prefix.
#[derive(Debug, Clone, PartialEq)]
pub struct Transformations {
    /// Which way they went.
    pub direction: Direction,
    /// The kind, as in `secrets` or `roles.rbac.authorization.k8s.io`; empty: no kind's.
    pub resource: String,
    /// The prefix; `identity` or empty: it has none; `unknown`: it is no provider's.
    pub prefix: String,
    /// How many ended how.
    pub statuses: [(&'static str, u64); 3],
    /// How long those took that ended well.
    pub took: Distribution,
}

/// All that is counted, for a whole process: it outlives changes of the configuration.
#[derive(Debug, Default)]
pub struct Tallies {
    series: Mutex<BTreeMap<Labels, Arc<Series>>>,
    providers: Mutex<BTreeMap<String, Arc<ProviderTally>>>,
}

impl Tallies {
    /// Where what a KMS provider does is counted.
    #[must_use]
    pub fn provider(&self, name: &str) -> Arc<ProviderTally> {
        let mut providers = self.providers.lock();
        if providers.len() >= OUT_OF_USE {
            providers.retain(|_, tally| Arc::strong_count(tally) > 1);
        }
        let new = || Arc::new(ProviderTally::new(name));
        Arc::clone(providers.entry(name.to_owned()).or_insert_with(new))
    }

    /// What KMS providers did, by name.
    #[must_use]
    pub fn providers(&self) -> Vec<Arc<ProviderTally>> {
        self.providers.lock().values().map(Arc::clone).collect()
    }

    /// What became of values, where there were any.
    #[must_use]
    pub fn transformations(&self) -> Vec<Transformations> {
        let series = self.series.lock();
        let told = series.iter().map(|(labels, series)| {
            let took = series.took();
            Transformations {
                direction: labels.direction,
                resource: labels.resource.clone(),
                prefix: labels.prefix.clone(),
                statuses: series.statuses(&took),
                took,
            }
        });
        let any = |told: &Transformations| told.statuses.iter().any(|(_, count)| *count > 0);
        told.filter(any).collect()
    }

    /// Where values of a kind that begin with a provider's prefix are counted.
    pub(crate) fn series(&self, direction: Direction, resource: &str, prefix: &str) -> Arc<Series> {
        let mut series = self.series.lock();
        if series.len() >= OUT_OF_USE {
            series.retain(|_, series| Arc::strong_count(series) > 1);
        }
        let labels = Labels {
            direction,
            resource: resource.to_owned(),
            prefix: prefix.to_owned(),
        };
        Arc::clone(series.entry(labels).or_default())
    }
}
