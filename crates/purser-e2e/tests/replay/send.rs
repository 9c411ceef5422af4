//! Sends a row as the recorder sent it, and keeps of the answer what the recorder kept.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Request};
use purser_e2e::{Answer, Client, Purser};
use serde_json::Value;

use crate::learned::Learned;
use crate::recording::Row;
use crate::shorten::{expand, shorten};

/// One client an identity.
pub(crate) struct Senders {
    admin: Client,
    jane: Client,
    nobody: Client,
}

/// An answer in the recorder's form.
pub(crate) struct Recorded {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, Value>,
    pub(crate) answer: Value,
}

impl Senders {
    /// Makes the identities of the recording.
    pub(crate) fn of(purser: &Purser) -> Self {
        Self {
            admin: purser.admin(),
            jane: purser.user("jane", &["devs"]),
            nobody: purser.nobody(),
        }
    }

    /// Sends a row.
    pub(crate) async fn send(&self, row: &Row, learned: &Learned) -> Recorded {
        let client = match row.identity.as_str() {
            "admin" => &self.admin,
            "jane" => &self.jane,
            "nobody" | "x" => &self.nobody,
            other => panic!("the recording knows nobody called {other}"),
        };
        let mut request = Request::builder()
            .method(row.method.as_str())
            .uri(learned.path(&row.path));
        for (name, value) in &row.headers {
            request = request.header(name, value);
        }
        if row.identity == "x" {
            request = request.header("authorization", "Bearer nonsense");
        }
        let body = row
            .body
            .as_deref()
            .map(|body| expand(&learned.body(body)))
            .unwrap_or_default();
        let request = request.body(Bytes::from(body)).expect("a row is a request");
        Recorded::of(&client.send(request).await, &row.path)
    }
}

impl Recorded {
    fn of(answer: &Answer, path: &str) -> Self {
        Self {
            status: answer.status.as_u16(),
            headers: headers(&answer.headers),
            answer: shorten(body(&answer.body, path)),
        }
    }
}

fn headers(headers: &HeaderMap) -> BTreeMap<String, Value> {
    let text =
        |value: &http::HeaderValue| Value::String(String::from_utf8_lossy(value.as_bytes()).into_owned());
    let mut kept: BTreeMap<String, Value> = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect();
    if headers.contains_key("warning") {
        kept.insert(
            "warning".to_owned(),
            headers.get_all("warning").iter().map(text).collect(),
        );
    }
    kept
}

/// JSON when it is, the frames of a watch when it is one, text otherwise.
fn body(body: &[u8], path: &str) -> Value {
    if let Ok(json) = serde_json::from_slice(body) {
        return json;
    }
    let text = String::from_utf8_lossy(body);
    if path.contains("watch") && text.trim_start().starts_with('{') {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        if let Ok(frames) = lines.map(serde_json::from_str).collect::<Result<Vec<Value>, _>>() {
            return Value::Array(frames);
        }
    }
    Value::String(text.into_owned())
}
