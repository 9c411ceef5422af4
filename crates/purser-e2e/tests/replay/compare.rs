//! Where two answers differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::mask::mask;
use crate::recording::Row;
use crate::send::Recorded;

/// The headers that are compared.
const HEADERS: [&str; 4] = ["content-type", "warning", "allow", "retry-after"];

/// One place where they differ; none where a side has nothing.
pub(crate) struct Difference {
    pub(crate) path: String,
    pub(crate) expected: Option<Value>,
    pub(crate) actual: Option<Value>,
}

/// Every difference between a row and our answer. With `subset`, entries of lists that ours lack do not count. `hidden` members are taken out of both sides first; those that made
/// a difference are added to `used`.
pub(crate) fn differences(
    row: &Row,
    ours: &Recorded,
    subset: Option<&str>,
    hidden: &[String],
    used: &mut BTreeSet<String>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(
        "status",
        Some(&Value::from(row.status)),
        Some(&Value::from(ours.status)),
        &mut found,
    );
    compare(
        "header",
        Some(&kept(&row.answer_headers)),
        Some(&kept(&ours.headers)),
        &mut found,
    );
    let (mut expected, mut actual) = (mask(&row.answer), mask(&ours.answer));
    if let Some(identity) = subset {
        keep_common(&mut expected, &actual, identity);
    }
    for member in hidden {
        let had = [count(&expected, member), count(&actual, member)];
        if had[0] != had[1] {
            used.insert(member.clone());
        }
        remove(&mut expected, member);
        remove(&mut actual, member);
    }
    compare("answer", Some(&expected), Some(&actual), &mut found);
    found
}

/// Takes out of every list of the recorded answer the entries that ours does not have.
fn keep_common(expected: &mut Value, actual: &Value, identity: &str) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (name, value) in expected {
                if let Some(ours) = actual.get(name) {
                    keep_common(value, ours, identity);
                }
            }
        }
        (Value::Array(expected), Value::Array(actual)) => {
            let known = |entry: &Value| entry.get(identity).unwrap_or(entry).clone();
            expected.retain(|entry| {
                !(entry.is_string() || entry.get(identity).is_some())
                    || actual.iter().any(|ours| known(ours) == known(entry))
            });
            for (entry, ours) in expected.iter_mut().zip(actual) {
                keep_common(entry, ours, identity);
            }
        }
        _ => {}
    }
}

fn kept(headers: &BTreeMap<String, Value>) -> Value {
    let kept = headers
        .iter()
        .filter(|(name, _)| HEADERS.contains(&name.as_str()));
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn compare(path: &str, expected: Option<&Value>, actual: Option<&Value>, out: &mut Vec<Difference>) {
    match (expected, actual) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            for name in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
                compare(&format!("{path}.{name}"), left.get(name), right.get(name), out);
            }
        }
        (Some(Value::Array(left)), Some(Value::Array(right))) if left.len() == right.len() => {
            for (at, (left, right)) in left.iter().zip(right).enumerate() {
                compare(&format!("{path}[{at}]"), Some(left), Some(right), out);
            }
        }
        (left, right) if left == right => {}
        (left, right) => {
            out.push(Difference {
                path: path.to_owned(),
                expected: left.cloned(),
                actual: right.cloned(),
            });
        }
    }
}

/// Takes a member out, wherever it is; in a YAML answer, the lines below `  <member>:` with it.
fn remove(value: &mut Value, member: &str) {
    match value {
        Value::Object(members) => {
            members.remove(member);
            members.values_mut().for_each(|value| remove(value, member));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| remove(value, member)),
        Value::String(text) if text.contains(&format!("\n  {member}:\n")) => {
            *text = without_yaml(text, member);
        }
        _ => {}
    }
}

fn without_yaml(text: &str, member: &str) -> String {
    let mut inside = false;
    let kept = text.lines().filter(|line| {
        if *line == format!("  {member}:") {
            inside = true;
        } else if inside && !(line.starts_with("  - ") || line.starts_with("   ")) {
            inside = false;
        }
        !inside
    });
    kept.map(|line| format!("{line}\n")).collect()
}

fn count(value: &Value, member: &str) -> usize {
    match value {
        Value::Object(members) => {
            usize::from(members.contains_key(member))
                + members.values().map(|value| count(value, member)).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(|value| count(value, member)).sum(),
        Value::String(text) => text.matches(&format!("\n  {member}:\n")).count(),
        _ => 0,
    }
}
