use super::*;
use crate::json;
use crate::resource::{NAMESPACES, SECRETS};
use crate::schema::{NAMESPACE, SECRET, SERVICE_ACCOUNT};

fn read(message: &'static Message, text: &str) -> Result<Conformed, ConformError> {
    conform(message, json::parse(text.as_bytes()).unwrap().value)
}

fn error(message: &'static Message, text: &str) -> String {
    read(message, text).unwrap_err().to_string()
}

/// The typed tree as JSON without kind and version.
fn typed(message: &'static Message, text: &str) -> String {
    let mut out = Vec::new();
    json::write_typed(message, &read(message, text).unwrap().body, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn type_mistakes_name_the_struct_the_fields_and_the_type() {
    let cannot = |found: &str, place: &str, wanted: &str| {
        format!("json: cannot unmarshal {found} into Go struct field {place} of type {wanted}")
    };
    for (text, found, place, wanted) in [
        (r#"{"data":{"a":1}}"#, "number", "Secret.data", "[]uint8"),
        (r#"{"data":[1]}"#, "array", "Secret.data", "map[string][]uint8"),
        (r#"{"data":{"a":[1,300]}}"#, "number 300", "Secret.data", "uint8"),
        (r#"{"immutable":"yes"}"#, "string", "Secret.immutable", "bool"),
        (r#"{"type":1}"#, "number", "Secret.type", "v1.SecretType"),
        (r#"{"kind":1}"#, "number", "Secret.kind", "string"),
        (r#"{"metadata":[]}"#, "array", "Secret.metadata", "v1.ObjectMeta"),
        (
            r#"{"metadata":{"name":true}}"#,
            "bool",
            "ObjectMeta.metadata.name",
            "string",
        ),
        (
            r#"{"metadata":{"uid":{}}}"#,
            "object",
            "ObjectMeta.metadata.uid",
            "types.UID",
        ),
        (
            r#"{"metadata":{"generation":1.5}}"#,
            "number 1.5",
            "ObjectMeta.metadata.generation",
            "int64",
        ),
        (
            r#"{"metadata":{"labels":{"a":1}}}"#,
            "number",
            "ObjectMeta.metadata.labels",
            "string",
        ),
        (
            r#"{"metadata":{"finalizers":"a"}}"#,
            "string",
            "ObjectMeta.metadata.finalizers",
            "[]string",
        ),
        (
            r#"{"metadata":{"creationTimestamp":1}}"#,
            "number",
            "ObjectMeta.metadata.creationTimestamp",
            "string",
        ),
        (
            r#"{"metadata":{"ownerReferences":[{"name":1}]}}"#,
            "number",
            "OwnerReference.metadata.ownerReferences.name",
            "string",
        ),
    ] {
        assert_eq!(error(&SECRET, text), cannot(found, place, wanted), "{text}");
    }
    assert_eq!(
        error(&NAMESPACE, r#"{"spec":{"finalizers":[1]}}"#),
        cannot("number", "NamespaceSpec.spec.finalizers", "v1.FinalizerName")
    );
    assert_eq!(
        error(&SERVICE_ACCOUNT, r#"{"secrets":{}}"#),
        cannot("object", "ServiceAccount.secrets", "[]v1.ObjectReference")
    );
    assert_eq!(
        error(&SECRET, "[]"),
        "json: cannot unmarshal array into Go value of type v1.Secret"
    );
}

#[test]
fn the_first_type_mistake_is_reported_unless_a_time_cannot_be_read() {
    let document = br#"{"type":1,"immutable":1}"#;
    let (_, node) = (SECRETS.kind, json::read(document).unwrap());
    assert!(
        conform_node(&SECRET, node)
            .unwrap_err()
            .to_string()
            .contains("Secret.type")
    );
    let document = br#"{"type":1,"metadata":{"creationTimestamp":"x"}}"#;
    let error = conform_node(&SECRET, json::read(document).unwrap())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("parsing time \"x\""), "{error}");
}

#[test]
fn zero_values_are_as_absent_as_in_go() {
    assert_eq!(
        typed(
            &SECRET,
            r#"{"metadata":{"name":"","labels":{},"finalizers":[]},"data":null,"type":"","immutable":false}"#
        ),
        r#"{"metadata":{},"immutable":false}"#
    );
    assert_eq!(typed(&SECRET, "null"), r#"{"metadata":{}}"#);
    assert_eq!(
        typed(
            &SECRET,
            r#"{"data":{"a":null,"b":"Yg=="},"stringData":{"c":null}}"#
        ),
        r#"{"metadata":{},"data":{"a":"","b":"Yg=="},"stringData":{"c":""}}"#
    );
    assert_eq!(
        typed(&SECRET, r#"{"data":{"a":[104,105]}}"#),
        r#"{"metadata":{},"data":{"a":"aGk="}}"#
    );
    assert_eq!(
        typed(
            &SECRET,
            r#"{"metadata":{"creationTimestamp":"0001-01-01T00:00:00Z","deletionTimestamp":null}}"#
        ),
        r#"{"metadata":{}}"#
    );
    assert_eq!(
        typed(&NAMESPACE, "{}"),
        r#"{"metadata":{},"spec":{},"status":{}}"#
    );
    assert_eq!(
        typed(&NAMESPACE, r#"{"status":{"conditions":[{"type":"x"}]}}"#),
        r#"{"metadata":{},"spec":{},"status":{"conditions":[{"type":"x","status":"","lastTransitionTime":null}]}}"#
    );
    assert_eq!(
        typed(&SECRET, r#"{"metadata":{"ownerReferences":[null,{"uid":"u"}]}}"#),
        r#"{"metadata":{"ownerReferences":[{"apiVersion":"","kind":"","name":"","uid":""},{"apiVersion":"","kind":"","name":"","uid":"u"}]}}"#
    );
}

#[test]
fn times_become_utc_seconds() {
    assert_eq!(
        typed(
            &SECRET,
            r#"{"metadata":{"creationTimestamp":"2020-01-01T01:00:00.9+01:00"}}"#
        ),
        r#"{"metadata":{"creationTimestamp":"2020-01-01T00:00:00Z"}}"#
    );
}

#[test]
fn unknown_and_duplicate_fields_are_found_in_the_order_of_the_document() {
    let document = br#"{"z":1,"metadata":{"nope":{"a":1,"a":2},"name":"a","labels":{"a":"1","a":"2"},
        "ownerReferences":[{"x":1},{"uid":"u","uid":"v"}]},"type":"a","type":"b","z":2,"Data":1,"data":{"k":"","k":""}}"#;
    let (_, findings) = conform_node(&SECRET, json::read(document).unwrap()).unwrap();
    let findings: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert_eq!(
        findings,
        [
            "unknown field \"z\"",
            "unknown field \"metadata.nope\"",
            "duplicate field \"metadata.labels.a\"",
            "unknown field \"metadata.ownerReferences[0].x\"",
            "duplicate field \"metadata.ownerReferences[1].uid\"",
            "duplicate field \"type\"",
            "unknown field \"Data\"",
            "duplicate field \"data.k\"",
        ]
    );
}

#[test]
fn a_second_message_or_map_adds_to_the_first() {
    let document =
        br#"{"metadata":{"name":"a"},"metadata":{"namespace":"b"},"data":{"a":""},"data":{"b":""}}"#;
    let (body, _) = conform_node(&SECRET, json::read(document).unwrap()).unwrap();
    let mut out = Vec::new();
    json::write_typed(&SECRET, &body, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"metadata":{"name":"a","namespace":"b"},"data":{"a":"","b":""}}"#
    );
}

#[test]
fn findings_are_bounded() {
    let members: Vec<String> = (0..500).map(|index| format!("\"u{index}\":1")).collect();
    let conformed = read(&SECRET, &format!("{{{}}}", members.join(","))).unwrap();
    assert_eq!(conformed.unknown.len(), MAX_DUPLICATES);
}

/// A repeated field is told by a bit for each field of a message.
#[test]
fn no_message_has_more_fields_than_there_are_bits() {
    fn check(ty: &Type, most: &mut usize) {
        match ty {
            Type::Message(message) => {
                *most = message.fields.len().max(*most);
                message.fields.iter().for_each(|field| check(&field.ty, most));
            }
            Type::List(of) | Type::Map(of) => check(of, most),
            _ => {}
        }
    }
    let mut most = 0;
    for resource in crate::resource::ALL {
        check(&Type::Message(resource.message), &mut most);
    }
    assert!((20..=64).contains(&most), "{most}");
}

#[test]
fn untyping_is_what_the_json_parses_to() {
    let text = r#"{"metadata":{"name":"a","creationTimestamp":"2020-01-01T00:00:00Z","managedFields":[{"manager":"m","fieldsV1":{"f:b":{},"f:a":{".":{}}}}]},"data":{"a":"YQ=="},"immutable":true}"#;
    let conformed = read(&SECRET, text).unwrap();
    let mut out = Vec::new();
    json::write_typed(&SECRET, &conformed.body, &mut out);
    assert_eq!(untype(&SECRET, &conformed.body), json::parse(&out).unwrap().value);
    let namespace = crate::Object::new(&NAMESPACES);
    assert_eq!(typed(&NAMESPACE, "{}"), {
        let mut out = Vec::new();
        json::write_typed(&NAMESPACE, &namespace.body, &mut out);
        String::from_utf8(out).unwrap()
    });
}
