//! A request of PKCS#10 (RFC 2986), read as Go's `crypto/x509` reads it.
//!
//! Only what a certificate can take over is kept: the fields of the subject that Go knows, the public key, and the
//! alternative names. Anything that would read as one thing here and as another there is malformed.

use std::net::IpAddr;

use purser_types::time::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::cri_attributes::ParsedCriAttribute;
use x509_parser::error::X509Error;
use x509_parser::extensions::{GeneralName, ParsedExtension, SubjectAlternativeName};
use x509_parser::oid_registry::Oid;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::AttributeTypeAndValue;

/// `ecdsa-with-SHA1` and `sha1WithRSAEncryption`, twice: signatures that prove nothing any more.
const BROKEN: [&str; 3] = ["1.2.840.10045.4.1", "1.2.840.113549.1.1.5", "1.3.14.3.2.29"];

/// A request whose signature holds: whoever made it has the private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificationRequest {
    /// The fields of the subject, in order.
    pub subject: Vec<(SubjectField, String)>,
    /// The `SubjectPublicKeyInfo`, DER.
    pub public_key: Vec<u8>,
    /// The subject's alternative names.
    pub names: Vec<AlternativeName>,
}

/// A field of a subject. Others are left out of certificates, as upstream does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectField {
    /// `C`
    Country,
    /// `O`: a group of the user.
    Organization,
    /// `OU`
    OrganizationalUnit,
    /// `L`
    Locality,
    /// `ST`
    Province,
    /// `street`
    StreetAddress,
    /// `postalCode`
    PostalCode,
    /// `CN`: the user's name.
    CommonName,
    /// `serialNumber`
    SerialNumber,
}

impl SubjectField {
    /// Every field.
    pub const ALL: [Self; 9] = [
        Self::Country,
        Self::Organization,
        Self::OrganizationalUnit,
        Self::Locality,
        Self::Province,
        Self::StreetAddress,
        Self::PostalCode,
        Self::CommonName,
        Self::SerialNumber,
    ];

    /// Its object identifier is `2.5.4.` and this (X.520).
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::CommonName => 3,
            Self::SerialNumber => 5,
            Self::Country => 6,
            Self::Locality => 7,
            Self::Province => 8,
            Self::StreetAddress => 9,
            Self::Organization => 10,
            Self::OrganizationalUnit => 11,
            Self::PostalCode => 17,
        }
    }

    fn of(oid: &Oid<'_>) -> Option<Self> {
        let [0x55, 0x04, number] = *oid.as_bytes() else {
            return None;
        };
        Self::ALL.into_iter().find(|field| field.number() == number)
    }
}

/// Another name that a certificate is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlternativeName {
    /// A name of DNS.
    Dns(String),
    /// An address.
    Ip(IpAddr),
    /// An address of mail.
    Email(String),
    /// A URI.
    Uri(String),
}

/// Why a request cannot be taken, in Go's words where they do not depend on how its parser is built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is no request at all.
    #[error("PEM block type must be CERTIFICATE REQUEST")]
    Pem,
    /// It is not what RFC 2986 says.
    #[error("asn1: structure error: malformed certificate request")]
    Structure,
    /// Something follows it.
    #[error("asn1: syntax error: trailing data")]
    Trailing,
    /// An alternative name cannot be read.
    #[error("x509: malformed subject alternative names")]
    Names,
    /// Its signature is by an algorithm that nobody should use.
    #[error("x509: cannot verify signature: insecure algorithm SHA1")]
    Insecure,
    /// Its signature is by an algorithm that is not known here.
    #[error("x509: cannot verify signature: algorithm unimplemented")]
    Unimplemented,
    /// Its signature does not hold.
    #[error("x509: signature verification failure")]
    Signature,
}

impl CertificationRequest {
    /// Reads a request in DER, and verifies its signature.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        let (rest, request) = X509CertificationRequest::from_der(der).map_err(|_| Malformed::Structure)?;
        if !rest.is_empty() {
            return Err(Malformed::Trailing);
        }
        let info = &request.certification_request_info;
        let mut subject = Vec::new();
        for attribute in info.subject.iter_attributes() {
            if let Some(field) = SubjectField::of(attribute.attr_type()) {
                subject.push((field, text(attribute)?));
            }
        }
        let names = names(&request)?;
        verify(&request)?;
        Ok(Self {
            subject,
            public_key: info.subject_pki.raw.to_vec(),
            names,
        })
    }

    /// The groups that it asks for.
    pub fn organizations(&self) -> impl Iterator<Item = &str> {
        self.values(SubjectField::Organization)
    }

    /// The user's name that it asks for: the last, as in Go; empty when there is none.
    #[must_use]
    pub fn common_name(&self) -> &str {
        self.values(SubjectField::CommonName).last().unwrap_or_default()
    }

    fn values(&self, wanted: SubjectField) -> impl Iterator<Item = &str> {
        let fields = self.subject.iter().filter(move |(field, _)| *field == wanted);
        fields.map(|(_, value)| value.as_str())
    }
}

/// A value that reads as text; what cannot be read could be taken for a group by somebody else.
fn text(attribute: &AttributeTypeAndValue<'_>) -> Result<String, Malformed> {
    let text = attribute.as_str().map_err(|_| Malformed::Structure)?;
    Ok(text.to_owned())
}

fn names(request: &X509CertificationRequest<'_>) -> Result<Vec<AlternativeName>, Malformed> {
    let mut names = None;
    for attribute in request.certification_request_info.iter_attributes() {
        let ParsedCriAttribute::ExtensionRequest(requested) = attribute.parsed_attribute() else {
            continue;
        };
        for extension in &requested.extensions {
            match extension.parsed_extension() {
                // Twice: which of them counts would be anybody's guess.
                ParsedExtension::SubjectAlternativeName(found) if names.is_none() => {
                    names = Some(alternative(found)?);
                }
                ParsedExtension::SubjectAlternativeName(_) | ParsedExtension::ParseError { .. } => {
                    return Err(Malformed::Names);
                }
                _ => {}
            }
        }
    }
    Ok(names.unwrap_or_default())
}

fn alternative(found: &SubjectAlternativeName<'_>) -> Result<Vec<AlternativeName>, Malformed> {
    let mut names = Vec::new();
    for name in &found.general_names {
        names.push(match name {
            GeneralName::DNSName(name) => AlternativeName::Dns(ascii(name)?),
            GeneralName::RFC822Name(name) => AlternativeName::Email(ascii(name)?),
            GeneralName::URI(name) => AlternativeName::Uri(ascii(name)?),
            GeneralName::IPAddress(bytes) => AlternativeName::Ip(address(bytes).ok_or(Malformed::Names)?),
            GeneralName::Invalid(..) => return Err(Malformed::Names),
            // As Go, which knows no others.
            _ => continue,
        });
    }
    Ok(names)
}

fn ascii(name: &str) -> Result<String, Malformed> {
    match name.is_ascii() {
        true => Ok(name.to_owned()),
        false => Err(Malformed::Names),
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}

fn verify(request: &X509CertificationRequest<'_>) -> Result<(), Malformed> {
    let algorithm = request.signature_algorithm.algorithm.to_id_string();
    if BROKEN.contains(&algorithm.as_str()) {
        return Err(Malformed::Insecure);
    }
    request.verify_signature().map_err(|error| match error {
        X509Error::SignatureUnsupportedAlgorithm => Malformed::Unimplemented,
        _ => Malformed::Signature,
    })
}

/// How many certificates stand one after the other in DER; `None`: they are none.
pub(crate) fn certificates(mut der: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !der.is_empty() {
        let (rest, _) = X509Certificate::from_der(der).ok()?;
        der = rest;
        count += 1;
    }
    Some(count)
}

/// The last instant at which the first certificate in DER is good.
pub(crate) fn certificate_end(der: &[u8]) -> Option<Timestamp> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Timestamp::from_seconds(certificate.validity().not_after.timestamp())
}
