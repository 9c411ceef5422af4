//! The identity in a client certificate that TLS has verified.
//!
//! Source: `k8s.io/apiserver/pkg/authentication/request/x509/x509.go`, and the Kubernetes page on authentication
//! with certificates.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use parking_lot::Mutex;
use purser_types::{Status, User};
use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::Oid;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::AttributeTypeAndValue;

use crate::clients::{ClientTrust, Distrust, Judged};
use crate::denials::{self, Issued};
use crate::groups::{CREDENTIAL_ID, authenticated};
use crate::issuer_name::IssuerName;
use crate::refusals::Refusals;

/// `1.3.6.1.4.1.57683.2`, DER-encoded: the subject attribute that carries a user's uid.
const UID_OID: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xc2, 0x53, 0x02];

/// What was presented does not identify anybody; the client reads only `Unauthorized`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// Not a certificate.
    #[error("the client certificate cannot be read")]
    Unreadable,
    /// No authority that is trusted vouches for it.
    #[error("the client certificate {0}")]
    Untrusted(#[from] Distrust),
    /// On the denial list.
    #[error("who it is, or what was presented, is on the denial list")]
    Denied,
    /// Outside its time.
    #[error("the client certificate is expired or not yet valid")]
    Expired,
    /// It names no user.
    #[error("the client certificate has no common name")]
    NoName,
    /// A name in it is not text.
    #[error("the client certificate has a name that is not text")]
    NotText,
    /// It carries the uid in a way that cannot be understood.
    #[error("the client certificate carries more than one uid, or an empty one")]
    BadUid,
    /// The token does not hold.
    #[error(transparent)]
    Token(#[from] Refusals),
    /// There is nothing, and nobody is [`ANONYMOUS`](crate::ANONYMOUS).
    #[error("nothing was presented")]
    Nothing,
}

impl Unauthenticated {
    /// 401, in upstream's words for every reason.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::new(401, "Unauthorized", "Unauthorized", None)
    }
}

/// The certificate of a client, which TLS has seen to own its key. What it says is read when it is first asked, and
/// kept, as is how it was judged: a connection has one certificate and many requests.
#[derive(Debug)]
pub struct Certificate {
    /// The client's own first.
    chain: Vec<CertificateDer<'static>>,
    identity: OnceLock<Result<Identity, Unauthenticated>>,
    judged: Mutex<Option<Judged>>,
}

impl Certificate {
    /// The certificates that a client presented, its own first; `None`: it presented none.
    #[must_use]
    pub fn new(chain: Vec<CertificateDer<'static>>) -> Option<Self> {
        (!chain.is_empty()).then(|| Self {
            chain,
            identity: OnceLock::new(),
            judged: Mutex::new(None),
        })
    }

    /// Who it says it is, whatever that is worth.
    pub(crate) fn identity(&self) -> Result<&Identity, Unauthenticated> {
        let read = || {
            let leaf = self.chain.first().ok_or(Unauthenticated::Unreadable)?;
            Identity::read(leaf)
        };
        self.identity.get_or_init(read).as_ref().map_err(Clone::clone)
    }

    /// Whether an authority that is trusted now has signed it for a client.
    pub(crate) fn check_trust(&self, trust: &ClientTrust) -> Result<(), Unauthenticated> {
        let mut judged = self.judged.lock();
        let now = trust.judge(&self.chain, *judged);
        *judged = Some(now);
        Ok(now.holds?)
    }
}

/// A certificate's user, and when it may be used.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) user: Arc<User>,
    pub(crate) issued: Issued,
    not_before: SystemTime,
    not_after: SystemTime,
}

impl Identity {
    /// Reads a certificate that TLS has verified.
    pub(crate) fn read(der: &[u8]) -> Result<Self, Unauthenticated> {
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| Unauthenticated::Unreadable)?;
        if !rest.is_empty() {
            return Err(Unauthenticated::Unreadable);
        }
        let subject = certificate.subject();
        // As in Go's crypto/x509, the last of several common names counts.
        let name = subject
            .iter_common_name()
            .last()
            .map(text)
            .transpose()?
            .unwrap_or_default();
        if name.is_empty() {
            return Err(Unauthenticated::NoName);
        }
        let groups = subject.iter_organization().map(text).collect::<Result<_, _>>()?;
        let extra = BTreeMap::from([(CREDENTIAL_ID.to_owned(), vec![credential_id(der)])]);
        let validity = certificate.validity();
        Ok(Self {
            user: Arc::new(authenticated(User {
                name,
                uid: uid(&certificate)?,
                groups,
                extra,
            })),
            issued: Issued {
                serial: serial(&certificate),
                issuer: IssuerName::of(certificate.issuer()),
            },
            not_before: instant(validity.not_before.timestamp()),
            not_after: instant(validity.not_after.timestamp()),
        })
    }

    pub(crate) fn check_time(&self, now: SystemTime) -> Result<(), Unauthenticated> {
        // A client of the same moment may run some seconds ahead: TLS judged the beginning already.
        if now > self.not_after || now + SKEW < self.not_before {
            Err(Unauthenticated::Expired)
        } else {
            Ok(())
        }
    }
}

/// How far the beginning of a certificate may lie ahead.
const SKEW: Duration = Duration::from_secs(60);

fn text(attribute: &AttributeTypeAndValue<'_>) -> Result<String, Unauthenticated> {
    attribute
        .as_str()
        .map(str::to_owned)
        .map_err(|_| Unauthenticated::NotText)
}

fn uid(certificate: &X509Certificate<'_>) -> Result<String, Unauthenticated> {
    let oid = Oid::new(UID_OID.into());
    let mut uids = certificate.subject().iter_by_oid(&oid);
    match (uids.next(), uids.next()) {
        (None, _) => Ok(String::new()),
        (Some(one), None) => match text(one)? {
            uid if uid.is_empty() => Err(Unauthenticated::BadUid),
            uid => Ok(uid),
        },
        (Some(_), Some(_)) => Err(Unauthenticated::BadUid),
    }
}

fn serial(certificate: &X509Certificate<'_>) -> String {
    let digits = denials::digits(&certificate.raw_serial_as_string());
    denials::without_zeros(&digits.unwrap_or_default())
}

fn credential_id(der: &[u8]) -> String {
    let mut id = denials::CERTIFICATE.to_owned();
    for byte in digest(&SHA256, der).as_ref() {
        let _infallible = write!(id, "{byte:02x}");
    }
    id
}

fn instant(seconds: i64) -> SystemTime {
    let offset = Duration::from_secs(seconds.unsigned_abs());
    let instant = if seconds < 0 {
        UNIX_EPOCH.checked_sub(offset)
    } else {
        UNIX_EPOCH.checked_add(offset)
    };
    instant.unwrap_or(UNIX_EPOCH)
}
