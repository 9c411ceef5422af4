//! What kube-apiserver wrote to etcd is read as what it answered, and written back byte for byte.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code reports by panicking"
)]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use purser_types::resource::{CONFIG_MAPS, NAMESPACES, SECRETS, SERVICE_ACCOUNTS};
use purser_types::{Resource, json, proto};

struct Entry {
    key: String,
    revision: u64,
    stored: Vec<u8>,
    object: serde_json::Value,
}

fn entries() -> Vec<(&'static Resource, Entry)> {
    let file: serde_json::Value = serde_json::from_str(include_str!("data/none.json")).unwrap();
    let entries = file["entries"].as_array().unwrap().iter().filter_map(|entry| {
        let object = entry["object"].clone();
        let served = [&SECRETS, &CONFIG_MAPS, &NAMESPACES, &SERVICE_ACCOUNTS];
        let resource = served
            .into_iter()
            .find(|resource| object["kind"] == resource.kind)?;
        Some((
            resource,
            Entry {
                key: entry["key"].as_str().unwrap().to_owned(),
                revision: entry["modRevision"].as_u64().unwrap(),
                stored: BASE64_STANDARD.decode(entry["value"].as_str().unwrap()).unwrap(),
                object,
            },
        ))
    });
    entries.collect()
}

#[test]
fn stored_objects_are_read_as_the_api_answered_them() {
    let entries = entries();
    assert!(
        entries.len() >= 5,
        "only {} entries of served kinds",
        entries.len()
    );
    for (resource, entry) in entries {
        let mut object = proto::decode(resource, &entry.stored).unwrap();
        object.set_meta_str("resourceVersion", &entry.revision.to_string());
        let mut text = Vec::new();
        json::write_object(&object, &mut text);
        let ours: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(ours, entry.object, "{}", entry.key);
    }
}

#[test]
fn stored_objects_are_written_back_byte_for_byte() {
    for (resource, entry) in entries() {
        let object = proto::decode(resource, &entry.stored).unwrap();
        assert_eq!(proto::encode(&object).expose(), entry.stored, "{}", entry.key);
    }
}

#[test]
fn transcoding_gives_the_same_text_as_the_tree() {
    for (resource, entry) in entries() {
        let mut object = proto::decode(resource, &entry.stored).unwrap();
        object.set_meta_str("resourceVersion", &entry.revision.to_string());
        let (mut tree, mut direct) = (b"before".to_vec(), b"before".to_vec());
        json::write_object(&object, &mut tree);
        proto::transcode_json(resource, &entry.stored, entry.revision, &mut direct).unwrap();
        assert_eq!(
            String::from_utf8(direct),
            String::from_utf8(tree),
            "{}",
            entry.key
        );
        let (mut tree, mut direct) = (Vec::new(), Vec::new());
        json::write_typed(resource.message, &object.body, &mut tree);
        proto::transcode_json_item(resource, &entry.stored, entry.revision, &mut direct).unwrap();
        assert_eq!(
            String::from_utf8(direct),
            String::from_utf8(tree),
            "{}",
            entry.key
        );
    }
}

#[test]
fn what_the_api_answered_conforms_and_encodes_to_what_was_stored() {
    for (resource, entry) in entries() {
        let text = serde_json::to_vec(&entry.object).unwrap();
        let (mut object, warnings) = purser_types::decode::object(
            resource,
            purser_types::decode::BodyFormat::Json,
            &text,
            purser_types::decode::FieldValidation::Strict,
        )
        .unwrap();
        assert_eq!(warnings, [""; 0]);
        object.set_meta_str("resourceVersion", "");
        let stored = proto::decode(resource, &entry.stored).unwrap();
        assert_eq!(object, stored, "{}", entry.key);
    }
}
