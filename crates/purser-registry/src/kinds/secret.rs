//! Secrets.
//!
//! Sources: `pkg/registry/core/secret/strategy.go`, `pkg/apis/core/v1/{conversion,defaults}.go`.

use purser_types::status::Cause;
use purser_types::{Key, Map, Object, Plaintext, Value};

use super::columns::{AGE, Column, NAME, column, entries};
use super::strategy::Strategy;
use crate::validate::secret::{OPAQUE, kind_of, validate, validate_update, warnings};

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column(
        "Type",
        "Used to facilitate programmatic handling of secret data. More info: \
         https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
        |object, _| Value::string(kind_of(object)),
    ),
    column(
        "Data",
        "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The \
         serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly \
         non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
        |object, _| entries(object, &["data"]),
    ),
    AGE,
];

/// `stringData` is folded into `data`, the type defaults to Opaque, each type has its rules.
pub(super) struct Secrets;

impl Strategy for Secrets {
    fn prepare_for_create(&self, object: &mut Object) {
        fold_string_data(object);
        if kind_of(object).is_empty() {
            object.set("type", Some(Value::string(OPAQUE)));
        }
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        validate(object)
    }

    fn validate_update(&self, object: &Object, old: &Object) -> Vec<Cause> {
        validate_update(object, old)
    }

    fn warnings(&self, object: &Object) -> Vec<String> {
        warnings(object)
    }

    fn own_field(&self, object: &Object, field: &str) -> Option<String> {
        (field == "type").then(|| kind_of(object).to_owned())
    }

    fn selectable_fields(&self) -> &'static [&'static str] {
        &["metadata.name", "metadata.namespace", "type"]
    }
}

/// `stringData` is write-only and wins over `data`, key by key.
fn fold_string_data(object: &mut Object) {
    let Some(Value::Map(strings)) = object.body.remove("stringData") else {
        return;
    };
    if strings.is_empty() {
        return;
    }
    let data = object
        .body
        .entry(Key::Borrowed("data"))
        .or_insert_with(|| Value::Map(Map::new()));
    let Value::Map(data) = data else { return };
    for (key, value) in strings {
        if let Value::String(text) = value {
            let bytes = Plaintext::new(text.expose().as_bytes().to_vec());
            data.insert(key, Value::Bytes(bytes));
        }
    }
}
