//! The weather that every informer of a test goes through, under writes.

use std::time::Duration;

use crate::churn::{Churn, fill};
use crate::world::World;

/// Names written to in a test.
const OBJECTS: usize = 150;
/// Connections cut in each of the two halves.
const CUTS: usize = 3;

/// A server that holds something already.
pub(crate) async fn before() -> World {
    let world = World::start().await;
    fill(&world.client(&world.steady).await, OBJECTS).await;
    world
}

/// Cuts, slow answers, a stall, and a compaction while the informers are away; then cuts again. Nothing is written any
/// more when this ends, and the ways are open.
pub(crate) async fn pass_over(world: &mut World) {
    let client = world.client(&world.steady).await;
    let churn = Churn::start(&client, OBJECTS, Duration::from_millis(2));
    for round in 0..CUTS {
        tokio::time::sleep(Duration::from_millis(150 + 73 * round as u64)).await;
        world.shaky.cut();
    }
    world.shaky.slow(true);
    tokio::time::sleep(Duration::from_millis(800)).await;
    world.shaky.cut();
    tokio::time::sleep(Duration::from_millis(400)).await;
    world.shaky.slow(false);
    world.shaky.stall(true);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    world.shaky.stall(false);
    tokio::time::sleep(Duration::from_millis(400)).await;
    // What happens now nobody of them sees, and its history is forgotten before they ask.
    world.shaky.shut(true);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut writes = churn.stop().await;
    world.compact().await;
    world.shaky.shut(false);
    let churn = Churn::start(&client, OBJECTS, Duration::from_millis(2));
    for round in 0..CUTS {
        tokio::time::sleep(Duration::from_millis(250 + 91 * round as u64)).await;
        world.shaky.cut();
    }
    writes += churn.stop().await;
    println!("{writes} writes");
    assert!(writes > OBJECTS, "the storm was calm: {writes} writes");
}
