//! The one rule by which seats, places in a queue and connections are shared.

/// How many times as much as stays free anybody may hold: alone he gets three quarters, two get three sevenths each,
/// and something is always left for who comes next and holds nothing. Source of the rule: Choudhury and Hahne,
/// "Dynamic queue length thresholds for shared-memory packet switches" (1998).
const TIMES_FREE: usize = 3;

/// Whether somebody may take more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes.
    Takes,
    /// No, for what he holds already.
    HoldsTooMuch,
    /// No, though he holds nothing: others have to give back first.
    NoRoom,
}

/// Whether somebody who holds `held` may take `wanted` of what is `free`.
pub(crate) fn judge(held: usize, wanted: usize, free: usize) -> Verdict {
    match (free.checked_sub(wanted), held) {
        (None, 0) => Verdict::NoRoom,
        (Some(_), 0) => Verdict::Takes,
        (Some(left), _) if held.saturating_add(wanted) <= left.saturating_mul(TIMES_FREE) => Verdict::Takes,
        _ => Verdict::HoldsTooMuch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each of `greedy` holds of `seats` when all of them take in turn for as long as they may.
    fn shares(seats: usize, greedy: usize) -> (Vec<usize>, usize) {
        let (mut held, mut free) = (vec![0; greedy], seats);
        let mut taking = true;
        while taking {
            taking = false;
            for mine in &mut held {
                if judge(*mine, 1, free) == Verdict::Takes {
                    (*mine, free, taking) = (*mine + 1, free - 1, true);
                }
            }
        }
        (held, free)
    }

    #[test]
    fn however_greedy_the_others_are_something_is_left() {
        assert_eq!(shares(400, 1), (vec![300], 100));
        assert_eq!(shares(400, 2).1, 58);
        for seats in 2..64 {
            for greedy in 1..seats {
                let (held, free) = shares(seats, greedy);
                assert!(free > 0, "{greedy} of {seats}");
                let (most, least) = (held.iter().max().unwrap(), held.iter().min().unwrap());
                assert!(most - least <= 1, "{held:?} of {seats}");
            }
        }
    }

    #[test]
    fn who_holds_nothing_may_take_the_last() {
        assert_eq!(judge(0, 1, 1), Verdict::Takes);
        assert_eq!(judge(0, 2, 1), Verdict::NoRoom);
        assert_eq!(judge(1, 1, 1), Verdict::HoldsTooMuch);
        assert_eq!(judge(usize::MAX / 8, 1, usize::MAX / 4), Verdict::Takes);
    }
}
