//! What the workloads do, one request at a time.

use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;

use crate::cli::Workload;
use crate::client::Call;
use crate::objects::{self, Template};
use crate::random::Random;

/// Page of the lists in the mixed workload.
const MIXED_PAGE: u32 = 100;

/// A kind of request; the report has a row for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    /// Read one.
    Get,
    /// Read all, or a page in the mixed workload.
    List,
    /// Make one.
    Create,
    /// Replace one.
    Update,
    /// Give a right, until it takes effect.
    Bind,
    /// Take it away, until that takes effect.
    Unbind,
}

impl Operation {
    /// The word in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Create => "create",
            Self::Update => "update",
            Self::Bind => "bind",
            Self::Unbind => "unbind",
        }
    }
}

/// Makes the requests of one workload.
pub(crate) struct Plan {
    workload: Workload,
    collection: String,
    objects: u64,
    template: Template,
    next_name: AtomicU64,
    next_marker: AtomicU64,
}

impl Plan {
    /// Requests for the Secrets at `collection`, of which `objects` exist.
    pub(crate) fn new(workload: Workload, collection: String, objects: u64, size: u32) -> Self {
        Self {
            workload,
            collection,
            objects,
            template: Template::new(size),
            next_name: AtomicU64::new(objects),
            next_marker: AtomicU64::new(1),
        }
    }

    /// Path of the Secrets.
    pub(crate) fn collection(&self) -> &str {
        &self.collection
    }

    /// The next request of a stream.
    pub(crate) fn next(&self, random: &mut Random) -> (Operation, Call) {
        match self.workload {
            Workload::Get => self.get(random),
            Workload::List => (Operation::List, Call::get(self.collection.clone())),
            Workload::Create => self.create_next(),
            Workload::Update => (
                Operation::Update,
                self.update(random, self.next_marker.fetch_add(1, Ordering::Relaxed)),
            ),
            Workload::Mixed => match random.below(100) {
                0..90 => self.get(random),
                90..96 => (
                    Operation::Update,
                    self.update(random, self.next_marker.fetch_add(1, Ordering::Relaxed)),
                ),
                96..99 => self.create_next(),
                _ => (
                    Operation::List,
                    Call::get(format!("{}?limit={MIXED_PAGE}", self.collection)),
                ),
            },
            Workload::Rotation => match random.below(100) {
                0..99 => self.get(random),
                _ => (
                    Operation::Update,
                    self.update(random, self.next_marker.fetch_add(1, Ordering::Relaxed)),
                ),
            },
            // The writer of the watch workload makes its own requests: the marker is the time. So does who gives
            // rights.
            Workload::Watch | Workload::Bindings => (Operation::Update, self.update(random, 0)),
        }
    }

    /// Creates the object with this number.
    pub(crate) fn create(&self, number: u64) -> Call {
        Call {
            method: Method::POST,
            path: self.collection.clone(),
            body: self.template.created(&objects::name(number)),
        }
    }

    /// Replaces any object, unconditionally.
    pub(crate) fn update(&self, random: &mut Random, marker: u64) -> Call {
        let name = objects::name(random.below(self.objects));
        Call {
            method: Method::PUT,
            path: format!("{}/{name}", self.collection),
            body: self.template.updated(&name, marker),
        }
    }

    fn get(&self, random: &mut Random) -> (Operation, Call) {
        let name = objects::name(random.below(self.objects));
        (Operation::Get, Call::get(format!("{}/{name}", self.collection)))
    }

    fn create_next(&self) -> (Operation, Call) {
        (
            Operation::Create,
            self.create(self.next_name.fetch_add(1, Ordering::Relaxed)),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn creates_never_repeat_a_name_nor_one_that_exists() {
        let plan = Plan::new(Workload::Create, "/c".to_owned(), 10, 1);
        let mut random = Random::new(0);
        let bodies: BTreeSet<_> = (0..100).map(|_| plan.next(&mut random).1.body).collect();
        assert_eq!(bodies.len(), 100);
        assert!(!bodies.contains(&plan.create(9).body));
        assert!(bodies.contains(&plan.create(10).body));
    }

    #[test]
    fn mixed_is_mostly_reads() {
        let plan = Plan::new(Workload::Mixed, "/c".to_owned(), 10, 1);
        let mut random = Random::new(0);
        let mut counts = BTreeMap::new();
        for _ in 0..10_000 {
            *counts.entry(plan.next(&mut random).0).or_insert(0) += 1;
        }
        assert!((8_800..9_200).contains(&counts[&Operation::Get]), "{counts:?}");
        assert!((500..700).contains(&counts[&Operation::Update]), "{counts:?}");
        assert!((230..370).contains(&counts[&Operation::Create]), "{counts:?}");
        assert!((60..140).contains(&counts[&Operation::List]), "{counts:?}");
    }

    #[test]
    fn updates_differ_each_time() {
        let plan = Plan::new(Workload::Update, "/c".to_owned(), 1, 1);
        let mut random = Random::new(0);
        assert_ne!(plan.next(&mut random).1.body, plan.next(&mut random).1.body);
    }
}
