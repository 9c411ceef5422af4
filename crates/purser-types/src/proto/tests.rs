use proptest::prelude::*;

use super::wire::{put_bytes_key, put_varint_key};
use super::*;
use crate::json;
use crate::object::Object;
use crate::resource::{NAMESPACES, Resource, SECRETS};

fn object(text: &str) -> Object {
    let (object, _) = crate::decode::object(
        &SECRETS,
        crate::decode::BodyFormat::Json,
        text.as_bytes(),
        crate::decode::FieldValidation::Ignore,
    )
    .unwrap();
    object
}

/// An envelope around hand-made bytes.
fn envelope(resource: &Resource, raw: &[u8]) -> Vec<u8> {
    seal_raw(resource, raw)
}

fn field(tag: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_bytes_key(tag, bytes.len(), &mut out);
    out.extend_from_slice(bytes);
    out
}

fn entry(tag: u32, key: &str, value: &str) -> Vec<u8> {
    field(
        tag,
        &[field(1, key.as_bytes()), field(2, value.as_bytes())].concat(),
    )
}

/// Both ways to JSON, which have to agree.
fn text(resource: &'static Resource, stored: &[u8]) -> Result<String, DecodeError> {
    let mut direct = b"x".to_vec();
    let result = transcode_json(resource, stored, 7, &mut direct);
    let tree = decode(resource, stored).map(|mut object| {
        object.set_meta_str("resourceVersion", "7");
        let mut out = b"x".to_vec();
        json::write_object(&object, &mut out);
        out
    });
    match (result, tree) {
        (Ok(()), Ok(tree)) => {
            assert_eq!(String::from_utf8_lossy(&direct), String::from_utf8_lossy(&tree));
            Ok(String::from_utf8(direct).unwrap().split_off(1))
        }
        (Err(direct_error), Err(tree_error)) => {
            assert_eq!(direct, b"x", "output is taken back");
            assert_eq!(direct_error, tree_error);
            Err(direct_error)
        }
        (direct, tree) => panic!("one way fails: {direct:?} {tree:?}"),
    }
}

#[test]
fn an_object_comes_back_as_it_was() {
    let object = object(
        r#"{"metadata":{"name":"a","namespace":"b","generation":-1,"deletionGracePeriodSeconds":0,"labels":{"x":"1"},
        "creationTimestamp":"2020-01-01T00:00:00Z","ownerReferences":[{"kind":"K","name":"n","uid":"u","apiVersion":"v1","controller":false}],
        "finalizers":["f/a","f/b"],"managedFields":[{"manager":"m","time":"2021-01-01T00:00:00Z","fieldsV1":{"k:{\"b\":1}":{},"f:a":{}}}]},
        "data":{"a":"AAEC","b":""},"stringData":{"c":"d"},"type":"Opaque","immutable":false}"#,
    );
    let stored = encode(&object);
    assert_eq!(decode(&SECRETS, stored.expose()).unwrap(), object);
    let text = text(&SECRETS, stored.expose()).unwrap();
    assert!(text.contains(r#""resourceVersion":"7""#), "{text}");
    assert!(
        text.contains(r#""fieldsV1":{"k:{\"b\":1}":{},"f:a":{}}"#),
        "{text}"
    );
    let (mut item, mut without) = (Vec::new(), Vec::new());
    transcode_json_item(&SECRETS, stored.expose(), 7, &mut item).unwrap();
    assert!(item.starts_with(b"{\"metadata\":{"));
    transcode_json(&SECRETS, stored.expose(), 0, &mut without).unwrap();
    assert!(!String::from_utf8(without).unwrap().contains("resourceVersion"));
}

#[test]
fn the_resource_version_is_never_stored() {
    let object = object(r#"{"metadata":{"name":"a","resourceVersion":"5"}}"#);
    let back = decode(&SECRETS, encode(&object).expose()).unwrap();
    assert_eq!(back.meta_str("resourceVersion"), "");
}

#[test]
fn stored_json_is_read_too() {
    let stored = br#" {"kind":"Secret","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"3"},"data":{"a":"YQ=="}}"#;
    let expected = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"7"},"data":{"a":"YQ=="}}"#;
    assert_eq!(text(&SECRETS, stored).unwrap(), expected);
    assert!(matches!(
        text(&NAMESPACES, stored),
        Err(DecodeError::WrongKind { .. })
    ));
    assert!(matches!(text(&SECRETS, b"{"), Err(DecodeError::Json(_))));
    let bad = br#"{"kind":"Secret","apiVersion":"v1","data":{"a":"secret!"}}"#;
    assert_eq!(
        text(&SECRETS, bad).unwrap_err().to_string(),
        "the stored json does not fit its kind"
    );
}

#[test]
fn later_fields_win_and_messages_maps_and_lists_add_up() {
    let raw = [
        entry(2, "b", "1"),
        field(3, b"first"),
        field(1, &field(1, b"name")),
        entry(2, "a", "2"),
        entry(2, "b", "3"),
        field(3, b"Opaque"),
        field(1, &[field(3, b"ns"), field(14, b"f1"), field(14, b"f2")].concat()),
    ]
    .concat();
    assert_eq!(
        text(&SECRETS, &envelope(&SECRETS, &raw)).unwrap(),
        r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"name","namespace":"ns","resourceVersion":"7","finalizers":["f1","f2"]},"data":{"a":"Mg==","b":"Mw=="},"type":"Opaque"}"#
    );
}

#[test]
fn unknown_fields_are_skipped_and_missing_ones_are_zero() {
    let mut raw = field(99, b"future");
    put_varint_key(100, &mut raw);
    raw.push(1);
    raw.extend_from_slice(&[101 << 3 & 0x7f | 1 | 0x80, 6, 0, 0, 0, 0, 0, 0, 0, 0]);
    let expected = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"resourceVersion":"7"}}"#;
    assert_eq!(text(&SECRETS, &envelope(&SECRETS, &raw)).unwrap(), expected);
    assert_eq!(text(&SECRETS, &envelope(&SECRETS, b"")).unwrap(), expected);
}

#[test]
fn hostile_bytes_are_refused() {
    for (raw, error) in [
        (&b"\x0a\xff\xff\xff\xff\x0f"[..], DecodeError::Truncated),
        (
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            DecodeError::Truncated,
        ),
        (
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            DecodeError::Overflow,
        ),
        (
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            DecodeError::Overflow,
        ),
        (b"\x0a", DecodeError::Truncated),
        (b"\x02\x00", DecodeError::IllegalTag),
        (b"\x0b\x0c", DecodeError::WireType),
        (b"\x0e", DecodeError::WireType),
        (b"\x08\x01", DecodeError::WireType),
        (b"\x1a\x02\x00", DecodeError::Truncated),
    ] {
        assert_eq!(
            text(&SECRETS, &envelope(&SECRETS, raw)).unwrap_err(),
            error,
            "{raw:?}"
        );
    }
    let time = |seconds: &[u8]| field(1, &field(8, &[b"\x08", seconds].concat()));
    let late = time(b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
    assert_eq!(
        text(&SECRETS, &envelope(&SECRETS, &late)).unwrap_err(),
        DecodeError::Time
    );
    let fields = field(1, &field(17, &field(7, &field(1, b"{secret"))));
    assert_eq!(
        text(&SECRETS, &envelope(&SECRETS, &fields)).unwrap_err(),
        DecodeError::Fields
    );
    assert_eq!(text(&SECRETS, b"").unwrap_err(), DecodeError::UnknownFormat);
    assert_eq!(
        text(&SECRETS, b"k8s:enc:aescbc:v1:").unwrap_err(),
        DecodeError::UnknownFormat
    );
    let other = envelope(&NAMESPACES, b"");
    let message = text(&SECRETS, &other).unwrap_err().to_string();
    assert_eq!(message, "the stored value is a v1 Namespace, not a v1 Secret");
}

#[test]
fn a_body_of_tiny_elements_cannot_take_much_memory() {
    use crate::decode::{BodyFormat, FieldValidation, object};
    // Finalizers, and annotations: each two bytes of a body, and many times that in memory.
    for element in [field(14, b""), field(12, b"")] {
        let body = |count| envelope(&SECRETS, &field(1, &element.repeat(count)));
        let read = |body: &[u8]| object(&SECRETS, BodyFormat::Protobuf, body, FieldValidation::Ignore);
        assert!(read(&body(json::MAX_VALUES)).is_ok());
        let refused = read(&body(json::MAX_VALUES + 1)).unwrap_err();
        assert_eq!(refused.code, 400);
        assert!(
            refused.message.ends_with(": the document is too large"),
            "{}",
            refused.message
        );
        // What is stored was bounded when it was written, by other means too.
        assert!(decode(&SECRETS, &body(json::MAX_VALUES + 1)).is_ok());
    }
}

#[test]
fn text_that_is_not_utf_8_is_replaced() {
    let raw = [
        entry(4, "a", "b"),
        field(4, &[field(1, b"\xff"), field(2, b"\xe2\x82")].concat()),
        field(3, b"\xfe"),
    ]
    .concat();
    assert_eq!(
        text(&SECRETS, &envelope(&SECRETS, &raw)).unwrap(),
        "{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"7\"},\"stringData\":{\"a\":\"b\",\"\u{fffd}\":\"\u{fffd}\u{fffd}\"},\"type\":\"\u{fffd}\"}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn both_ways_agree_on_any_bytes(raw in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = text(&SECRETS, &envelope(&SECRETS, &raw));
        let _ = text(&SECRETS, &raw);
    }

    #[test]
    fn both_ways_agree_on_damaged_objects(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let object = object(r#"{"metadata":{"name":"a","labels":{"x":"1","y":"2"},"creationTimestamp":"2020-01-01T00:00:00Z",
            "managedFields":[{"manager":"m","time":"2021-01-01T00:00:00Z","fieldsV1":{"f:a":{}}}],"ownerReferences":[{"uid":"u","controller":true}]},
            "data":{"a":"AAEC","b":""},"type":"Opaque","immutable":true}"#);
        let mut stored = encode(&object).expose().to_vec();
        let at = at.index(stored.len());
        stored[at] = byte;
        let _ = text(&SECRETS, &stored);
    }

    #[test]
    fn any_content_survives(
        data in prop::collection::btree_map("[a-z]{0,4}", prop::collection::vec(any::<u8>(), 0..40), 0..5),
        annotations in prop::collection::btree_map(".{0,8}", ".{0,16}", 0..4),
        name in "[a-z]{0,8}",
    ) {
        let mut object = Object::new(&SECRETS);
        object.set_meta_str("name", &name);
        let data: crate::Map = data.into_iter().map(|(key, bytes)| (key.into(), crate::Value::Bytes(crate::Plaintext::new(bytes)))).collect();
        object.set("data", (!data.is_empty()).then_some(crate::Value::Map(data)));
        let annotations: crate::Map = annotations.into_iter().map(|(key, text)| (key.into(), crate::Value::string(text))).collect();
        if !annotations.is_empty() {
            object.meta_mut().insert("annotations".into(), crate::Value::Map(annotations));
        }
        let stored = encode(&object);
        prop_assert_eq!(&decode(&SECRETS, stored.expose()).unwrap(), &object);
        text(&SECRETS, stored.expose()).unwrap();
    }
}

/// `ExtraValue` is a list in JSON and a message in protobuf.
#[test]
fn a_list_in_a_map_is_a_message_that_holds_it() {
    let body = br#"{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview",
        "spec":{"user":"u","extra":{"k":["a","b"],"none":[]}}}"#;
    let resource = &crate::resource::SUBJECT_ACCESS_REVIEWS;
    let read = crate::decode::object(
        resource,
        crate::decode::BodyFormat::Json,
        body,
        crate::decode::FieldValidation::Strict,
    );
    let object = read.unwrap().0;
    let bytes = super::encode(&object);
    let entry = b"\x2a\x0b\x0a\x01k\x12\x06\x0a\x01a\x0a\x01b";
    assert!(bytes.expose().windows(entry.len()).any(|window| window == entry));
    assert_eq!(super::decode(resource, bytes.expose()).unwrap(), object);
}
