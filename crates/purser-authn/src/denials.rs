//! Who is not let in, whatever he presents: users, certificates and tokens that are called back before they end.
//!
//! One entry a line, `#` begins a comment:
//!
//! ```text
//! user jane
//! credential X509SHA256=0f6ab…     # as in `kubectl auth whoami` and in the audit log
//! credential JTI=1c7a1d4e-…
//! certificate 0F:6A:B0:…           # as `openssl x509 -noout -fingerprint -sha256` prints it
//! serial 4F:A2:01 C=DE, O=Example, CN=clients   # of that issuer, as `openssl x509 -noout -serial -issuer` prints them
//! ```

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::RwLock;
use purser_types::User;

use crate::groups::CREDENTIAL_ID;
use crate::issuer_name::IssuerName;

/// How the credential id of a certificate begins.
pub(crate) const CERTIFICATE: &str = "X509SHA256=";
/// How the credential id of a token begins.
pub(crate) const TOKEN: &str = "JTI=";
/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;
/// Most lines of a list, and so most entries.
const MOST: usize = 100_000;

/// A line that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct DenialError {
    /// Which line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Who is denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denials {
    users: HashSet<String>,
    credentials: HashSet<String>,
    /// By serial number, the issuers.
    serials: HashMap<String, Vec<IssuerName>>,
}

/// What certificates have numbers and an issuer for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issued {
    /// Serial number in hexadecimal digits without leading zeros.
    pub(crate) serial: String,
    /// The issuer's name.
    pub(crate) issuer: IssuerName,
}

impl Denials {
    /// Reads a list.
    ///
    /// # Errors
    /// When a line cannot be understood.
    pub fn parse(text: &[u8]) -> Result<Self, DenialError> {
        let mut denials = Self::default();
        for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let wrong = |reason| DenialError {
                line: number + 1,
                reason,
            };
            if number > MOST {
                return Err(wrong("there are more entries than 100000"));
            }
            let line = std::str::from_utf8(line).map_err(|_| wrong("it is not text"))?;
            denials.add(line.trim()).map_err(wrong)?;
        }
        Ok(denials)
    }

    /// How many entries it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len() + self.credentials.len() + self.serials.values().map(Vec::len).sum::<usize>()
    }

    /// Whether nobody is denied.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn add(&mut self, line: &str) -> Result<(), &'static str> {
        // A name may hold the character, but not after a space.
        let line = match line.strip_prefix('#') {
            Some(_) => "",
            None => line.split_once(" #").map_or(line, |(entry, _)| entry).trim(),
        };
        if line.is_empty() {
            return Ok(());
        }
        let Some((kind, value)) = line.split_once(char::is_whitespace) else {
            return Err("it is not `user`, `credential`, `certificate` or `serial` with a value");
        };
        let value = value.trim();
        match kind {
            "user" => {
                self.users.insert(value.to_owned());
            }
            "credential" => {
                self.credentials.insert(credential(value)?);
            }
            "certificate" => {
                self.credentials.insert(certificate(value)?);
            }
            "serial" => {
                let parts = value.split_once(char::is_whitespace);
                let (serial, issuer) = parts.ok_or("the issuer is missing after the serial number")?;
                let serial = digits(serial).ok_or("the serial number is not in hexadecimal digits")?;
                let issuer = IssuerName::parse(issuer);
                let issuer =
                    issuer.ok_or("the issuer is not written as `C = DE, O = Example, CN = clients`")?;
                let issuers = self.serials.entry(without_zeros(&serial)).or_default();
                if !issuers.contains(&issuer) {
                    issuers.push(issuer);
                }
            }
            _ => return Err("it does not begin with `user`, `credential`, `certificate` or `serial`"),
        }
        Ok(())
    }

    fn hits(&self, user: &User, issued: Option<&Issued>) -> bool {
        let by_serial = || {
            issued.is_some_and(|issued| {
                let issuers = self.serials.get(&issued.serial);
                issuers.is_some_and(|issuers| issuers.contains(&issued.issuer))
            })
        };
        let ids = user
            .extra
            .get(CREDENTIAL_ID)
            .map(Vec::as_slice)
            .unwrap_or_default();
        self.users.contains(&user.name) || ids.iter().any(|id| self.credentials.contains(id)) || by_serial()
    }
}

/// The list that is in effect.
#[derive(Debug, Default)]
pub struct DenialList(RwLock<Arc<Denials>>);

impl DenialList {
    /// This one.
    #[must_use]
    pub fn new(denials: Denials) -> Self {
        Self(RwLock::new(Arc::new(denials)))
    }

    /// From now on this one.
    pub fn replace(&self, denials: Denials) {
        *self.0.write() = Arc::new(denials);
    }

    /// Whether the user, or the credential he came with, is denied.
    pub(crate) fn denies(&self, user: &User, issued: Option<&Issued>) -> bool {
        let denials = Arc::clone(&self.0.read());
        !denials.is_empty() && denials.hits(user, issued)
    }
}

/// The id of a certificate or of a token.
fn credential(value: &str) -> Result<String, &'static str> {
    if let Some(print) = value.strip_prefix(CERTIFICATE) {
        return certificate(print);
    }
    match value.strip_prefix(TOKEN) {
        Some(id) if !id.is_empty() => Ok(value.to_owned()),
        _ => Err("the id of a credential begins with X509SHA256= or JTI="),
    }
}

/// The id of the certificate with this SHA-256.
fn certificate(print: &str) -> Result<String, &'static str> {
    digits(print)
        .filter(|print| print.len() == DIGITS)
        .map(|print| format!("{CERTIFICATE}{print}"))
        .ok_or("it is not a SHA-256 in hexadecimal digits")
}

/// Hexadecimal digits in lower case, of a number in which colons may stand; `None`: it is none.
pub(crate) fn digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|letter| *letter != ':').collect();
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    number.then(|| digits.to_ascii_lowercase())
}

/// A number in hexadecimal digits without the zeros at its front.
pub(crate) fn without_zeros(digits: &str) -> String {
    let short = digits.trim_start_matches('0');
    if short.is_empty() { "0" } else { short }.to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const PRINT: &str =
        "0F:6A:B0:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC";

    fn user(name: &str, credential: &str) -> User {
        User {
            name: name.to_owned(),
            extra: BTreeMap::from([(CREDENTIAL_ID.to_owned(), vec![credential.to_owned()])]),
            ..User::default()
        }
    }

    #[test]
    fn users_certificates_tokens_and_serial_numbers_are_denied() {
        let print = digits(PRINT).unwrap();
        let text = format!(
            "# called back\n\nuser system:serviceaccount:a:b # left\nuser Jane Doe\ncredential JTI=1-2\r\n\
             certificate {PRINT}\nserial 00:4F:a2 C = DE, O = Example, CN = clients\n"
        );
        let denials = Denials::parse(text.as_bytes()).unwrap();
        assert_eq!(denials.len(), 5);
        let list = DenialList::new(denials);
        let denied = |name: &str, credential: &str| list.denies(&user(name, credential), None);
        assert!(denied("Jane Doe", "") && denied("system:serviceaccount:a:b", ""));
        assert!(denied("a", "JTI=1-2") && denied("a", &format!("X509SHA256={print}")));
        assert!(!denied("Jane", "JTI=1-3") && !denied("jane doe", ""));
        let issued = |serial: &str, issuer: &str| Issued {
            serial: serial.to_owned(),
            issuer: IssuerName::parse(issuer).unwrap(),
        };
        let by_number = |serial, issuer| list.denies(&user("a", ""), Some(&issued(serial, issuer)));
        assert!(by_number("4fa2", "C=DE,O=Example,CN=clients"));
        assert!(by_number("4fa2", "CN=clients,O=Example,C=DE"));
        assert!(!by_number("4fa2", "CN=others") && !by_number("4fa3", "C=DE,O=Example,CN=clients"));
        list.replace(Denials::default());
        assert!(!denied("Jane Doe", "JTI=1-2"));
    }

    #[test]
    fn an_issuer_is_known_again_however_openssl_writes_its_name() {
        use rcgen::{CertificateParams, DnType, Issuer, KeyPair, SerialNumber};
        let mut params = CertificateParams::default();
        for (kind, value) in [
            (DnType::CountryName, "DE"),
            (DnType::OrganizationName, "Example, Inc"),
            (DnType::OrganizationalUnitName, "B\u{fc}ro"),
            (DnType::CommonName, "clients \"x\" + y"),
        ] {
            params.distinguished_name.push(kind, value);
        }
        let issuer = Issuer::new(params, KeyPair::generate().unwrap());
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "jane");
        params.serial_number = Some(SerialNumber::from(0x4fa2_0199_u64));
        let signed = params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        let identity = crate::certificate::Identity::read(signed.der()).unwrap();
        for (name, denied) in [
            (
                r#"C = DE, O = "Example, Inc", OU = B\C3\BCro, CN = "clients \"x\" + y""#,
                true,
            ),
            (r#"CN=clients \"x\" \+ y,OU=B\C3\BCro,O=Example\, Inc,C=DE"#, true),
            (
                "C=DE, O=\"Example, Inc\", OU=B\u{fc}ro, CN=clients \\\"x\\\" \\+ y",
                true,
            ),
            ("C=DE, O=\"Example, Inc\", CN=clients \\\"x\\\" \\+ y", false),
            ("C = DE, O = Example, OU = Inc, OU = B\u{fc}ro, CN = y", false),
        ] {
            let denials = Denials::parse(format!("serial 4FA20199 {name}").as_bytes()).unwrap();
            assert_eq!(
                denials.hits(&identity.user, Some(&identity.issued)),
                denied,
                "{name}"
            );
        }
    }

    #[test]
    fn a_line_that_cannot_be_understood_is_named() {
        for (line, says) in [
            ("jane", "it is not `user`"),
            ("users jane", "it does not begin with `user`"),
            (
                "credential abc",
                "the id of a credential begins with X509SHA256= or JTI=",
            ),
            ("credential JTI=", "the id of a credential begins with"),
            (
                "credential X509SHA256=12",
                "it is not a SHA-256 in hexadecimal digits",
            ),
            ("certificate 12:34", "it is not a SHA-256"),
            ("serial 12", "the issuer is missing"),
            ("serial xy CN=a", "the serial number is not in hexadecimal digits"),
            ("serial 12 clients", "the issuer is not written as"),
            ("serial 12 /C=DE/O=a", "the issuer is not written as"),
            ("serial 12 O = \"a, CN = b", "the issuer is not written as"),
        ] {
            let error = Denials::parse(format!("user a\n{line}\n").as_bytes()).unwrap_err();
            assert_eq!(error.line, 2, "{line}");
            assert!(error.reason.starts_with(says), "{line}: {error}");
        }
        let binary = Denials::parse(b"user \xff").unwrap_err();
        assert_eq!(binary.to_string(), "line 1: it is not text");
    }
}
