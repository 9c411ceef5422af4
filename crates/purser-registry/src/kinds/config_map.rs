//! ConfigMaps.

use purser_types::Object;
use purser_types::status::Cause;

use super::columns::{AGE, Column, NAME, column, entries};
use super::strategy::Strategy;
use crate::validate::config_map::{validate, validate_update};

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column(
        "Data",
        "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. \
         Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not \
         overlap with the keys in the BinaryData field, this is enforced during validation process.",
        |object, _| entries(object, &["data", "binaryData"]),
    ),
    AGE,
];

/// Keys, sizes, immutability.
pub(super) struct ConfigMaps;

impl Strategy for ConfigMaps {
    fn validate(&self, object: &Object) -> Vec<Cause> {
        validate(object)
    }

    fn validate_update(&self, object: &Object, old: &Object) -> Vec<Cause> {
        validate_update(object, old)
    }
}
