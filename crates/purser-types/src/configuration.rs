//! A file of settings that has a kind and a version, read strictly.
//!
//! Source: `runtime.Decode` with a strict codec, as kube-apiserver reads each of its configuration files.

pub mod members;

use thiserror::Error;

use crate::conform::{ConformError, conform_node};
use crate::decode::strict_error;
use crate::node::Node;
use crate::quote::quote;
use crate::schema::Message;
use crate::value::Map;
use crate::yaml;

/// The most bytes of a file that are read.
pub const MAX_BYTES: usize = 1 << 20;

/// Why a file was not read. The sentences are upstream's, but that they do not repeat the file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigurationError {
    /// There is nothing in it.
    #[error("empty config data")]
    Empty,
    /// It has more than [`MAX_BYTES`].
    #[error("it has more than {MAX_BYTES} bytes")]
    TooLarge,
    /// It is neither YAML nor JSON, or no object.
    #[error("couldn't get version/kind; json parse error: {0}")]
    Syntax(String),
    /// It does not say what it is.
    #[error("Object '{0}' is missing")]
    Missing(&'static str),
    /// It is something else.
    #[error("no kind {} is registered for version {}", quote(kind), quote(api_version))]
    Kind {
        /// Its kind.
        kind: String,
        /// Its group and version.
        api_version: String,
    },
    /// A field is of the wrong type.
    #[error(transparent)]
    Type(#[from] ConformError),
    /// A field is not known, or stands there twice.
    #[error("{0}")]
    Strict(String),
}

/// Reads YAML or JSON that says it is of `kind` in one of the `versions` of `group`.
///
/// # Errors
/// [`ConfigurationError`].
pub fn read(
    bytes: &[u8],
    group: &str,
    versions: &[&str],
    kind: &str,
    message: &'static Message,
) -> Result<Map, ConfigurationError> {
    if bytes.is_empty() {
        return Err(ConfigurationError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(ConfigurationError::TooLarge);
    }
    let document = yaml::read(bytes).map_err(|error| ConfigurationError::Syntax(error.to_string()))?;
    let Node::Object(members) = &document.node else {
        let found = document.node.kind();
        return Err(ConfigurationError::Syntax(format!("it is no object but {found}")));
    };
    let text = |name| {
        members.iter().find_map(|(key, value)| match value {
            Node::String(text) if key.as_str() == name => Some(text.as_str()),
            _ => None,
        })
    };
    let said = |name| text(name).filter(|text| !text.is_empty());
    let found = said("kind").ok_or(ConfigurationError::Missing("Kind"))?;
    let api_version = said("apiVersion").ok_or(ConfigurationError::Missing("apiVersion"))?;
    let known = api_version
        .strip_prefix(group)
        .and_then(|rest| rest.strip_prefix('/'))
        .is_some_and(|version| versions.contains(&version));
    if found != kind || !known {
        return Err(ConfigurationError::Kind {
            kind: found.to_owned(),
            api_version: api_version.to_owned(),
        });
    }
    let (body, findings) = conform_node(message, document.node)?;
    if document.duplicates.is_empty() && findings.is_empty() {
        Ok(body)
    } else {
        Err(ConfigurationError::Strict(strict_error(
            &document.duplicates,
            &findings,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::AUTHENTICATION_CONFIGURATION;

    fn read_one(text: &str) -> Result<Map, String> {
        read(
            text.as_bytes(),
            "apiserver.config.k8s.io",
            &["v1", "v1beta1"],
            "AuthenticationConfiguration",
            &AUTHENTICATION_CONFIGURATION,
        )
        .map_err(|error| error.to_string())
    }

    #[test]
    fn json_and_yaml_of_a_known_version_are_read() {
        let json = r#"{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration","jwt":[{"issuer":{"url":"https://a"}}]}"#;
        let yaml = "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\njwt:\n- issuer:\n    url: https://a\n";
        assert_eq!(read_one(json).unwrap(), read_one(yaml).unwrap());
    }

    #[test]
    fn what_is_something_else_or_not_understood_is_refused_with_upstreams_sentences() {
        for (text, sentence) in [
            ("", "empty config data"),
            (
                "[]",
                "couldn't get version/kind; json parse error: it is no object but array",
            ),
            (
                r#"{"kind":"AuthenticationConfiguration"}"#,
                "Object 'apiVersion' is missing",
            ),
            (
                r#"{"apiVersion":"apiserver.config.k8s.io/v1"}"#,
                "Object 'Kind' is missing",
            ),
            (
                r#"{"apiVersion":"apiserver.config.k8s.io/v99","kind":"AuthenticationConfiguration"}"#,
                r#"no kind "AuthenticationConfiguration" is registered for version "apiserver.config.k8s.io/v99""#,
            ),
            (
                r#"{"apiVersion":"apiserver.config.k8s.io/v1","kind":"SomeConfiguration"}"#,
                r#"no kind "SomeConfiguration" is registered for version "apiserver.config.k8s.io/v1""#,
            ),
            (
                r#"{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration","jwt1":[]}"#,
                r#"strict decoding error: unknown field "jwt1""#,
            ),
            (
                "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: []\njwt: []\n",
                "strict decoding error: yaml: unmarshal errors:\n  line 4: key \"jwt\" already set in map",
            ),
        ] {
            assert_eq!(read_one(text).unwrap_err(), sentence, "{text}");
        }
        let long = format!("a: {}", "x".repeat(MAX_BYTES));
        assert_eq!(read_one(&long).unwrap_err(), "it has more than 1048576 bytes");
    }

    #[test]
    fn a_field_of_the_wrong_type_is_named() {
        let text = r#"{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthenticationConfiguration","jwt":[{"issuer":{"url":1}}]}"#;
        let sentence = read_one(text).unwrap_err();
        assert!(
            sentence.contains("cannot unmarshal number into Go struct field Issuer."),
            "{sentence}"
        );
        assert!(sentence.contains("jwt.issuer.url of type string"), "{sentence}");
    }
}
