//! How often a key was used, and when last.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use rustix::time::{ClockId, clock_gettime};

use super::Direction;

/// A key id as labels show it: `sha256:` and its hash in hexadecimal; nothing for nothing, as KMS v1 has it.
///
/// Source: `getHash` of `k8s.io/apiserver/pkg/storage/value/encrypt/envelope/metrics`.
#[must_use]
pub fn hashed(text: &str) -> String {
    use std::fmt::Write as _;
    if text.is_empty() {
        return String::new();
    }
    let mut out = "sha256:".to_owned();
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        // Writing to a string does not fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Milliseconds since 1970, as exact as the kernel's tick: this is asked for with every value.
pub(super) fn now() -> u64 {
    let now = clock_gettime(ClockId::RealtimeCoarse);
    let (seconds, nanoseconds) = (u64::try_from(now.tv_sec), u64::try_from(now.tv_nsec));
    seconds.unwrap_or(0) * 1_000 + nanoseconds.unwrap_or(0) / 1_000_000
}

/// The uses of one key, both ways.
#[derive(Debug, Default)]
pub(crate) struct KeyUses {
    opened: Uses,
    sealed: Uses,
}

#[derive(Debug, Default)]
struct Uses {
    count: AtomicU64,
    last: AtomicU64,
}

impl KeyUses {
    /// Counts one.
    pub(crate) fn used(&self, direction: Direction) {
        let uses = self.of(direction);
        uses.count.fetch_add(1, Ordering::Relaxed);
        uses.last.store(now(), Ordering::Relaxed);
    }

    /// How often, and when last, in milliseconds since 1970.
    pub(super) fn read(&self, direction: Direction) -> (u64, u64) {
        let uses = self.of(direction);
        (
            uses.count.load(Ordering::Relaxed),
            uses.last.load(Ordering::Relaxed),
        )
    }

    /// When it was last used either way.
    pub(super) fn last(&self) -> u64 {
        let [opened, sealed] = Direction::BOTH.map(|direction| self.read(direction).1);
        opened.max(sealed)
    }

    fn of(&self, direction: Direction) -> &Uses {
        match direction {
            Direction::FromStorage => &self.opened,
            Direction::ToStorage => &self.sealed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_is_hashed_as_upstream_hashes_it() {
        assert_eq!(
            hashed("1"),
            "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
        );
        assert_eq!(hashed(""), "");
    }
}
