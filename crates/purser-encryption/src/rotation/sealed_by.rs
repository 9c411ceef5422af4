//! Who sealed a value, as its head says it.

use std::fmt;

use crate::encrypted_object::EncryptedObject;
use crate::transformer::ENCRYPTED_PREFIX;

/// Longest name that is repeated, bytes.
const MAX_NAME: usize = 256;

/// A provider and its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SealedBy {
    /// `aescbc`, `kms v2 NAME`; `identity`: the value is in the clear; `?`: its head cannot be understood.
    pub provider: String,
    /// The key's name or id; empty: the provider has no names for its keys.
    pub key: String,
}

impl SealedBy {
    fn new(provider: impl Into<String>, key: &str) -> Self {
        Self {
            provider: provider.into(),
            key: key.to_owned(),
        }
    }

    /// Who sealed `stored`. Whether it can be opened is another question.
    #[must_use]
    pub fn of(stored: &[u8]) -> Self {
        let Some(rest) = stored.strip_prefix(ENCRYPTED_PREFIX) else {
            return Self::new("identity", "");
        };
        Self::sealed(rest).unwrap_or_else(|| Self::new("?", ""))
    }

    fn sealed(rest: &[u8]) -> Option<Self> {
        let (provider, rest) = word(rest)?;
        let (version, rest) = word(rest)?;
        let (name, rest) = word(rest)?;
        Some(match (provider, version) {
            ("kms", "v2") => Self::new(
                format!("kms v2 {name}"),
                EncryptedObject::decode(rest).ok()?.key_id,
            ),
            ("kms", "v1") => Self::new(format!("kms v1 {name}"), ""),
            (provider, "v1") => Self::new(provider, name),
            _ => return None,
        })
    }

    /// Whether the value is in the clear.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.provider == "identity"
    }

    /// Whether the head does not say it, so that nobody knows which key the value needs.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.provider == "?"
    }

    /// Whether values are bound to their places, so that nobody can put one into another's place unnoticed.
    #[must_use]
    pub fn binds_the_place(&self) -> bool {
        !matches!(self.provider.as_str(), "identity" | "aescbc" | "secretbox" | "?")
    }
}

impl fmt::Display for SealedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => f.write_str(&self.provider),
            key => write!(f, "{} {key}", self.provider),
        }
    }
}

/// What comes before the next colon, and what after it.
fn word(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().take(MAX_NAME).position(|byte| *byte == b':')?;
    let (word, rest) = bytes.split_at_checked(end)?;
    let word = std::str::from_utf8(word).ok()?;
    let shown = word
        .chars()
        .all(|letter| letter.is_ascii_graphic() || letter == ' ');
    Some((shown.then_some(word)?, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_says_who_sealed_it() {
        for (stored, provider, key) in [
            (&b"k8s\0x"[..], "identity", ""),
            (b"{}", "identity", ""),
            (b"k8s:enc:aescbc:v1:key1:x", "aescbc", "key1"),
            (b"k8s:enc:secretbox:v1:a-b:", "secretbox", "a-b"),
            (b"k8s:enc:kms:v1:old:\0\x01x", "kms v1 old", ""),
            (b"k8s:enc:kms:v2:p:nonsense", "?", ""),
            (b"k8s:enc:new:v9:p:x", "?", ""),
            (b"k8s:enc:aescbc:v1:key", "?", ""),
            (b"k8s:enc:aescbc:v1:\x1b[2J:", "?", ""),
            (b"k8s:enc:", "?", ""),
        ] {
            assert_eq!(SealedBy::of(stored), SealedBy::new(provider, key));
        }
    }
}
