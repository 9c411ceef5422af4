//! What others need to verify tokens: OpenID Connect discovery, and the keys.
//!
//! Source: `pkg/serviceaccount/openidmetadata.go`.

use purser_types::{Value, json};

use super::key::{Algorithm, VerifyingKey};

/// The two documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// `/.well-known/openid-configuration`
    pub configuration: String,
    /// `/openid/v1/jwks`
    pub keys: String,
}

impl Metadata {
    /// Of an issuer whose keys are at `keys_uri`.
    pub(super) fn new(issuer: &str, keys_uri: &str, keys: &[VerifyingKey]) -> Self {
        let algorithms: Vec<_> = [Algorithm::Es256, Algorithm::Rs256]
            .into_iter()
            .filter(|algorithm| keys.iter().any(|key| key.algorithm() == *algorithm))
            .map(|algorithm| Value::string(algorithm.name()))
            .collect();
        let one = |text: &str| Value::List(vec![Value::string(text)]);
        let members = [
            ("issuer", Value::string(issuer)),
            ("jwks_uri", Value::string(keys_uri)),
            ("response_types_supported", one("id_token")),
            ("subject_types_supported", one("public")),
            ("id_token_signing_alg_values_supported", Value::List(algorithms)),
        ];
        // In upstream's order, which is not that of the alphabet.
        let members: Vec<String> = members
            .into_iter()
            .map(|(name, value)| member(name, &value))
            .collect();
        let keys: Vec<String> = keys.iter().map(VerifyingKey::jwk).collect();
        Self {
            configuration: format!("{{{}}}", members.join(",")),
            keys: format!("{{\"keys\":[{}]}}", keys.join(",")),
        }
    }
}

fn member(name: &str, value: &Value) -> String {
    let mut text = format!("\"{name}\":").into_bytes();
    json::write(value, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
