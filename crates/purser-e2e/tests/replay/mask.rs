//! What varies between servers and runs, put out of sight: ids, revisions, times, generated names, ages, versions.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// Members whose scalar values vary.
const VARY: &[&str] = &[
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "time",
    "continue",
    "remainingItemCount",
    "storageVersionHash",
    "token",
    "expirationTimestamp",
    "serverAddress",
    "gitVersion",
    "gitCommit",
    "gitTreeState",
    "buildDate",
    "goVersion",
    "compiler",
    "platform",
    "selfLink",
    "emulationMajor",
    "emulationMinor",
    "minCompatibilityMajor",
    "minCompatibilityMinor",
    "hash",
    "kube-root-ca.crt",
    "ca.crt",
    "lastTransitionTime",
    "authentication.kubernetes.io/credential-id",
    "x",
    "y",
    "n",
    "e",
    "kid",
    "kty",
    "alg",
    "use",
];

static TIME: LazyLock<Regex> = LazyLock::new(|| regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"));
static UID: LazyLock<Regex> =
    LazyLock::new(|| regex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));
static GENERATED: LazyLock<Regex> = LazyLock::new(|| regex("([Gg]en[-_])[a-z0-9]{5}"));
static AGE: LazyLock<Regex> = LazyLock::new(|| regex(r"^(\d+[smhdy])+$"));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| regex(r"\d{2,}"));

fn regex(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

/// The value with what varies masked.
pub(crate) fn mask(value: &Value) -> Value {
    under(value, None)
}

fn under(value: &Value, key: Option<&str>) -> Value {
    match value {
        Value::Object(members) => {
            let masked = members.iter().map(|(name, value)| {
                let scalar = !value.is_object() && !value.is_array();
                let varies = scalar && VARY.contains(&name.as_str());
                (
                    name.clone(),
                    if varies {
                        Value::from("*")
                    } else {
                        under(value, Some(name))
                    },
                )
            });
            Value::Object(masked.collect())
        }
        Value::Array(items) => {
            let mut masked: Vec<Value> = items.iter().map(mask).collect();
            // Managers stand in the order of their seconds, which are masked: two changes in one second, or in two.
            if matches!(key, Some("resourceRules" | "managedFields")) {
                masked.sort_by_key(Value::to_string);
            }
            Value::Array(masked)
        }
        Value::String(text) => Value::String(text_under(text, key)),
        other => other.clone(),
    }
}

fn text_under(text: &str, key: Option<&str>) -> String {
    if AGE.is_match(text) {
        return "AGE".to_owned();
    }
    let masked = TIME.replace_all(text, "*");
    let masked = UID.replace_all(&masked, "*");
    let masked = GENERATED.replace_all(&masked, "${1}*").into_owned();
    let numbers_vary = matches!(key, None | Some("message")) || text.chars().count() > 20;
    if numbers_vary { revisions(&masked) } else { masked }
}

/// Numbers of two digits and more that stand alone: no letter, digit, `_` or `.` beside them.
fn revisions(text: &str) -> String {
    let joins = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut out = String::new();
    let mut from = 0;
    for found in NUMBER.find_iter(text) {
        let before = text[..found.start()].chars().next_back().is_some_and(joins);
        let after = text[found.end()..].chars().next().is_some_and(joins);
        if !before && !after {
            out.push_str(&text[from..found.start()]);
            out.push('#');
            from = found.end();
        }
    }
    out.push_str(&text[from..]);
    out
}

#[test]
fn what_varies_is_masked_and_nothing_else() {
    let one = serde_json::json!({"metadata": {"uid": "a", "name": "gen-abcde"}, "message": "rv 123 of v1.36", "age": "5d3h"});
    let masked = serde_json::json!({"metadata": {"uid": "*", "name": "gen-*"}, "message": "rv # of v1.36", "age": "AGE"});
    assert_eq!(mask(&one), masked);
    assert_eq!(
        mask(&serde_json::json!({"port": "8080"})),
        serde_json::json!({"port": "8080"})
    );
    assert_eq!(mask(&serde_json::json!(["8080"])), serde_json::json!(["#"]));
}
