//! Whether a recorded history of one object is one that a single copy could have had: Wing and Gong's search with
//! Lowe's memory of what was tried, as in Porcupine. Every write of a history has a value of its own.

use std::collections::{HashMap, HashSet};

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Create(u64),
    /// To a value; on the condition, if there is one, that it still has the other.
    Update(u64, Option<u64>),
    Delete,
    Read,
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A write was made, with this version; a deletion tells none.
    Done(Option<u64>),
    /// A value and its version were read.
    Seen(u64, u64),
    /// It is not there.
    Absent,
    /// It is there already.
    Exists,
    /// It is not as the condition says.
    Conflict,
    /// Nothing certain: it may be done at any time from the call on, or never.
    Unknown,
}

/// A call and its answer, with the times of both on one clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) called: u64,
    pub(crate) returned: u64,
    pub(crate) action: Action,
    pub(crate) outcome: Outcome,
}

impl Operation {
    /// The latest moment at which it has happened.
    fn end(&self) -> u64 {
        if self.outcome == Outcome::Unknown {
            u64::MAX
        } else {
            self.returned
        }
    }
}

/// What a single copy has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct State {
    value: Option<u64>,
    /// The highest version so far that somebody was told.
    version: u64,
}

/// The versions of values, as far as anybody was told.
struct Versions(HashMap<u64, u64>);

impl Versions {
    fn of(history: &[Operation]) -> Result<Self, String> {
        let mut versions = HashMap::new();
        for operation in history {
            let (value, version) = match (operation.action, operation.outcome) {
                (_, Outcome::Seen(value, version)) => (value, version),
                (Action::Create(value) | Action::Update(value, _), Outcome::Done(Some(version))) => {
                    (value, version)
                }
                _ => continue,
            };
            let known = *versions.entry(value).or_insert(version);
            if known != version {
                return Err(format!("{value} has the versions {known} and {version}"));
            }
        }
        Ok(Self(versions))
    }

    fn written(&self, state: State, value: u64) -> Option<State> {
        let version = match self.0.get(&value) {
            Some(version) if *version <= state.version => return None,
            Some(version) => *version,
            None => state.version,
        };
        Some(State {
            value: Some(value),
            version,
        })
    }

    /// What comes of an operation, if it can be the next; what is unknown is next only if it does something.
    fn apply(&self, state: State, operation: &Operation) -> Option<State> {
        use {Action as A, Outcome as O};
        let gone = State { value: None, ..state };
        let holds = |wanted: Option<u64>| wanted.is_none_or(|wanted| state.value == Some(wanted));
        match (operation.action, operation.outcome, state.value) {
            (A::Create(value), O::Done(_) | O::Unknown, None) => self.written(state, value),
            (A::Update(value, wanted), O::Done(_) | O::Unknown, Some(_)) if holds(wanted) => {
                self.written(state, value)
            }
            (A::Delete, O::Done(_) | O::Unknown, Some(_)) => Some(gone),
            (A::Read, O::Seen(seen, _), Some(value)) if seen == value => Some(state),
            (A::Create(_), O::Exists, Some(_)) => Some(state),
            (A::Update(_, Some(wanted)), O::Conflict, value) if value != Some(wanted) => Some(state),
            (A::Update(..) | A::Delete | A::Read, O::Absent, None) => Some(state),
            _ => None,
        }
    }
}

/// A step of the search: where it began, and what may be tried there yet.
struct Step {
    state: State,
    taken: Option<usize>,
    candidates: Vec<usize>,
}

/// Fails with what could not be put in any order.
pub(crate) fn check(history: &[Operation]) -> Result<(), String> {
    let mut history = history.to_vec();
    history.sort_by_key(|operation| operation.called);
    let versions = Versions::of(&history)?;
    let mut done = vec![false; history.len()];
    let mut tried = HashSet::new();
    let mut left = history
        .iter()
        .filter(|one| one.outcome != Outcome::Unknown)
        .count();
    let mut furthest = (left, State::default(), Vec::new());
    let mut steps = vec![Step {
        state: State::default(),
        taken: None,
        candidates: candidates(&history, &done),
    }];
    while left > 0 {
        let Some(step) = steps.last_mut() else {
            let (left, state, stuck) = furthest;
            let stuck: Vec<Operation> = stuck.into_iter().map(|place: usize| history[place]).collect();
            return Err(format!(
                "{left} left, with {state:?} none can be next of {stuck:#?}"
            ));
        };
        let Some(next) = step.candidates.pop() else {
            if let Some(taken) = step.taken {
                done[taken] = false;
                left += usize::from(history[taken].outcome != Outcome::Unknown);
            }
            steps.pop();
            continue;
        };
        let Some(state) = versions.apply(step.state, &history[next]) else {
            continue;
        };
        done[next] = true;
        if !tried.insert((state, done.clone())) {
            done[next] = false;
            continue;
        }
        left -= usize::from(history[next].outcome != Outcome::Unknown);
        let candidates = candidates(&history, &done);
        if left < furthest.0 {
            furthest = (left, state, candidates.clone());
        }
        steps.push(Step {
            state,
            taken: Some(next),
            candidates,
        });
    }
    Ok(())
}

/// What may be next: what was called before the first answer among those that are left. The last is tried first:
/// what ended earliest.
fn candidates(history: &[Operation], done: &[bool]) -> Vec<usize> {
    let left = || (0..history.len()).filter(|place| !done[*place]);
    let first = left().map(|place| history[place].end()).min().unwrap_or(0);
    let mut found: Vec<usize> = left().filter(|place| history[*place].called <= first).collect();
    found.sort_by_key(|place| std::cmp::Reverse(history[*place].end()));
    found
}

#[cfg(test)]
mod tests {
    use super::{Action as A, Operation, Outcome as O, check};

    fn history(operations: &[(u64, u64, A, O)]) -> Result<(), String> {
        let operations: Vec<Operation> = operations
            .iter()
            .map(|&(called, returned, action, outcome)| Operation {
                called,
                returned,
                action,
                outcome,
            })
            .collect();
        check(&operations)
    }

    const MADE: (u64, u64, A, O) = (0, 1, A::Create(1), O::Done(Some(10)));

    #[test]
    fn histories_of_a_single_copy_are_taken() {
        history(&[]).unwrap();
        history(&[(0, 1, A::Read, O::Absent), (2, 3, A::Create(1), O::Done(Some(4)))]).unwrap();
        // Two at once, in an order other than that of their calls.
        history(&[
            MADE,
            (2, 9, A::Update(2, None), O::Done(Some(12))),
            (3, 8, A::Update(3, Some(1)), O::Done(Some(11))),
            (10, 11, A::Read, O::Seen(2, 12)),
        ])
        .unwrap();
        // A read at the time of a write sees either.
        for seen in [O::Seen(1, 10), O::Seen(2, 11)] {
            history(&[
                MADE,
                (2, 9, A::Update(2, None), O::Done(Some(11))),
                (3, 4, A::Read, seen),
            ])
            .unwrap();
        }
        history(&[
            MADE,
            (2, 3, A::Create(2), O::Exists),
            (4, 5, A::Delete, O::Done(None)),
            (6, 7, A::Update(3, None), O::Absent),
            (8, 9, A::Create(4), O::Done(Some(20))),
        ])
        .unwrap();
    }

    #[test]
    fn what_nobody_heard_of_may_have_been_done_then_or_later_or_never() {
        for seen in [O::Seen(1, 10), O::Seen(2, 12)] {
            history(&[
                MADE,
                (2, 3, A::Update(2, None), O::Unknown),
                (5, 6, A::Read, seen),
            ])
            .unwrap();
        }
        history(&[
            MADE,
            (2, 3, A::Delete, O::Unknown),
            (4, 5, A::Read, O::Seen(1, 10)),
            (6, 7, A::Read, O::Absent),
        ])
        .unwrap();
        // But not before it was asked for, nor undone, nor twice.
        for after in [
            [(4, 5, A::Read, O::Absent), (6, 7, A::Read, O::Seen(1, 10))],
            [(4, 5, A::Read, O::Absent), (6, 7, A::Create(2), O::Exists)],
        ] {
            history(&[MADE, (2, 3, A::Delete, O::Unknown), after[0], after[1]]).unwrap_err();
        }
        history(&[MADE, (2, 3, A::Read, O::Absent), (4, 5, A::Delete, O::Unknown)]).unwrap_err();
    }

    #[test]
    fn what_no_single_copy_does_is_told() {
        // A write is lost.
        history(&[
            MADE,
            (2, 3, A::Update(2, None), O::Done(Some(11))),
            (4, 5, A::Read, O::Seen(1, 10)),
        ])
        .unwrap_err();
        // What was said not to be done, and is left out of the history, was done.
        history(&[MADE, (2, 3, A::Read, O::Seen(7, 11))]).unwrap_err();
        // Two are made of one.
        history(&[MADE, (2, 3, A::Create(2), O::Done(Some(11)))]).unwrap_err();
        // Two pass one condition.
        history(&[
            MADE,
            (2, 9, A::Update(2, Some(1)), O::Done(Some(11))),
            (2, 9, A::Update(3, Some(1)), O::Done(Some(12))),
        ])
        .unwrap_err();
        // A condition that holds is refused.
        history(&[MADE, (2, 3, A::Update(2, Some(1)), O::Conflict)]).unwrap_err();
        // Two readers see two writes in different orders.
        history(&[
            MADE,
            (2, 20, A::Update(2, None), O::Done(Some(11))),
            (2, 20, A::Update(3, None), O::Done(Some(12))),
            (4, 5, A::Read, O::Seen(3, 12)),
            (6, 7, A::Read, O::Seen(2, 11)),
        ])
        .unwrap_err();
        // Versions go back; one value has two.
        history(&[MADE, (2, 3, A::Update(2, None), O::Done(Some(9)))]).unwrap_err();
        history(&[MADE, (2, 3, A::Read, O::Seen(1, 11))]).unwrap_err();
        // It comes back after it was deleted.
        history(&[
            MADE,
            (2, 3, A::Delete, O::Done(None)),
            (4, 5, A::Read, O::Seen(1, 10)),
        ])
        .unwrap_err();
    }

    #[test]
    fn a_long_history_of_many_at_once_is_checked_in_no_time() {
        let mut operations = vec![MADE];
        for turn in 0..60_u64 {
            let at = 10 + turn * 10;
            operations.push((at, at + 14, A::Update(turn + 2, None), O::Done(Some(turn + 11))));
            for reader in 0..4 {
                operations.push((at + reader, at + 15, A::Read, O::Seen(turn + 2, turn + 11)));
            }
            if turn % 50 == 0 {
                operations.push((at, at, A::Update(10_000 + turn, None), O::Unknown));
            }
        }
        history(&operations).unwrap();
        operations.push((9_000, 9_001, A::Read, O::Absent));
        history(&operations).unwrap_err();
    }
}
