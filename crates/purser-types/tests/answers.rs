//! Answers in protobuf, read back by a decoder of the tests' own and compared with what kube-apiserver stored.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code reports by panicking"
)]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use purser_types::proto::{self, ListMeta, ListProtobuf, ListTags};
use purser_types::resource::{CONFIG_MAPS, NAMESPACES, SECRETS, SERVICE_ACCOUNTS};
use purser_types::status::Details;
use purser_types::{Object, Resource, Status};

/// A field as it is on the wire: its number and a number or bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wire {
    Number(u32, u64),
    Bytes(u32, Vec<u8>),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in 0.. {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 0x7f) << (7 * shift);
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn fields(mut bytes: &[u8]) -> Vec<Wire> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let tag = u32::try_from(key >> 3).unwrap();
        let value = varint(&mut bytes);
        fields.push(match key & 7 {
            0 => Wire::Number(tag, value),
            2 => {
                let (taken, rest) = bytes.split_at(usize::try_from(value).unwrap());
                bytes = rest;
                Wire::Bytes(tag, taken.to_vec())
            }
            other => panic!("wire type {other}"),
        });
    }
    fields
}

fn bytes_of(fields: &[Wire], wanted: u32) -> Vec<u8> {
    let found: Vec<_> = fields
        .iter()
        .filter_map(|field| match field {
            Wire::Bytes(tag, bytes) if *tag == wanted => Some(bytes.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(found.len(), 1, "field {wanted}");
    found[0].clone()
}

/// apiVersion, kind and what is inside.
fn unwrap_envelope(answer: &[u8]) -> (String, String, Vec<u8>) {
    let unknown = fields(answer.strip_prefix(b"k8s\0").unwrap());
    let meta = fields(&bytes_of(&unknown, 1));
    let text = |tag| String::from_utf8(bytes_of(&meta, tag)).unwrap();
    assert_eq!(bytes_of(&unknown, 3), b"");
    assert_eq!(bytes_of(&unknown, 4), b"");
    (text(1), text(2), bytes_of(&unknown, 2))
}

/// The object's fields with another `metadata.resourceVersion`.
fn with_version(raw: &[u8], version: &str) -> Vec<Wire> {
    let mut object = fields(raw);
    let Wire::Bytes(1, metadata) = &object[0] else {
        panic!("no metadata")
    };
    let metadata: Vec<Wire> = fields(metadata)
        .into_iter()
        .map(|field| match field {
            Wire::Bytes(6, old) => {
                assert_eq!(old, b"", "it is stored empty");
                Wire::Bytes(6, version.into())
            }
            other => other,
        })
        .collect();
    object.splice(0..1, metadata);
    object
}

/// As [`with_version`], of what already names its version.
fn flattened(raw: &[u8]) -> Vec<Wire> {
    let mut object = fields(raw);
    let Wire::Bytes(1, metadata) = &object[0] else {
        panic!("no metadata")
    };
    let metadata = fields(metadata);
    object.splice(0..1, metadata);
    object
}

fn stored() -> Vec<(&'static Resource, Vec<u8>)> {
    let file: serde_json::Value = serde_json::from_str(include_str!("data/none.json")).unwrap();
    let served = [&SECRETS, &CONFIG_MAPS, &NAMESPACES, &SERVICE_ACCOUNTS];
    let entries: Vec<_> = file["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| {
            let resource = served
                .into_iter()
                .find(|resource| entry["object"]["kind"] == resource.kind)?;
            Some((
                resource,
                BASE64_STANDARD.decode(entry["value"].as_str().unwrap()).unwrap(),
            ))
        })
        .collect();
    assert!(entries.len() >= 5);
    entries
}

fn object(resource: &'static Resource, stored: &[u8], version: &str) -> Object {
    let mut object = proto::decode(resource, stored).unwrap();
    object.set_meta_str("resourceVersion", version);
    object
}

#[test]
fn an_answer_is_what_was_stored_with_its_version_in_place() {
    for (resource, stored) in stored() {
        for revision in [0, 7, u64::MAX] {
            let version = revision.to_string();
            let (api_version, kind, raw) = unwrap_envelope(&stored);
            let mut answer = b"before".to_vec();
            proto::transcode_protobuf(resource, &stored, revision, &mut answer).unwrap();
            let answer = answer.strip_prefix(b"before").unwrap();
            let found = unwrap_envelope(answer);
            assert_eq!((&found.0, &found.1), (&api_version, &kind));
            assert_eq!(flattened(&found.2), with_version(&raw, &version));
            let mut item = Vec::new();
            proto::transcode_protobuf_item(resource, &stored, revision, &mut item).unwrap();
            assert_eq!(item, found.2);
            let tree = object(resource, &stored, &version);
            assert_eq!(proto::answer_protobuf(&tree).expose(), answer);
            assert_eq!(proto::answer_protobuf_item(&tree).expose(), item);
        }
    }
}

#[test]
fn what_gogo_would_not_write_is_written_as_gogo_would() {
    for (resource, stored) in stored() {
        let mut expected = Vec::new();
        proto::transcode_protobuf(resource, &stored, 9, &mut expected).unwrap();
        let json = {
            let mut out = Vec::new();
            proto::transcode_json(resource, &stored, 5, &mut out).unwrap();
            out
        };
        let (api_version, kind, raw) = unwrap_envelope(&stored);
        // An unknown field, and a version that is there already.
        let unknown = [raw.as_slice(), &[0xfa, 0x01, 1, b'x']].concat();
        let named: Vec<u8> = {
            let mut out = Vec::new();
            proto::transcode_protobuf_item(resource, &stored, 123, &mut out).unwrap();
            out
        };
        let sealed = |raw: &[u8]| seal(&api_version, &kind, raw);
        for other in [json, sealed(&unknown), sealed(&named)] {
            let mut answer = Vec::new();
            proto::transcode_protobuf(resource, &other, 9, &mut answer).unwrap();
            assert_eq!(answer, expected);
        }
    }
}

fn put(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![tag << 3 | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap());
    out.extend_from_slice(bytes);
    out
}

fn seal(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let meta = [put(1, api_version.as_bytes()), put(2, kind.as_bytes())].concat();
    [
        b"k8s\0".to_vec(),
        put(1, &meta),
        put(2, raw),
        put(3, b""),
        put(4, b""),
    ]
    .concat()
}

#[test]
fn metadata_is_the_objects_own() {
    for (resource, stored) in stored() {
        let answer = proto::metadata_protobuf(&object(resource, &stored, "12"), "meta.k8s.io/v1");
        let (api_version, kind, raw) = unwrap_envelope(answer.expose());
        assert_eq!(
            (&*api_version, &*kind),
            ("meta.k8s.io/v1", "PartialObjectMetadata")
        );
        let (_, _, whole) = unwrap_envelope(&stored);
        let Wire::Bytes(1, metadata) = fields(&whole)[0].clone() else {
            panic!("no metadata")
        };
        assert_eq!(flattened(&raw), with_version(&put(1, &metadata), "12"));
    }
}

#[test]
fn a_list_is_as_long_as_it_says() {
    let items: [&[u8]; 3] = [b"one", b"", &[b'x'; 300]];
    for (tags, remaining) in [(ListTags::USUAL, Some(3)), (ListTags::METADATA_V1BETA1, None)] {
        let meta = ListMeta {
            revision: "42".into(),
            continue_token: "next".into(),
            remaining,
        };
        let mut list = ListProtobuf::new(tags, meta);
        items.iter().for_each(|item| list.announce(item.len()));
        let mut out = Vec::new();
        list.open("SecretList", "v1", &mut out);
        list.item(items[0], &mut out);
        list.gap(items[1].len(), &mut out);
        list.gap(items[2].len(), &mut out);
        list.close(&mut out);
        let (api_version, kind, raw) = unwrap_envelope(&out);
        assert_eq!((&*api_version, &*kind), ("v1", "SecretList"));
        let found = fields(&raw);
        let metadata = bytes_of(&found, tags.metadata);
        let mut expected = vec![
            Wire::Bytes(1, vec![]),
            Wire::Bytes(2, b"42".into()),
            Wire::Bytes(3, b"next".into()),
        ];
        expected.extend(remaining.map(|remaining| Wire::Number(4, remaining)));
        assert_eq!(fields(&metadata), expected);
        assert_eq!(bytes_of(&found, tags.items), b"one");
        let order: Vec<_> = found
            .iter()
            .map(|field| matches!(field, Wire::Bytes(tag, _) if *tag == tags.metadata))
            .collect();
        let first = tags.metadata < tags.items;
        assert_eq!(
            (order[0], order[order.len() - 1]),
            (first, !first),
            "fields stand in the order of their tags"
        );
    }
}

#[test]
fn a_status_is_written_as_gogo_does() {
    let details = Details {
        name: "a".into(),
        kind: "secrets".into(),
        ..Details::default()
    };
    let status = Status::new(404, "NotFound", "no", Some(details));
    let (api_version, kind, raw) = unwrap_envelope(&purser_types::status::protobuf(&status.to_json()));
    assert_eq!((&*api_version, &*kind), ("v1", "Status"));
    let expected: &[u8] = b"\x0a\x06\x0a\0\x12\0\x1a\0\x12\x07Failure\x1a\x02no\x22\x08NotFound\
        \x2a\x12\x0a\x01a\x12\0\x1a\x07secrets\x28\0\x32\0\x30\x94\x03";
    assert_eq!(raw, expected);
}

#[test]
fn a_frame_has_its_length_before_it() {
    let mut out = Vec::new();
    proto::put_watch_frame("ADDED", b"k8s\0x", &mut out);
    assert_eq!(out, b"\0\0\0\x10\x0a\x05ADDED\x12\x07\x0a\x05k8s\0x");
}

#[test]
fn a_body_may_leave_its_type_out_and_has_upstreams_refusals() {
    use purser_types::decode::{BodyFormat, FieldValidation, object};
    let read = |body: &[u8]| {
        object(&SECRETS, BodyFormat::Protobuf, body, FieldValidation::Strict).map_err(|status| status.message)
    };
    let raw = [put(1, &put(1, b"n")), put(9, b"unknown")].concat();
    let (named, warnings) = read(&seal("", "", &raw)).unwrap();
    assert_eq!((named.name(), warnings.len()), ("n", 0));
    let unrecognized = "the object provided is unrecognized (must be of type Secret): ";
    for (body, why) in [
        (b"".to_vec(), format!("{unrecognized}empty data (<empty>)")),
        (b"k8s\0".to_vec(), format!("{unrecognized}empty body (6b387300)")),
        (b"{}".to_vec(), format!("{unrecognized}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] ({{}})")),
        (b"k8s\0\x0a\x05".to_vec(), format!("{unrecognized}unexpected EOF (6b3873000a05)")),
        (seal("v1", "Secret", b"\x0a\x05"), "Secret in version \"v1\" cannot be handled as a Secret: unexpected EOF".to_owned()),
        (seal("v1", "ConfigMap", b""), "ConfigMap in version \"v1\" cannot be handled as a Secret: converting (v1.ConfigMap) to (core.Secret): unknown conversion".to_owned()),
    ] {
        assert_eq!(read(&body).unwrap_err(), why);
    }
}
