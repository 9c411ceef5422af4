//! The token that goes on with a list: base64url of `{"v":"meta.k8s.io/v1","rv":N,"start":"…"}`.
//!
//! Source: `k8s.io/apiserver/pkg/storage/continue.go`; the bytes are the same.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use purser_types::{Status, json};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Go ignores the last bits of the last letter, and so does this.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    NO_PAD.with_decode_allow_trailing_bits(true),
);

const VERSION: &str = "meta.k8s.io/v1";

/// Longest token that is looked at, in bytes: longer than any key that can exist.
const MAX_TOKEN: usize = 4096;

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Continue {
    /// The revision of the first page; `None`: go on with the present state, whatever changed since.
    pub(crate) revision: Option<u64>,
    /// The first key of the page, inclusive.
    pub(crate) start: String,
}

#[derive(Serialize, Deserialize)]
struct Token {
    #[serde(default)]
    v: String,
    #[serde(default)]
    rv: i64,
    #[serde(default)]
    start: String,
}

impl Continue {
    /// After the key `last` of the collection at `scope` (which ends in a slash).
    pub(crate) fn after(last: &str, revision: Option<u64>) -> Self {
        Self {
            revision,
            start: format!("{last}\0"),
        }
    }

    /// The token as it is sent.
    pub(crate) fn encode(&self, scope: &str) -> String {
        let start = self
            .start
            .strip_prefix(scope.trim_end_matches('/'))
            .unwrap_or("/");
        let rv = self
            .revision
            .map_or(-1, |revision| i64::try_from(revision).unwrap_or(i64::MAX));
        let token = Token {
            v: VERSION.to_owned(),
            rv,
            start: start.to_owned(),
        };
        BASE64.encode(serde_json::to_vec(&token).unwrap_or_default())
    }

    /// Reads a token for the collection at `scope`.
    ///
    /// # Errors
    /// 400 with upstream's sentences.
    pub(crate) fn decode(text: &str, scope: &str) -> Result<Self, Error> {
        if text.len() > MAX_TOKEN {
            return Err(refused(": too long"));
        }
        let bytes = BASE64
            .decode(text)
            .map_err(|error| refused(&format!(": {}", base64_sentence(&error))))?;
        json::parse(&bytes).map_err(|error| refused(&format!(": {error}")))?;
        let token: Token =
            serde_json::from_slice(&bytes).map_err(|_| refused(": it is not a continue token"))?;
        if token.v != VERSION {
            return Err(refused(": server does not recognize this encoded version"));
        }
        if token.rv == 0 {
            return Err(refused(
                ": incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
            ));
        }
        if token.start.is_empty() {
            return Err(refused(": encoded start key empty (version meta.k8s.io/v1)"));
        }
        let start = token.start.strip_prefix('/').unwrap_or(&token.start);
        if !start.is_empty() && start.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(refused(""));
        }
        Ok(Self {
            revision: u64::try_from(token.rv).ok(),
            start: format!("{scope}{start}"),
        })
    }
}

/// As Go's `base64.CorruptInputError`.
fn base64_sentence(error: &base64::DecodeError) -> String {
    let at = match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLength(at) => *at,
        base64::DecodeError::InvalidLastSymbol { offset, .. } => *offset,
        base64::DecodeError::InvalidPadding => 0,
    };
    format!("illegal base64 data at input byte {at}")
}

fn refused(why: &str) -> Error {
    Status::bad_request(format!("invalid continue token: continue key is not valid{why}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: &str = "/registry/configmaps/rec/";

    #[test]
    fn tokens_are_upstreams_bytes() {
        let token = Continue::after("/registry/configmaps/rec/c1", Some(5843));
        let text = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NTg0Mywic3RhcnQiOiIvYzFcdTAwMDAifQ";
        assert_eq!(token.encode(SCOPE), text);
        assert_eq!(Continue::decode(text, SCOPE).unwrap(), token);
        let all = Continue::after("/registry/secrets/rec/a.b.c", Some(5838));
        let text = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NTgzOCwic3RhcnQiOiIvcmVjL2EuYi5jXHUwMDAwIn0";
        assert_eq!(all.encode("/registry/secrets/"), text);
    }

    #[test]
    fn a_token_that_is_none_is_refused_as_recorded() {
        assert_eq!(
            Continue::decode("abc", SCOPE).unwrap_err().to_string(),
            "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value"
        );
    }

    #[test]
    fn a_token_cannot_leave_its_collection() {
        for start in ["../other/x", "/../x", "a/../../x", "//x"] {
            let bytes = serde_json::json!({"v": VERSION, "rv": 1, "start": start}).to_string();
            assert!(Continue::decode(&BASE64.encode(bytes), SCOPE).is_err(), "{start}");
        }
    }
}
