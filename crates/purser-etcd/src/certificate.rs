//! What a certificate says.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rcgen::PublicKeyData as _;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use time::OffsetDateTime;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey;

/// Bits of an RSA key below which it is weak (NIST SP 800-131A).
const LEAST_RSA_BITS: usize = 2048;
/// Signature algorithms over SHA-1 or MD5: `sha1WithRSAEncryption`, `md5WithRSAEncryption`, `ecdsa-with-SHA1`.
const BROKEN_SIGNATURES: [&str; 3] = [
    "1.2.840.113549.1.1.5",
    "1.2.840.113549.1.1.4",
    "1.2.840.10045.4.1",
];

/// The facts of a certificate that somebody decides by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Last instant.
    pub(crate) not_after: OffsetDateTime,
    /// The subject, for people.
    pub(crate) subject: String,
    /// Addresses that it is good for.
    pub(crate) addresses: Vec<IpAddr>,
    /// Names that it is good for.
    pub(crate) names: Vec<String>,
    /// Whether it may be shown by a server; so may one that says nothing of its uses.
    pub(crate) for_servers: bool,
    /// Whether it may be shown by a client.
    pub(crate) for_clients: bool,
    /// What is weak about it.
    pub(crate) weak: Option<String>,
    public_key: Vec<u8>,
}

impl Facts {
    /// Reads the first certificate of a PEM text; `None` when there is none that can be read.
    pub(crate) fn of_pem(pem: &str) -> Option<Self> {
        Self::of_der(&CertificateDer::from_pem_slice(pem.as_bytes()).ok()?)
    }

    /// Reads a certificate; `None` when it cannot be read.
    pub(crate) fn of_der(der: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let mut facts = Self {
            not_after: certificate.validity().not_after.to_datetime(),
            subject: certificate.subject().to_string(),
            addresses: Vec::new(),
            names: Vec::new(),
            for_servers: true,
            for_clients: true,
            weak: weakness(&certificate),
            public_key: certificate.public_key().raw.to_vec(),
        };
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(names) => {
                    facts.addresses = names.general_names.iter().filter_map(address).collect();
                    facts.names = names.general_names.iter().filter_map(dns).collect();
                }
                ParsedExtension::ExtendedKeyUsage(usage) => {
                    facts.for_servers = usage.any || usage.server_auth;
                    facts.for_clients = usage.any || usage.client_auth;
                }
                _ => {}
            }
        }
        Some(facts)
    }

    /// Whether `key` is the one that was certified.
    pub(crate) fn certifies(&self, key: &rcgen::KeyPair) -> bool {
        self.public_key == key.subject_public_key_info()
    }

    /// Whether both certify the same key.
    pub(crate) fn shares_key_with(&self, other: &Self) -> bool {
        self.public_key == other.public_key
    }
}

fn weakness(certificate: &X509Certificate<'_>) -> Option<String> {
    let algorithm = certificate.signature_algorithm.algorithm.to_id_string();
    if BROKEN_SIGNATURES.contains(&algorithm.as_str()) {
        return Some("it is signed with SHA-1 or MD5".to_owned());
    }
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) if key.key_size() < LEAST_RSA_BITS => {
            Some(format!("its RSA key has {} bits", key.key_size()))
        }
        _ => None,
    }
}

fn address(general: &GeneralName<'_>) -> Option<IpAddr> {
    let GeneralName::IPAddress(bytes) = general else {
        return None;
    };
    let four = <[u8; 4]>::try_from(*bytes).map(|bytes| IpAddr::V4(Ipv4Addr::from(bytes)));
    four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(|bytes| IpAddr::V6(Ipv6Addr::from(bytes))))
        .ok()
}

fn dns(general: &GeneralName<'_>) -> Option<String> {
    match general {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    }
}
