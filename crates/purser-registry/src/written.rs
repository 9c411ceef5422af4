//! What a write answers.

use purser_admission::LAST_APPLIED;
use purser_types::{Object, Value};

/// The object as it is now stored (or would be, in a dry run).
#[derive(Debug)]
pub struct Written {
    /// With `metadata.resourceVersion` set, and without values when the caller may not see them.
    pub object: Object,
    /// The revision of the write; 0 in a dry run of a create.
    pub revision: u64,
    /// Whether it was created (201).
    pub created: bool,
    /// Sentences for `Warning` headers.
    pub warnings: Vec<String>,
}

/// How a deletion ended.
#[derive(Debug)]
pub enum Deleted {
    /// It is gone; answered as a `Status` of success with these details.
    Gone {
        /// The name.
        name: String,
        /// The uid; empty when the object could not be read.
        uid: String,
    },
    /// It is gone; answered as it was, with the revision of its deletion.
    Was(Written),
    /// It is marked for deletion and waits for its finalizers; answered as the object.
    Remaining(Written),
}

/// Takes every value out of `object`, for a caller who may not read it.
pub(crate) fn strip_values(object: &mut Object) {
    for field in ["data", "stringData", "binaryData"] {
        object.set(field, None);
    }
    let meta = object.meta_mut();
    if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_map_mut) {
        annotations.remove(LAST_APPLIED);
        if annotations.is_empty() {
            meta.remove("annotations");
        }
    }
}

#[cfg(test)]
mod tests {
    use purser_types::decode::{self, BodyFormat, FieldValidation};
    use purser_types::json;
    use purser_types::resource::SECRETS;

    use super::*;

    #[test]
    fn a_stripped_object_holds_no_value() {
        let body =
            br#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","labels":{"l":"1"},"annotations":
            {"kubectl.kubernetes.io/last-applied-configuration":"canary"}},"data":{"k":"Y2FuYXJ5"},
            "stringData":{"k":"canary"}}"#;
        let decoded = decode::object(&SECRETS, BodyFormat::Json, body, FieldValidation::Strict);
        let (mut object, _) = decoded.unwrap();
        strip_values(&mut object);
        let mut text = Vec::new();
        json::write_object(&object, &mut text);
        let expected = r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a","labels":{"l":"1"}}}"#;
        assert_eq!(String::from_utf8(text).unwrap().trim_end(), expected);
    }
}
