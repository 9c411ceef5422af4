//! The certificates that the authority signs by itself, and when each is made anew.

use std::path::Path;

use purser_authz::MASTERS;
use rcgen::string::Ia5String;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::Pair;
use super::authority::{Authority, BACKDATE};
use super::certificate::Facts;
use super::names::{Name, Names};
use crate::error::Error;
use crate::private;

/// How long the server's certificate is good.
const SERVING_LIFETIME: Duration = Duration::days(90);
/// How long the administrator's certificate is good.
const ADMIN_LIFETIME: Duration = Duration::days(365);
/// The administrator's name; the group is [`MASTERS`], which may do everything, as in Kubernetes.
const ADMIN_NAME: &str = "admin";
/// The part of its life that a certificate in use still has ahead.
const AHEAD: i32 = 3;

/// Which certificate.
pub(crate) enum Leaf<'a> {
    /// What the server shows under these names.
    Serving(&'a Names),
    /// The administrator's login.
    Admin,
}

impl Leaf<'_> {
    fn file_name(&self) -> &'static str {
        match self {
            Self::Serving(_) => "serving",
            Self::Admin => "admin",
        }
    }

    fn lifetime(&self) -> Duration {
        match self {
            Self::Serving(_) => SERVING_LIFETIME,
            Self::Admin => ADMIN_LIFETIME,
        }
    }

    /// Whether a certificate can go on being used.
    fn accepts(&self, facts: &Facts, now: OffsetDateTime) -> bool {
        let named = match self {
            Self::Serving(names) => names.is_subset(&facts.names),
            Self::Admin => true,
        };
        named && facts.not_before <= now && now + self.lifetime() / AHEAD < facts.not_after
    }

    fn params(&self, now: OffsetDateTime) -> Result<CertificateParams, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params.not_before = now - BACKDATE;
        params.not_after = now + self.lifetime();
        match self {
            Self::Serving(names) => {
                params.distinguished_name.push(DnType::CommonName, "purser");
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
                params.subject_alt_names = names.iter().map(subject_name).collect::<Result<_, _>>()?;
            }
            Self::Admin => {
                params.distinguished_name.push(DnType::OrganizationName, MASTERS);
                params.distinguished_name.push(DnType::CommonName, ADMIN_NAME);
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }
        }
        Ok(params)
    }
}

/// The certificate at hand while it is good, or a new one.
///
/// # Errors
/// When the key is open to others, or a new certificate cannot be made or written.
pub(crate) fn ready(
    directory: &Path,
    leaf: &Leaf<'_>,
    authority: &Authority,
    now: OffsetDateTime,
) -> Result<Pair, Error> {
    let certificate_path = directory.join(leaf.file_name()).with_extension("crt");
    let key_path = directory.join(leaf.file_name()).with_extension("key");
    if let (Some(certificate), Some(key)) = (private::read(&certificate_path)?, private::read(&key_path)?)
        && usable(leaf, &certificate, &key, authority, now)
    {
        return Ok(Pair {
            certificate: certificate.as_str().to_owned(),
            key,
            new: false,
        });
    }
    let key = KeyPair::generate()?;
    let certificate = authority.sign(&leaf.params(now)?, &key)?;
    let key = Zeroizing::new(key.serialize_pem());
    private::write(&key_path, &key)?;
    private::write(&certificate_path, &certificate)?;
    Ok(Pair {
        certificate,
        key,
        new: true,
    })
}

fn usable(leaf: &Leaf<'_>, certificate: &str, key: &str, authority: &Authority, now: OffsetDateTime) -> bool {
    let (Some(facts), Ok(key)) = (Facts::of(certificate), KeyPair::from_pem(key)) else {
        return false;
    };
    facts.certifies(&key) && authority.issued(&facts) && leaf.accepts(&facts, now)
}

fn subject_name(name: &Name) -> Result<SanType, Error> {
    match name {
        Name::Dns(name) => Ok(SanType::DnsName(Ia5String::try_from(name.as_str())?)),
        Name::Ip(address) => Ok(SanType::IpAddress(*address)),
    }
}
