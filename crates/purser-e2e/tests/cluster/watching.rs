//! A watch that goes on, as an informer's does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use purser_e2e::Client;
use serde_json::Value;

use crate::load::{SECRETS, parts};
use crate::watched::Event;

/// A watch of everything since a revision.
pub(crate) struct Watching {
    pub(crate) events: Arc<Mutex<Vec<Event>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Watching {
    pub(crate) fn begin(client: Client, since: u64) -> Self {
        let events = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(go(client, since, Arc::clone(&events)));
        Self { events, task }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes it up after what was seen whenever it ends.
async fn go(client: Client, since: u64, events: Arc<Mutex<Vec<Event>>>) {
    loop {
        let last = events
            .lock()
            .unwrap()
            .last()
            .map_or(since, |event: &Event| event.version);
        let mut sender = client.h2().await;
        let request = Request::get(format!("https://purser{SECRETS}?watch=1&resourceVersion={last}"))
            .body(Full::new(Bytes::new()))
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200, "a watch since {last}");
        let mut body = answer.into_body();
        let mut left = Vec::new();
        while let Some(Ok(frame)) = body.frame().await {
            left.extend(frame.into_data().unwrap_or_default());
            while let Some(end) = left.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = left.drain(..=end).collect();
                events
                    .lock()
                    .unwrap()
                    .push(event(&serde_json::from_slice(&line).unwrap()));
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn event(told: &Value) -> Event {
    let kind = told["type"].as_str().unwrap();
    assert!(matches!(kind, "ADDED" | "MODIFIED" | "DELETED"), "{told}");
    let (value, version) = parts(&told["object"]);
    Event {
        kind: kind.to_owned(),
        name: told["object"]["metadata"]["name"].as_str().unwrap().to_owned(),
        version,
        value,
    }
}
