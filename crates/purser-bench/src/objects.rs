//! The Secrets that are written, made so that writing one costs the driver two copies.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::marker::MARKER;
use crate::random::Random;

/// A Secret with one value that does not compress; the name, and a marker for updates, are filled in.
pub(crate) struct Template {
    value: String,
}

impl Template {
    /// A value of `size` bytes.
    pub(crate) fn new(size: u32) -> Self {
        let bytes = Random::new(u64::from(size)).bytes(usize::try_from(size).unwrap_or(usize::MAX));
        Self {
            value: STANDARD.encode(bytes),
        }
    }

    /// A Secret to be created.
    pub(crate) fn created(&self, name: &str) -> Bytes {
        self.document(&format!(r#""name":"{name}""#))
    }

    /// A Secret to replace another: the marker makes it differ, or the server would not write it.
    pub(crate) fn updated(&self, name: &str, marker: u64) -> Bytes {
        self.document(&format!(r#""name":"{name}","annotations":{{{MARKER}{marker}"}}"#))
    }

    /// As a server answers it.
    pub(crate) fn answered(&self) -> Bytes {
        self.document(concat!(
            r#""name":"object-0","namespace":"purser-bench","uid":"00000000-0000-4000-8000-000000000000","#,
            r#""resourceVersion":"1","creationTimestamp":"2026-01-01T00:00:00Z""#
        ))
    }

    fn document(&self, metadata: &str) -> Bytes {
        let value = &self.value;
        Bytes::from(format!(
            r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{{metadata}}},"data":{{"value":"{value}"}},"type":"Opaque"}}"#
        ))
    }
}

/// Name of the object with this number.
pub(crate) fn name(number: u64) -> String {
    format!("object-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_json_with_a_value_of_the_size_asked_for() {
        let template = Template::new(1000);
        for document in [
            template.created("a"),
            template.updated("a", 7),
            template.answered(),
        ] {
            let json: serde_json::Value = serde_json::from_slice(&document).unwrap();
            assert_eq!(json["kind"], "Secret");
            assert_eq!(
                STANDARD
                    .decode(json["data"]["value"].as_str().unwrap())
                    .unwrap()
                    .len(),
                1000
            );
        }
        let json: serde_json::Value = serde_json::from_slice(&template.updated("a", 7)).unwrap();
        assert_eq!(json["metadata"]["annotations"]["purser-bench/sent"], "7");
    }
}
