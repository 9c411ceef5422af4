//! After how many seconds somebody who was turned away should try again.
//!
//! Source: `k8s.io/apiserver/pkg/util/flowcontrol/dropped_requests_tracker.go`: it doubles while many are turned away,
//! and shrinks by a second at a time when few are.

use std::collections::VecDeque;

/// The longest, seconds.
const LONGEST: u64 = 32;
/// So many times as many as there are seconds are many.
const MANY: u64 = 3;

/// Remembers how many were turned away lately.
#[derive(Debug)]
pub(super) struct Retry {
    after: u64,
    lengthened: Option<u64>,
    /// The second that is counted, and its count.
    current: (u64, u64),
    /// Those before it, the latest last.
    earlier: VecDeque<(u64, u64)>,
}

impl Retry {
    /// Nobody has been turned away.
    pub(super) fn new() -> Self {
        Self {
            after: 1,
            lengthened: None,
            current: (0, 0),
            earlier: VecDeque::new(),
        }
    }

    /// Somebody is turned away in the second `now`; what to tell him.
    pub(super) fn turned_away(&mut self, now: u64) -> u64 {
        if self.current.0 == now {
            self.current.1 += 1;
            return self.after;
        }
        self.earlier.push_back(self.current);
        self.current = (now, 1);
        while self
            .earlier
            .front()
            .is_some_and(|(second, _)| now.saturating_sub(*second) > LONGEST)
        {
            self.earlier.pop_front();
        }
        self.adapt(now);
        self.after
    }

    fn adapt(&mut self, now: u64) {
        let lately = self.earlier.iter().rev();
        let lately = lately.take_while(|(second, _)| now.saturating_sub(*second) <= self.after);
        let turned_away: u64 = lately.map(|(_, count)| count).sum();
        let may_lengthen = self
            .lengthened
            .is_none_or(|second| now.saturating_sub(second) >= self.after);
        if may_lengthen && turned_away >= MANY * self.after {
            self.after = (self.after * 2).min(LONGEST);
            self.lengthened = Some(now);
        } else if turned_away < self.after && self.after > 1 {
            self.after -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_while_many_are_turned_away_and_shrinks_when_few_are() {
        let mut retry = Retry::new();
        let mut storm = |seconds: std::ops::Range<u64>, each: usize| -> Vec<u64> {
            seconds
                .flat_map(|second| vec![second; each])
                .map(|second| retry.turned_away(second))
                .collect()
        };
        assert_eq!(storm(0..1, 9), [1; 9]);
        assert_eq!(storm(1..2, 2), [2, 2]);
        assert_eq!(storm(2..3, 8), [2; 8]);
        assert_eq!(storm(3..4, 1), [4]);
        assert_eq!(storm(4..60, 200).last(), Some(&LONGEST));
        assert_eq!(storm(200..204, 1), [31, 30, 29, 28]);
    }
}
