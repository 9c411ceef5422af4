//! Certificates of erasure: what was made unreadable, when, and how that was checked, signed.
//!
//! What is signed is the member `certificate` as JSON without spaces and with sorted members, so that others can verify
//! it: `jq -cjS .certificate FILE` prints it.

use std::fs;
use std::io;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::destroying::Destroyed;
use crate::error::Error;
use crate::private;

/// The only form of certificate that there is so far.
pub(super) const FORM: &str = "purser.dev/certificate-of-erasure/v1";
/// The only algorithm: ECDSA on P-256 with SHA-256; the signature is DER, as openssl has it.
const ALGORITHM: &str = "ES256";
/// What the public key's file ends in, beside the private one.
const PUBLIC: &str = "pub";

/// What an erasure did.
// INVARIANT: the members, and those of what is in it, are in the order of their names in JSON: that is what is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Certificate {
    /// When it began; RFC 3339.
    pub(super) began: String,
    /// How it was checked, before the keys were destroyed and after.
    pub(super) checked: Checked,
    /// The keys that were destroyed, and how.
    pub(super) destroyed_keys: Vec<Destroyed>,
    /// What a reader has to know.
    pub(super) does_not_cover: String,
    /// When it was done; RFC 3339.
    pub(super) ended: String,
    /// What was erased.
    pub(super) erased: String,
    /// [`FORM`].
    pub(super) form: String,
    /// By what means.
    pub(super) method: String,
    /// Whose.
    pub(super) store: Store,
    /// What did it.
    pub(super) tool: String,
}

/// What a survey after it found: every value was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Checked {
    /// Values in history, by whose heads it was told which key they need.
    pub(super) history: u64,
    /// The keys that all of these are sealed with.
    pub(super) keys: Vec<String>,
    /// Values of those that a destroyed key would be needed for.
    pub(super) needing_destroyed_keys: u64,
    /// Values that are kept aside, since the keys that were there opened none of them.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(super) quarantined: u64,
    /// The store's revision when it was looked at.
    pub(super) revision: u64,
    /// Values that do not open, of those that are not kept aside.
    pub(super) unreadable: u64,
    /// Values that were opened.
    pub(super) values: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "it is what serde calls")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Which store it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Store {
    /// The uid of its namespace kube-system, by which clusters are told apart; empty: there is none.
    pub(super) uid: String,
}

/// A certificate with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signed {
    pub(super) certificate: Certificate,
    signature: Signature,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Signature {
    algorithm: String,
    /// SHA-256 of the public key (DER), in hex.
    key_id: String,
    /// In base64.
    value: String,
}

impl Certificate {
    /// Signs it with the key in this file, which is made, with the public one beside it, when it is missing.
    ///
    /// # Errors
    /// When the key cannot be read, used or made.
    pub(super) fn sign(self, key: &Path) -> Result<Signed, Error> {
        let key = own_key(key)?;
        let value = key.sign(self.signed()?.as_bytes())?;
        Ok(Signed {
            certificate: self,
            signature: Signature {
                algorithm: ALGORITHM.to_owned(),
                key_id: id(&key.subject_public_key_info()),
                value: STANDARD.encode(value),
            },
        })
    }

    /// The destroyed keys, for people.
    pub(super) fn keys(&self) -> String {
        let told = |key: &Destroyed| match &key.at {
            Some(at) => format!("{} (scheduled for {at})", key.id),
            None => key.id.clone(),
        };
        let keys: Vec<String> = self.destroyed_keys.iter().map(told).collect();
        keys.join(", ")
    }

    /// The text that is signed.
    fn signed(&self) -> Result<String, Error> {
        Ok(serde_json::to_string(self).map_err(io::Error::from)?)
    }
}

impl Signed {
    /// As a document.
    pub(super) fn text(&self) -> Result<String, Error> {
        Ok(serde_json::to_string_pretty(self).map_err(io::Error::from)?)
    }

    /// Reads a document.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| format!("it is no certificate of erasure: {error}"))
    }

    /// Sees that this public key, in PEM, has signed it.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn verify(&self, public: &str) -> Result<(), String> {
        if self.certificate.form != FORM || self.signature.algorithm != ALGORITHM {
            return Err("it is of a form that is not known here".to_owned());
        }
        let key = SubjectPublicKeyInfoDer::from_pem_slice(public.as_bytes())
            .map_err(|error| format!("the key is no public key in PEM: {error:?}"))?;
        if id(&key) != self.signature.key_id {
            return Err(format!(
                "it was signed with another key, {}",
                self.signature.key_id
            ));
        }
        let value = STANDARD
            .decode(&self.signature.value)
            .map_err(|_| "its signature is no base64".to_owned())?;
        let signed = self.certificate.signed().map_err(|error| error.to_string())?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &key)
            .verify(signed.as_bytes(), &value)
            .map_err(|_| "the signature is wrong: something in it was changed".to_owned())
    }
}

/// Sees that certificates can be signed with the key in this file, which is made when it is missing.
///
/// # Errors
/// As [`Certificate::sign`].
pub(super) fn can_sign(key: &Path) -> Result<(), Error> {
    own_key(key).map(drop)
}

/// The key of the file; made when it is missing. Certificates that another has signed go on holding.
fn own_key(path: &Path) -> Result<KeyPair, Error> {
    if let Some(text) = private::read(path)? {
        return KeyPair::from_pem(&text).map_err(|error| Error::Certificate {
            path: path.to_owned(),
            reason: format!("{error}: put another key there, or move it away"),
        });
    }
    let key = KeyPair::generate()?;
    // The public one first: a private one is never without it.
    private::write(&path.with_extension(PUBLIC), &key.public_key_pem())?;
    private::write(path, &Zeroizing::new(key.serialize_pem()))?;
    Ok(key)
}

/// Names a public key.
fn id(public: &[u8]) -> String {
    let hash = digest(&SHA256, public);
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a file that anybody may read.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::File {
        action: "read",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::super::destroying::How;
    use super::*;

    fn certificate() -> Certificate {
        Certificate {
            began: "2026-01-02T03:04:05Z".to_owned(),
            checked: Checked {
                history: 1,
                keys: vec!["local-2".to_owned()],
                needing_destroyed_keys: 0,
                quarantined: 3,
                revision: 9,
                unreadable: 0,
                values: 4,
            },
            destroyed_keys: vec![Destroyed {
                at: None,
                how: How::Overwritten,
                id: "local-1".to_owned(),
            }],
            does_not_cover: "copies of keys".to_owned(),
            ended: "2026-01-02T03:04:06Z".to_owned(),
            erased: "what was deleted".to_owned(),
            form: FORM.to_owned(),
            method: "cryptographic erasure".to_owned(),
            store: Store { uid: "u".to_owned() },
            tool: "purser 0".to_owned(),
        }
    }

    fn is_sorted(members: &Map<String, Value>) -> bool {
        members.keys().is_sorted() && members.values().filter_map(Value::as_object).all(is_sorted)
    }

    #[test]
    fn what_is_signed_is_sorted_so_that_others_can_make_it_from_the_document() {
        let text = certificate().signed().unwrap();
        // Whatever order maps have here, a reader that keeps it sees the text's.
        let mut names: Vec<usize> = Vec::new();
        let value: Value = serde_json::from_str(&text).unwrap();
        let mut sorted: Vec<&String> = value.as_object().unwrap().keys().collect();
        sorted.sort();
        for name in sorted {
            names.push(text.find(&format!("\"{name}\":")).unwrap());
        }
        assert!(names.is_sorted(), "{text}");
        let checked = serde_json::to_value(certificate().checked).unwrap();
        assert!(is_sorted(checked.as_object().unwrap()));
        assert!(!text.contains(": ") && !text.contains('\n'), "{text}");
    }

    #[test]
    fn a_certificate_verifies_with_the_key_that_signed_it_until_anything_is_changed() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("erasure.key");
        let signed = certificate().sign(&path).unwrap();
        let again = certificate().sign(&path).unwrap();
        let public = read(&top.path().join("erasure.pub")).unwrap();
        for signed in [&signed, &again] {
            Signed::read(&signed.text().unwrap())
                .unwrap()
                .verify(&public)
                .unwrap();
        }
        for (from, to) in [
            ("\"history\": 1", "\"history\": 2"),
            ("local-1", "local-3"),
            ("03:04:06", "03:04:07"),
        ] {
            let forged = signed.text().unwrap().replace(from, to);
            let refused = Signed::read(&forged).unwrap().verify(&public).unwrap_err();
            assert!(refused.contains("was changed"), "{refused}");
        }
        let added = signed
            .text()
            .unwrap()
            .replace("\"tool\"", "\"said\": \"x\", \"tool\"");
        assert!(Signed::read(&added).is_err(), "what is not signed is not read");
        let other = top.path().join("other.key");
        certificate().sign(&other).unwrap();
        let stranger = read(&top.path().join("other.pub")).unwrap();
        assert!(signed.verify(&stranger).unwrap_err().contains("another key"));
    }
}
