//! What of certificates (RFC 5280) and requests for them (RFC 2986) rcgen does not make: subjects with several
//! organizations, which is how a certificate names the groups of a user.

mod certificate;
mod der;
mod request;
mod subject;

pub(crate) use certificate::{Contents, certificate};
pub(crate) use request::request;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Characters of a line of PEM (RFC 7468).
const LINE: usize = 64;

/// A block of PEM.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let encoded = STANDARD.encode(der);
    let mut rest = encoded.as_str();
    while let Some((line, after)) = rest.split_at_checked(LINE) {
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    if !rest.is_empty() {
        text.push_str(rest);
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}
