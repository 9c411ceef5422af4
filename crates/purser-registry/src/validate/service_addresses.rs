//! The rules of a Service's addresses and of their families, and of how they may change.
//!
//! Source: `ValidateServiceClusterIPsRelatedFields`, `validateUpgradeDowngradeClusterIPs` and
//! `validateUpgradeDowngradeIPFamilies` in `pkg/apis/core/validation/validation.go`.

use std::collections::BTreeSet;

use purser_types::Map;
use purser_types::status::Cause;

use super::causes::{duplicate, invalid, invalid_as, is_full, not_supported, quote, required};
use super::network::{legacy_address, parse_loosely};
use crate::service_spec::{NO_ADDRESS, is_named, text, texts};

const ADDRESSES: &str = "spec.clusterIPs";
const FAMILIES: [&str; 2] = ["IPv4", "IPv6"];
const POLICIES: [&str; 3] = ["PreferDualStack", "RequireDualStack", "SingleStack"];
const SET_ONCE: &str = "may not change once set";

/// What is wrong with the addresses and families of a service. `before` is what it was: what was kept once is kept.
pub(crate) fn validate(spec: &Map, before: Option<&Map>) -> Vec<Cause> {
    if is_named(spec) {
        return Vec::new();
    }
    let (first, all) = (text(spec, "clusterIP"), texts(spec, "clusterIPs"));
    let shown = json(&all);
    let mut causes = Vec::new();
    match (first, all.first()) {
        ("", Some(_)) => causes.push(invalid_as(
            ADDRESSES,
            &shown,
            "must be empty when `clusterIP` is not specified",
        )),
        (first, None) if !first.is_empty() => causes.push(required(ADDRESSES, "")),
        (first, Some(other)) if first != *other => {
            causes.push(invalid_as(
                ADDRESSES,
                &shown,
                "first value must match `clusterIP`",
            ));
        }
        _ => {}
    }
    causes.extend(families(spec));
    let known = before.map_or_else(Vec::new, |before| texts(before, "clusterIPs"));
    let wrong = malformed(&all, &known);
    let readable = wrong.is_empty();
    causes.extend(wrong);
    if all.len() > 2 {
        causes.push(invalid_as(ADDRESSES, &shown, "may only hold up to 2 values"));
    }
    if readable {
        causes.extend(of_each_family(spec, &all));
    }
    causes
}

/// Each family once.
fn families(spec: &Map) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, family) in texts(spec, "ipFamilies").into_iter().enumerate() {
        if is_full(&causes) {
            break;
        }
        let field = format!("spec.ipFamilies[{index}]");
        if !FAMILIES.contains(&family) {
            causes.push(not_supported(field.clone(), family, &FAMILIES));
        }
        if !seen.insert(family) {
            causes.push(duplicate(field, family));
        }
    }
    let policy = text(spec, "ipFamilyPolicy");
    if spec.contains_key("ipFamilyPolicy") && !POLICIES.contains(&policy) {
        causes.push(not_supported("spec.ipFamilyPolicy", policy, &POLICIES));
    }
    causes
}

fn malformed(all: &[&str], known: &[&str]) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (index, ip) in all.iter().enumerate() {
        if is_full(&causes) {
            break;
        }
        if index == 0 && *ip == NO_ADDRESS {
            if all.len() > 1 {
                let why = "'None' must be the first and only value";
                causes.push(invalid_as(ADDRESSES, &json(all), why));
            }
            continue;
        }
        causes.extend(legacy_address(&format!("{ADDRESSES}[{index}]"), ip, known));
    }
    causes
}

/// One address of a family, and of the family that is named for its place.
fn of_each_family(spec: &Map, all: &[&str]) -> Vec<Cause> {
    let mut causes = Vec::new();
    let is_v6 = |ip: &str| parse_loosely(ip).is_some_and(|ip| ip.is_ipv6());
    let several = all.len() > 1;
    if several && !(all.iter().any(|ip| is_v6(ip)) && all.iter().any(|ip| !is_v6(ip))) {
        let why = "may specify no more than one IP for each IP family";
        causes.push(invalid_as(ADDRESSES, &json(all), why));
    }
    if is_headless(all) {
        return causes;
    }
    for (index, (ip, family)) in all.iter().zip(texts(spec, "ipFamilies")).enumerate() {
        let fits = match family {
            "IPv4" => !is_v6(ip),
            "IPv6" => is_v6(ip),
            _ => true,
        };
        if !fits {
            let why = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            causes.push(invalid(format!("{ADDRESSES}[{index}]"), ip, &why));
        }
    }
    causes
}

fn is_headless(all: &[&str]) -> bool {
    all == [NO_ADDRESS]
}

/// What is wrong with a change of addresses and families: the first stays, the second comes and goes.
pub(super) fn validate_update(now: &Map, before: &Map) -> Vec<Cause> {
    if is_named(now) || is_named(before) {
        return Vec::new();
    }
    let (ips, ips_before) = (texts(now, "clusterIPs"), texts(before, "clusterIPs"));
    let headless = (is_headless(&ips), is_headless(&ips_before));
    let mut causes = match headless {
        (true, true) => Vec::new(),
        _ => changed_addresses(now, &ips, &ips_before),
    };
    if headless == (false, false) {
        causes.extend(changed_families(now, before, &ips));
    }
    causes
}

fn changed_addresses(now: &Map, ips: &[&str], ips_before: &[&str]) -> Vec<Cause> {
    let shown = json(ips);
    let at = |index: usize, why| invalid_as(format!("{ADDRESSES}[{index}]"), &shown, why);
    let mut causes = Vec::new();
    if ips.len() == ips_before.len() {
        let pairs = ips.iter().zip(ips_before).enumerate();
        let changed = pairs.filter(|(_, (now, before))| now != before);
        causes.extend(changed.map(|(index, _)| at(index, SET_ONCE)));
        return causes;
    }
    if ips.is_empty() {
        causes.push(at(0, "primary clusterIP can not be unset"));
    }
    if let (Some(first), Some(first_before)) = (ips.first(), ips_before.first())
        && first != first_before
    {
        causes.push(at(0, SET_ONCE));
    }
    if ips.len() == 1 && ips_before.len() > 1 {
        causes.extend(not_single(
            now,
            "must be set to 'SingleStack' when releasing the secondary clusterIP",
        ));
    }
    causes
}

fn changed_families(now: &Map, before: &Map, ips: &[&str]) -> Vec<Cause> {
    const FIELD: &str = "spec.ipFamilies[0]";
    let (families, families_before) = (texts(now, "ipFamilies"), texts(before, "ipFamilies"));
    let mut causes = Vec::new();
    if families.len() == families_before.len() {
        let changed = families
            .iter()
            .zip(&families_before)
            .filter(|(now, before)| now != before);
        causes.extend(changed.map(|_| invalid_as(FIELD, &json(&families), SET_ONCE)));
        return causes;
    }
    if families.len() < families_before.len() && ips.is_empty() {
        causes.push(invalid_as(
            FIELD,
            &json(&families),
            "primary ipFamily can not be unset",
        ));
    }
    if let (Some(first), Some(first_before)) = (families.first(), families_before.first())
        && first != first_before
    {
        causes.push(invalid_as(FIELD, &json(ips), SET_ONCE));
    }
    if families.len() == 1 && families_before.len() > 1 {
        causes.extend(not_single(
            now,
            "must be set to 'SingleStack' when releasing the secondary ipFamily",
        ));
    }
    causes
}

fn not_single(now: &Map, why: &str) -> Option<Cause> {
    let policy = text(now, "ipFamilyPolicy");
    let shown = if now.contains_key("ipFamilyPolicy") {
        quote(policy)
    } else {
        "null".to_owned()
    };
    (policy != "SingleStack").then(|| invalid_as("spec.ipFamilyPolicy", &shown, why))
}

/// As Go prints a list of strings that are a field's value.
fn json(all: &[&str]) -> String {
    if all.is_empty() {
        return "null".to_owned();
    }
    serde_json::to_string(all).unwrap_or_default()
}
