//! ClusterRoles whose rules are those of others, selected by label.
//!
//! Source: `pkg/controller/clusterroleaggregation`.

use std::sync::Arc;

use purser_authz::rbac::{Grant, Rule};
use purser_types::resource::CLUSTER_ROLES;
use purser_types::selector::LabelSelector;
use purser_types::{Key, Map, Object, Plaintext, Value, json, proto};

use super::super::follow::follow;
use super::super::{options, permits};
use super::to_value;
use crate::error::Error;
use crate::found::Found;
use crate::options::Apply;
use crate::registry::Registry;
use crate::validate::read::{message, messages, text, texts};

/// Under which name the rules are recorded, as upstream.
const MANAGER: &str = "clusterrole-aggregation-controller";

/// Keeps them together for as long as it is polled.
pub(crate) async fn keep_together(registry: Arc<Registry>) {
    let watched = Arc::clone(&registry);
    follow(&watched, &CLUSTER_ROLES, "", |_, _| {
        let registry = Arc::clone(&registry);
        async move {
            if let Err(error) = aggregate_all(&registry).await {
                tracing::warn!(%error, "the rules of a ClusterRole could not be taken together yet");
            }
        }
    })
    .await;
}

/// How often roles are taken together at the start: each time reaches those that take theirs from the ones before.
const PASSES: usize = 4;

/// Takes the rules together once before anybody asks.
///
/// # Errors
/// The store's.
pub(crate) async fn settle(registry: &Registry) -> Result<(), Error> {
    for _ in 0..PASSES {
        registry.caches.reach_latest().await?;
        if !aggregate_all(registry).await? {
            break;
        }
    }
    Ok(())
}

/// Whether any role had other rules.
async fn aggregate_all(registry: &Registry) -> Result<bool, Error> {
    let mut changed = false;
    let Some(cache) = registry.caches.of(&CLUSTER_ROLES) else {
        return Ok(changed);
    };
    let all = cache.snapshot(registry.caches.applied()).objects;
    for found in all.values().filter(|found| found.index.aggregates) {
        let Ok(plaintext) = registry.open(found).await else {
            continue;
        };
        let Ok(role) = proto::decode(&CLUSTER_ROLES, plaintext.expose()) else {
            continue;
        };
        let rules = together(&role, all.values().map(AsRef::as_ref));
        if given(found) != rules.as_slice() {
            write(registry, &found.index.name, &rules).await?;
            changed = true;
        }
    }
    Ok(changed)
}

/// The rules of every role that `role` selects, in the order of their names, each once.
fn together<'f>(role: &Object, all: impl Iterator<Item = &'f Found>) -> Vec<Rule> {
    let aggregation = message(&role.body, "aggregationRule");
    let selectors: Vec<LabelSelector> = messages(aggregation.get("clusterRoleSelectors"))
        .filter_map(|selector| LabelSelector::parse(&written(selector)?).ok())
        .collect();
    let mut rules: Vec<Rule> = Vec::new();
    for found in all {
        let itself = *found.index.name == *role.name();
        let selected = selectors
            .iter()
            .any(|selector| selector.matches(|key| found.index.label(key)));
        if !itself && selected {
            for rule in given(found) {
                if !rules.contains(rule) {
                    rules.push(rule.clone());
                }
            }
        }
    }
    rules
}

fn given(found: &Found) -> &[Rule] {
    match found.index.grant.as_deref() {
        Some(Grant::Role(rules)) => rules,
        _ => &[],
    }
}

/// A `metav1.LabelSelector` as the text that is parsed elsewhere; `None` when it is none: it selects nothing then.
fn written(selector: &Map) -> Option<String> {
    let mut terms = Vec::new();
    for (key, value) in message(selector, "matchLabels") {
        terms.push(format!("{}={}", word(key)?, word(value.as_str()?)?));
    }
    for term in messages(selector.get("matchExpressions")) {
        let key = word(text(term, "key"))?;
        let values: Vec<&str> = texts(term, "values")
            .into_iter()
            .map(word)
            .collect::<Option<_>>()?;
        let values = values.join(",");
        terms.push(match text(term, "operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => return None,
        });
    }
    Some(terms.join(","))
}

/// What cannot be read as anything but the key or value that it is.
fn word(text: &str) -> Option<&str> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/');
    text.chars().all(plain).then_some(text)
}

async fn write(registry: &Registry, name: &str, rules: &[Rule]) -> Result<(), Error> {
    let text = |key: &'static str, value: &str| (Key::Borrowed(key), Value::string(value));
    let configuration = Map::from([
        text("apiVersion", "rbac.authorization.k8s.io/v1"),
        text("kind", CLUSTER_ROLES.kind),
        (
            Key::Borrowed("metadata"),
            Value::Map(Map::from([text("name", name)])),
        ),
        (Key::Borrowed("rules"), to_value(rules)),
    ]);
    let mut body = Vec::new();
    json::write(&Value::Map(configuration), &mut body);
    let apply = Apply {
        body: Plaintext::new(body),
        force: true,
    };
    let permit = permits::patch(&CLUSTER_ROLES, "", name);
    registry.apply(&permit, apply, &options(MANAGER)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_written_as_it_is_parsed() {
        let body = br#"{"matchLabels": {"a": "1"}, "matchExpressions": [
            {"key": "b", "operator": "In", "values": ["x", "y"]},
            {"key": "c", "operator": "NotIn", "values": ["z"]},
            {"key": "d", "operator": "Exists"}, {"key": "e", "operator": "DoesNotExist"}]}"#;
        let Value::Map(selector) = json::parse(body).unwrap().value else {
            panic!("a map")
        };
        assert_eq!(
            written(&selector).as_deref(),
            Some("a=1,b in (x,y),c notin (z),d,!e")
        );
    }

    #[test]
    fn what_is_no_selector_selects_nothing() {
        for body in [
            r#"{"matchExpressions": [{"key": "a", "operator": "Bogus"}]}"#,
            r#"{"matchExpressions": [{"key": "a"}]}"#,
            r#"{"matchLabels": {"a": "1,!b"}}"#,
            r#"{"matchLabels": {"!a,b": "1"}}"#,
        ] {
            let Value::Map(selector) = json::parse(body.as_bytes()).unwrap().value else {
                panic!("a map")
            };
            assert_eq!(written(&selector), None, "{body}");
        }
    }
}
