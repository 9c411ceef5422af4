//! What a certificate in a file says.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rcgen::PublicKeyData as _;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use time::OffsetDateTime;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::names::{Name, Names};

/// The facts that decide whether a certificate is still used.
#[derive(Debug)]
pub(crate) struct Facts {
    /// First instant.
    pub(crate) not_before: OffsetDateTime,
    /// Last instant.
    pub(crate) not_after: OffsetDateTime,
    /// Subject alternative names.
    pub(crate) names: Names,
    /// The subject, DER.
    pub(crate) subject: Vec<u8>,
    /// The subject public key info, DER.
    pub(crate) public_key: Vec<u8>,
    /// The subject's key identifier.
    pub(crate) key_id: Option<Vec<u8>>,
    /// The issuer's key identifier.
    pub(crate) authority_key_id: Option<Vec<u8>>,
}

impl Facts {
    /// Reads the first certificate of a PEM text; `None` when there is none that can be read.
    pub(crate) fn of(pem: &str) -> Option<Self> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        let (_, certificate) = X509Certificate::from_der(&der).ok()?;
        let mut facts = Self {
            not_before: certificate.validity().not_before.to_datetime(),
            not_after: certificate.validity().not_after.to_datetime(),
            names: Names::new(),
            subject: certificate.subject().as_raw().to_vec(),
            public_key: certificate.public_key().raw.to_vec(),
            key_id: None,
            authority_key_id: None,
        };
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(names) => {
                    facts.names = names.general_names.iter().filter_map(name).collect();
                }
                ParsedExtension::SubjectKeyIdentifier(id) => facts.key_id = Some(id.0.to_vec()),
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    facts.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
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
}

fn name(general: &GeneralName<'_>) -> Option<Name> {
    match general {
        GeneralName::DNSName(name) => Some(Name::Dns((*name).to_owned())),
        GeneralName::IPAddress(bytes) => {
            let address = <[u8; 4]>::try_from(*bytes).map(|bytes| IpAddr::V4(Ipv4Addr::from(bytes)));
            let address = address
                .or_else(|_| <[u8; 16]>::try_from(*bytes).map(|bytes| IpAddr::V6(Ipv6Addr::from(bytes))));
            address.ok().map(Name::Ip)
        }
        _ => None,
    }
}
