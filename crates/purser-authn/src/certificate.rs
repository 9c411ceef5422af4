//! The identity in a client certificate that TLS has verified.
//!
//! Source: `k8s.io/apiserver/pkg/authentication/request/x509/x509.go`, and the Kubernetes page on authentication
//! with certificates.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use purser_types::{Status, User};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::Oid;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::AttributeTypeAndValue;

use crate::groups::authenticated;
use crate::refusals::Refusals;

/// The extra key under which the credential of a request is named.
const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";
/// `1.3.6.1.4.1.57683.2`, DER-encoded: the subject attribute that carries a user's uid.
const UID_OID: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xc2, 0x53, 0x02];

/// What was presented does not identify anybody; the client reads only `Unauthorized`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// Not a certificate.
    #[error("the client certificate cannot be read")]
    Unreadable,
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

/// A client certificate that TLS has verified. What it says is read when it is first asked, and kept: a connection
/// has one certificate and many requests.
#[derive(Debug)]
pub struct Certificate {
    der: Vec<u8>,
    identity: OnceLock<Result<Arc<Identity>, Unauthenticated>>,
}

impl Certificate {
    /// A certificate in DER.
    #[must_use]
    pub fn new(der: Vec<u8>) -> Self {
        Self {
            der,
            identity: OnceLock::new(),
        }
    }

    pub(crate) fn identity(&self) -> Result<&Arc<Identity>, Unauthenticated> {
        self.identity
            .get_or_init(|| Identity::read(&self.der).map(Arc::new))
            .as_ref()
            .map_err(Clone::clone)
    }
}

/// A certificate's user, and when it may be used.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) user: Arc<User>,
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

fn credential_id(der: &[u8]) -> String {
    let mut id = "X509SHA256=".to_owned();
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
