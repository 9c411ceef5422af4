//! How much of the machine a long work takes.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// How many values are on their way to the store at once: they share its flushes.
const AT_ONCE: usize = 64;
/// Values that are sealed anew in each tick: what they cost the store and the caches is over before it is noticed.
const REWRITTEN: u32 = 8;
/// 2,500 values a second.
const REWRITING_TICK: Duration = Duration::from_micros(3_200);
/// Values that are opened in each tick.
const OPENED: u32 = 32;
/// 32,000 values a second.
const OPENING_TICK: Duration = Duration::from_millis(1);

/// How much of the machine a long work takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// What it gets: nobody else asks for anything.
    Alone,
    /// Little at a time, so that what others ask for hardly takes longer.
    Beside,
}

impl Pace {
    /// How many values are rewritten at once.
    pub(super) fn at_once(self) -> usize {
        AT_ONCE
    }

    /// Lets values through that are to be sealed anew.
    pub(super) fn rewriting(self) -> Gate {
        self.gate(REWRITTEN, REWRITING_TICK)
    }

    /// Lets values through that are to be opened.
    pub(super) fn opening(self) -> Gate {
        self.gate(OPENED, OPENING_TICK)
    }

    fn gate(self, each: u32, tick: Duration) -> Gate {
        let ticks = (self == Self::Beside).then(|| {
            let mut ticks = interval(tick);
            // What was missed is not made up for: the machine is busy.
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            ticks
        });
        Gate { ticks, each, left: 0 }
    }
}

/// Lets so many through in each tick.
pub(super) struct Gate {
    /// `None`: all of them at once.
    ticks: Option<Interval>,
    each: u32,
    left: u32,
}

impl Gate {
    /// Waits for one's turn.
    pub(super) async fn pass(&mut self) {
        let Some(ticks) = &mut self.ticks else { return };
        if self.left == 0 {
            ticks.tick().await;
            self.left = self.each;
        }
        self.left = self.left.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    /// In whole milliseconds, upwards: tokio's timers have no finer ones.
    async fn pass(mut gate: Gate, times: u32) -> Duration {
        let began = Instant::now();
        for _ in 0..times {
            gate.pass().await;
        }
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn beside_others_so_many_pass_in_each_tick_and_alone_all_at_once() {
        let rewriting = pass(Pace::Beside.rewriting(), 10 * REWRITTEN).await;
        assert_eq!(
            rewriting.as_millis(),
            (9 * REWRITING_TICK).as_micros().div_ceil(1000)
        );
        assert_eq!(
            pass(Pace::Beside.opening(), 10 * OPENED + 1).await,
            10 * OPENING_TICK
        );
        assert_eq!(pass(Pace::Alone.rewriting(), 1000).await, Duration::ZERO);
    }
}
