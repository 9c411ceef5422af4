//! What a later request repeats of an earlier answer: our own value is put where the recording has upstream's.

use std::collections::BTreeMap;

use serde_json::Value;

/// Recorded values and ours, by what they are.
#[derive(Default)]
pub(crate) struct Learned {
    uids: BTreeMap<String, String>,
    revisions: BTreeMap<String, String>,
    tokens: BTreeMap<String, String>,
}

impl Learned {
    /// Takes note of what stands at the same place in both answers.
    pub(crate) fn learn(&mut self, recorded: &Value, ours: &Value) {
        match (recorded, ours) {
            (Value::Object(recorded), Value::Object(ours)) => {
                for (name, theirs) in recorded {
                    let Some(mine) = ours.get(name) else { continue };
                    if let (Value::String(theirs), Value::String(mine)) = (theirs, mine) {
                        self.note(name, theirs, mine);
                    } else {
                        self.learn(theirs, mine);
                    }
                }
            }
            (Value::Array(recorded), Value::Array(ours)) => {
                for (theirs, mine) in recorded.iter().zip(ours) {
                    self.learn(theirs, mine);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, name: &str, theirs: &str, mine: &str) {
        let into = match name {
            "uid" => &mut self.uids,
            "resourceVersion" => &mut self.revisions,
            "continue" | "token" => &mut self.tokens,
            _ => return,
        };
        into.insert(theirs.to_owned(), mine.to_owned());
    }

    /// The path with our continue token and revisions.
    pub(crate) fn path(&self, path: &str) -> String {
        let Some((path, query)) = path.split_once('?') else {
            return path.to_owned();
        };
        let pairs = query.split('&').map(|pair| {
            let known = match pair.split_once('=') {
                Some(("continue", value)) => self.tokens.get(value),
                Some(("resourceVersion", value)) => self.revisions.get(value),
                _ => None,
            };
            match (known, pair.split_once('=')) {
                (Some(ours), Some((name, _))) => format!("{name}={ours}"),
                _ => pair.to_owned(),
            }
        });
        format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
    }

    /// The body with our uids, tokens and revisions.
    pub(crate) fn body(&self, body: &str) -> String {
        let mut body = body.to_owned();
        for (theirs, ours) in self.uids.iter().chain(&self.tokens) {
            body = body.replace(theirs, ours);
        }
        for (theirs, ours) in &self.revisions {
            let quoted = |revision: &str| format!("\"resourceVersion\": \"{revision}\"");
            body = body.replace(&quoted(theirs), &quoted(ours));
        }
        body
    }
}

#[test]
fn what_an_earlier_answer_held_is_put_into_later_requests() {
    let mut learned = Learned::default();
    let theirs =
        serde_json::json!({"metadata": {"resourceVersion": "5843", "continue": "abc", "uid": "u-1"}});
    let ours = serde_json::json!({"metadata": {"resourceVersion": "12", "continue": "xyz", "uid": "v-2"}});
    learned.learn(&theirs, &ours);
    assert_eq!(learned.path("/a?limit=2&continue=abc"), "/a?limit=2&continue=xyz");
    assert_eq!(
        learned.path("/a?resourceVersion=5843&watch=1"),
        "/a?resourceVersion=12&watch=1"
    );
    assert_eq!(learned.path("/a?resourceVersion=1"), "/a?resourceVersion=1");
    assert_eq!(
        learned.body(r#"{"resourceVersion": "5843", "uid": "u-1"}"#),
        r#"{"resourceVersion": "12", "uid": "v-2"}"#
    );
}
