//! The signer of requests that were approved: certificates of users and of kubelets.
//!
//! Source: `pkg/controller/certificates/authority/policies.go` and `duration` in
//! `pkg/controller/certificates/signer/signer.go`, whose bounds these are.

use std::sync::Arc;
use std::time::Duration;

use purser_registry::certificates::{AlternativeName, CannotSign, Order, Signer, Usage};
use time::OffsetDateTime;

use super::{Name, Names, Pki};
use crate::error::Error;
use crate::x509::Contents;

/// Clocks of others may be behind ours by this much.
const BACKDATE: Duration = Duration::from_secs(5 * 60);
/// What is good for less than this loses nothing of it to [`BACKDATE`].
const SHORT: Duration = Duration::from_secs(8 * 60 * 60);
/// The shortest that is issued.
const SHORTEST: Duration = Duration::from_secs(10 * 60);

/// Signs with the server's authority.
pub(crate) struct Issuing {
    pki: Arc<Pki>,
    longest: Duration,
    /// The names of this server, whose certificates are of the same authority.
    own: Names,
}

/// Why a server's certificate is refused: with it, its holder would be taken for this server.
const OWN_NAME: &str = "it names this server, or has a wildcard that may stand for it";

impl Issuing {
    /// What it signs is good for no longer than `longest`, nor than the authority.
    /// No other server gets one for a name in `own`.
    pub(crate) fn new(pki: Arc<Pki>, longest: Duration, own: Names) -> Self {
        Self { pki, longest, own }
    }

    fn issue(&self, order: &Order<'_>) -> Result<String, Error> {
        let now = OffsetDateTime::from(order.now);
        let asked = order.seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let lasts = match asked.map(Duration::from_secs) {
            Some(asked) => asked.max(SHORTEST).min(self.longest),
            None => self.longest,
        };
        let lost = if lasts < SHORT { Duration::ZERO } else { BACKDATE };
        let request = order.request;
        self.pki.authority.issue(now, |authority| Contents {
            not_before: now - BACKDATE,
            not_after: (now + lasts - lost).min(authority.not_after),
            subject: &request.subject,
            names: &request.names,
            public_key: &request.public_key,
            usages: order.usages,
            ..authority
        })
    }
}

impl Issuing {
    /// Whether clients take who shows this name for this server: it is one of its own, or may stand for one.
    fn is_own(&self, name: &AlternativeName) -> bool {
        match name {
            AlternativeName::Dns(name) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                name.contains('*') || self.own.contains(&Name::Dns(name))
            }
            AlternativeName::Ip(address) => self.own.contains(&Name::Ip(*address)),
            AlternativeName::Email(_) | AlternativeName::Uri(_) => false,
        }
    }
}

impl Signer for Issuing {
    fn sign(&self, order: &Order<'_>) -> Result<String, CannotSign> {
        self.issue(order).map_err(|error| CannotSign(error.to_string()))
    }

    fn refuses(&self, order: &Order<'_>) -> Option<&'static str> {
        let serves = order.usages.contains(&Usage::ServerAuth);
        (serves && order.request.names.iter().any(|name| self.is_own(name))).then_some(OWN_NAME)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::SystemTime;

    use purser_registry::certificates::{CertificationRequest, SubjectField};
    use rcgen::{KeyPair, PublicKeyData as _};
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject as _;
    use x509_parser::prelude::{FromDer as _, X509Certificate};

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(NOW).unwrap()
    }

    fn request(key: &KeyPair, names: &[AlternativeName]) -> CertificationRequest {
        CertificationRequest {
            subject: vec![
                (SubjectField::Organization, "devs".to_owned()),
                (SubjectField::Organization, "ops".to_owned()),
                (SubjectField::CommonName, "jane".to_owned()),
            ],
            public_key: key.subject_public_key_info(),
            names: names.to_vec(),
        }
    }

    /// Signed by an authority made then, with what is asked of it.
    fn issued(
        made: OffsetDateTime,
        request: &CertificationRequest,
        seconds: Option<i64>,
    ) -> Result<Vec<u8>, CannotSign> {
        let top = tempfile::tempdir().unwrap();
        let pki = Arc::new(Pki::open(&top.path().join("pki"), false, made).unwrap());
        let order = Order {
            request,
            usages: &[Usage::ClientAuth, Usage::DigitalSignature],
            seconds,
            now: SystemTime::from(now()),
        };
        let pem = Issuing::new(
            Arc::clone(&pki),
            Duration::from_secs(30 * 86_400),
            Name::of_machine(Ipv4Addr::LOCALHOST.into()),
        )
        .sign(&order)?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec();
        let ca = CertificateDer::from_pem_slice(pki.ca().as_bytes()).unwrap();
        let (_, ca) = X509Certificate::from_der(&ca).unwrap();
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        certificate.verify_signature(Some(ca.public_key())).unwrap();
        assert_eq!(certificate.issuer().as_raw(), ca.subject().as_raw());
        Ok(der)
    }

    #[test]
    fn a_certificate_is_good_for_what_was_asked_within_the_bounds() {
        let key = KeyPair::generate().unwrap();
        let request = request(&key, &[]);
        for (seconds, from_now) in [
            (Some(3_600), 3_600),
            // A moment more than anybody may ask for: the API refuses less.
            (Some(1), 600),
            (Some(8 * 3_600), 8 * 3_600 - 300),
            (Some(365 * 86_400), 30 * 86_400 - 300),
            (None, 30 * 86_400 - 300),
        ] {
            let der = issued(now(), &request, seconds).unwrap();
            let (_, certificate) = X509Certificate::from_der(&der).unwrap();
            let validity = certificate.validity();
            assert_eq!(validity.not_before.timestamp(), NOW - 300, "{seconds:?}");
            assert_eq!(validity.not_after.timestamp(), NOW + from_now, "{seconds:?}");
        }
        let ends_with_its_authority = now() - time::Duration::days(3_649);
        let der = issued(ends_with_its_authority, &request, None).unwrap();
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        assert_eq!(certificate.validity().not_after.timestamp(), NOW + 86_400);
        let over = issued(now() - time::Duration::days(3_650), &request, None).unwrap_err();
        assert!(over.to_string().contains("ran out"), "{over}");
    }

    #[test]
    fn nobody_gets_a_server_s_certificate_for_this_server_s_names() {
        let top = tempfile::tempdir().unwrap();
        let pki = Arc::new(Pki::open(&top.path().join("pki"), false, now()).unwrap());
        let own = Name::of_machine(Ipv4Addr::LOCALHOST.into());
        let issuing = Issuing::new(pki, Duration::from_secs(86_400), own);
        let key = KeyPair::generate().unwrap();
        let refused = |usage, name: AlternativeName| {
            let order = Order {
                request: &request(&key, &[name]),
                usages: &[usage],
                seconds: None,
                now: SystemTime::from(now()),
            };
            issuing.refuses(&order).is_some()
        };
        for name in ["localhost", "Kubernetes.Default.svc.", "*.default.svc"] {
            let name = AlternativeName::Dns(name.to_owned());
            assert!(refused(Usage::ServerAuth, name.clone()), "{name:?}");
            assert!(!refused(Usage::ClientAuth, name));
        }
        assert!(refused(
            Usage::ServerAuth,
            AlternativeName::Ip(Ipv4Addr::LOCALHOST.into())
        ));
        let kubelet = AlternativeName::Dns("node-7.example".to_owned());
        assert!(!refused(Usage::ServerAuth, kubelet));
    }

    #[test]
    fn a_certificate_says_what_the_request_says_and_signs_no_other() {
        let key = KeyPair::generate().unwrap();
        let names = [
            AlternativeName::Dns("a.example".to_owned()),
            AlternativeName::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        ];
        let der = issued(now(), &request(&key, &names), None).unwrap();
        let (rest, certificate) = X509Certificate::from_der(&der).unwrap();
        assert!(rest.is_empty() && !certificate.is_ca());
        assert_eq!(certificate.subject().to_string(), "O=devs, O=ops, CN=jane");
        assert_eq!(certificate.public_key().raw, key.subject_public_key_info());
        let usage = certificate.key_usage().unwrap().unwrap();
        assert!(usage.critical && usage.value.digital_signature() && !usage.value.key_encipherment());
        let purposes = certificate.extended_key_usage().unwrap().unwrap();
        assert!(purposes.value.client_auth && !purposes.value.server_auth);
        let constraints = certificate.basic_constraints().unwrap().unwrap();
        assert!(constraints.critical && !constraints.value.ca);
        let names = certificate.subject_alternative_name().unwrap().unwrap();
        assert_eq!(names.value.general_names.len(), 2);
        assert!(certificate.raw_serial().len() >= 8);
    }
}
