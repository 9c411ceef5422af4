//! The rules of CertificateSigningRequests.
//!
//! Source: `pkg/apis/certificates/validation/validation.go` and `ValidateSignerName` in
//! `pkg/apis/core/validation/names.go`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{
    cut, duplicate, forbidden, invalid, invalid_as, is_full, not_supported, quote, required, too_long,
};
use super::names::{dns_label, dns_subdomain};
use super::pem::blocks;
use super::read::{message, messages, text, texts};
use crate::certificates::{CertificationRequest, Malformed, certificates};

/// Whom nobody may name any more.
const LEGACY: &str = "kubernetes.io/legacy-unknown";
/// The shortest time that may be asked for, in seconds.
const SECONDS_MIN: i64 = 600;
/// Longest domain of a signer's name, in bytes.
const DOMAIN_MAX: usize = 253;
/// Longest name of a signer, in bytes: its domain, and the namespace and name of an object of its own.
const SIGNER_MAX: usize = DOMAIN_MAX + 1 + 253 + 63 + 1;
/// Most of a request that is repeated to who sent it, in characters.
const ECHO_MAX: usize = 10_000;

const APPROVED: &str = "Approved";
const DENIED: &str = "Denied";
const FAILED: &str = "Failed";
const CONDITIONS: &str = "status.conditions";

/// What a certificate may be good for.
const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

/// The request that an object carries.
///
/// # Errors
/// [`Malformed`].
pub(crate) fn request(object: &Object) -> Result<CertificationRequest, Malformed> {
    let sent = bytes(message(&object.body, "spec"), "request");
    let block = blocks(sent)
        .next()
        .filter(|block| block.label == "CERTIFICATE REQUEST");
    let block = block.ok_or(Malformed::Pem)?;
    CertificationRequest::from_der(block.der.expose())
}

/// What is wrong with a new request, besides its metadata.
#[must_use]
pub fn create(object: &Object) -> Vec<Cause> {
    whole(object, None)
}

/// What is wrong with a changed request, besides its metadata, and with the change. `through` is the subresource.
#[must_use]
pub fn update(new: &Object, old: &Object, through: &str) -> Vec<Cause> {
    let mut causes = whole(new, Some(old));
    let count = |object: &Object, wanted: &str| {
        let all = conditions(object);
        all.filter(|condition| text(condition, "type") == wanted).count()
    };
    for kept in [APPROVED, DENIED, FAILED] {
        if count(new, kept) < count(old, kept) {
            let why = format!("updates may not remove a condition of type {}", quote(kept));
            causes.push(forbidden(CONDITIONS, &why));
        }
    }
    // What is there already is put back before: only what joins is left to be judged.
    for decided in [APPROVED, DENIED] {
        if through != "approval" && count(new, decided) > count(old, decided) {
            let why = format!("updates may not add a condition of type {}", quote(decided));
            causes.push(forbidden(CONDITIONS, &why));
        }
    }
    let (issued, before) = (certificate(new), certificate(old));
    if issued != before {
        let why = match (through, before) {
            ("status", b"") => return causes,
            ("status", _) => "updates may not modify existing certificate content",
            _ => "updates may not set certificate content",
        };
        causes.push(forbidden("status.certificate", why));
    }
    causes
}

/// What is wrong with a request as it is; what was wrong with the old one before is tolerated.
fn whole(object: &Object, old: Option<&Object>) -> Vec<Cause> {
    let spec = message(&object.body, "spec");
    let mut causes = Vec::new();
    if let Err(why) = request(object) {
        causes.push(invalid_as("spec.request", &shown(spec), &why.to_string()));
    }
    causes.extend(usages(spec, old.map(|old| message(&old.body, "spec"))));
    causes.extend(signer(text(spec, "signerName"), old));
    if let Some(seconds @ ..SECONDS_MIN) = spec.get("expirationSeconds").and_then(Value::as_int) {
        let why = "may not specify a duration less than 600 seconds (10 minutes)";
        causes.push(invalid_as("spec.expirationSeconds", &seconds.to_string(), why));
    }
    causes.extend(judge_conditions(object, old));
    let tolerated = old.is_some_and(|old| {
        certificate(old) == certificate(object) || judge_certificate(certificate(old)).is_some()
    });
    if !tolerated && let Some(why) = judge_certificate(certificate(object)) {
        causes.push(invalid("status.certificate", "<certificate data>", &why));
    }
    causes
}

/// The request as a refusal repeats it: as JSON has it. A private key that was sent by mistake is not repeated.
fn shown(spec: &Map) -> String {
    let Some(Value::Bytes(sent)) = spec.get("request") else {
        return "null".to_owned();
    };
    if blocks(sent.expose()).any(|block| block.label.ends_with("PRIVATE KEY")) {
        return quote("<private key>");
    }
    quote(&cut(STANDARD.encode(sent.expose()), ECHO_MAX))
}

fn usages(spec: &Map, old: Option<&Map>) -> Vec<Cause> {
    let unknown = |usage: &str| !USAGES.contains(&usage);
    let repeats = |all: &[&str], at: usize| {
        all.get(..at)
            .unwrap_or_default()
            .contains(&all.get(at).copied().unwrap_or(""))
    };
    let before = old.map(|old| texts(old, "usages")).unwrap_or_default();
    let allow_unknown = before.iter().any(|usage| unknown(usage));
    let allow_repeated = (0..before.len()).any(|at| repeats(&before, at));
    let all = texts(spec, "usages");
    let mut causes = Vec::new();
    if all.is_empty() {
        causes.push(required("spec.usages", ""));
    }
    let at = |index: usize| format!("spec.usages[{index}]");
    for (index, usage) in all.iter().enumerate() {
        if !allow_unknown && unknown(usage) && !is_full(&causes) {
            causes.push(not_supported(at(index), usage, &USAGES));
        }
    }
    for (index, usage) in all.iter().enumerate() {
        if is_full(&causes) {
            break;
        }
        if !allow_repeated && repeats(&all, index) {
            causes.push(duplicate(at(index), usage));
        }
    }
    causes
}

fn signer(name: &str, old: Option<&Object>) -> Vec<Cause> {
    const FIELD: &str = "spec.signerName";
    let before = old.map(|old| text(message(&old.body, "spec"), "signerName"));
    if name == LEGACY && before != Some(LEGACY) {
        let why = "the legacy signerName is not allowed via this API version";
        return vec![invalid(FIELD, name, why)];
    }
    if name.is_empty() {
        return vec![required(FIELD, "")];
    }
    let Some((domain, path)) = name.split_once('/').filter(|(_, path)| !path.contains('/')) else {
        let why = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
        return vec![invalid(FIELD, name, why)];
    };
    let mut causes = Vec::new();
    if domain.len() > DOMAIN_MAX {
        causes.push(too_long(FIELD, DOMAIN_MAX));
    }
    causes.extend(labels(FIELD, domain, dns_label));
    if !domain.contains('.') {
        let why = "should be a domain with at least two segments separated by dots";
        causes.push(invalid(FIELD, domain, why));
    }
    causes.extend(labels(FIELD, path, dns_subdomain));
    if name.len() > SIGNER_MAX {
        causes.push(too_long(FIELD, SIGNER_MAX));
    }
    causes
}

/// What is wrong with the first label that is wrong.
fn labels(field: &str, segment: &str, check: fn(&str) -> Vec<String>) -> Vec<Cause> {
    let wrong = segment.split('.').map(|label| (label, check(label)));
    let first = wrong.into_iter().find(|(_, why)| !why.is_empty());
    let Some((label, why)) = first else {
        return Vec::new();
    };
    let segment = cut(segment.to_owned(), ECHO_MAX);
    let label = quote(&cut(label.to_owned(), ECHO_MAX));
    let causes = why.iter().map(|why| {
        let why = format!("validating label {label}: {why}");
        invalid(field, &segment, &why)
    });
    causes.collect()
}

fn judge_conditions(object: &Object, old: Option<&Object>) -> Vec<Cause> {
    let types = |object: &Object| -> Vec<String> {
        conditions(object)
            .map(|condition| text(condition, "type").to_owned())
            .collect()
    };
    let before = old.map(types).unwrap_or_default();
    let had = |name: &str| before.iter().any(|one| one == name);
    let (allow_both, allow_empty) = (had(APPROVED) && had(DENIED), had(""));
    let allow_repeated = before
        .iter()
        .enumerate()
        .any(|(at, name)| before.iter().take(at).any(|one| one == name));
    let mut seen: Vec<&str> = Vec::new();
    let mut causes = Vec::new();
    for (index, condition) in conditions(object).enumerate() {
        if is_full(&causes) {
            break;
        }
        let (name, status) = (text(condition, "type"), text(condition, "status"));
        let field = |field: &str| format!("{CONDITIONS}[{index}].{field}");
        if name.is_empty() && !allow_empty {
            causes.push(required(field("type"), ""));
        }
        let allowed: &[&str] = match name {
            APPROVED | DENIED | FAILED => &["True"],
            _ => &["False", "True", "Unknown"],
        };
        if status.is_empty() {
            causes.push(required(field("status"), ""));
        } else if !allowed.contains(&status) {
            causes.push(not_supported(field("status"), status, allowed));
        }
        let opposite = match name {
            APPROVED => DENIED,
            DENIED => APPROVED,
            _ => name,
        };
        if opposite != name && !allow_both && seen.contains(&opposite) {
            let why = "Approved and Denied conditions are mutually exclusive";
            causes.push(invalid(field("type"), name, why));
        }
        match seen.contains(&name) {
            true if !allow_repeated => causes.push(duplicate(field("type"), name)),
            true => {}
            false => seen.push(name),
        }
    }
    causes
}

/// What is wrong with an issued certificate; nothing is one that was not issued.
fn judge_certificate(pem: &[u8]) -> Option<String> {
    if pem.is_empty() {
        return None;
    }
    let mut any = false;
    for block in blocks(pem) {
        any = true;
        if block.label != "CERTIFICATE" {
            let found = quote(&cut(block.label.to_owned(), 100));
            return Some(format!("only CERTIFICATE PEM blocks are allowed, found {found}"));
        }
        if block.headers {
            return Some("no PEM block headers are permitted".to_owned());
        }
        match certificates(block.der.expose()) {
            None => return Some("x509: malformed certificate".to_owned()),
            Some(0) => return Some("found CERTIFICATE PEM block containing 0 certificates".to_owned()),
            Some(_) => {}
        }
    }
    (!any).then(|| "must contain at least one CERTIFICATE PEM block".to_owned())
}

/// The conditions of a request.
pub(crate) fn conditions(object: &Object) -> impl Iterator<Item = &Map> {
    messages(message(&object.body, "status").get("conditions"))
}

/// The certificate of a request, PEM; empty: none was issued.
pub(crate) fn certificate(object: &Object) -> &[u8] {
    bytes(message(&object.body, "status"), "certificate")
}

fn bytes<'a>(map: &'a Map, field: &str) -> &'a [u8] {
    match map.get(field) {
        Some(Value::Bytes(bytes)) => bytes.expose(),
        _ => b"",
    }
}
