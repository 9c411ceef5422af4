//! Who the check is when it calls: whom it was given, or somebody whom nobody knows.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Error;
use crate::files;
use crate::layout::ADMINISTRATOR;

/// A certificate with its key, from files.
pub(super) fn from_files(certificate: &Path, key: &Path) -> Result<Arc<CertifiedKey>, Error> {
    let chain = certificates(certificate)?;
    let private = PrivateKeyDer::from_pem_slice(files::read(key)?.as_bytes())
        .map_err(|_| Error::content(key, "it holds no private key in PEM"))?;
    let identity = CertifiedKey::from_der(chain, private, &default_provider())
        .map_err(|error| Error::content(key, error.to_string()))?;
    Ok(Arc::new(identity))
}

/// The certificates in a file.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let text = files::read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(Error::content(path, "it holds no certificate in PEM")),
    }
}

/// The authorities in a file, to verify servers with.
pub(super) fn authorities(path: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(path)? {
        roots
            .add(authority)
            .map_err(|error| Error::content(path, error.to_string()))?;
    }
    Ok(roots)
}

/// A certificate that says everything a client's should, signed by an authority that was made for this moment and is
/// thrown away.
pub(super) fn unknown() -> Result<Arc<CertifiedKey>, Error> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::default();
    authority
        .distinguished_name
        .push(DnType::CommonName, "an authority that nobody knows");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, ADMINISTRATOR);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.signed_by(&key, &issuer)?;
    let private = PrivateKeyDer::try_from(key.serialize_der())
        .map_err(|_| Error::Asked("a key that was just made cannot be used".to_owned()))?;
    let identity = CertifiedKey::from_der(vec![certificate.der().clone()], private, &default_provider())?;
    Ok(Arc::new(identity))
}
