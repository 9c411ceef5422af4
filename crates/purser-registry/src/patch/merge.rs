//! JSON merge patch (RFC 7386), as upstream's library applies it.
//!
//! Source: `merge.go` of `evanphx/json-patch` v4. It differs from the RFC in one point: objects inside a list lose
//! their nulls too.

use purser_types::{Map, Value};

/// Changes `document` by the members of `patch`; null removes.
pub(super) fn merge(document: &mut Map, patch: Map) {
    for (key, change) in patch {
        match (document.get_mut(&key), change) {
            (_, Value::Null) => drop(document.remove(&key)),
            (Some(Value::Map(old)), Value::Map(new)) => merge(old, new),
            // INVARIANT of upstream's library: an object that is replaced by something else keeps that as it is.
            (Some(old @ Value::Map(_)), new) => *old = new,
            (_, mut new) => {
                without_nulls(&mut new);
                document.insert(key, new);
            }
        }
    }
}

/// Nulls are gone from objects, at every depth; in lists they stay.
pub(super) fn without_nulls(value: &mut Value) {
    match value {
        Value::Map(map) => {
            map.retain(|_, value| !matches!(value, Value::Null));
            map.values_mut().for_each(without_nulls);
        }
        Value::List(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use purser_types::json;

    use super::*;

    fn merged(document: &str, patch: &str) -> String {
        let mut document = json::parse(document.as_bytes()).expect("a document").value;
        let Value::Map(patch) = json::parse(patch.as_bytes()).expect("a patch").value else {
            panic!("an object")
        };
        merge(document.as_map_mut().expect("an object"), patch);
        let mut out = Vec::new();
        json::write(&document, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    /// The table of RFC 7386's appendix A, as far as documents and patches are objects.
    #[test]
    fn the_rfc_s_examples_hold() {
        for (document, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (
                r#"{"a":{"b":"c"}}"#,
                r#"{"a":{"b":"d","c":null}}"#,
                r#"{"a":{"b":"d"}}"#,
            ),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"a":1,"e":null}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            assert_eq!(merged(document, patch), result, "{document} + {patch}");
        }
    }

    #[test]
    fn objects_in_lists_lose_their_nulls_as_upstream_s_do() {
        assert_eq!(merged("{}", r#"{"a":[{"b":null},null]}"#), r#"{"a":[{},null]}"#);
    }
}
