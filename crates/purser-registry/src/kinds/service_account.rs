//! ServiceAccounts.
//!
//! Source: `pkg/registry/core/serviceaccount/strategy.go`.

use purser_types::{Key, Map, Object, Value};

use super::columns::{AGE, Column, NAME};
use super::strategy::Strategy;
use crate::lasting::Lasting;

pub(super) const COLUMNS: &[Column] = &[NAME, AGE];

/// The annotation that restricts which Secrets may be mounted.
const ENFORCE: &str = "kubernetes.io/enforce-mountable-secrets";

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

    fn warnings(&self, object: &Object) -> Vec<String> {
        let restricts = object.annotations().any(|(key, _)| key == ENFORCE);
        let warning = format!(
            "metadata.annotations[{ENFORCE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to \
             mounted secrets"
        );
        Vec::from_iter(restricts.then_some(warning))
    }

    /// Who had the annotation before was warned then.
    fn warnings_on_update(&self, object: &Object, old: &Object) -> Vec<String> {
        if old.annotations().any(|(key, _)| key == ENFORCE) {
            return Vec::new();
        }
        self.warnings(object)
    }

    fn lasting(&self, object: &Object) -> Option<Box<Lasting>> {
        Lasting::of_account(object)
    }

    fn returns_deleted(&self) -> bool {
        true
    }
}
