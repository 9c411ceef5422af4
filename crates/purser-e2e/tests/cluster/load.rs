//! Clients of several servers, and what they ask and are answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::SendRequest;
use purser_e2e::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::linear::{Action, Operation, Outcome};
use crate::watched::Event;

pub(crate) const SECRETS: &str = "/api/v1/namespaces/tried/secrets";
/// Objects of a time under load.
const OBJECTS: u64 = 4;
/// Clients of each server.
const CLIENTS: u64 = 2;
/// Between an answer and the next request.
const PAUSE: Duration = Duration::from_millis(15);

/// All that was asked, by the object's name, and the writes that were answered.
#[derive(Default)]
pub(crate) struct Record {
    pub(crate) histories: BTreeMap<String, Vec<Operation>>,
    pub(crate) written: Vec<Event>,
    /// How often which status was answered.
    pub(crate) statuses: BTreeMap<u16, usize>,
}

/// Numbers that no two writes share, and one clock.
pub(crate) struct World {
    begun: Instant,
    next: AtomicU64,
    pub(crate) record: Mutex<Record>,
}

impl World {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            begun: Instant::now(),
            next: AtomicU64::new(1),
            record: Mutex::default(),
        })
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn now(&self) -> u64 {
        self.begun.elapsed().as_nanos().try_into().unwrap()
    }
}

/// What an object of a value is.
pub(crate) fn object(name: &str, value: u64, version: Option<u64>) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name},
        "stringData": {"value": value.to_string()}});
    if let Some(version) = version {
        object["metadata"]["resourceVersion"] = json!(version.to_string());
    }
    object
}

/// The value and the version of an object.
pub(crate) fn parts(object: &Value) -> (u64, u64) {
    let value = STANDARD
        .decode(object["data"]["value"].as_str().unwrap())
        .unwrap();
    let version = object["metadata"]["resourceVersion"].as_str().unwrap();
    (
        String::from_utf8(value).unwrap().parse().unwrap(),
        version.parse().unwrap(),
    )
}

/// Clients under way.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

impl Load {
    /// Begins: several clients of each server, all on the same few objects, whose names begin with `prefix`.
    pub(crate) fn begin(world: &Arc<World>, servers: &[Client], prefix: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for server in servers {
            for _ in 0..CLIENTS {
                let one = One {
                    world: Arc::clone(world),
                    client: server.clone(),
                    sender: None,
                    seen: BTreeMap::new(),
                    dice: world.number(),
                };
                let (stop, prefix) = (Arc::clone(&stop), prefix.to_owned());
                clients.spawn(one.go(stop, prefix));
            }
        }
        Self { stop, clients }
    }

    /// Waits until every request is answered.
    pub(crate) async fn end(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.clients.join_next().await {
            ended.unwrap();
        }
    }
}

/// A client, which asks for one thing after the other.
struct One {
    world: Arc<World>,
    client: Client,
    sender: Option<SendRequest<Full<Bytes>>>,
    /// What it saw last of objects: value and version.
    seen: BTreeMap<String, (u64, u64)>,
    dice: u64,
}

impl One {
    async fn go(mut self, stop: Arc<AtomicBool>, prefix: String) {
        while !stop.load(Ordering::Relaxed) {
            let name = format!("{prefix}-{}", self.roll(OBJECTS));
            let action = self.choose(&name);
            self.ask(&name, action).await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// A number below `sides`; each client has a sequence of its own (SplitMix64).
    fn roll(&mut self, sides: u64) -> u64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.dice ^ (self.dice >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)) % sides
    }

    fn choose(&mut self, name: &str) -> Action {
        let seen = self.seen.get(name).map(|(value, _)| *value);
        match self.roll(10) {
            0..3 => Action::Read,
            3..5 => Action::Create(self.world.number()),
            5..7 => Action::Update(self.world.number(), None),
            7..9 => Action::Update(self.world.number(), seen),
            _ => Action::Delete,
        }
    }

    async fn ask(&mut self, name: &str, action: Action) {
        let path = format!("{SECRETS}/{name}");
        let (method, path, body) = match action {
            Action::Create(value) => (Method::POST, SECRETS.to_owned(), Some(object(name, value, None))),
            Action::Update(value, wanted) => {
                let version = wanted.map(|_| self.seen[name].1);
                (Method::PUT, path, Some(object(name, value, version)))
            }
            Action::Delete => (Method::DELETE, path, None),
            Action::Read => (Method::GET, path, None),
        };
        let called = self.world.now();
        let answer = self.send(method, &path, body).await;
        let returned = self.world.now();
        let outcome = match &answer {
            Some((status, body)) => self.understand(name, action, *status, body),
            None => Some(Outcome::Unknown),
        };
        let mut record = self.world.record.lock().unwrap();
        *record
            .statuses
            .entry(answer.map_or(0, |(status, _)| status))
            .or_default() += 1;
        // A read of which nothing came says nothing.
        let Some(outcome) = outcome.filter(|one| action != Action::Read || *one != Outcome::Unknown) else {
            return;
        };
        if let (Action::Create(value) | Action::Update(value, _), Outcome::Done(Some(version))) =
            (action, outcome)
        {
            let kind = if matches!(action, Action::Create(_)) {
                "ADDED"
            } else {
                "MODIFIED"
            };
            record.written.push(Event {
                kind: kind.to_owned(),
                name: name.to_owned(),
                version,
                value,
            });
        }
        let history = record.histories.entry(name.to_owned()).or_default();
        history.push(Operation {
            called,
            returned,
            action,
            outcome,
        });
    }

    /// The status and the body; none when the connection broke.
    async fn send(&mut self, method: Method, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        let mut sender = match self.sender.take() {
            Some(sender) => sender,
            None => self.client.h2().await,
        };
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(format!("https://purser{path}"))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let answer = sender.send_request(request).await.ok()?;
        let status = answer.status().as_u16();
        if status == 503 {
            assert!(
                answer.headers().contains_key("retry-after"),
                "a 503 says when to come again"
            );
        }
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        self.sender = Some(sender);
        Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    /// What an answer says; nothing when it says that nothing was done.
    fn understand(&mut self, name: &str, action: Action, status: u16, body: &Value) -> Option<Outcome> {
        let outcome = match (status, action) {
            (200, Action::Read) => {
                let (value, version) = parts(body);
                Outcome::Seen(value, version)
            }
            (200 | 201, Action::Create(_) | Action::Update(..)) => Outcome::Done(Some(parts(body).1)),
            (200, Action::Delete) => Outcome::Done(None),
            (404, _) => Outcome::Absent,
            (409, Action::Create(_)) => Outcome::Exists,
            (409, Action::Update(_, Some(_))) => Outcome::Conflict,
            // Refused with a time to come again: not done.
            (409 | 429 | 503, _) => return None,
            (504, _) => Outcome::Unknown,
            _ => panic!("{action:?}: {status}: {body}"),
        };
        match (outcome, action) {
            (Outcome::Seen(value, version), _)
            | (Outcome::Done(Some(version)), Action::Create(value) | Action::Update(value, _)) => {
                self.seen.insert(name.to_owned(), (value, version));
            }
            _ => {}
        }
        Some(outcome)
    }
}
