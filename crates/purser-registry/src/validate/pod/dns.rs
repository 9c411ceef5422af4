//! How a Pod finds names, and what it is called.

use purser_types::{Map, Value, json};

use super::findings::Findings;
use super::subject::Pod;
use crate::validate::causes::too_long;
use crate::validate::names::{dns_label, dns_subdomain};
use crate::validate::network::legacy_address;
use crate::validate::read::{messages, text, texts};

/// The most servers of names.
const SERVERS_MAX: usize = 3;
/// The most domains that are searched.
const SEARCHES_MAX: usize = 32;
/// The longest list of domains that are searched, in bytes, with a space between them.
const SEARCH_LIST_MAX: usize = 2048;
/// The longest domain, in bytes.
const DOMAIN_MAX: usize = 253;
/// The longest name of a host, in bytes.
const HOST_NAME_MAX: usize = 64;
const DOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', \
    '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation \
    is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";

/// Upstream's `validatePodDNSConfig`.
pub(super) fn config(found: &mut Findings, path: &str, spec: &Map) {
    let path = format!("{path}.dnsConfig");
    let config = spec.get("dnsConfig").and_then(Value::as_map);
    let without = text(spec, "dnsPolicy") == "None";
    let Some(config) = config else {
        if without {
            found.required(&path, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        return;
    };
    let (servers, searches) = (texts(config, "nameservers"), texts(config, "searches"));
    let field = format!("{path}.nameservers");
    if without && servers.is_empty() {
        let why = "must provide at least one DNS nameserver when `dnsPolicy` is None";
        return found.required(&field, why);
    }
    let printed = |list: &str| {
        let mut out = Vec::new();
        json::write(config.get(list).unwrap_or(&Value::Null), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    };
    if servers.len() > SERVERS_MAX {
        let why = format!("must not have more than {SERVERS_MAX} nameservers");
        found.invalid_as(&field, &printed("nameservers"), &why);
    }
    for (index, server) in servers.into_iter().enumerate() {
        found.add(legacy_address(&format!("{field}[{index}]"), server, &[]));
    }
    let field = format!("{path}.searches");
    if searches.len() > SEARCHES_MAX {
        let why = format!("must not have more than {SEARCHES_MAX} search paths");
        found.invalid_as(&field, &printed("searches"), &why);
    }
    if searches.join(" ").len() > SEARCH_LIST_MAX {
        let why = format!(
            "must not have more than {SEARCH_LIST_MAX} characters (including spaces) in the search list"
        );
        found.invalid_as(&field, &printed("searches"), &why);
    }
    for (index, search) in searches.into_iter().enumerate().filter(|(_, one)| *one != ".") {
        domain(
            found,
            &format!("{field}[{index}]"),
            search.strip_suffix('.').unwrap_or(search),
        );
    }
    for (index, option) in messages(config.get("options")).enumerate() {
        if text(option, "name").is_empty() {
            found.required(&format!("{path}.options[{index}]"), "must not be empty");
        }
    }
}

fn domain(found: &mut Findings, field: &str, domain: &str) {
    if domain.len() > DOMAIN_MAX {
        let why = format!("must be no more than {DOMAIN_MAX} characters");
        found.invalid(field, domain, &why);
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = |label: &str| {
        let bytes = label.strip_prefix('_').unwrap_or(label).as_bytes();
        bytes.first().copied().is_some_and(plain)
            && bytes.last().copied().is_some_and(plain)
            && bytes
                .iter()
                .all(|byte| plain(*byte) || matches!(byte, b'-' | b'_'))
    };
    if !domain.split('.').all(is_label) {
        found.invalid(field, domain, DOMAIN_RULE);
    }
}

/// Upstream's `ValidateHostAliases`.
pub(super) fn aliases(found: &mut Findings, path: &str, spec: &Map) {
    for (index, alias) in messages(spec.get("hostAliases")).enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{path}.hostAliases[{index}]");
        found.add(legacy_address(&format!("{path}.ip"), text(alias, "ip"), &[]));
        for (index, name) in texts(alias, "hostnames").into_iter().enumerate() {
            found.each(&format!("{path}.hostnames[{index}]"), name, &dns_subdomain(name));
        }
    }
}

/// Upstream's `validatePodHostName`.
pub(super) fn host_name(found: &mut Findings, path: &str, pod: &Pod<'_>) {
    let Some(name) = pod.spec.get("hostnameOverride").and_then(Value::as_str) else {
        return;
    };
    let field = format!("{path}.hostnameOverride");
    if pod.says("setHostnameAsFQDN") {
        found.forbidden(&field, "may not be specified when setHostnameAsFQDN is true");
    }
    if pod.says("hostNetwork") {
        found.forbidden(&field, "may not be specified when hostNetwork is true");
    }
    if name.len() > HOST_NAME_MAX {
        found.add([too_long(field.clone(), HOST_NAME_MAX)]);
    }
    found.each(&field, name, &dns_subdomain(name));
}

/// The name of a host and its domain.
pub(super) fn names(found: &mut Findings, path: &str, spec: &Map) {
    for field in ["hostname", "subdomain"] {
        let name = text(spec, field);
        if !name.is_empty() {
            found.each(&format!("{path}.{field}"), name, &dns_label(name));
        }
    }
}
