//! Requests that sit and wait, and those turned away, under the names of API Priority and Fairness.
//!
//! Upstream's priority levels and flow schemas are objects; here there are two, called as those of upstream's that the
//! same requests are in: `exempt`, which is `system:masters`, and `global-default`, which is everybody else.

use std::sync::atomic::Ordering;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::observed::gauge;
use crate::fair::{Tallies, Tally};

/// What is told.
#[derive(Default)]
pub(super) struct FlowControl {
    in_flight: Family<Kind, Gauge>,
    in_queue: Family<Kind, Gauge>,
    executing: Family<Schema, Gauge>,
    executing_seats: Family<Schema, Gauge>,
    waiting: Family<Schema, Gauge>,
    dispatched: Family<Schema, Counter>,
    rejected: Family<Rejection, Counter>,
    seats: Family<Level, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    request_kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Level {
    priority_level: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Schema {
    priority_level: &'static str,
    flow_schema: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Rejection {
    priority_level: &'static str,
    flow_schema: &'static str,
    reason: &'static str,
}

impl FlowControl {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "apiserver_current_inflight_requests",
            "Requests being answered now, by kind",
            self.in_flight.clone(),
        );
        r.register(
            "apiserver_current_inqueue_requests",
            "Requests that wait for a seat now, by kind",
            self.in_queue.clone(),
        );
        r.register(
            "apiserver_flowcontrol_current_executing_requests",
            "Requests being answered now, by level",
            self.executing.clone(),
        );
        r.register(
            "apiserver_flowcontrol_current_executing_seats",
            "Seats taken by requests being answered now, by level",
            self.executing_seats.clone(),
        );
        r.register(
            "apiserver_flowcontrol_current_inqueue_requests",
            "Requests that wait for a seat now, by level",
            self.waiting.clone(),
        );
        r.register(
            "apiserver_flowcontrol_dispatched_requests",
            "Requests that got a seat",
            self.dispatched.clone(),
        );
        r.register(
            "apiserver_flowcontrol_rejected_requests",
            "Requests and watches that got no seat",
            self.rejected.clone(),
        );
        r.register(
            "apiserver_flowcontrol_nominal_limit_seats",
            "Seats of a level",
            self.seats.clone(),
        );
    }

    pub(super) fn set(&self, masters: &Tallies, others: &Tallies) {
        let both = |of: fn(&Tallies) -> &Tally, number: fn(&Tally) -> usize| {
            gauge(number(of(masters)).saturating_add(number(of(others))))
        };
        for (request_kind, of) in [
            ("readOnly", (|all| &all.reads) as fn(&Tallies) -> &Tally),
            ("mutating", |all| &all.writes),
        ] {
            let kind = Kind { request_kind };
            self.in_flight
                .get_or_create(&kind)
                .set(both(of, |tally| tally.load.seated));
            self.in_queue
                .get_or_create(&kind)
                .set(both(of, |tally| tally.load.waiting));
        }
        self.set_level("exempt", masters);
        self.set_level("global-default", others);
    }

    /// Of watches upstream counts only how they begin: they are not among what goes on.
    fn set_level(&self, name: &'static str, tallies: &Tallies) {
        let Tallies {
            reads,
            writes,
            watches,
        } = tallies;
        let schema = Schema {
            priority_level: name,
            flow_schema: name,
        };
        let sum = |number: fn(&Tally) -> usize| gauge(number(reads).saturating_add(number(writes)));
        self.executing
            .get_or_create(&schema)
            .set(sum(|tally| tally.load.seated));
        self.executing_seats
            .get_or_create(&schema)
            .set(sum(|tally| tally.load.seats));
        self.waiting
            .get_or_create(&schema)
            .set(sum(|tally| tally.load.waiting));
        self.seats
            .get_or_create(&Level { priority_level: name })
            .set(sum(|tally| tally.seats));
        let ever = |counter: &Counter, number: fn(&Tally) -> u64| {
            let all = [reads, writes, watches].map(number).into_iter().sum();
            counter.inner().store(all, Ordering::Relaxed);
        };
        ever(&self.dispatched.get_or_create(&schema), |tally| {
            tally.load.ever_seated
        });
        let rejected = |reason| {
            self.rejected.get_or_create(&Rejection {
                priority_level: name,
                flow_schema: name,
                reason,
            })
        };
        ever(&rejected("queue-full"), |tally| tally.queue_full);
        ever(&rejected("time-out"), |tally| tally.time_out);
    }
}
