//! Client certificates made by a test, signed by the CA of the server under test.

use std::path::Path;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose,
};

/// A client certificate with its key, PEM.
#[derive(Clone)]
pub struct Identity {
    /// The certificate, PEM.
    pub certificate: Vec<u8>,
    /// Its key, PEM.
    pub key: Vec<u8>,
}

impl Identity {
    /// A certificate for `user` in `groups`, signed by the CA that lies in the data directory.
    pub fn signed(data: &Path, user: &str, groups: &[&str]) -> Self {
        let pki = data.join("pki");
        let read = |name: &str| {
            std::fs::read_to_string(pki.join(name))
                .unwrap_or_else(|error| panic!("{}: {error}", pki.join(name).display()))
        };
        let ca_key = KeyPair::from_pem(&read("ca.key")).expect("the CA's key is PEM");
        let issuer = Issuer::from_ca_cert_pem(&read("ca.crt"), ca_key).expect("the CA's certificate is PEM");
        let mut name = DistinguishedName::new();
        for group in groups {
            name.push(DnType::OrganizationName, *group);
        }
        name.push(DnType::CommonName, user);
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = name;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = parameters.signed_by(&key, &issuer).expect("the CA signs");
        Self {
            certificate: certificate.pem().into_bytes(),
            key: key.serialize_pem().into_bytes(),
        }
    }
}
