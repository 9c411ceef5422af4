//! What Go's `tls.X509KeyPair` would say of a certificate and its key: upstream warns with its sentence.
//!
//! It compares moduli and points, which keys carry; an Ed25519 key or an EC key without its public half is taken
//! to match, since finding out takes arithmetic on curves.

use super::causes::REDACTED;
use super::der::{Key, private_key, public_key};
use super::pem::{Block, blocks};

const CERTIFICATE: &str = "CERTIFICATE";
/// The types of blocks that RFC 7468 and OpenSSL know.
const TYPES: [&str; 19] = [
    CERTIFICATE,
    "X509 CERTIFICATE",
    "TRUSTED CERTIFICATE",
    "ATTRIBUTE CERTIFICATE",
    "CERTIFICATE REQUEST",
    "NEW CERTIFICATE REQUEST",
    "X509 CRL",
    "PKCS7",
    "CMS",
    "PUBLIC KEY",
    "RSA PUBLIC KEY",
    "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "DSA PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "EC PARAMETERS",
    "DH PARAMETERS",
];
/// How many of the blocks that were skipped are told.
const TYPES_TOLD: usize = 16;
const MISMATCH: &str = "tls: private key does not match public key";
const OTHER_TYPE: &str = "tls: private key type does not match public key type";

/// `None` when a server could use the pair.
pub(super) fn pair_error(certificate: &[u8], key: &[u8]) -> Option<String> {
    check(certificate, key).err()
}

fn check(certificate: &[u8], key: &[u8]) -> Result<(), String> {
    let certificate = leaf(certificate)?;
    let key = key_block(key)?;
    let public = public_key(certificate.der.expose()).ok_or("x509: malformed certificate")?;
    let private = private_key(key.der.expose()).ok_or("tls: failed to parse private key")?;
    if private == Key::Other {
        return Err("tls: found unknown private key type in PKCS#8 wrapping".into());
    }
    let matches = match (public, private) {
        (Key::Other, _) => return Err("tls: unknown public key algorithm".into()),
        (Key::Rsa(public), Key::Rsa(private)) => public == private,
        (Key::Ec(public), Key::Ec(private)) | (Key::Ed25519(public), Key::Ed25519(private)) => {
            private.is_none() || public == private
        }
        _ => return Err(OTHER_TYPE.into()),
    };
    if matches { Ok(()) } else { Err(MISMATCH.into()) }
}

fn leaf(input: &[u8]) -> Result<Block<'_>, String> {
    let mut skipped = Vec::new();
    for block in blocks(input) {
        if block.label == CERTIFICATE {
            return Ok(block);
        }
        skipped.push(block.label);
    }
    Err(match skipped.as_slice() {
        [] => "tls: failed to find any PEM data in certificate input".into(),
        [one] if one.ends_with("PRIVATE KEY") => {
            "tls: failed to find certificate PEM data in certificate input, \
            but did find a private key; PEM inputs may have been switched"
                .into()
        }
        many => format!(
            "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the \
             following types: [{}]",
            types(many)
        ),
    })
}

/// The types of blocks, as far as they are types that there are: anything else is part of a value.
fn types(labels: &[&str]) -> String {
    let told = labels
        .iter()
        .take(TYPES_TOLD)
        .map(|label| match TYPES.contains(label) {
            true => label,
            false => REDACTED,
        });
    told.collect::<Vec<_>>().join(" ")
}

fn key_block(input: &[u8]) -> Result<Block<'_>, String> {
    let mut skipped = Vec::new();
    for block in blocks(input) {
        if block.label == "PRIVATE KEY" || block.label.ends_with(" PRIVATE KEY") {
            return Ok(block);
        }
        skipped.push(block.label);
    }
    Err(match skipped.as_slice() {
        [] => "tls: failed to find any PEM data in key input".into(),
        [one] if *one == CERTIFICATE => {
            "tls: found a certificate rather than a key in the PEM for the private key".into()
        }
        many => format!(
            "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM \
             blocks of the following types: [{}]",
            types(many)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_holds_nothing_of_the_value_but_types_of_blocks() {
        let block = |label: &str| format!("-----BEGIN {label}-----\nAA==\n-----END {label}-----\n");
        let input = block("EC PARAMETERS") + &block("hunter2");
        let why = pair_error(input.as_bytes(), b"").unwrap_or_default();
        assert!(
            why.ends_with("types: [EC PARAMETERS <secret contents redacted>]"),
            "{why}"
        );
        let many = block("hunter2").repeat(10_000);
        assert!(pair_error(many.as_bytes(), b"").is_some_and(|why| why.len() < 1_000));
    }
}
