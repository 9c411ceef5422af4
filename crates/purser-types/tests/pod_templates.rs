//! The tables of Pod templates, against the struct tags of Kubernetes and against another client's types.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code reports by panicking"
)]

use std::collections::BTreeMap;

use purser_types::decode::{BodyFormat, FieldValidation, object};
use purser_types::resource::POD_TEMPLATES;
use purser_types::schema::{Message, POD_TEMPLATE, Presence, Type};
use purser_types::{json, proto};
use serde_json::{Value, json};

fn messages(of: &'static Message, all: &mut BTreeMap<&'static str, &'static Message>) {
    if all.insert(of.name, of).is_some() {
        return;
    }
    for field in of.fields {
        match field.ty {
            Type::Message(inner) | Type::List(&Type::Message(inner)) => messages(inner, all),
            _ => {}
        }
    }
}

#[test]
fn every_field_has_the_tag_the_type_and_the_place_that_kubernetes_gives_it() {
    let mut all = BTreeMap::new();
    messages(&POD_TEMPLATE, &mut all);
    let mut seen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let tags = include_str!("data/pod_template_tags.tsv");
    for line in tags.lines().filter(|line| !line.starts_with('#')) {
        let [message, name, go, tag, inside] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let field = all[message].field(name).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(field.tag.to_string(), tag, "{line}");
        assert_eq!(field.inside.to_string(), inside, "{line}");
        assert_eq!(field.presence == Presence::Pointer, go.starts_with('*'), "{line}");
        // `*v1.Name=string`, `v1.ResourceList=map[v1.ResourceName=string]resource.Quantity`
        let plain = go.trim_start_matches('*');
        let plain = match plain.strip_prefix("v1.ResourceList=") {
            Some(_) => "map[string]resource.Quantity",
            None => plain.split_once('=').map_or(plain, |(named, _)| named),
        };
        assert_eq!(field.go_type(), plain, "{line}");
        assert!(field.doc.ends_with('.'), "{line}");
        seen.entry(message).or_default().push(name);
    }
    for (message, fields) in seen {
        let ours: Vec<&str> = all[message]
            .fields
            .iter()
            .filter(|field| field.tag != 0)
            .map(|field| field.name)
            .collect();
        assert_eq!(ours, fields, "{message}");
    }
}

/// A document with every field of a message.
fn everything(of: &'static Message) -> Value {
    let fields = of.fields.iter().filter(|field| field.tag != 0);
    fields
        .map(|field| (field.name.to_owned(), sample(&field.ty)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn sample(ty: &Type) -> Value {
    match ty {
        Type::Bool => json!(true),
        Type::Int32 | Type::Int64 | Type::IntOrString => json!(7),
        Type::String => json!("text"),
        Type::Bytes => json!("AAEC"),
        Type::Time => json!("2026-01-02T03:04:05Z"),
        Type::MicroTime => json!("2026-01-02T03:04:05.000006Z"),
        Type::FieldsV1 => json!({"f:metadata": {}}),
        Type::Quantity => json!("500m"),
        Type::Message(message) => everything(message),
        Type::List(item) => json!([sample(item), sample(item)]),
        Type::Map(of) => json!({"a": sample(of), "b": sample(of)}),
    }
}

fn document() -> Value {
    let mut document = everything(&POD_TEMPLATE);
    document["kind"] = json!("PodTemplate");
    document["apiVersion"] = json!("v1");
    document
}

fn read(document: &Value) -> purser_types::Object {
    let bytes = document.to_string();
    let (object, warnings) = object(
        &POD_TEMPLATES,
        BodyFormat::Json,
        bytes.as_bytes(),
        FieldValidation::Strict,
    )
    .unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    object
}

fn written(object: &purser_types::Object) -> Value {
    let mut out = Vec::new();
    json::write_object(object, &mut out);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn a_template_with_every_field_is_the_same_for_another_client() {
    let document = document();
    let theirs: k8s_openapi::api::core::v1::PodTemplate = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(&theirs).unwrap(), document);
    assert_eq!(written(&read(&document)), document);
}

#[test]
fn a_template_with_every_field_is_stored_and_read_back() {
    let mut document = document();
    document["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resourceVersion");
    document["template"]["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resourceVersion");
    let claim = "/template/spec/volumes/0/ephemeral/volumeClaimTemplate/metadata";
    for claim in [claim, &claim.replace("volumes/0", "volumes/1")] {
        let claim = document.pointer_mut(claim).unwrap();
        claim.as_object_mut().unwrap().remove("resourceVersion");
    }
    let object = read(&document);
    let stored = proto::encode(&object);
    let back = proto::decode(&POD_TEMPLATES, stored.expose()).unwrap();
    assert_eq!(back.body, object.body);
    let mut out = Vec::new();
    proto::transcode_json(&POD_TEMPLATES, stored.expose(), 0, &mut out).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), document);
}

#[test]
fn what_is_embedded_in_json_is_a_message_in_protobuf() {
    let document = json!({
        "kind": "PodTemplate", "apiVersion": "v1",
        "template": {"spec": {
            "containers": [],
            "volumes": [{"name": "v", "configMap": {"name": "c", "optional": true}}]
        }}
    });
    let stored = proto::encode(&read(&document));
    // Volume { name=1: "v", volumeSource=2 { configMap=19 { localObjectReference=1 { name=1: "c" }, optional=4 } } }
    let config_map = [&[0x0a, 3, 0x0a, 1, b'c', 0x20, 1][..]].concat();
    let source = [&[0x9a, 1, 7][..], &config_map].concat();
    let volume = [&[0x0a, 1, b'v', 0x12, 10][..], &source].concat();
    let found = stored
        .expose()
        .windows(volume.len())
        .any(|window| window == volume);
    assert!(found, "{:?}", stored.expose());
}
