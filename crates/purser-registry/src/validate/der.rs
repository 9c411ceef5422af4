//! As much of DER (X.690) as it takes to compare a certificate with its key.

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_ID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_1: u8 = 0xa1;

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const X25519: &[u8] = &[0x2b, 0x65, 0x6e];

/// A key, by what can be compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    /// The modulus.
    Rsa(&'a [u8]),
    /// The public point, which a private key may leave out.
    Ec(Option<&'a [u8]>),
    /// The public key, which a private key leaves out.
    Ed25519(Option<&'a [u8]>),
    /// Another algorithm.
    Other,
}

/// The public key of a certificate (RFC 5280); `None`: malformed.
pub(super) fn public_key(certificate: &[u8]) -> Option<Key<'_>> {
    let mut tbs = Reader(Reader(Reader(certificate).take(SEQUENCE)?).take(SEQUENCE)?);
    tbs.skip_if(CONTEXT_0);
    tbs.take(INTEGER)?;
    for _signature_issuer_validity_subject in 0..4 {
        tbs.take(SEQUENCE)?;
    }
    let mut info = Reader(tbs.take(SEQUENCE)?);
    let algorithm = Reader(info.take(SEQUENCE)?).take(OBJECT_ID)?;
    // The first byte counts unused bits.
    let bits = info.take(BIT_STRING)?.get(1..)?;
    Some(match algorithm {
        RSA => Key::Rsa(Reader(Reader(bits).take(SEQUENCE)?).take(INTEGER)?),
        EC => Key::Ec(Some(bits)),
        ED25519 => Key::Ed25519(Some(bits)),
        _ => Key::Other,
    })
}

/// A private key in PKCS#1, PKCS#8 or SEC 1; `None`: none of them.
pub(super) fn private_key(der: &[u8]) -> Option<Key<'_>> {
    pkcs1(der).or_else(|| pkcs8(der)).or_else(|| sec1(der))
}

fn pkcs1(der: &[u8]) -> Option<Key<'_>> {
    let mut fields = Reader(Reader(der).take(SEQUENCE)?);
    fields.take(INTEGER)?;
    let modulus = fields.take(INTEGER)?;
    for _exponents_primes_coefficients in 0..7 {
        fields.take(INTEGER)?;
    }
    Some(Key::Rsa(modulus))
}

fn pkcs8(der: &[u8]) -> Option<Key<'_>> {
    let mut fields = Reader(Reader(der).take(SEQUENCE)?);
    fields.take(INTEGER)?;
    let algorithm = Reader(fields.take(SEQUENCE)?).take(OBJECT_ID)?;
    let inner = fields.take(OCTET_STRING)?;
    match algorithm {
        RSA => pkcs1(inner),
        EC => sec1(inner),
        ED25519 => Some(Key::Ed25519(None)),
        X25519 => Some(Key::Other),
        _ => None,
    }
}

fn sec1(der: &[u8]) -> Option<Key<'_>> {
    let mut fields = Reader(Reader(der).take(SEQUENCE)?);
    (fields.take(INTEGER)? == [1]).then_some(())?;
    fields.take(OCTET_STRING)?;
    fields.skip_if(CONTEXT_0);
    let public = fields
        .take(CONTEXT_1)
        .and_then(|inner| Reader(inner).take(BIT_STRING))
        .and_then(|bits| bits.get(1..));
    Some(Key::Ec(public))
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The contents of the next element, which must have this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.0.split_first()?;
        (*found == tag).then_some(())?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = if *first < 0x80 {
            (usize::from(*first), rest)
        } else {
            let count = usize::from(first & 0x7f);
            (1..=4).contains(&count).then_some(())?;
            let (bytes, rest) = rest.split_at_checked(count)?;
            (
                bytes
                    .iter()
                    .fold(0_usize, |length, byte| (length << 8) | usize::from(*byte)),
                rest,
            )
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(contents)
    }

    fn skip_if(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            let _ = self.take(tag);
        }
    }
}
