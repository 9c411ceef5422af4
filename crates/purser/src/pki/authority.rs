//! The certificate authority.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::certificate::Facts;
use crate::error::Error;
use crate::private;
use crate::x509::{self, Contents};

/// How long the authority is good.
const LIFETIME: Duration = Duration::days(3_650);
/// Clocks of clients differ from ours.
pub(crate) const BACKDATE: Duration = Duration::hours(1);
/// Bytes of the numbers of certificates, which nobody can guess.
const SERIAL_BYTES: usize = 16;
/// Its name.
const COMMON_NAME: &str = "purser-ca";

/// Signs certificates.
pub(crate) struct Authority {
    certificate: String,
    /// Its name, DER.
    name: Vec<u8>,
    key_id: Option<Vec<u8>>,
    not_after: OffsetDateTime,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Reads the authority, or makes it.
    ///
    /// # Errors
    /// When its key is open to others, is missing, or does not fit its certificate; when it ran out.
    pub(crate) fn open(directory: &Path, initialised: bool, now: OffsetDateTime) -> Result<Self, Error> {
        let paths = Paths::new(directory);
        let complain = |path: &Path, what: &str| Error::Certificate {
            path: path.to_owned(),
            reason: format!(
                "{what}; restore {} from a backup, or remove that directory to start with a new authority (every \
                 client then needs the new admin.kubeconfig)",
                directory.display()
            ),
        };
        let Some(certificate) = private::read(&paths.certificate)? else {
            // A first start that was cut short left at most a key that never signed anything that was used.
            if initialised && !is_empty(directory)? {
                return Err(complain(&paths.certificate, "it is missing"));
            }
            return Self::make(&paths, now);
        };
        let Some(key) = private::read(&paths.key)? else {
            return Err(complain(&paths.key, "it is missing"));
        };
        let key = KeyPair::from_pem(&key).map_err(|_| complain(&paths.key, "it is no private key"))?;
        let facts =
            Facts::of(&certificate).ok_or_else(|| complain(&paths.certificate, "it is no certificate"))?;
        if !facts.certifies(&key) {
            return Err(complain(&paths.key, "it does not belong to ca.crt"));
        }
        if now > facts.not_after {
            return Err(complain(&paths.certificate, "it ran out"));
        }
        let issuer = Issuer::from_ca_cert_pem(&certificate, key)
            .map_err(|_| complain(&paths.certificate, "it is no authority's certificate"))?;
        Ok(Self {
            certificate: certificate.as_str().to_owned(),
            name: facts.subject,
            key_id: facts.key_id,
            not_after: facts.not_after,
            issuer,
        })
    }

    fn make(paths: &Paths, now: OffsetDateTime) -> Result<Self, Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, COMMON_NAME);
        // It signs certificates of clients and servers, and no other authority.
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::CrlSign,
        ];
        params.not_before = now - BACKDATE;
        params.not_after = now + LIFETIME;
        let certificate = params.self_signed(&key)?.pem();
        private::write(&paths.key, &Zeroizing::new(key.serialize_pem()))?;
        private::write(&paths.certificate, &certificate)?;
        tracing::info!(certificate = %paths.certificate.display(), "made an authority: who trusted another needs the new admin.kubeconfig");
        let facts = Facts::of(&certificate)
            .ok_or(Error::Issuing("the authority's own certificate cannot be read"))?;
        Ok(Self {
            certificate,
            name: facts.subject,
            key_id: facts.key_id,
            not_after: params.not_after,
            issuer: Issuer::new(params, key),
        })
    }

    /// Its certificate, PEM.
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The last instant at which it is good.
    pub(crate) fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// Whether it signed the certificate with these facts.
    pub(crate) fn issued(&self, facts: &Facts) -> bool {
        self.key_id.is_some() && facts.authority_key_id == self.key_id
    }

    /// Signs what somebody asked for; answers the certificate, PEM. `fill` is given what is the authority's: the end is
    /// its own.
    ///
    /// # Errors
    /// When the authority ran out, or does not sign.
    pub(crate) fn issue<'a>(
        &'a self,
        now: OffsetDateTime,
        fill: impl FnOnce(Contents<'a>) -> Contents<'a>,
    ) -> Result<String, Error> {
        if now >= self.not_after {
            return Err(Error::Issuing("the authority ran out"));
        }
        let mut serial = [0; SERIAL_BYTES];
        aws_lc_rs::rand::fill(&mut serial).map_err(|_| Error::Issuing("there is no randomness"))?;
        let contents = fill(Contents {
            serial,
            issuer: &self.name,
            issuer_key: self.key_id.as_deref(),
            not_before: now,
            not_after: self.not_after,
            subject: &[],
            names: &[],
            public_key: &[],
            usages: &[],
        });
        let der = x509::certificate(&contents, self.issuer.key())?;
        Ok(x509::pem("CERTIFICATE", &der))
    }

    /// Signs; answers the certificate, PEM.
    ///
    /// # Errors
    /// When the parameters are no certificate.
    pub(crate) fn sign(&self, params: &CertificateParams, key: &KeyPair) -> Result<String, Error> {
        Ok(params.signed_by(key, &self.issuer)?.pem())
    }
}

fn is_empty(directory: &Path) -> Result<bool, Error> {
    let entries = std::fs::read_dir(directory).map_err(|source| Error::File {
        action: "list",
        path: directory.to_owned(),
        source,
    })?;
    Ok(entries.count() == 0)
}

/// The authority's files.
struct Paths {
    certificate: PathBuf,
    key: PathBuf,
}

impl Paths {
    fn new(directory: &Path) -> Self {
        Self {
            certificate: directory.join("ca.crt"),
            key: directory.join("ca.key"),
        }
    }
}
