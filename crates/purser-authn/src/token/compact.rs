//! The compact form: header, claims and signature in base64url, with dots between.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use purser_types::{Map, Value, json};

use super::key::Algorithm;

/// Most bytes of a token that are looked at. Tokens of ours have under 2 kB, but for those with many audiences.
pub(super) const LONGEST: usize = 16 * 1024;

/// A token taken apart; nothing of it is verified.
pub(crate) struct Compact<'t> {
    /// What is signed.
    pub(crate) signed: &'t [u8],
    /// The signature.
    pub(crate) signature: Vec<u8>,
    /// The header.
    pub(crate) header: Map,
    /// The claims.
    pub(crate) claims: Map,
}

impl<'t> Compact<'t> {
    /// Takes a token apart; `None` when it is no token in this form.
    pub(crate) fn read(token: &'t [u8]) -> Option<Self> {
        if token.len() > LONGEST {
            return None;
        }
        let dot = |byte: &u8| *byte == b'.';
        let second = token.iter().rposition(dot)?;
        let (signed, rest) = token.split_at_checked(second)?;
        let (_, signature) = rest.split_first()?;
        let mut parts = signed.split(dot);
        let (header, claims) = (parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self {
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
            header: object(header)?,
            claims: object(claims)?,
        })
    }

    /// The algorithm that the header names, when it is one that is used and nothing else is demanded.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        Algorithm::named(self.algorithm_name()?)
    }

    /// The name of the algorithm, when nothing else is demanded.
    pub(crate) fn algorithm_name(&self) -> Option<&str> {
        if self.header.contains_key("crit") {
            // Extensions that have to be understood (RFC 7515, 4.1.11): none is.
            return None;
        }
        self.header.get("alg").and_then(Value::as_str)
    }

    /// The key that the header names.
    pub(crate) fn key_id(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// Who the token says has issued it.
    pub(crate) fn issuer(&self) -> &str {
        self.claims.get("iss").and_then(Value::as_str).unwrap_or_default()
    }
}

/// A part that is a JSON object in which nothing appears twice.
fn object(part: &[u8]) -> Option<Map> {
    let text = URL_SAFE_NO_PAD.decode(part).ok()?;
    let parsed = json::parse(&text).ok()?;
    match parsed.value {
        Value::Map(map) if parsed.duplicates.is_empty() => Some(map),
        _ => None,
    }
}

/// A part of a token.
pub(super) fn encode(value: &Value) -> String {
    let mut text = Vec::new();
    json::write(value, &mut text);
    URL_SAFE_NO_PAD.encode(text)
}
