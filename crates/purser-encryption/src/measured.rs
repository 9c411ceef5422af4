//! A transformer whose work for one kind is counted.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::tally::{Direction, Series, Tallies};
use crate::transformer::{ENCRYPTED_PREFIX, OpenError, Opened, ProviderInfo, SealError, Transformer};

/// What upstream calls the prefix of what is read in the clear; of what is written so it is empty.
const IDENTITY: &str = "identity";
/// What it calls the prefix of what no provider claims.
const UNKNOWN: &str = "unknown";

/// Counts and times what another transformer does for one kind.
///
/// A value counts for the first provider whose prefix it has, once: upstream also counts it for the others of that
/// prefix that tried before, and again for the names of keys of `aescbc`, `aesgcm` and `secretbox`, which no label
/// holds here.
pub struct Measured {
    inner: Arc<dyn Transformer>,
    writes: Arc<Series>,
    /// By prefix; an empty one: what is in the clear.
    reads: Vec<(Vec<u8>, Arc<Series>)>,
    unknown: Arc<Series>,
}

impl Measured {
    /// Counts for `resource` (as in `roles.rbac.authorization.k8s.io`; empty: no kind's) what `inner` does.
    #[must_use]
    pub fn new(inner: Arc<dyn Transformer>, tallies: &Tallies, resource: &str) -> Self {
        let prefixes = inner.prefixes();
        let writes = prefixes.first().map_or("", String::as_str);
        let series = |prefix: &String| {
            let label = if prefix.is_empty() { IDENTITY } else { prefix };
            let series = tallies.series(Direction::FromStorage, resource, label);
            (prefix.clone().into_bytes(), series)
        };
        Self {
            writes: tallies.series(Direction::ToStorage, resource, writes),
            reads: prefixes.iter().map(series).collect(),
            unknown: tallies.series(Direction::FromStorage, resource, UNKNOWN),
            inner,
        }
    }

    /// Where the opening of `stored` is counted.
    fn reading(&self, stored: &[u8]) -> &Series {
        let has = |prefix: &[u8]| match prefix {
            [] => !stored.starts_with(ENCRYPTED_PREFIX),
            prefix => stored.starts_with(prefix),
        };
        let known = self.reads.iter().find(|(prefix, _)| has(prefix));
        known.map_or(&self.unknown, |(_, series)| series)
    }
}

impl Transformer for Measured {
    fn seal<'a>(&'a self, key: &'a str, plaintext: &'a [u8]) -> BoxFuture<'a, Result<Bytes, SealError>> {
        async move {
            let began = Instant::now();
            let sealed = self.inner.seal(key, plaintext).await;
            self.writes.sealed(began.elapsed(), &sealed);
            sealed
        }
        .boxed()
    }

    fn open<'a>(&'a self, key: &'a str, stored: &'a [u8]) -> BoxFuture<'a, Result<Opened, OpenError>> {
        async move {
            let began = Instant::now();
            let opened = self.inner.open(key, stored).await;
            self.reading(stored).opened(began.elapsed(), &opened);
            opened
        }
        .boxed()
    }

    fn open_now(&self, key: &str, stored: &[u8]) -> Option<Result<Opened, OpenError>> {
        let began = Instant::now();
        let opened = self.inner.open_now(key, stored)?;
        self.reading(stored).opened(began.elapsed(), &opened);
        Some(opened)
    }

    fn claims(&self, stored: &[u8]) -> bool {
        self.inner.claims(stored)
    }

    fn info(&self) -> ProviderInfo {
        self.inner.info()
    }

    fn prefixes(&self) -> Vec<String> {
        self.inner.prefixes()
    }
}
