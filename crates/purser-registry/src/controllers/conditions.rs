//! What keeps a namespace from going, told in its conditions.
//!
//! Source: `pkg/controller/namespace/deletion/status_condition_utils.go`: types, reasons and sentences are upstream's,
//! for clients wait for them and people read them.

use std::collections::BTreeMap;

use purser_types::object::part_mut;
use purser_types::time::Timestamp;
use purser_types::{Key, Map, Object, Value};

use crate::error::Error;
use crate::found::Found;

/// The most names in one sentence.
const NAMES_MAX: usize = 100;

/// A condition that is not so: type, reason, sentence.
type Fine = (&'static str, &'static str, &'static str);

const DISCOVERY_FAILURE: Fine = (
    "NamespaceDeletionDiscoveryFailure",
    "ResourcesDiscovered",
    "All resources successfully discovered",
);
const PARSING_FAILURE: Fine = (
    "NamespaceDeletionGroupVersionParsingFailure",
    "ParsedGroupVersions",
    "All legacy kube types successfully parsed",
);
const CONTENT_FAILURE: Fine = (
    "NamespaceDeletionContentFailure",
    "ContentDeleted",
    "All content successfully deleted, may be waiting on finalization",
);
const CONTENT_REMAINING: Fine = (
    "NamespaceContentRemaining",
    "ContentRemoved",
    "All content successfully removed",
);
const FINALIZERS_REMAINING: Fine = (
    "NamespaceFinalizersRemaining",
    "ContentHasNoFinalizers",
    "All content-preserving finalizers finished",
);

/// What is left in a namespace after everything was asked to go.
#[derive(Debug, Default)]
pub(super) struct Remaining {
    /// How many objects there are of each resource, as `secrets.` or `events.events.k8s.io`.
    resources: BTreeMap<String, usize>,
    /// How many objects have each finalizer.
    finalizers: BTreeMap<String, usize>,
    failures: Vec<String>,
}

impl Remaining {
    /// Adds an object that is still there.
    pub(super) fn count(&mut self, found: &Found) {
        let resource = found.resource;
        let name = format!("{}.{}", resource.plural, resource.group);
        *self.resources.entry(name).or_default() += 1;
        for finalizer in &found.index.finalizers {
            *self.finalizers.entry(finalizer.to_string()).or_default() += 1;
        }
    }

    /// Adds that the objects of a resource could not be removed.
    pub(super) fn failed(&mut self, error: &Error) {
        self.failures.push(error.to_string());
    }

    /// Whether anything failed.
    pub(super) fn has_failures(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Writes it into the conditions of a namespace: whether they changed.
    pub(super) fn tell(&self, namespace: &mut Object, now: Timestamp) -> bool {
        let status = part_mut(&mut namespace.body, "status");
        let conditions = status
            .entry(Key::Borrowed("conditions"))
            .or_insert_with(|| Value::List(Vec::new()));
        let Value::List(conditions) = conditions else {
            return false;
        };
        let told = [
            (DISCOVERY_FAILURE, None),
            (PARSING_FAILURE, None),
            (CONTENT_FAILURE, self.content_failure()),
            (CONTENT_REMAINING, self.content_remaining()),
            (FINALIZERS_REMAINING, self.finalizers_remaining()),
        ];
        let mut changed = false;
        for (fine, wrong) in told {
            changed |= set(conditions, fine, wrong, now);
        }
        changed
    }

    fn content_failure(&self) -> Option<(&'static str, String)> {
        let mut failures = self.failures.clone();
        failures.sort_unstable();
        (!failures.is_empty()).then(|| {
            let sentence = format!(
                "Failed to delete all resource types, {} remaining: {}",
                failures.len(),
                failures.join(", ")
            );
            ("ContentDeletionFailed", sentence)
        })
    }

    fn content_remaining(&self) -> Option<(&'static str, String)> {
        let left = counted(&self.resources, "has")?;
        Some((
            "SomeResourcesRemain",
            format!("Some resources are remaining: {left}"),
        ))
    }

    fn finalizers_remaining(&self) -> Option<(&'static str, String)> {
        let left = counted(&self.finalizers, "in")?;
        let sentence = format!("Some content in the namespace has finalizers remaining: {left}");
        Some(("SomeFinalizersRemain", sentence))
    }
}

/// `a has 2 resource instances, b has 1 resource instances`; `None` when there are none.
fn counted(counts: &BTreeMap<String, usize>, word: &str) -> Option<String> {
    let counts = counts.iter().take(NAMES_MAX);
    let mut parts: Vec<String> = counts
        .map(|(name, count)| format!("{name} {word} {count} resource instances"))
        .collect();
    parts.sort_unstable();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Sets one condition: whether it changed. Its time is that of the last change of its status.
fn set(
    conditions: &mut Vec<Value>,
    fine: Fine,
    wrong: Option<(&'static str, String)>,
    now: Timestamp,
) -> bool {
    let (name, reason, message) = fine;
    let (status, reason, message) = match wrong {
        Some((reason, message)) => ("True", reason, message),
        None => ("False", reason, message.to_owned()),
    };
    let text = |condition: &Map, field: &str| {
        let value = condition.get(field).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let known = conditions.iter_mut().filter_map(Value::as_map_mut);
    let known = known
        .into_iter()
        .find(|condition| text(condition, "type") == name);
    let fields = [("status", status), ("reason", reason), ("message", &message)];
    let Some(condition) = known else {
        let mut condition = Map::from([
            (Key::Borrowed("type"), Value::string(name)),
            (
                Key::Borrowed("lastTransitionTime"),
                Value::string(now.to_string()),
            ),
        ]);
        for (field, value) in fields {
            condition.insert(Key::Borrowed(field), Value::string(value));
        }
        conditions.push(Value::Map(condition));
        return true;
    };
    if fields
        .iter()
        .all(|(field, value)| text(condition, field) == *value)
    {
        return false;
    }
    if text(condition, "status") != status {
        condition.insert(
            Key::Borrowed("lastTransitionTime"),
            Value::string(now.to_string()),
        );
    }
    for (field, value) in fields {
        condition.insert(Key::Borrowed(field), Value::string(value));
    }
    true
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use purser_types::json;
    use purser_types::resource::{NAMESPACES, SECRETS};

    use super::*;
    use crate::index::Index;

    fn held(finalizers: &[&str]) -> Found {
        let index = Index {
            finalizers: finalizers.iter().map(|name| (*name).into()).collect(),
            ..Index::default()
        };
        Found {
            resource: &SECRETS,
            key: "k".into(),
            sealed: Bytes::new(),
            revision: 1,
            index: Arc::new(index),
        }
    }

    fn shown(namespace: &Object) -> String {
        let mut out = Vec::new();
        json::write_object(namespace, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_remains_is_told_once_and_in_upstreams_words() {
        let mut namespace = Object::new(&NAMESPACES);
        let mut remaining = Remaining::default();
        remaining.count(&held(&["example.com/a", "example.com/b"]));
        remaining.count(&held(&["example.com/a"]));
        let (first, later) = (
            Timestamp::parse("2026-01-01T00:00:00Z").unwrap(),
            Timestamp::parse("2026-01-01T00:00:09Z").unwrap(),
        );
        assert!(remaining.tell(&mut namespace, first));
        assert!(!remaining.tell(&mut namespace, later));
        let text = shown(&namespace);
        for expected in [
            r#"{"type":"NamespaceDeletionDiscoveryFailure","status":"False","lastTransitionTime":"2026-01-01T00:00:00Z","reason":"ResourcesDiscovered","message":"All resources successfully discovered"}"#,
            r#""reason":"SomeResourcesRemain","message":"Some resources are remaining: secrets. has 2 resource instances""#,
            r#""message":"Some content in the namespace has finalizers remaining: example.com/a in 2 resource instances, example.com/b in 1 resource instances""#,
        ] {
            assert!(text.contains(expected), "{text}");
        }
        assert!(Remaining::default().tell(&mut namespace, later));
        let text = shown(&namespace);
        assert!(text.contains(r#"{"type":"NamespaceContentRemaining","status":"False","lastTransitionTime":"2026-01-01T00:00:09Z","reason":"ContentRemoved""#), "{text}");
        assert!(text.contains(r#"ParsedGroupVersions"#) && !text.contains("\"True\""));
    }

    #[test]
    fn a_failure_is_told_with_its_sentence() {
        let mut namespace = Object::new(&NAMESPACES);
        let mut remaining = Remaining::default();
        remaining.failed(&Error::Contended);
        remaining.tell(&mut namespace, Timestamp::parse("2026-01-01T00:00:00Z").unwrap());
        let expected = "Failed to delete all resource types, 1 remaining: the object kept changing";
        assert!(shown(&namespace).contains(expected));
    }
}
