//! Plugins.

use std::collections::BTreeSet;
use std::time::Duration;

use purser_types::configuration::members::text;
use purser_types::duration::parse_duration;
use purser_types::problems::Problems;
use purser_types::quote::quote;
use purser_types::{Map, Value};

use super::{Kms, KmsVersion};

/// How long a call may take when the file does not say.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How many keys of a KMS v1 plugin are kept when the file does not say.
const KEPT: i64 = 1000;
/// The most that are kept, whatever the file says: each takes about a kilobyte.
const MOST_KEPT: i64 = 100_000;

/// Checks one plugin; `names` are those of the plugins before it.
pub(super) fn check(
    field: &str,
    settings: &Map,
    names: &mut BTreeSet<String>,
    reloads: bool,
    problems: &mut Problems,
) -> Option<Kms> {
    let version = match text(settings, "apiVersion") {
        "" => "v1",
        version => version,
    };
    let name = text(settings, "name");
    check_name(&format!("{field}.name"), version, name, names, reloads, problems);
    names.insert(name.to_owned());
    let timeout = check_timeout(&format!("{field}.timeout"), settings, problems);
    let endpoint = text(settings, "endpoint");
    check_endpoint(&format!("{field}.endpoint"), endpoint, problems);
    let kept = check_kept(&format!("{field}.cachesize"), version, settings, problems);
    let version = match version {
        "v1" => KmsVersion::V1 { kept },
        "v2" => KmsVersion::V2,
        other => {
            // Upstream names the field in place of what it holds.
            let why = "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported";
            problems.invalid(&format!("{field}.apiVersion"), other, why);
            return None;
        }
    };
    Some(Kms {
        version,
        name: name.to_owned(),
        endpoint: endpoint.to_owned(),
        timeout: timeout?,
    })
}

fn check_name(
    field: &str,
    version: &str,
    name: &str,
    names: &BTreeSet<String>,
    reloads: bool,
    problems: &mut Problems,
) {
    if name.is_empty() {
        problems.required(field, "name is a mandatory field for a provider");
    }
    if version != "v1" && name.contains(':') {
        let why = format!("invalid KMS provider name {name}, must not contain ':'");
        problems.invalid(field, name, &why);
    }
    if (reloads || version != "v1") && names.contains(name) {
        let why = format!("duplicate KMS provider name {name}, names must be unique");
        problems.invalid(field, name, &why);
    }
}

fn check_timeout(field: &str, settings: &Map, problems: &mut Problems) -> Option<Duration> {
    let written = match settings.get("timeout").and_then(Value::as_str) {
        None => return Some(TIMEOUT),
        Some(written) => written,
    };
    match parse_duration(written) {
        Ok(timeout) if !timeout.is_zero() => Some(timeout),
        Ok(_) => {
            problems.invalid(field, written, "timeout should be a positive value");
            None
        }
        Err(why) => {
            problems.invalid(field, written, &why);
            None
        }
    }
}

fn check_endpoint(field: &str, endpoint: &str, problems: &mut Problems) {
    if endpoint.is_empty() {
        problems.invalid(field, "", "endpoint is a mandatory field for a kms");
        return;
    }
    if let Some(why) = no_url(endpoint) {
        let why = format!(
            "invalid endpoint for kms provider, error: parse {}: {why}",
            quote(endpoint)
        );
        problems.invalid(field, endpoint, &why);
        return;
    }
    let scheme = endpoint.split_once(':').map_or("", |(scheme, _)| scheme);
    if scheme != "unix" {
        let why = format!("unsupported scheme {scheme:?} for KMS provider, only unix is supported");
        problems.invalid(field, endpoint, &why);
    }
}

/// Why Go's `url.Parse` would not take it, as far as it matters for what is no URL of a socket.
fn no_url(endpoint: &str) -> Option<String> {
    if endpoint.chars().any(|c| c.is_ascii_control()) {
        return Some("net/url: invalid control character in URL".to_owned());
    }
    if endpoint.starts_with(':') {
        return Some("missing protocol scheme".to_owned());
    }
    let mut escapes = endpoint.split('%').skip(1).map(|behind| behind.chars().take(2));
    let wrong = escapes.find(|digits| digits.clone().filter(char::is_ascii_hexdigit).count() < 2)?;
    Some(format!("invalid URL escape \"%{}\"", wrong.collect::<String>()))
}

/// How many keys are kept.
fn check_kept(field: &str, version: &str, settings: &Map, problems: &mut Problems) -> usize {
    let said = match settings.get("cachesize") {
        Some(Value::Int(said)) => Some(*said),
        _ => None,
    };
    match (version, said) {
        ("v1", Some(0)) => {
            problems.invalid_as(
                field,
                "0",
                "cachesize should be a positive value, or negative to disable",
            );
        }
        ("v1", _) | (_, None) => {}
        (_, Some(said)) => problems.invalid_as(field, &said.to_string(), "cachesize is not supported in v2"),
    }
    usize::try_from(said.unwrap_or(KEPT).clamp(0, MOST_KEPT)).unwrap_or_default()
}
