//! When a failed call is made again.
//!
//! Source: `DefaultShouldRetry` and `DefaultRetryBackoffWithInitialDelay` of
//! `k8s.io/apiserver/pkg/util/webhook/webhook.go`.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// How often a call is made at most.
pub(crate) const TRIES: u32 = 5;
/// How much longer each wait is than the one before it.
const FACTOR: f64 = 1.5;
/// How much of a wait is added to it at most, at random.
const JITTER: f64 = 0.2;

/// The status codes after which it is tried again, whatever else was answered: internal error, timeout of a gateway,
/// too many requests.
const RETRIED: [u16; 3] = [500, 504, 429];

/// Whether an answer of this status is asked for again; `asked_to_wait`: it had a `Retry-After` of a second or more.
pub(crate) fn is_retried(status: u16, asked_to_wait: bool) -> bool {
    RETRIED.contains(&status) || asked_to_wait
}

/// The wait after the try with this number, counted from 0.
pub(crate) fn wait(first: Duration, number: u32, random: f64) -> Duration {
    let exponent = i32::try_from(number).unwrap_or(i32::MAX);
    first.mul_f64(FACTOR.powi(exponent) * (1.0 + JITTER * random.clamp(0.0, 1.0)))
}

/// A number from 0 up to 1, good enough to spread waits.
pub(crate) fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 32;
    u32::try_from(bits).map_or(0.0, f64::from) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_by_half_and_are_spread_by_a_fifth() {
        let first = Duration::from_millis(500);
        assert_eq!(wait(first, 0, 0.0), first);
        assert_eq!(wait(first, 1, 0.0), Duration::from_millis(750));
        assert_eq!(wait(first, 2, 0.0), Duration::from_millis(1125));
        assert_eq!(wait(first, 0, 1.0), Duration::from_millis(600));
        assert!((0.0..1.0).contains(&random()));
    }

    #[test]
    fn what_may_pass_is_retried_and_what_was_decided_is_not() {
        for status in [500, 504, 429] {
            assert!(is_retried(status, false));
        }
        for status in [400, 401, 403, 404, 301, 502, 503] {
            assert!(!is_retried(status, false), "{status}");
        }
        assert!(is_retried(503, true));
    }
}
