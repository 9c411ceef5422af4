//! The semantics of strategic merge patch, on the shapes that are served.

use purser_types::{Map, Value, json, schema};

use super::error::Error;
use super::merge;

fn map(text: &str) -> Map {
    match json::parse(text.as_bytes()).expect("JSON").value {
        Value::Map(map) => map,
        other => panic!("{other:?} is no object"),
    }
}

fn merged(original: &str, patch: &str) -> Result<String, Error> {
    let merged = merge(map(original), map(patch), &schema::SERVICE_ACCOUNT)?;
    let mut out = Vec::new();
    json::write(&Value::Map(merged), &mut out);
    Ok(String::from_utf8(out).expect("UTF-8"))
}

#[test]
fn maps_are_merged_and_nulls_remove() {
    for (original, patch, result) in [
        (
            r#"{"metadata":{"labels":{"a":"1"}}}"#,
            r#"{"metadata":{"labels":{"b":"2"}}}"#,
            r#"{"metadata":{"labels":{"a":"1","b":"2"}}}"#,
        ),
        (
            r#"{"metadata":{"labels":{"a":"1"}}}"#,
            r#"{"metadata":{"labels":{"a":null}}}"#,
            r#"{"metadata":{"labels":{}}}"#,
        ),
        (
            r#"{"metadata":{"labels":{"a":"1"}}}"#,
            r#"{"metadata":{"labels":null}}"#,
            r#"{"metadata":{}}"#,
        ),
        (
            "{}",
            r#"{"metadata":{"labels":{"a":null,"b":"2"}}}"#,
            r#"{"metadata":{"labels":{"b":"2"}}}"#,
        ),
        (
            r#"{"metadata":{"name":"a"}}"#,
            r#"{"metadata":{"name":"b"}}"#,
            r#"{"metadata":{"name":"b"}}"#,
        ),
    ] {
        assert_eq!(
            merged(original, patch).as_deref(),
            Ok(result),
            "{original} {patch}"
        );
    }
}

#[test]
fn directives_replace_delete_and_retain() {
    for (original, patch, result) in [
        (
            r#"{"metadata":{"labels":{"a":"1"}}}"#,
            r#"{"metadata":{"labels":{"$patch":"replace","b":"2"}}}"#,
            r#"{"metadata":{"labels":{"b":"2"}}}"#,
        ),
        (
            r#"{"metadata":{"labels":{"a":"1"}}}"#,
            r#"{"metadata":{"labels":{"$patch":"delete"}}}"#,
            r#"{"metadata":{"labels":{}}}"#,
        ),
        (
            "{}",
            r#"{"metadata":{"labels":{"$patch":"delete"}}}"#,
            r#"{"metadata":{}}"#,
        ),
        (
            r#"{"metadata":{"labels":{"a":"1","b":"2"}}}"#,
            r#"{"metadata":{"labels":{"$retainKeys":["b","c"],"c":"3"}}}"#,
            r#"{"metadata":{"labels":{"b":"2","c":"3"}}}"#,
        ),
    ] {
        assert_eq!(
            merged(original, patch).as_deref(),
            Ok(result),
            "{original} {patch}"
        );
    }
}

#[test]
fn lists_of_scalars_are_sets_in_the_order_of_the_patch() {
    let with = |list: &str| format!(r#"{{"metadata":{{"finalizers":{list}}}}}"#);
    for (original, patch, result) in [
        (r#"["a"]"#, with(r#"["b"]"#), r#"["b","a"]"#),
        (r#"["a","b"]"#, with(r#"["b","c"]"#), r#"["a","b","c"]"#),
        (r#"["a","b"]"#, with(r#"["a"]"#), r#"["a","b"]"#),
        (r#"["a","b","c"]"#, r#"{"metadata":{"$deleteFromPrimitiveList/finalizers":["b","x"]}}"#.into(), r#"["a","c"]"#),
        (r#"["a","b","c"]"#, r#"{"metadata":{"$setElementOrder/finalizers":["c","a"]}}"#.into(), r#"["b","c","a"]"#),
        (
            r#"["a","b"]"#,
            r#"{"metadata":{"$setElementOrder/finalizers":["c","b"],"finalizers":["c"],"$deleteFromPrimitiveList/finalizers":["a"]}}"#.into(),
            r#"["c","b"]"#,
        ),
    ] {
        let expected = with(result);
        assert_eq!(merged(&with(original), &patch), Ok(expected), "{original} {patch}");
    }
    assert_eq!(
        merged(
            r#"{"metadata":{}}"#,
            r#"{"metadata":{"$deleteFromPrimitiveList/finalizers":["b"]}}"#
        )
        .as_deref(),
        Ok(r#"{"metadata":{}}"#)
    );
}

#[test]
fn lists_of_messages_are_merged_by_their_key() {
    for (original, patch, result) in [
        (
            r#"[{"name":"a"}]"#,
            r#"[{"name":"b"}]"#,
            r#"[{"name":"b"},{"name":"a"}]"#,
        ),
        (
            r#"[{"name":"a","uid":"1"}]"#,
            r#"[{"name":"a","kind":"x"}]"#,
            r#"[{"kind":"x","name":"a","uid":"1"}]"#,
        ),
        (
            r#"[{"name":"a"},{"name":"b"}]"#,
            r#"[{"$patch":"delete","name":"a"}]"#,
            r#"[{"name":"b"}]"#,
        ),
        (
            r#"[{"name":"a"}]"#,
            r#"[{"$patch":"replace"},{"name":"c"}]"#,
            r#"[{"name":"c"}]"#,
        ),
        (
            r#"[{"name":"a"},{"name":"b"},{"name":"c"}]"#,
            r#"[{"name":"c"},{"name":"a"}]"#,
            r#"[{"name":"b"},{"name":"c"},{"name":"a"}]"#,
        ),
    ] {
        let with = |list: &str| format!(r#"{{"secrets":{list}}}"#);
        assert_eq!(
            merged(&with(original), &with(patch)),
            Ok(with(result)),
            "{original} {patch}"
        );
    }
    assert_eq!(
        merged(
            r#"{"secrets":[{"name":"a"},{"name":"b"}]}"#,
            r#"{"$setElementOrder/secrets":[{"name":"b"},{"name":"c"},{"name":"a"}],"secrets":[{"name":"c"}]}"#
        )
        .as_deref(),
        Ok(r#"{"secrets":[{"name":"b"},{"name":"c"},{"name":"a"}]}"#)
    );
}

#[test]
fn mistakes_have_upstream_s_sentences() {
    for (original, patch, code, sentence) in [
        (
            r#"{"metadata":{"labels":{}}}"#,
            r#"{"metadata":{"labels":{"$patch":"bogus"}}}"#,
            500,
            "unknown patch type: bogus in map: map[$patch:bogus]",
        ),
        (
            r#"{"secrets":[{"name":"a"}]}"#,
            r#"{"secrets":[{"kind":"b"}]}"#,
            500,
            "map: map[kind:b] does not contain declared merge key: name",
        ),
        (
            r#"{"secrets":[{"name":"a"}]}"#,
            r#"{"secrets":[{"$patch":"merge","name":"a"}]}"#,
            500,
            "merging lists cannot yet be specified in the patch",
        ),
        (
            r#"{"metadata":{"finalizers":["a"]}}"#,
            r#"{"metadata":{"finalizers":[["a"]]}}"#,
            500,
            "list element types are not identical: [[a] [[a]]]",
        ),
        (
            "{}",
            r#"{"$retainKeys":"x"}"#,
            400,
            "invalid patch format of retainKeys",
        ),
        (
            "{}",
            r#"{"$retainKeys":["x"],"y":1}"#,
            400,
            "invalid patch format of retainKeys",
        ),
        (
            "{}",
            r#"{"$deleteFromPrimitiveList":["x"]}"#,
            400,
            "invalid patch format of primitive list",
        ),
        (
            "{}",
            r#"{"$setElementOrder":["x"]}"#,
            400,
            "invalid patch format of setElementOrder list",
        ),
        (
            "{}",
            r#"{"$setElementOrder/secrets":{}}"#,
            500,
            "expected a []interface {}, but received a map[string]interface {}",
        ),
        (
            "{}",
            r#"{"$setElementOrder/nope":["x"]}"#,
            500,
            "unable to find api field in struct ServiceAccount for the json field \"nope\"",
        ),
        (
            r#"{"metadata":{"finalizers":["a"]}}"#,
            r#"{"metadata":{"$setElementOrder/finalizers":["a"],"finalizers":["b"]}}"#,
            500,
            "The order in patch list:\n[b]\n doesn't match $setElementOrder list:\n[a]\n",
        ),
    ] {
        let status = merged(original, patch).expect_err("an error").status(false);
        assert_eq!(
            (status.code, status.message.as_str()),
            (code, sentence),
            "{original} {patch}"
        );
    }
}

#[test]
fn a_secret_s_patch_is_not_repeated() {
    let error = merge(
        map(r#"{"data":{"a":"eA=="}}"#),
        map(r#"{"data":{"$patch":"hunter2","a":"aHVudGVyMg=="}}"#),
        &schema::SECRET,
    );
    let message = error.expect_err("an error").status(true).message;
    assert_eq!(
        message,
        "unknown patch type: <secret contents redacted> in map: <secret contents redacted>"
    );
}
