//! The bodies of the fuzz targets (`fuzz/` at the repository's root), so that tests can run them too.
//!
//! Each takes any bytes. It panics when a decoder panics or breaks a promise.

use crate::decode::{self, BodyFormat, FieldValidation};
use crate::resource::ALL;
use crate::selector::{FieldSelector, LabelSelector};
use crate::{Resource, json, proto, yaml};

/// Any bytes as JSON: what is read is written as JSON that reads the same, and bodies are read or refused.
pub fn json_parse(data: &[u8]) {
    if let Ok(parsed) = json::parse(data) {
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        json::write(&parsed.value, &mut once);
        let again = json::parse(&once);
        assert!(again.is_ok(), "what was written does not parse");
        if let Ok(again) = again {
            json::write(&again.value, &mut twice);
        }
        assert!(once == twice, "writing what was written changes it");
    }
    bodies(BodyFormat::Json, data);
}

/// Any bytes as YAML: what is read is written as YAML that reads the same, and bodies are read or refused.
pub fn yaml_parse(data: &[u8]) {
    if let Ok(parsed) = yaml::parse(data) {
        let mut text = Vec::new();
        yaml::write(&parsed.value, &mut text);
        let again = yaml::parse(&text);
        assert!(
            again.is_ok_and(|again| same(&again.value, &parsed.value)),
            "what was written reads otherwise"
        );
    }
    bodies(BodyFormat::Yaml, data);
}

/// Equal as JSON: a whole number with a fraction of zero comes back without it, and so does zero without its sign.
fn same(a: &crate::Value, b: &crate::Value) -> bool {
    use crate::Value::{Float, Int, List, Map};
    match (a, b) {
        (List(a), List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Map(a), Map(b)) => {
            let mut entries = a.iter().zip(b);
            a.len() == b.len() && entries.all(|((key, a), (other, b))| key == other && same(a, b))
        }
        (Float(zero), Int(0)) | (Int(0), Float(zero)) if *zero == 0.0 => true,
        _ => {
            let text = |value| {
                let mut out = Vec::new();
                json::write(value, &mut out);
                out
            };
            text(a) == text(b)
        }
    }
}

fn bodies(format: BodyFormat, data: &[u8]) {
    for resource in ALL.iter().copied() {
        if let Ok((object, _)) = decode::object(resource, format, data, FieldValidation::Warn) {
            let stored = proto::encode(&object);
            assert!(
                proto::decode(resource, stored.expose()).is_ok(),
                "what was encoded does not decode"
            );
        }
    }
}

/// Any bytes as a stored object, alone and inside an envelope: what decodes is encoded to what decodes the same.
pub fn proto_decode(data: &[u8]) {
    for resource in ALL.iter().copied() {
        for stored in [data.to_vec(), proto::seal_raw(resource, data)] {
            if let Ok(object) = proto::decode(resource, &stored) {
                let again = proto::decode(resource, proto::encode(&object).expose());
                assert!(
                    again.is_ok_and(|again| again == object),
                    "an object changes when it is encoded"
                );
            }
        }
    }
}

/// Any bytes as a stored object: the direct way to JSON and the one through the tree agree.
pub fn transcode(data: &[u8]) {
    for resource in ALL.iter().copied() {
        for stored in [data.to_vec(), proto::seal_raw(resource, data)] {
            let mut direct = Vec::new();
            let result = proto::transcode_json(resource, &stored, 7, &mut direct);
            let tree = proto::decode(resource, &stored).map(|mut object| {
                object.set_meta_str("resourceVersion", "7");
                let mut out = Vec::new();
                json::write_object(&object, &mut out);
                out
            });
            assert!(result.map(|()| direct) == tree, "the two ways to JSON differ");
            answer_protobuf(resource, &stored);
        }
    }
}

/// The answer in protobuf is the object with its revision, whichever way it is written.
fn answer_protobuf(resource: &'static Resource, stored: &[u8]) {
    let mut answer = Vec::new();
    let result = proto::transcode_protobuf(resource, stored, 7, &mut answer);
    let tree = proto::decode(resource, stored).map(|mut object| {
        object.set_meta_str("resourceVersion", "7");
        object
    });
    let tree = match tree {
        Ok(tree) => tree,
        // Whether sets of fields are JSON is not looked at, as upstream does not.
        Err(proto::DecodeError::Fields) => return,
        Err(_) => {
            assert!(
                result.is_err() && answer.is_empty(),
                "what cannot be read is answered"
            );
            return;
        }
    };
    let read = decode::object(resource, BodyFormat::Protobuf, &answer, FieldValidation::Ignore);
    assert!(
        read.is_ok_and(|(read, _)| read == tree),
        "the answer in protobuf is another object"
    );
}

/// Any text as a label and as a field selector.
pub fn selectors(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(selector) = LabelSelector::parse(text) {
        selector.matches(|key| (key.len() % 2 == 0).then_some("1"));
    }
    if let Ok(selector) = FieldSelector::parse(text) {
        selector.matches(|field| (field.len() % 2 == 0).then_some("1"));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn every_target_takes_any_bytes(data in prop::collection::vec(any::<u8>(), 0..96)) {
            super::json_parse(&data);
            super::yaml_parse(&data);
            super::proto_decode(&data);
            super::transcode(&data);
            super::selectors(&data);
        }

        #[test]
        fn every_target_takes_text_that_looks_right(
            json in "[\\[\\]{}:,\"a1. nul\\\\e-]{0,40}",
            yaml in "[-a:&*{}\\[\\],'\"|>?!#%\n <1.~]{0,40}",
            selector in "[a(),!=<> intoe1*/.\\\\]{0,30}",
        ) {
            super::json_parse(json.as_bytes());
            super::yaml_parse(yaml.as_bytes());
            super::selectors(selector.as_bytes());
        }
    }
}
