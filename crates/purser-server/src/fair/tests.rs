//! The queue against a plain model of the rule, and what it promises.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use purser_types::User;

use super::level::{Flow, Level, TooMany};
use super::queue::{Load, Queue};
use super::share::{Verdict, judge};

/// A queue of flows with numbers, in which requests are known by numbers too.
type Numbers = Queue<u8, u32>;

fn call_all(queue: &mut Numbers) -> Vec<u32> {
    std::iter::from_fn(|| queue.next()).collect()
}

const GREEDY: u8 = 0;
const QUIET: u8 = 1;

#[test]
fn a_thousand_requests_of_one_user_do_not_delay_another() {
    for seats in 2..40 {
        let mut queue = Numbers::new(seats, 2_000);
        let (mut seated, mut waiting) = (0, 0);
        for request in 0..1_000 {
            if queue.sit(&GREEDY, 1) {
                seated += 1;
            } else {
                waiting += usize::from(queue.wait(&GREEDY, 1, request).is_some());
            }
            assert!(call_all(&mut queue).is_empty());
        }
        assert_eq!(seated + waiting, 1_000);
        assert!(queue.wait(&QUIET, 1, 1_000).is_some());
        assert_eq!(
            call_all(&mut queue),
            [1_000],
            "before any of them leaves, of {seats}"
        );
    }
}

#[test]
fn the_last_seat_goes_round() {
    let mut queue = Numbers::new(1, 10_000);
    assert!(queue.sit(&GREEDY, 1));
    let many = (0..1_000).filter(|request| queue.wait(&GREEDY, 1, *request).is_some());
    assert_eq!(many.count(), 1_000);
    let flows: Vec<u8> = (QUIET..21).collect();
    for flow in &flows {
        assert!(queue.wait(flow, 1, 1_000 + u32::from(*flow)).is_some());
    }
    let mut called: Vec<u32> = Vec::new();
    let mut sits = GREEDY;
    for _ in 0..flows.len() + 1 {
        queue.leave(&sits, 1);
        let all = call_all(&mut queue);
        assert_eq!(all.len(), 1);
        called.extend(&all);
        sits = u8::try_from(all[0].saturating_sub(1_000)).unwrap();
    }
    let in_turn: Vec<u32> = std::iter::once(0)
        .chain(flows.iter().map(|flow| 1_000 + u32::from(*flow)))
        .collect();
    assert_eq!(
        called, in_turn,
        "each waits for one request of each other at most"
    );
}

#[test]
fn who_needs_many_seats_gets_them_though_others_need_few() {
    let mut queue = Numbers::new(8, 100);
    for flow in 2..10 {
        assert!(queue.sit(&flow, 1));
    }
    assert!(queue.wait(&QUIET, 4, 0).is_some());
    for flow in 10..20 {
        assert!(queue.wait(&flow, 1, u32::from(flow)).is_some());
    }
    for flow in 2..5 {
        queue.leave(&flow, 1);
        assert!(call_all(&mut queue).is_empty(), "the seats are kept for it");
    }
    queue.leave(&5, 1);
    assert_eq!(call_all(&mut queue), [0]);
}

#[test]
fn the_places_to_wait_are_shared_too() {
    let mut queue = Numbers::new(1, 40);
    assert!(queue.sit(&GREEDY, 1));
    let waits = |queue: &mut Numbers, flow| (0..1_000).filter(|n| queue.wait(&flow, 1, *n).is_some()).count();
    assert_eq!(waits(&mut queue, GREEDY), 30);
    assert_eq!(waits(&mut queue, QUIET), 7);
    assert_eq!(waits(&mut Numbers::new(1, 0), GREEDY), 0);
}

/// The same, without any thought of speed: a list of who sits, and of the flows that wait in turn.
#[derive(Debug, Default)]
struct Model {
    seats: usize,
    places: usize,
    sitting: BTreeMap<u32, (u8, usize)>,
    turns: VecDeque<(u8, VecDeque<(u32, usize)>)>,
}

impl Model {
    fn free(&self) -> usize {
        self.seats - self.sitting.values().map(|(_, width)| width).sum::<usize>()
    }

    fn held(&self, flow: u8) -> usize {
        let mine = self.sitting.values().filter(|(whose, _)| *whose == flow);
        mine.map(|(_, width)| width).sum()
    }

    fn waiting(&self) -> usize {
        self.turns.iter().map(|(_, requests)| requests.len()).sum()
    }

    /// Whether it has a place; it may be called at once.
    fn arrive(&mut self, flow: u8, request: u32, width: usize) -> bool {
        let turn = self.turns.iter().position(|(whose, _)| *whose == flow);
        let mine = turn.map_or(0, |at| self.turns[at].1.len());
        let sits = self.turns.is_empty() && judge(self.held(flow), width, self.free()) == Verdict::Takes;
        if sits {
            self.sitting.insert(request, (flow, width));
            return true;
        }
        if judge(mine, 1, self.places - self.waiting()) != Verdict::Takes {
            return false;
        }
        match turn {
            Some(at) => self.turns[at].1.push_back((request, width)),
            None => self.turns.push_back((flow, [(request, width)].into())),
        }
        true
    }

    fn call(&mut self) {
        let mut passed_over = 0;
        while passed_over < self.turns.len() {
            let (flow, mut requests) = self.turns.pop_front().unwrap();
            let (request, width) = requests[0];
            match judge(self.held(flow), width, self.free()) {
                Verdict::Takes => {
                    requests.pop_front();
                    self.sitting.insert(request, (flow, width));
                    if !requests.is_empty() {
                        self.turns.push_back((flow, requests));
                    }
                    passed_over = 0;
                }
                Verdict::HoldsTooMuch => {
                    self.turns.push_back((flow, requests));
                    passed_over += 1;
                }
                Verdict::NoRoom => return self.turns.push_front((flow, requests)),
            }
        }
    }

    fn withdraw(&mut self, request: u32) {
        for (_, requests) in &mut self.turns {
            requests.retain(|(number, _)| *number != request);
        }
        self.turns.retain(|(_, requests)| !requests.is_empty());
    }
}

#[derive(Debug, Clone)]
enum Step {
    Arrive(u8, usize),
    /// One of those that sit leaves.
    Leave(prop::sample::Index),
    /// One of those that came goes away, whether it sits or waits.
    GoAway(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0_u8..5, 1_usize..4).prop_map(|(flow, width)| Step::Arrive(flow, width)),
        2 => any::<prop::sample::Index>().prop_map(Step::Leave),
        1 => any::<prop::sample::Index>().prop_map(Step::GoAway),
    ]
}

/// The queue and the model side by side.
struct Both {
    queue: Numbers,
    model: Model,
    /// Of each request that is here: its flow, its seats, and its ticket when it was told to wait.
    here: BTreeMap<u32, (u8, usize, Option<u64>)>,
    sitting: BTreeSet<u32>,
}

impl Both {
    fn take(&mut self, number: u32, step: &Step) {
        match step {
            Step::Arrive(flow, width) => {
                let width = (*width).min(self.model.seats);
                let came = self.model.arrive(*flow, number, width);
                let sits = self.queue.sit(flow, width);
                let ticket = if sits {
                    None
                } else {
                    self.queue.wait(flow, width, number)
                };
                assert_eq!(sits || ticket.is_some(), came);
                if came {
                    self.here.insert(number, (*flow, width, ticket));
                }
                if sits {
                    self.sitting.insert(number);
                }
            }
            Step::Leave(one) => {
                let sitting: Vec<u32> = self.sitting.iter().copied().collect();
                if !sitting.is_empty() {
                    self.go(*one.get(&sitting));
                }
            }
            Step::GoAway(one) => {
                let here: Vec<u32> = self.here.keys().copied().collect();
                if !here.is_empty() {
                    self.go(*one.get(&here));
                }
            }
        }
        self.model.call();
        self.sitting.extend(call_all(&mut self.queue));
    }

    fn go(&mut self, request: u32) {
        let (flow, width, ticket) = self.here.remove(&request).unwrap();
        let waited = ticket.is_some_and(|ticket| self.queue.withdraw(&flow, ticket));
        assert_ne!(waited, self.sitting.remove(&request));
        if !waited {
            self.queue.leave(&flow, width);
        }
        self.model.sitting.remove(&request);
        self.model.withdraw(request);
    }

    fn agree(&self) {
        let load = self.queue.load();
        let expected = Load {
            seats: self.model.seats - self.model.free(),
            seated: self.model.sitting.len(),
            waiting: self.model.waiting(),
            ever_seated: load.ever_seated,
        };
        assert_eq!(load, expected);
        assert!(self.sitting.iter().eq(self.model.sitting.keys()));
        let flows: BTreeSet<u8> = self.here.values().map(|(flow, ..)| *flow).collect();
        assert_eq!(self.queue.flows(), flows.len(), "who has gone is forgotten");
    }
}

proptest! {
    #[test]
    fn it_seats_whom_the_model_seats(
        seats in 1_usize..12,
        places in 0_usize..12,
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let mut both = Both {
            queue: Numbers::new(seats, places),
            model: Model { seats, places, ..Model::default() },
            here: BTreeMap::new(),
            sitting: BTreeSet::new(),
        };
        for (number, step) in (0..).zip(&steps) {
            both.take(number, step);
            both.agree();
        }
        // When all leave one by one, all that wait are called: nobody is forgotten.
        while let Some(first) = both.sitting.first().copied() {
            both.go(first);
            both.model.call();
            both.sitting.extend(call_all(&mut both.queue));
            both.agree();
        }
        prop_assert_eq!(both.queue.flows(), 0);
    }
}

fn user(name: &str) -> Flow {
    Flow(Arc::new(User {
        name: name.to_owned(),
        ..User::default()
    }))
}

const PATIENCE: Duration = Duration::from_secs(15);

#[tokio::test(start_paused = true)]
async fn who_waits_gets_the_seat_that_is_given_back() {
    let level = Level::new(1, 10);
    let seat = level.seat(user("a"), 1, PATIENCE).await.unwrap();
    let next = tokio::spawn({
        let level = Arc::clone(&level);
        async move { level.seat(user("b"), 1, PATIENCE).await.is_ok() }
    });
    tokio::time::sleep(PATIENCE / 2).await;
    assert_eq!((level.tally().load.waiting, next.is_finished()), (1, false));
    drop(seat);
    assert!(next.await.unwrap());
    assert_eq!(
        level.tally().load,
        Load {
            ever_seated: 2,
            ..Load::default()
        }
    );
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_or_finds_no_place_is_turned_away() {
    let level = Level::new(1, 1);
    let _seat = level.seat(user("a"), 1, PATIENCE).await.unwrap();
    let mut waits = std::pin::pin!(level.seat(user("b"), 1, PATIENCE));
    assert!(futures_util::poll!(waits.as_mut()).is_pending());
    let too_many = Err(TooMany { retry_after: 1 });
    assert_eq!(level.seat(user("c"), 1, PATIENCE).await.map(drop), too_many);
    assert_eq!(waits.await.map(drop), too_many);
    let tally = level.tally();
    assert_eq!((tally.queue_full, tally.time_out, tally.load.waiting), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_while_it_waits_leaves_nothing_behind() {
    let level = Level::new(1, 10);
    let seat = level.seat(user("a"), 1, PATIENCE).await.unwrap();
    let mut first = Box::pin(level.seat(user("b"), 1, PATIENCE));
    let mut second = Box::pin(level.seat(user("c"), 1, PATIENCE));
    assert!(futures_util::poll!(first.as_mut()).is_pending());
    assert!(futures_util::poll!(second.as_mut()).is_pending());
    drop(seat);
    // It is called, and does not know yet.
    assert_eq!(level.tally().load.seated, 1);
    drop(first);
    assert!(second.await.is_ok());
    assert_eq!(
        level.tally().load,
        Load {
            ever_seated: 3,
            ..Load::default()
        }
    );
}

#[tokio::test]
async fn no_request_takes_more_than_an_eighth_and_zero_is_no_bound() {
    let level = Level::new(16, 0);
    let _wide = level.seat(user("a"), 10, PATIENCE).await.unwrap();
    assert_eq!(level.tally().load.seats, 2);
    let level = Level::new(0, 0);
    let mut all = Vec::new();
    for _ in 0..5_000 {
        all.push(level.seat(user("a"), 10, PATIENCE).await.unwrap());
    }
    assert_eq!(level.tally().load.seats, 50_000);
}
