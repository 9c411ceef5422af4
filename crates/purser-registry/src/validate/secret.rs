//! The rules of a Secret's own fields. No sentence ever holds a value.
//!
//! Source: `ValidateSecret` in `pkg/apis/core/validation/validation.go`.

use purser_types::status::Cause;
use purser_types::{Map, Object, Plaintext, Value};

use super::causes::{REDACTED, invalid, is_full, required, too_long};
use super::immutable::{fields_kept, is_immutable};
use super::json_text::object_error;
use super::metadata::IMMUTABLE;
use super::names::config_key;
use super::tls_pair::pair_error;

/// All values together, in bytes (`MaxSecretSize`).
pub const DATA_MAX: usize = 1 << 20;
/// The type of a Secret that gives none.
pub const OPAQUE: &str = "Opaque";

/// The type of a Secret that keeps a token of a ServiceAccount.
pub const SERVICE_ACCOUNT_TOKEN: &str = "kubernetes.io/service-account-token";
/// The annotation that names the ServiceAccount of a token.
pub const SERVICE_ACCOUNT_NAME: &str = "kubernetes.io/service-account.name";
const TLS: &str = "kubernetes.io/tls";
const TLS_CERTIFICATE: &str = "tls.crt";
const TLS_KEY: &str = "tls.key";

/// `type`, empty when it is missing.
#[must_use]
pub fn kind_of(object: &Object) -> &str {
    object.get("type").and_then(Value::as_str).unwrap_or("")
}

/// Keys, the size of all values, and what the type demands.
#[must_use]
pub fn validate(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut size = 0_usize;
    let data = data(object);
    for (key, value) in data.into_iter().flatten() {
        if is_full(&causes) {
            break;
        }
        let field = format!("data[{key}]");
        causes.extend(config_key(key).iter().map(|why| invalid(field.clone(), key, why)));
        size = size.saturating_add(value.as_bytes().map_or(0, Plaintext::len));
    }
    if size > DATA_MAX {
        causes.push(too_long("data", DATA_MAX));
    }
    causes.extend(typed(object));
    causes
}

/// What each type demands. A bootstrap token is checked where it is used, not here, as upstream does.
fn typed(object: &Object) -> Vec<Cause> {
    let has = |key: &str| bytes(object, key).is_some();
    let missing = |keys: &[&str]| -> Vec<Cause> {
        keys.iter()
            .filter(|key| !has(key))
            .map(|key| required(format!("data[{key}]"), ""))
            .collect()
    };
    match kind_of(object) {
        SERVICE_ACCOUNT_TOKEN => {
            let named = object
                .annotations()
                .any(|(key, value)| key == SERVICE_ACCOUNT_NAME && !value.is_empty());
            let field = format!("metadata.annotations[{SERVICE_ACCOUNT_NAME}]");
            if named {
                Vec::new()
            } else {
                vec![required(field, "")]
            }
        }
        "kubernetes.io/dockercfg" => docker(object, ".dockercfg"),
        "kubernetes.io/dockerconfigjson" => docker(object, ".dockerconfigjson"),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            missing(&["username", "password"])
        }
        "kubernetes.io/ssh-auth" if bytes(object, "ssh-privatekey").is_none_or(Plaintext::is_empty) => {
            vec![required("data[ssh-privatekey]", "")]
        }
        TLS => missing(&[TLS_CERTIFICATE, TLS_KEY]),
        _ => Vec::new(),
    }
}

/// The value is a JSON object.
fn docker(object: &Object, key: &str) -> Vec<Cause> {
    let field = format!("data[{key}]");
    match bytes(object, key) {
        None => vec![required(field, "")],
        Some(value) => object_error(value.expose())
            .map(|why| invalid(field, REDACTED, &why))
            .into_iter()
            .collect(),
    }
}

/// The type never changes; once immutable, always immutable, values included.
#[must_use]
pub fn validate_update(new: &Object, old: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    if kind_of(new) != kind_of(old) {
        causes.push(invalid("type", kind_of(new), IMMUTABLE));
    }
    if is_immutable(old) {
        causes.extend(fields_kept(new, old, &["data"]));
    }
    causes
}

/// A key pair that no TLS server could use deserves a warning.
#[must_use]
pub fn warnings(object: &Object) -> Vec<String> {
    if kind_of(object) != TLS {
        return Vec::new();
    }
    let value = |key| bytes(object, key).map(Plaintext::expose).unwrap_or_default();
    pair_error(value(TLS_CERTIFICATE), value(TLS_KEY))
        .into_iter()
        .collect()
}

fn data(object: &Object) -> Option<&Map> {
    object.get("data").and_then(Value::as_map)
}

fn bytes<'a>(object: &'a Object, key: &str) -> Option<&'a Plaintext> {
    data(object)
        .and_then(|data| data.get(key))
        .and_then(Value::as_bytes)
}
