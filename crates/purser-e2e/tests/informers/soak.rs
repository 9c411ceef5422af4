//! Hours in minutes: many objects, steady writes, and disturbances of every sort, until the time is over. Started by
//! `cargo xtask soak`.

use std::time::{Duration, Instant};

use crate::churn::{Churn, fill};
use crate::kube_rs::{Informer, informers};
use crate::world::World;

/// The pause of each writer between two writes.
const PAUSE: Duration = Duration::from_millis(15);
/// Between two disturbances.
const CALM: Duration = Duration::from_secs(3);
/// How long an answer is slow, stalls, or does not come.
const TROUBLE: Duration = Duration::from_secs(2);
/// How long all caches of many objects may take to have a list, and to be what the list is.
const SETTLES: Duration = Duration::from_secs(180);
/// Between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(30);
/// Between two looks whether every cache equals a fresh list.
const LOOK: Duration = Duration::from_secs(300);
/// One disturbance in so many is a compaction.
const COMPACTIONS: usize = 9;

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

/// What happened so far.
#[derive(Default)]
struct Counted {
    writes: usize,
    disturbances: usize,
    compactions: usize,
}

impl Counted {
    /// `under_way` are the writes of those who still write.
    fn say(&self, started: Instant, what: &str, under_way: usize, informers: &[Informer]) {
        let lists: usize = informers.iter().map(Informer::lists).sum();
        let writes = self.writes + under_way;
        let Self {
            writes: _,
            disturbances,
            compactions,
        } = self;
        let seconds = started.elapsed().as_secs();
        println!(
            "{seconds:>5} s  {what}: {writes} writes, {disturbances} disturbances, {compactions} compactions, {lists} lists"
        );
    }
}

/// One disturbance of the informers' way; each kind in its turn.
async fn disturb(world: &World, turn: usize) {
    let way = &world.shaky;
    match turn % 4 {
        0 => way.cut(),
        1 => {
            way.slow(true);
            tokio::time::sleep(TROUBLE).await;
            way.cut();
            way.slow(false);
        }
        2 => {
            way.stall(true);
            tokio::time::sleep(TROUBLE).await;
            way.stall(false);
        }
        _ => {
            way.shut(true);
            tokio::time::sleep(TROUBLE).await;
            way.shut(false);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes as long as it is told, 20 minutes unless said otherwise: cargo xtask soak"]
async fn informers_hold_what_a_fresh_list_says_after_a_long_time() {
    let length = Duration::from_secs(60 * number("PURSER_SOAK_MINUTES", 20) as u64);
    let objects = number("PURSER_SOAK_OBJECTS", 20_000);
    let mut world = World::start().await;
    let (shaky, steady) = (
        world.client(&world.shaky).await,
        world.client(&world.steady).await,
    );
    fill(&steady, objects).await;
    println!("{objects} objects are there");
    let informers = informers(&shaky, &steady);
    for informer in &informers {
        informer.ready(SETTLES).await;
    }
    let started = Instant::now();
    let mut counted = Counted::default();
    let (mut said, mut looked) = (started, started);
    let mut churn = Churn::start(&steady, objects, PAUSE);
    while started.elapsed() < length {
        tokio::time::sleep(CALM).await;
        counted.disturbances += 1;
        if counted.disturbances.is_multiple_of(COMPACTIONS) {
            world.shaky.shut(true);
            tokio::time::sleep(TROUBLE).await;
            counted.writes += churn.stop().await;
            world.compact().await;
            world.shaky.shut(false);
            churn = Churn::start(&steady, objects, PAUSE);
            counted.compactions += 1;
        } else {
            disturb(&world, counted.disturbances).await;
        }
        if said.elapsed() > PROGRESS {
            said = Instant::now();
            counted.say(started, "going on", churn.writes(), &informers);
        }
        if looked.elapsed() > LOOK {
            counted.writes += churn.stop().await;
            for informer in &informers {
                informer.settles(SETTLES).await;
            }
            counted.say(started, "every cache equals a fresh list", 0, &informers);
            looked = Instant::now();
            churn = Churn::start(&steady, objects, PAUSE);
        }
    }
    counted.writes += churn.stop().await;
    for informer in &informers {
        informer.settles(SETTLES).await;
        assert!(counted.compactions == 0 || informer.lists() > 1);
    }
    counted.say(
        started,
        "at the end every cache equals a fresh list",
        0,
        &informers,
    );
}
