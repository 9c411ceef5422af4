//! Who sits and who waits: pure bookkeeping, without time and without tasks.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use super::share::{Verdict, judge};

/// Seats, and those who wait for one. The flows that wait have their turns in a ring, each for one request at a time;
/// one that holds too much already is passed over, one that holds nothing is waited for when there is no room yet.
///
/// INVARIANT: a flow is in `flows` while it holds or waits, and in `turns` while it waits: there are never more of them
/// than seats and places.
#[derive(Debug)]
pub(super) struct Queue<K, W> {
    seats: usize,
    places: usize,
    load: Load,
    flows: HashMap<K, Flow<W>>,
    turns: VecDeque<K>,
    last_ticket: u64,
}

/// What is going on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// Seats taken.
    pub(crate) seats: usize,
    /// Requests that sit.
    pub(crate) seated: usize,
    /// Requests that wait.
    pub(crate) waiting: usize,
    /// Requests that were ever seated.
    pub(crate) ever_seated: u64,
}

#[derive(Debug)]
struct Flow<W> {
    held: usize,
    waiting: VecDeque<Waiter<W>>,
}

#[derive(Debug)]
struct Waiter<W> {
    ticket: u64,
    width: usize,
    call: W,
}

impl<K: Clone + Eq + Hash, W> Queue<K, W> {
    /// `seats`, and `places` to wait.
    pub(super) fn new(seats: usize, places: usize) -> Self {
        Self {
            seats,
            places,
            load: Load::default(),
            flows: HashMap::new(),
            turns: VecDeque::new(),
            last_ticket: 0,
        }
    }

    /// What is going on.
    pub(super) fn load(&self) -> Load {
        self.load
    }

    /// Takes `width` seats for `key` if nobody waits and it may; `false`: it has to wait.
    pub(super) fn sit(&mut self, key: &K, width: usize) -> bool {
        if self.load.waiting > 0 {
            return false;
        }
        let free = self.seats - self.load.seats;
        match self.flows.get_mut(key) {
            Some(flow) if judge(flow.held, width, free) == Verdict::Takes => flow.held += width,
            None if judge(0, width, free) == Verdict::Takes => {
                self.flows.insert(key.clone(), Flow::holding(width));
            }
            _ => return false,
        }
        self.load.sits(width);
        true
    }

    /// Gives `key` a place to wait for `width` seats, until it is called by [`Queue::next`]. The ticket to withdraw with;
    /// `None`: there is no place left for it.
    pub(super) fn wait(&mut self, key: &K, width: usize, call: W) -> Option<u64> {
        let free = self.places.saturating_sub(self.load.waiting);
        let mine = self.flows.get(key).map_or(0, |flow| flow.waiting.len());
        if judge(mine, 1, free) != Verdict::Takes {
            return None;
        }
        self.last_ticket += 1;
        self.load.waiting += 1;
        if mine == 0 {
            self.turns.push_back(key.clone());
        }
        let flow = self.flows.entry(key.clone()).or_insert_with(|| Flow::holding(0));
        flow.waiting.push_back(Waiter {
            ticket: self.last_ticket,
            width,
            call,
        });
        Some(self.last_ticket)
    }

    /// Seats the next that may sit. To be asked until there is none whenever somebody came to wait or left.
    pub(super) fn next(&mut self) -> Option<W> {
        for _ in 0..self.turns.len() {
            let key = self.turns.pop_front()?;
            let flow = self.flows.get_mut(&key)?;
            let width = flow.waiting.front()?.width;
            match judge(flow.held, width, self.seats - self.load.seats) {
                Verdict::Takes => {
                    let waiter = flow.waiting.pop_front()?;
                    flow.held += width;
                    self.load.waiting -= 1;
                    self.load.sits(width);
                    if !flow.waiting.is_empty() {
                        self.turns.push_back(key);
                    }
                    return Some(waiter.call);
                }
                Verdict::HoldsTooMuch => self.turns.push_back(key),
                Verdict::NoRoom => {
                    self.turns.push_front(key);
                    return None;
                }
            }
        }
        None
    }

    /// Gives back the `width` seats of a request of `key` that sat.
    pub(super) fn leave(&mut self, key: &K, width: usize) {
        let Some(flow) = self.flows.get_mut(key) else {
            return;
        };
        flow.held -= width;
        self.load.seats -= width;
        self.load.seated -= 1;
        if flow.is_idle() {
            self.flows.remove(key);
        }
    }

    /// Gives back the place of a request of `key` that waits; `false`: it was called and sits.
    pub(super) fn withdraw(&mut self, key: &K, ticket: u64) -> bool {
        let Some(flow) = self.flows.get_mut(key) else {
            return false;
        };
        let Ok(at) = flow.waiting.binary_search_by_key(&ticket, |waiter| waiter.ticket) else {
            return false;
        };
        flow.waiting.remove(at);
        self.load.waiting -= 1;
        let (waits, idle) = (!flow.waiting.is_empty(), flow.is_idle());
        if !waits {
            self.turns.retain(|other| other != key);
        }
        if idle {
            self.flows.remove(key);
        }
        true
    }

    /// How many flows hold or wait.
    #[cfg(test)]
    pub(super) fn flows(&self) -> usize {
        self.flows.len()
    }
}

impl Load {
    fn sits(&mut self, width: usize) {
        self.seats += width;
        self.seated += 1;
        self.ever_seated += 1;
    }
}

impl<W> Flow<W> {
    fn holding(held: usize) -> Self {
        Self {
            held,
            waiting: VecDeque::new(),
        }
    }

    fn is_idle(&self) -> bool {
        self.held == 0 && self.waiting.is_empty()
    }
}
