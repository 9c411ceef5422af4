//! Rules that the recording does not show, from upstream's sources.

use purser_types::decode::FieldValidation;
use purser_types::resource::{CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS};
use purser_types::time::Timestamp;
use purser_types::{Object, conform, json as text};
use serde_json::{Value, json};

use super::{applied, document, managed_fields, owners};
use crate::apply::Config;
use crate::managed::record_update;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn stored(document: &Value) -> Object {
    let untyped = text::parse(document.to_string().as_bytes()).unwrap().value;
    let body = conform::conform(CONFIG_MAPS.message, untyped).unwrap().body;
    Object {
        resource: &CONFIG_MAPS,
        body,
    }
}

fn created(document: &Value, manager: &str) -> Object {
    let mut object = stored(document);
    record_update(
        &mut object,
        None,
        manager,
        Timestamp::parse(super::START).unwrap(),
    );
    object
}

fn config(data: &Value) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}).to_string()
}

#[test]
fn what_was_there_before_anybody_was_recorded_has_a_manager_of_its_own() {
    let object = stored(&json!({"metadata": {"name": "a", "labels": {"l": "1"}}, "data": {"x": "1"}}));
    let conflict = applied(
        Some(&object),
        &CONFIG_MAPS,
        &config(&json!({"x": "2"})),
        "one",
        false,
    );
    assert_eq!(
        conflict.unwrap_err().message,
        "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.x"
    );
    let object = applied(
        Some(&object),
        &CONFIG_MAPS,
        &config(&json!({"x": "2"})),
        "one",
        true,
    )
    .unwrap();
    assert_eq!(
        owners(&object),
        [
            ("one Apply".to_owned(), json!({"f:data": {"f:x": {}}})),
            (
                "before-first-apply Update".to_owned(),
                json!({"f:data": {}, "f:metadata": {"f:labels": {".": {}, "f:l": {}}}})
            ),
        ]
    );
}

#[test]
fn an_update_does_not_begin_to_record_what_was_forgotten() {
    let object = stored(&json!({"metadata": {"name": "a"}, "data": {"x": "1"}}));
    let mut new = stored(&json!({"metadata": {"name": "a"}, "data": {"x": "2"}}));
    record_update(
        &mut new,
        Some(&object),
        "one",
        Timestamp::parse(super::START).unwrap(),
    );
    assert_eq!(managed_fields(&new), Value::Null);
    for reset in [json!([]), json!([{}])] {
        let object = created(&json!({"metadata": {"name": "a"}, "data": {"x": "1"}}), "one");
        let mut new = stored(&json!({"metadata": {"name": "a", "managedFields": reset}, "data": {"x": "2"}}));
        record_update(
            &mut new,
            Some(&object),
            "one",
            Timestamp::parse(super::START).unwrap(),
        );
        assert_eq!(managed_fields(&new), Value::Null, "{reset}");
    }
}

#[test]
fn several_conflicts_are_grouped_by_manager() {
    let object = applied(
        None,
        &CONFIG_MAPS,
        &config(&json!({"a": "1", "b": "1"})),
        "zoe",
        false,
    )
    .unwrap();
    let mut new = object.duplicate();
    let data = new.body.get_mut("data").unwrap().as_map_mut().unwrap();
    data.insert("c".into(), purser_types::Value::string("1"));
    record_update(
        &mut new,
        Some(&object),
        "amy",
        Timestamp::parse(super::START).unwrap(),
    );
    let body = config(&json!({"a": "2", "b": "2", "c": "2"}));
    let status = applied(Some(&new), &CONFIG_MAPS, &body, "two", false).unwrap_err();
    assert_eq!(
        status.message,
        "Apply failed with 3 conflicts: conflicts with \"amy\" using v1:\n- .data.c\nconflicts with \"zoe\":\n\
         - .data.a\n- .data.b"
    );
    assert_eq!(status.details.unwrap().causes.len(), 3);
}

#[test]
fn kubectl_may_change_what_it_applied_from_the_client() {
    let before = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
        "data": {"x": "1", "y": "1"}});
    let object = |y: &str| {
        created(
            &json!({"metadata": {"name": "a", "annotations": {LAST_APPLIED: before.to_string()}},
                "data": {"x": "1", "y": y}}),
            "kubectl-client-side-apply",
        )
    };
    let body = config(&json!({"x": "2", "y": "2"}));
    assert!(applied(Some(&object("1")), &CONFIG_MAPS, &body, "other", false).is_err());
    let new = applied(Some(&object("1")), &CONFIG_MAPS, &body, "kubectl", false).unwrap();
    assert_eq!(document(&new)["data"], json!({"x": "2", "y": "2"}));
    let kept = document(&new)["metadata"]["annotations"][LAST_APPLIED].clone();
    assert_eq!(
        kept,
        "{\"apiVersion\":\"v1\",\"data\":{\"x\":\"2\",\"y\":\"2\"},\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"}}\n"
    );
    // What somebody changed since stays a conflict, and only that.
    let status = applied(Some(&object("9")), &CONFIG_MAPS, &body, "kubectl", false).unwrap_err();
    assert_eq!(
        status.message,
        "Apply failed with 1 conflict: conflict with \"kubectl-client-side-apply\" using v1: .data.y"
    );
}

#[test]
fn a_refusal_about_a_secret_repeats_no_value() {
    let body = |data: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"s"}},"data":{data},"stringData":{{"n":"canary"}}}}"#
        )
    };
    for data in [
        r#"{"a":4711}"#,
        r#"["4711"]"#,
        r#"{"a":{"b":"4711"}}"#,
        r#"{"a":"4711!"}"#,
    ] {
        let status = applied(None, &SECRETS, &body(data), "one", false).unwrap_err();
        assert_eq!(status.code, 500);
        assert!(
            !status.message.contains("4711") && !status.message.contains("canary"),
            "{}",
            status.message
        );
    }
    let object = applied(None, &SECRETS, &body(r#"{"a":"eA=="}"#), "one", false).unwrap();
    let status = applied(Some(&object), &SECRETS, &body(r#"{"a":"eXk="}"#), "two", false).unwrap_err();
    assert_eq!(
        status.message,
        "Apply failed with 1 conflict: conflict with \"one\": .data.a"
    );
}

#[test]
fn values_that_do_not_fit_are_named_with_their_paths() {
    let refused = |body: Value| {
        let mut body = body;
        body["apiVersion"] = json!("v1");
        body["kind"] = json!("ConfigMap");
        let status = applied(None, &CONFIG_MAPS, &body.to_string(), "one", false).unwrap_err();
        let (_, why) = status.message.split_once("Kind=ConfigMap): ").unwrap();
        why.to_owned()
    };
    let owner = json!({"apiVersion": "v1", "kind": "x", "name": "x"});
    let double = json!({"apiVersion": "v1", "kind": "x", "name": "x", "uid": "u"});
    for (body, why) in [
        (
            json!({"data": {"a": 1}}),
            ".data.a: expected string, got &value.valueUnstructured{Value:1}",
        ),
        (json!({"data": ["x"]}), ".data: expected map, got &{[x]}"),
        (
            json!({"immutable": "yes"}),
            ".immutable: expected boolean, got &{yes}",
        ),
        (
            json!({"metadata": {"generation": "x"}}),
            ".metadata.generation: expected numeric (int or float), got string",
        ),
        (
            json!({"metadata": {"finalizers": ["x", "x"]}}),
            ".metadata.finalizers: duplicate entries for key [=\"x\"]",
        ),
        (
            json!({"metadata": {"ownerReferences": [owner]}}),
            ".metadata.ownerReferences: element 0: associative list with keys has an element that omits key field \
             \"uid\" (and doesn't have default value)",
        ),
        (
            json!({"metadata": {"ownerReferences": [double, double]}}),
            ".metadata.ownerReferences: duplicate entries for key [uid=\"u\"]",
        ),
        (
            json!({"data": {"a": 1, "b": true}}),
            "errors:\n  .data.a: expected string, got &value.valueUnstructured{Value:1}\n  .data.b: expected string, \
             got &value.valueUnstructured{Value:true}",
        ),
    ] {
        assert_eq!(refused(body), why);
    }
}

#[test]
fn a_refusal_is_bounded_whatever_is_sent() {
    let long = "x".repeat(1 << 20);
    let wide: Vec<Value> = (0..1000).map(|at| json!(at)).collect();
    let many: serde_json::Map<String, Value> = (0..10_000)
        .map(|at| (format!("{at}{}", "k".repeat(1000)), json!(wide)))
        .collect();
    for body in [
        json!({"apiVersion": long, "kind": long}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": long}, "data": 1}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", long: 1}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": many}),
    ] {
        let status = applied(None, &CONFIG_MAPS, &body.to_string(), "one", false).unwrap_err();
        assert!(status.message.len() < 64 << 10, "{}", status.message.len());
    }
}

#[test]
fn elements_of_keyed_lists_are_owned_one_by_one() {
    let config = |secrets: &Value| {
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}, "secrets": secrets})
            .to_string()
    };
    let apply = |object: Option<&Object>, secrets: Value, manager: &str| {
        applied(object, &SERVICE_ACCOUNTS, &config(&secrets), manager, false)
    };
    let object = apply(None, json!([{"name": "x"}, {"name": "y"}]), "one").unwrap();
    let object = apply(Some(&object), json!([{"name": "z"}, {"name": "x"}]), "two").unwrap();
    let names = |object: &Object| {
        let document = document(object);
        let secrets = document["secrets"].as_array().cloned().unwrap_or_default();
        secrets
            .iter()
            .map(|secret| secret["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&object), ["z", "x", "y"]);
    let status = apply(Some(&object), json!([{"name": "x", "kind": "Secret"}]), "two").unwrap_err();
    assert_eq!(
        status.message,
        "Apply failed with 1 conflict: conflict with \"one\": .secrets[name=\"x\"]"
    );
    let object = apply(Some(&object), json!([{"name": "y"}]), "one").unwrap();
    assert_eq!(names(&object), ["z", "x", "y"]);
    let object = apply(Some(&object), json!([]), "two").unwrap();
    assert_eq!(names(&object), ["y"]);
    assert_eq!(
        owners(&object),
        [(
            "one Apply".to_owned(),
            json!({"f:secrets": {"k:{\"name\":\"y\"}": {}}})
        )]
    );
}

#[test]
fn time_moves_only_when_the_object_changes() {
    let object = applied(None, &CONFIG_MAPS, &config(&json!({"a": "1"})), "one", false).unwrap();
    let again = applied(
        Some(&object),
        &CONFIG_MAPS,
        &config(&json!({"a": "1"})),
        "one",
        false,
    )
    .unwrap();
    assert_eq!(document(&again), document(&object));
    // Who comes to own what is there already changes nothing but the managers, and upstream gives no time then.
    let shared = applied(
        Some(&object),
        &CONFIG_MAPS,
        &config(&json!({"a": "1"})),
        "two",
        false,
    )
    .unwrap();
    let entries = managed_fields(&shared);
    let two = entries
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["manager"] == "two")
        .unwrap();
    assert_eq!(two.get("time"), None);
}

#[test]
fn repeated_keys_are_warned_about_or_refused() {
    let body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  b: x\n  b: y\n";
    let config = Config::read(body).unwrap();
    let line =
        "error converting YAML to JSON: yaml: unmarshal errors:\n  line 6: key \"b\" already set in map";
    assert_eq!(config.judge(FieldValidation::Warn).unwrap(), [line]);
    assert!(config.judge(FieldValidation::Ignore).unwrap().is_empty());
    let status = config.judge(FieldValidation::Strict).unwrap_err();
    assert_eq!(status.message, format!("error strict decoding YAML: {line}"));
    let status = Config::read(b"- a").unwrap_err();
    assert_eq!(
        status.message,
        "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go \
         value of type map[string]interface {}"
    );
}
