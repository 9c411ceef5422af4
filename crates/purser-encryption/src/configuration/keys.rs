//! Keys that stand in the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_types::configuration::members::{list, text};
use purser_types::problems::Problems;
use purser_types::{Map, Value};
use zeroize::Zeroizing;

use crate::keyed::{Algorithm, NamedKey};

/// What stands in a sentence in place of a key.
pub(super) const REDACTED: &str = "REDACTED";

/// Checks the keys of one provider.
pub(super) fn check(
    field: &str,
    algorithm: Algorithm,
    settings: &Map,
    problems: &mut Problems,
) -> Vec<NamedKey> {
    let field = format!("{field}.keys");
    let keys = list(settings, "keys");
    if keys.is_empty() {
        problems.required(&field, "at least one keys is required");
    }
    keys.iter()
        .filter_map(Value::as_map)
        .enumerate()
        .filter_map(|(at, key)| check_one(&format!("{field}[{at}]"), algorithm, key, problems))
        .collect()
}

fn check_one(field: &str, algorithm: Algorithm, key: &Map, problems: &mut Problems) -> Option<NamedKey> {
    let (name, secret) = (text(key, "name"), text(key, "secret"));
    if name.is_empty() {
        problems.required(&format!("{field}.name"), "name is a mandatory field for a key");
    }
    let field = format!("{field}.secret");
    if secret.is_empty() {
        problems.required(&field, "secret is a mandatory field for a key");
        return None;
    }
    let Ok(secret) = decode(secret) else {
        problems.invalid(&field, REDACTED, "secrets must be base64 encoded");
        return None;
    };
    let lengths = algorithm.key_lengths();
    if !lengths.contains(&secret.len()) {
        let expected: Vec<String> = lengths.iter().map(usize::to_string).collect();
        let why = format!(
            "secret is not of the expected length, got {}, expected one of [{}]",
            secret.len(),
            expected.join(" ")
        );
        problems.invalid(&field, REDACTED, &why);
        return None;
    }
    let name = name.to_owned();
    Some(NamedKey { name, secret })
}

/// As Go's decoder, which passes over line ends. The room is made at once, so that no part of the key is left behind.
fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, base64::DecodeSliceError> {
    let mut plain = Zeroizing::new(Vec::with_capacity(text.len()));
    plain.extend(text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')));
    let mut secret = Zeroizing::new(vec![0; base64::decoded_len_estimate(plain.len())]);
    let length = STANDARD.decode_slice(plain.as_slice(), &mut secret)?;
    secret.truncate(length);
    Ok(secret)
}
