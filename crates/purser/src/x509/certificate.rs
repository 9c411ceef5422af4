//! A certificate of a client or a server.

use std::net::IpAddr;

use purser_registry::certificates::{AlternativeName, SubjectField, Usage};
use rcgen::KeyPair;
use time::{OffsetDateTime, UtcOffset};

use super::der::{
    BIT_STRING, BOOLEAN, GENERALIZED_TIME, OBJECT_ID, OCTET_STRING, SEQUENCE, UTC_TIME, context,
    context_of_parts, element, of_parts, unsigned,
};
use super::subject::{algorithm, name, signed};
use crate::error::Error;

/// What a certificate says.
pub(crate) struct Contents<'a> {
    /// Its number: unique for its authority, and not to be guessed.
    pub(crate) serial: [u8; 16],
    /// The authority's name, DER.
    pub(crate) issuer: &'a [u8],
    /// The identifier of the authority's key.
    pub(crate) issuer_key: Option<&'a [u8]>,
    /// First instant.
    pub(crate) not_before: OffsetDateTime,
    /// Last instant.
    pub(crate) not_after: OffsetDateTime,
    /// Whom it names.
    pub(crate) subject: &'a [(SubjectField, String)],
    /// What other names it is good for.
    pub(crate) names: &'a [AlternativeName],
    /// Whose key it certifies, a `SubjectPublicKeyInfo` in DER.
    pub(crate) public_key: &'a [u8],
    /// What it is good for.
    pub(crate) usages: &'a [Usage],
}

/// The certificate, DER, signed with the authority's key. It is never one of an authority.
///
/// # Errors
/// When the key does not sign.
pub(crate) fn certificate(contents: &Contents<'_>, key: &KeyPair) -> Result<Vec<u8>, Error> {
    let subject = contents.subject.iter();
    let validity = [time(contents.not_before), time(contents.not_after)];
    let to_be_signed = [
        // Version 3.
        element(context_of_parts(0), &unsigned(&[2])),
        unsigned(&contents.serial),
        algorithm(key)?,
        contents.issuer.to_vec(),
        of_parts(SEQUENCE, &validity),
        name(subject.map(|(field, value)| (field.number(), value.as_str()))),
        contents.public_key.to_vec(),
        element(context_of_parts(3), &element(SEQUENCE, &extensions(contents))),
    ];
    signed(of_parts(SEQUENCE, &to_be_signed), key)
}

/// RFC 5280, 4.1.2.5: two digits of the year until 2049.
fn time(instant: OffsetDateTime) -> Vec<u8> {
    let at = instant.to_offset(UtcOffset::UTC);
    let (year, month) = (at.year(), u8::from(at.month()));
    let rest = format!(
        "{month:02}{:02}{:02}{:02}{:02}Z",
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    match (1950..2050).contains(&year) {
        true => element(UTC_TIME, format!("{:02}{rest}", year.rem_euclid(100)).as_bytes()),
        false => element(GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes()),
    }
}

fn extensions(contents: &Contents<'_>) -> Vec<u8> {
    let critical = true;
    let mut all = Vec::new();
    // basicConstraints without cA, keyUsage, extKeyUsage, authorityKeyIdentifier, subjectAltName.
    all.extend(extension(19, critical, &element(SEQUENCE, &[])));
    all.extend(
        key_usage(contents.usages)
            .map(|usage| extension(15, critical, &usage))
            .unwrap_or_default(),
    );
    all.extend(extension(37, false, &purposes(contents.usages)));
    if let Some(id) = contents.issuer_key {
        all.extend(extension(35, false, &element(SEQUENCE, &element(context(0), id))));
    }
    if !contents.names.is_empty() {
        // RFC 5280, 4.2.1.6: critical when they are all there is.
        let alone = contents.subject.is_empty();
        all.extend(extension(17, alone, &alternatives(contents.names)));
    }
    all
}

/// The extension `2.5.29.N`.
fn extension(number: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    let oid = element(OBJECT_ID, &[0x55, 0x1d, number]);
    let flag = match critical {
        true => element(BOOLEAN, &[0xff]),
        false => Vec::new(),
    };
    of_parts(SEQUENCE, &[oid, flag, element(OCTET_STRING, value)])
}

/// Bits from the highest on: digitalSignature is bit 0, keyEncipherment bit 2.
fn key_usage(usages: &[Usage]) -> Option<Vec<u8>> {
    let signs = usages.contains(&Usage::DigitalSignature);
    let takes = usages.contains(&Usage::KeyEncipherment);
    let (unused, bits) = match (signs, takes) {
        (true, true) => (5, 0b1010_0000),
        (false, true) => (5, 0b0010_0000),
        (true, false) => (7, 0b1000_0000),
        (false, false) => return None,
    };
    Some(element(BIT_STRING, &[unused, bits]))
}

/// `1.3.6.1.5.5.7.3.N`: serverAuth is 1, clientAuth 2.
fn purposes(usages: &[Usage]) -> Vec<u8> {
    let purpose = |usage: &Usage| match usage {
        Usage::ServerAuth => Some(1),
        Usage::ClientAuth => Some(2),
        Usage::DigitalSignature | Usage::KeyEncipherment => None,
    };
    let all = usages.iter().filter_map(purpose);
    let all = all.map(|number: u8| element(OBJECT_ID, &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, number]));
    element(SEQUENCE, &all.collect::<Vec<_>>().concat())
}

fn alternatives(names: &[AlternativeName]) -> Vec<u8> {
    let name = |name: &AlternativeName| match name {
        AlternativeName::Email(name) => element(context(1), name.as_bytes()),
        AlternativeName::Dns(name) => element(context(2), name.as_bytes()),
        AlternativeName::Uri(name) => element(context(6), name.as_bytes()),
        AlternativeName::Ip(IpAddr::V4(address)) => element(context(7), &address.octets()),
        AlternativeName::Ip(IpAddr::V6(address)) => element(context(7), &address.octets()),
    };
    element(SEQUENCE, &names.iter().map(name).collect::<Vec<_>>().concat())
}
