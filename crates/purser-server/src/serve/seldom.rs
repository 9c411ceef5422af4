//! What happens often and is told now and then.

use std::time::{Duration, Instant};

/// How often it is told at most.
const EVERY: Duration = Duration::from_secs(10);

/// Counts what happens between two times that it is told.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    untold: u64,
    told: Option<Instant>,
}

impl Seldom {
    /// Notes that it happened at `now`; how often since it was last told, when it is to be told.
    pub(super) fn happened(&mut self, now: Instant) -> Option<u64> {
        self.untold += 1;
        let recently = self
            .told
            .is_some_and(|told| now.saturating_duration_since(told) < EVERY);
        if recently {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_and_then_how_many_there_were() {
        let (mut seldom, begin) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.happened(begin), Some(1));
        assert_eq!(seldom.happened(begin + EVERY / 2), None);
        assert_eq!(seldom.happened(begin + EVERY), Some(2));
    }
}
