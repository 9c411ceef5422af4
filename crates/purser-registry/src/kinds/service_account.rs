//! ServiceAccounts.
//!
//! Source: `pkg/registry/core/serviceaccount/strategy.go`.

use purser_types::{Key, Map, Object, Value};

use super::columns::{AGE, Column, NAME};
use super::strategy::Strategy;

pub(super) const COLUMNS: &[Column] = &[NAME, AGE];

/// References to Secrets keep nothing but the name.
pub(super) struct ServiceAccounts;

impl Strategy for ServiceAccounts {
    fn prepare_for_create(&self, object: &mut Object) {
        let Some(Value::List(secrets)) = object.body.get_mut("secrets") else {
            return;
        };
        for secret in secrets.iter_mut() {
            let name = secret.as_map_mut().and_then(|reference| reference.remove("name"));
            *secret = Value::Map(
                name.map(|name| (Key::Borrowed("name"), name))
                    .into_iter()
                    .collect::<Map>(),
            );
        }
    }

    fn returns_deleted(&self) -> bool {
        true
    }
}
