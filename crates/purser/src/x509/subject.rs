//! Names, and the signature below what names somebody.

use rcgen::{KeyPair, SigningKey as _};

use super::der::{OBJECT_ID, PRINTABLE_STRING, SEQUENCE, SET, UTF8_STRING, bits, element, of_parts};
use crate::error::Error;

/// The country is told in letters of ASCII (RFC 5280, appendix A).
const COUNTRY: u8 = 6;

/// A name: each field is `2.5.4.N` and its value.
pub(super) fn name<'a>(fields: impl IntoIterator<Item = (u8, &'a str)>) -> Vec<u8> {
    let attributes = fields.into_iter().map(|(number, value)| {
        let string = match number {
            COUNTRY => PRINTABLE_STRING,
            _ => UTF8_STRING,
        };
        let oid = element(OBJECT_ID, &[0x55, 0x04, number]);
        let attribute = of_parts(SEQUENCE, &[oid, element(string, value.as_bytes())]);
        element(SET, &attribute)
    });
    element(SEQUENCE, &attributes.collect::<Vec<_>>().concat())
}

/// How `key` signs.
///
/// # Errors
/// When it is a key of a kind that is not known here.
pub(super) fn algorithm(key: &KeyPair) -> Result<Vec<u8>, Error> {
    let known: [(&rcgen::SignatureAlgorithm, &[u8]); 4] = [
        // ecdsa-with-SHA256, ecdsa-with-SHA384, Ed25519, sha256WithRSAEncryption with its NULL.
        (
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
        ),
        (
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03],
        ),
        (&rcgen::PKCS_ED25519, &[0x06, 0x03, 0x2b, 0x65, 0x70]),
        (
            &rcgen::PKCS_RSA_SHA256,
            &[
                0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00,
            ],
        ),
    ];
    let own = known.iter().find(|(algorithm, _)| *algorithm == key.algorithm());
    let (_, contents) = own.ok_or(rcgen::Error::UnsupportedSignatureAlgorithm)?;
    Ok(element(SEQUENCE, contents))
}

/// What is signed, how, and the signature.
///
/// # Errors
/// When the key does not sign.
pub(super) fn signed(contents: Vec<u8>, key: &KeyPair) -> Result<Vec<u8>, Error> {
    let signature = bits(&key.sign(&contents)?);
    Ok(of_parts(SEQUENCE, &[contents, algorithm(key)?, signature]))
}
