//! What happens to members while clients read, write and watch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use purser_e2e::{Answer, Client, Purser, Starting};
use rustix::process::Signal;
use serde_json::json;

use crate::etcd::Cluster;
use crate::linear;
use crate::load::{Load, SECRETS, World, object};
use crate::watched::{self, Event, Listed};
use crate::watching::Watching;

/// How long something may take to come about.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long clients go on before a fault, during it once all are served, and after it.
const WHILE: Duration = Duration::from_millis(700);

/// All that runs.
struct Trial {
    /// Before what they watch, so that they end first.
    watches: Vec<Watching>,
    servers: Vec<Purser>,
    cluster: Cluster,
    clients: Vec<Client>,
    world: Arc<World>,
    turn: u64,
}

impl Trial {
    async fn start() -> Self {
        let cluster = Cluster::start();
        cluster.leader().await;
        let flags = cluster.flags();
        let starting = || {
            flags
                .iter()
                .fold(Starting::default(), |starting, flag| starting.argument(flag))
        };
        let first = starting().start().await;
        let (second, third) = tokio::join!(
            starting().sharing(&first).start(),
            starting().sharing(&first).start()
        );
        let servers = vec![first, second, third];
        let clients: Vec<Client> = servers.iter().map(Purser::admin).collect();
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tried"}});
        let made = clients[0].post("/api/v1/namespaces", &namespace).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let mut watches = Vec::new();
        for client in &clients {
            let listed = client.get(SECRETS).await.json();
            assert!(listed["items"].as_array().unwrap().is_empty());
            let since = listed["metadata"]["resourceVersion"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            watches.push(Watching::begin(client.clone(), since));
        }
        Self {
            cluster,
            servers,
            clients,
            watches,
            world: World::new(),
            turn: 0,
        }
    }

    async fn begin(&mut self) -> Load {
        self.turn += 1;
        let load = Load::begin(&self.world, &self.clients, &format!("t{}", self.turn));
        tokio::time::sleep(WHILE).await;
        load
    }

    /// Waits until a write through every server is taken, and lets clients go on for a while.
    async fn serves(&self, what: &str) {
        let begun = Instant::now();
        for client in &self.clients {
            while client
                .put(&format!("{SECRETS}/none"), &object("none", 1, None))
                .await
                .status
                != 404
            {
                assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        println!("{what}: all serve after {:?}", begun.elapsed());
        tokio::time::sleep(WHILE).await;
    }

    async fn killed(&mut self, member: usize) {
        let load = self.begin().await;
        self.cluster.kill(member);
        self.serves("a member is killed").await;
        self.cluster.run(member);
        self.serves("it is back").await;
        load.end().await;
    }

    async fn paused(&mut self, member: usize) {
        let load = self.begin().await;
        self.cluster.signal(member, Signal::STOP);
        self.serves("a member hangs").await;
        self.cluster.signal(member, Signal::CONT);
        self.serves("it goes on").await;
        load.end().await;
    }

    async fn disk_full(&mut self, member: usize) {
        let load = self.begin().await;
        self.cluster.fill_disk(member);
        let begun = Instant::now();
        while !self.cluster.has_ended(member) {
            assert!(begun.elapsed() < PATIENCE, "it writes on");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.serves("a member's disk is full").await;
        self.cluster.run(member);
        self.serves("there is room again").await;
        load.end().await;
    }

    async fn expired(&mut self, member: usize) {
        let load = self.begin().await;
        self.cluster.expire(member);
        // So that nobody has a connection of before.
        self.cluster.kill(member);
        self.cluster.run(member);
        self.serves("a member's certificate ended").await;
        self.cluster.renew();
        self.serves("it is renewed").await;
        // Those that were not expired have to be left out for it to be asked.
        let others: Vec<usize> = (0..3).filter(|other| *other != member).collect();
        self.cluster.signal(others[0], Signal::STOP);
        self.serves("and is needed").await;
        self.cluster.signal(others[0], Signal::CONT);
        load.end().await;
    }

    async fn all_down(&mut self) {
        let load = self.begin().await;
        let known = object("known", 9_000_000 + self.turn, None);
        let made = self.clients[0].post(SECRETS, &known).await;
        assert_eq!(made.status, 201, "{}", made.text());
        for client in &self.clients {
            assert_eq!(client.get(&format!("{SECRETS}/known")).await.status, 200);
        }
        for member in 0..3 {
            self.cluster.kill(member);
        }
        tokio::time::sleep(WHILE).await;
        for client in &self.clients {
            let known = format!("{SECRETS}/known");
            for path in [
                &format!("{known}?resourceVersion=0"),
                &format!("{SECRETS}?resourceVersion=0"),
            ] {
                let read = client.get(path).await;
                assert_eq!(read.status, 200, "{}", read.text());
            }
            refused(&client.get(&known).await);
            refused(&client.get(SECRETS).await);
            refused(&client.post(SECRETS, &object("new", 1, None)).await);
            refused(&client.put(&known, &object("known", 1, None)).await);
            refused(&client.delete(&known).await);
        }
        for member in 0..3 {
            self.cluster.run(member);
        }
        self.serves("all members are back").await;
        load.end().await;
        assert_eq!(
            self.clients[0].delete(&format!("{SECRETS}/known")).await.status,
            200
        );
    }

    /// Ends it, and looks at all that was seen.
    async fn verify(self) {
        let last = object("last", 9_999_999, None);
        let made = self.clients[0].post(SECRETS, &last).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let listed = self.clients[1].get(SECRETS).await.json();
        let listed: Listed = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                (
                    item["metadata"]["name"].as_str().unwrap().to_owned(),
                    crate::load::parts(item).1,
                )
            })
            .collect();
        let record = std::mem::take(&mut *self.world.record.lock().unwrap());
        let operations: usize = record.histories.values().map(Vec::len).sum();
        println!(
            "{operations} operations, {} writes, statuses {:?}",
            record.written.len(),
            record.statuses
        );
        let mut first: Option<Vec<Event>> = None;
        for watch in &self.watches {
            let begun = Instant::now();
            while watch
                .events
                .lock()
                .unwrap()
                .last()
                .is_none_or(|event| event.name != "last")
            {
                assert!(begun.elapsed() < PATIENCE, "a watch does not come to the end");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let events = watch.events.lock().unwrap().clone();
            watched::check(&events, &record.written, &listed).unwrap();
            assert!(
                first.get_or_insert_with(|| events.clone()) == &events,
                "watches of two servers differ"
            );
        }
        for (name, history) in &record.histories {
            if let Err(error) = linear::check(history) {
                panic!("{name}: {error}");
            }
        }
        assert_eq!(self.servers.len(), 3);
    }
}

/// What is not done while there is no etcd says when to come again.
fn refused(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.headers.contains_key("retry-after"), "{:?}", answer.headers);
}

/// Lets everything happen so many times.
async fn rounds(count: usize) {
    let mut trial = Trial::start().await;
    for _ in 0..count {
        let leader = trial.cluster.leader().await;
        trial.killed(leader).await;
        let leader = trial.cluster.leader().await;
        trial.paused(leader).await;
        trial.disk_full((leader + 1) % 3).await;
        trial.expired((leader + 2) % 3).await;
        trial.all_down().await;
    }
    trial.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_members_fail_servers_answer_as_one_and_watches_tell_all_once_and_in_order() {
    rounds(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes: `cargo xtask slow`"]
async fn and_do_so_when_members_fail_again_and_again() {
    rounds(4).await;
}
