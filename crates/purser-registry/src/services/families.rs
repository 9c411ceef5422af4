//! Of which families of addresses a Service has one.
//!
//! Source: `initIPFamilyFields` in `pkg/registry/core/service/storage/alloc.go`.

use purser_types::status::Cause;
use purser_types::{Key, Map, Value};

use super::Refused;
use super::range::{ServiceRanges, family_of};
use crate::service_spec::{NO_ADDRESS, is_named, kind, selects, set_texts, text, texts};
use crate::validate::causes::{invalid, invalid_as};
use crate::validate::network::parse_loosely;
use crate::validate::service_addresses;

const POLICY: &str = "spec.ipFamilyPolicy";
const SINGLE: &str = "SingleStack";
const PREFER: &str = "PreferDualStack";
const REQUIRE: &str = "RequireDualStack";

/// Fills in what is not said, and refuses what the ranges do not have.
pub(super) fn settle(spec: &mut Map, before: Option<&Map>, ranges: &ServiceRanges) -> Result<(), Refused> {
    if is_named(spec) || before.is_some_and(|before| keeps_preference(spec, before)) {
        return Ok(());
    }
    let bare = text(spec, "clusterIP") == NO_ADDRESS && !selects(spec);
    if !spec.contains_key("ipFamilyPolicy") {
        let kept = before.map_or("", |before| text(before, "ipFamilyPolicy"));
        let policy = match (kept, bare) {
            ("", true) => REQUIRE,
            ("", false) => SINGLE,
            (kept, _) => kept,
        };
        spec.insert(Key::Borrowed("ipFamilyPolicy"), Value::string(policy));
    }
    refuse(service_addresses::validate(spec, before))?;
    let mut causes = before.map_or_else(Vec::new, |before| reduce(spec, before));
    causes.extend(too_many(spec));
    causes.extend(infer(spec, ranges));
    refuse(causes)?;
    if !bare {
        refuse(not_there(spec, ranges))?;
    }
    complete(spec, bare, ranges);
    Ok(())
}

fn refuse(causes: Vec<Cause>) -> Result<(), Refused> {
    if causes.is_empty() {
        Ok(())
    } else {
        Err(Refused::Invalid(causes))
    }
}

/// Whether a service that takes two families where there are two is left as it is: it neither gains nor loses one
/// because the ranges of the cluster have changed.
pub(super) fn keeps_preference(spec: &Map, before: &Map) -> bool {
    let policy = |spec: &Map| text(spec, "ipFamilyPolicy").to_owned();
    kind(spec) == kind(before)
        && matches!(kind(spec), "ClusterIP" | "NodePort" | "LoadBalancer")
        && policy(spec) == PREFER
        && matches!(policy(before).as_str(), "" | PREFER)
        && ["clusterIPs", "ipFamilies"]
            .iter()
            .all(|field| texts(spec, field) == texts(before, field))
}

/// A change to a single family lets the second go; without that, both stay.
fn reduce(spec: &mut Map, before: &Map) -> Vec<Cause> {
    let parts = [
        (
            "clusterIPs",
            "must be 'SingleStack' to release the secondary cluster IP",
        ),
        (
            "ipFamilies",
            "must be 'SingleStack' to release the secondary IP family",
        ),
    ];
    let single = text(spec, "ipFamilyPolicy") == SINGLE;
    let mut causes = Vec::new();
    for (field, why) in parts {
        let (now, then) = (texts(spec, field), texts(before, field));
        if single {
            if now == then && now.len() > 1 {
                let first: Vec<String> = now.iter().take(1).map(|one| (*one).to_owned()).collect();
                set_texts(spec, field, &first);
            }
        } else if !now.is_empty() && now.len() < then.len() {
            causes.push(invalid(POLICY, text(spec, "ipFamilyPolicy"), why));
        }
    }
    causes
}

fn too_many(spec: &Map) -> Vec<Cause> {
    let policy = text(spec, "ipFamilyPolicy");
    let wanted = [("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")];
    let several = wanted
        .iter()
        .filter(|(field, _)| policy == SINGLE && texts(spec, field).len() == 2);
    several
        .map(|(_, what)| {
            let why =
                format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified");
            invalid(POLICY, policy, &why)
        })
        .collect()
}

/// Reads families that are not named off the addresses.
fn infer(spec: &mut Map, ranges: &ServiceRanges) -> Vec<Cause> {
    let mut families = owned(spec, "ipFamilies");
    let mut causes = Vec::new();
    let addresses = owned(spec, "clusterIPs");
    for (index, address) in addresses.iter().enumerate() {
        if address == NO_ADDRESS {
            break;
        }
        if index < families.len() {
            continue;
        }
        let family = parse_loosely(address).map_or("unknown", family_of);
        if ranges.of(family).is_some() {
            families.push(family.to_owned());
        } else {
            let why = format!("{family} is not configured on this cluster");
            let shown = serde_json::to_string(&addresses).unwrap_or_default();
            causes.push(invalid_as(format!("spec.clusterIPs[{index}]"), &shown, &why));
        }
    }
    set_texts(spec, "ipFamilies", &families);
    causes
}

fn not_there(spec: &Map, ranges: &ServiceRanges) -> Vec<Cause> {
    let mut causes = Vec::new();
    if text(spec, "ipFamilyPolicy") == REQUIRE && ranges.second.is_none() {
        let why = "this cluster is not configured for dual-stack services";
        causes.push(invalid(POLICY, REQUIRE, why));
    }
    for (index, family) in texts(spec, "ipFamilies").into_iter().enumerate() {
        if ranges.of(family).is_none() {
            let field = format!("spec.ipFamilies[{index}]");
            causes.push(invalid(field, family, "not configured on this cluster"));
        }
    }
    causes
}

/// The cluster's first family unless another is named, and both for who wants both. A service without addresses and
/// without Pods of its own has both even where the cluster has but one.
fn complete(spec: &mut Map, bare: bool, ranges: &ServiceRanges) {
    let mut families = owned(spec, "ipFamilies");
    if families.is_empty() {
        families.push(ranges.first.family().to_owned());
    }
    let both = bare || ranges.second.is_some();
    if let ([only], true) = (
        families.as_slice(),
        both && text(spec, "ipFamilyPolicy") != SINGLE,
    ) {
        let other = if only == "IPv4" { "IPv6" } else { "IPv4" };
        families.push(other.to_owned());
    }
    set_texts(spec, "ipFamilies", &families);
}

fn owned(spec: &Map, field: &str) -> Vec<String> {
    texts(spec, field).iter().map(|text| (*text).to_owned()).collect()
}
