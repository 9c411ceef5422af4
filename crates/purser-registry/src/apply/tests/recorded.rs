//! What kube-apiserver 1.36.2 answered, as the recording in `purser-e2e` has it.

use purser_types::Object;
use purser_types::resource::CONFIG_MAPS;
use purser_types::time::Timestamp;
use serde_json::{Value, json};

use super::{START, applied, document, managed_fields};
use crate::managed::record_update;

fn config(metadata: &Value, data: &Value) -> String {
    let mut metadata = metadata.clone();
    metadata["name"] = json!("ssa");
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}).to_string()
}

fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": "v1", "time": START,
        "fieldsType": "FieldsV1", "fieldsV1": fields})
}

fn step(current: Option<&Object>, data: &Value, manager: &str, force: bool) -> Object {
    applied(current, &CONFIG_MAPS, &config(&json!({}), data), manager, force).unwrap()
}

#[test]
fn managers_share_take_over_and_give_up_fields_as_recorded() {
    let object = step(None, &json!({"a": "1", "b": "1"}), "one", false);
    let one = entry("one", "Apply", &json!({"f:data": {"f:a": {}, "f:b": {}}}));
    assert_eq!(managed_fields(&object), json!([one]));

    let conflict = applied(
        Some(&object),
        &CONFIG_MAPS,
        &config(&json!({}), &json!({"a": "2", "c": "2"})),
        "two",
        false,
    );
    let status = conflict.unwrap_err();
    assert_eq!(
        status.message,
        "Apply failed with 1 conflict: conflict with \"one\": .data.a"
    );
    let causes = status.details.unwrap().causes;
    assert_eq!(
        serde_json::to_value(causes).unwrap(),
        json!([{"reason": "FieldManagerConflict", "message": "conflict with \"one\"", "field": ".data.a"}])
    );

    let object = step(Some(&object), &json!({"a": "1", "c": "2"}), "two", false);
    let two = entry("two", "Apply", &json!({"f:data": {"f:a": {}, "f:c": {}}}));
    assert_eq!(managed_fields(&object), json!([one, two]));

    let object = step(Some(&object), &json!({"a": "2", "c": "2"}), "two", true);
    let one = entry("one", "Apply", &json!({"f:data": {"f:b": {}}}));
    assert_eq!(managed_fields(&object), json!([one, two]));

    let object = step(Some(&object), &json!({}), "one", false);
    let one = entry("one", "Apply", &json!({"f:data": {}}));
    assert_eq!(managed_fields(&object), json!([one, two]));
    assert_eq!(document(&object)["data"], json!({"a": "2", "c": "2"}));

    let metadata = json!({"labels": {"l": "1"}, "annotations": {"n": "1"}, "finalizers": ["example.com/f"]});
    let body = config(&metadata, &json!({}));
    let object = applied(Some(&object), &CONFIG_MAPS, &body, "three", false).unwrap();
    let three = entry(
        "three",
        "Apply",
        &json!({"f:data": {}, "f:metadata": {"f:annotations": {"f:n": {}}, "f:labels": {"f:l": {}},
            "f:finalizers": {"v:\"example.com/f\"": {}}}}),
    );
    assert_eq!(managed_fields(&object), json!([one, three, two]));

    let object = step(Some(&object), &json!({"q": null}), "one", false);
    let one = entry("one", "Apply", &json!({"f:data": {"f:q": {}}}));
    assert_eq!(managed_fields(&object), json!([one, three, two]));
    assert_eq!(document(&object)["data"], json!({"a": "2", "c": "2", "q": ""}));

    let mut new = object.duplicate();
    let data = new.body.get_mut("data").unwrap().as_map_mut().unwrap();
    data.insert("a".into(), purser_types::Value::string("9"));
    record_update(
        &mut new,
        Some(&object),
        "kubectl-edit",
        Timestamp::parse(START).unwrap(),
    );
    let two = entry("two", "Apply", &json!({"f:data": {"f:c": {}}}));
    let edit = entry("kubectl-edit", "Update", &json!({"f:data": {"f:a": {}}}));
    assert_eq!(managed_fields(&new), json!([one, three, two, edit]));
}

#[test]
fn refusals_read_as_recorded() {
    let refused = |body: &str| {
        let status = applied(None, &CONFIG_MAPS, body, "one", false).unwrap_err();
        (status.code, status.reason, status.message)
    };
    let managed = json!([{"manager": "x", "operation": "Apply", "apiVersion": "v1"}]);
    assert_eq!(
        refused(&config(&json!({"managedFields": managed}), &json!({}))),
        (400, "BadRequest", "metadata.managedFields must be nil".to_owned())
    );
    assert_eq!(
        refused(r#"{"metadata":{"name":"ssa"}}"#).2,
        "invalid object type: /, Kind="
    );
    assert_eq!(
        refused(r#"{"apiVersion":"v9","kind":"ConfigMap","metadata":{"name":"ssa"}}"#).2,
        "invalid object type: /v9, Kind=ConfigMap"
    );
    let unknown = refused(r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"ssa"},"nope":1}"#);
    assert_eq!((unknown.0, unknown.1), (500, ""));
    assert_eq!(
        unknown.2,
        "failed to create typed patch object (/ssa; /v1, Kind=ConfigMap): .nope: field not declared in schema"
    );
}
