//! A cluster's three authorities. Each signs one kind of certificate, and each port believes one of them: who has a
//! client's certificate is no peer, and no server.

use std::fmt;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::certificate::Facts;
use crate::error::Error;
use crate::files;

/// How long an authority is good.
const LIFETIME: Duration = Duration::days(3_650);
/// Clocks of other machines differ from ours.
pub(crate) const BACKDATE: Duration = Duration::hours(1);

/// Which authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Of members, for one another.
    Peers,
    /// Of members, for clients.
    Servers,
    /// Of clients.
    Clients,
}

impl Side {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Peers, Self::Servers, Self::Clients];

    /// Its name, also of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Peers => "peers",
            Self::Servers => "servers",
            Self::Clients => "clients",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which of a side's authorities: there are two while one replaces the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    /// The one that signs.
    Current,
    /// The one that will, and is trusted already.
    Next,
    /// The one that did, and is trusted still.
    Old,
}

/// The files of an authority.
#[derive(Debug)]
pub(crate) struct AuthorityFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl AuthorityFiles {
    pub(crate) fn new(directory: &Path, side: Side, generation: Generation) -> Self {
        let between = match generation {
            Generation::Current => "",
            Generation::Next => ".next",
            Generation::Old => ".old",
        };
        let file = |extension: &str| directory.join(format!("{side}{between}.{extension}"));
        Self {
            certificate: file("crt"),
            key: file("key"),
        }
    }
}

/// Signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    not_after: OffsetDateTime,
}

impl Authority {
    /// Makes an authority for the cluster with this token, and writes it.
    pub(crate) fn make(
        files: &AuthorityFiles,
        side: Side,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        // Authorities of one side that replace each other differ in their names: servers hint at whom they believe.
        let name = format!("etcd-{side}-{token}-{}", now.unix_timestamp());
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = now - BACKDATE;
        params.not_after = now + LIFETIME;
        let certificate = params.self_signed(&key)?.pem();
        files::write(&files.key, &Zeroizing::new(key.serialize_pem()))?;
        files::write(&files.certificate, &certificate)
    }

    /// Reads an authority with its key.
    pub(crate) fn open(files: &AuthorityFiles, now: OffsetDateTime) -> Result<Self, Error> {
        let complain = |path: &Path, what: &str| {
            Error::content(
                path,
                format!("{what}; bring the ca directory from where it is kept"),
            )
        };
        if !files.key.exists() {
            return Err(complain(&files.key, "it is missing"));
        }
        let certificate = files::read(&files.certificate)?;
        let key = KeyPair::from_pem(&files::read(&files.key)?)
            .map_err(|_| complain(&files.key, "it is no private key"))?;
        let facts = Facts::of_pem(&certificate)
            .ok_or_else(|| complain(&files.certificate, "it is no certificate"))?;
        if !facts.certifies(&key) {
            return Err(complain(
                &files.key,
                "it does not belong to the certificate beside it",
            ));
        }
        if now >= facts.not_after {
            return Err(Error::content(
                &files.certificate,
                "it ran out: replace it with `purser etcd renew --authority`, or make a new cluster",
            ));
        }
        let issuer = Issuer::from_ca_cert_pem(&certificate, key)
            .map_err(|_| complain(&files.certificate, "it is no authority's certificate"))?;
        Ok(Self {
            issuer,
            not_after: facts.not_after,
        })
    }

    /// Signs; answers the certificate, PEM. It ends no later than the authority does.
    pub(crate) fn sign(&self, mut params: CertificateParams, key: &KeyPair) -> Result<String, Error> {
        params.not_after = params.not_after.min(self.not_after);
        Ok(params.signed_by(key, &self.issuer)?.pem())
    }
}

/// The certificates of a side that are to be trusted now, as one PEM text.
pub(crate) fn trusted(directory: &Path, side: Side) -> Result<String, Error> {
    let mut bundle = String::new();
    for generation in [Generation::Current, Generation::Next, Generation::Old] {
        let path = AuthorityFiles::new(directory, side, generation).certificate;
        if path.exists() {
            bundle.push_str(&files::read(&path)?);
        }
    }
    Ok(bundle)
}
