//! The TLS side: whose client certificates are taken.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

/// Why no verifier could be made.
#[derive(Debug, thiserror::Error)]
pub enum VerifierError {
    /// A certificate cannot serve as a root.
    #[error("a certificate cannot be that of an authority: {0}")]
    Root(rustls::Error),
    /// A certificate is not that of an authority.
    #[error("a certificate is not that of an authority: its basic constraints do not say so")]
    NoAuthority,
    /// There is no root.
    #[error("no client CA certificate: {0}")]
    Builder(#[from] rustls::server::VerifierBuilderError),
}

/// Most authorities between a root and a client, whatever the root allows.
const MOST_BETWEEN: usize = 4;
/// Most bytes of authorities' names that clients are told, each of them with the two of its length. Every stranger is
/// sent them, and a handshake holds no more than 64 KiB: the library writes a broken one then.
const MOST_HINTS: usize = 16 * 1024;

/// A verifier that takes clients without a certificate, and those whose certificate `own` itself, or one of `others` or
/// an authority below it, signed for client authentication. The library does not look at the end and the
/// `pathLenConstraint` of a root: that is done here. `own` has none below it.
///
/// # Errors
/// When one of them is not the certificate of an authority.
pub(crate) fn client_verifier(
    own: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
) -> Result<Arc<dyn ClientCertVerifier>, VerifierError> {
    let own = Root {
        most_between: 0,
        ..Root::new(own)?
    };
    let signatures = Arc::clone(&own.chains);
    let mut roots = vec![own];
    for other in others {
        roots.push(Root::new(other)?);
    }
    Ok(Arc::new(Authorities {
        hints: hints(&roots),
        roots,
        signatures,
    }))
}

/// The names that help a client to choose a certificate; none when they are too many, and then it chooses any.
fn hints(roots: &[Root]) -> Vec<DistinguishedName> {
    let names = || roots.iter().flat_map(|root| root.chains.root_hint_subjects());
    let bytes: usize = names().map(|name| name.as_ref().len() + 2).sum();
    match bytes <= MOST_HINTS {
        true => names().cloned().collect(),
        false => Vec::new(),
    }
}

/// One authority at the root.
#[derive(Debug)]
struct Root {
    /// How many authorities may lie between it and a client.
    most_between: usize,
    /// When it ends, in seconds since 1970.
    ends: u64,
    chains: Arc<dyn ClientCertVerifier>,
}

impl Root {
    fn new(certificate: &CertificateDer<'_>) -> Result<Self, VerifierError> {
        let mut store = RootCertStore::empty();
        let root = certificate.clone().into_owned();
        store.add(root).map_err(VerifierError::Root)?;
        let provider = Arc::new(default_provider());
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider);
        let (_, read) = X509Certificate::from_der(certificate).map_err(|_| VerifierError::NoAuthority)?;
        let constraints = read.basic_constraints().ok().flatten();
        let constraints = constraints.filter(|constraints| constraints.value.ca);
        let constraints = constraints.ok_or(VerifierError::NoAuthority)?.value;
        let most = constraints.path_len_constraint.map(usize::try_from);
        Ok(Self {
            most_between: most
                .and_then(Result::ok)
                .unwrap_or(MOST_BETWEEN)
                .min(MOST_BETWEEN),
            ends: u64::try_from(read.validity().not_after.timestamp()).unwrap_or_default(),
            chains: builder.allow_unauthenticated().build()?,
        })
    }
}

/// All of them.
#[derive(Debug)]
struct Authorities {
    roots: Vec<Root>,
    hints: Vec<DistinguishedName>,
    /// That a client owns its key does not depend on the root: any of them can tell.
    signatures: Arc<dyn ClientCertVerifier>,
}

impl ClientCertVerifier for Authorities {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let mut refusal = rustls::Error::General("there is no authority".to_owned());
        for root in &self.roots {
            if now.as_secs() > root.ends {
                continue;
            }
            let between = between.get(..root.most_between).unwrap_or(between);
            match root.chains.verify_client_cert(leaf, between, now) {
                Ok(verified) => return Ok(verified),
                // What the authority that signed it says tells more than that the others have not.
                Err(error) if !is_unknown(&error) || tells_nothing(&refusal) => refusal = error,
                Err(_) => {}
            }
        }
        Err(refusal)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signatures
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signatures
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signatures.supported_verify_schemes()
    }
}

fn is_unknown(error: &rustls::Error) -> bool {
    // Several authorities may have one name.
    matches!(
        error,
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)
    )
}

fn tells_nothing(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::General(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

    struct Authority {
        issuer: Issuer<'static, KeyPair>,
        root: CertificateDer<'static>,
    }

    impl Authority {
        fn new() -> Self {
            Self::constrained(BasicConstraints::Constrained(0))
        }

        fn constrained(constraints: BasicConstraints) -> Self {
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(constraints);
            let key = KeyPair::generate().unwrap();
            let root = params.self_signed(&key).unwrap().der().clone();
            Self {
                issuer: Issuer::new(params, key),
                root,
            }
        }

        /// An authority that this one signed.
        fn below(&self) -> Self {
            let mut params = CertificateParams::default();
            params.distinguished_name.push(rcgen::DnType::CommonName, "below");
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().unwrap();
            let root = params.signed_by(&key, &self.issuer).unwrap().der().clone();
            Self {
                issuer: Issuer::new(params, key),
                root,
            }
        }

        fn sign(&self, usage: ExtendedKeyUsagePurpose) -> CertificateDer<'static> {
            let mut params = CertificateParams::default();
            params.extended_key_usages = vec![usage];
            params
                .signed_by(&KeyPair::generate().unwrap(), &self.issuer)
                .unwrap()
                .der()
                .clone()
        }
    }

    #[test]
    fn a_verifier_wants_a_root_that_is_a_certificate() {
        let junk = CertificateDer::from(vec![1, 2, 3]);
        let own = Authority::new().root;
        assert!(matches!(client_verifier(&junk, &[]), Err(VerifierError::Root(_))));
        assert!(matches!(
            client_verifier(&own, &[junk]),
            Err(VerifierError::Root(_))
        ));
        let leaf = Authority::new().sign(ExtendedKeyUsagePurpose::ClientAuth);
        assert!(matches!(
            client_verifier(&own, &[leaf]),
            Err(VerifierError::NoAuthority)
        ));
    }

    #[test]
    fn an_authority_below_makes_clients_where_the_root_allows_it_and_never_below_ours() {
        let own = Authority::new();
        for (constraint, takes) in [
            (BasicConstraints::Unconstrained, true),
            (BasicConstraints::Constrained(1), true),
            (BasicConstraints::Constrained(0), false),
        ] {
            let root = Authority::constrained(constraint);
            let below = root.below();
            let client = below.sign(ExtendedKeyUsagePurpose::ClientAuth);
            let chain = [below.root];
            let judged = |own: &Authority, others: &[CertificateDer<'static>]| {
                let verifier = client_verifier(&own.root, others).unwrap();
                verifier
                    .verify_client_cert(&client, &chain, UnixTime::now())
                    .is_ok()
            };
            assert_eq!(judged(&own, std::slice::from_ref(&root.root)), takes);
            assert!(!judged(&root, &[]), "it is ours");
            assert!(!judged(&own, &[]), "it is not known");
        }
    }

    #[test]
    fn authorities_with_more_names_than_a_handshake_holds_are_not_named_to_clients() {
        let (own, mut params) = (Authority::new(), CertificateParams::default());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::OrganizationName, "a".repeat(20_000));
        let key = KeyPair::generate().unwrap();
        let large = Authority {
            root: params.self_signed(&key).unwrap().der().clone(),
            issuer: Issuer::new(params, key),
        };
        let named = |others: &[CertificateDer<'static>]| {
            let verifier = client_verifier(&own.root, others).unwrap();
            let client = large.sign(ExtendedKeyUsagePurpose::ClientAuth);
            let taken = verifier.verify_client_cert(&client, &[], UnixTime::now()).is_ok();
            (verifier.root_hint_subjects().len(), taken)
        };
        assert_eq!(named(&[Authority::new().root]), (2, false));
        assert_eq!(named(std::slice::from_ref(&large.root)), (0, true));
    }

    #[test]
    fn an_authority_that_is_over_makes_no_clients() {
        let (own, mut params) = (Authority::new(), CertificateParams::default());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        let key = KeyPair::generate().unwrap();
        let over = Authority {
            root: params.self_signed(&key).unwrap().der().clone(),
            issuer: Issuer::new(params, key),
        };
        let client = over.sign(ExtendedKeyUsagePurpose::ClientAuth);
        let verifier = client_verifier(&own.root, std::slice::from_ref(&over.root)).unwrap();
        assert!(
            verifier
                .verify_client_cert(&client, &[], UnixTime::now())
                .is_err()
        );
    }

    #[test]
    fn only_certificates_for_clients_of_our_authority_are_taken_and_none_is_demanded() {
        let (ours, other) = (Authority::new(), Authority::new());
        let verifier = client_verifier(&ours.root, &[]).unwrap();
        assert!(verifier.offer_client_auth() && !verifier.client_auth_mandatory());
        let taken = |certificate: &CertificateDer<'_>| {
            verifier
                .verify_client_cert(certificate, &[], UnixTime::now())
                .is_ok()
        };
        assert!(taken(&ours.sign(ExtendedKeyUsagePurpose::ClientAuth)));
        assert!(!taken(&ours.sign(ExtendedKeyUsagePurpose::ServerAuth)));
        assert!(!taken(&other.sign(ExtendedKeyUsagePurpose::ClientAuth)));
    }
}
