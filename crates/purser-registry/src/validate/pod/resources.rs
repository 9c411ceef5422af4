//! What a container, or a Pod, asks for and may use.

use std::collections::{BTreeMap, BTreeSet};

use purser_types::Map;
use purser_types::quantity::Quantity;

use super::findings::{Findings, PRINTED_MAX};
use crate::validate::causes::{cut, duplicate, not_found};
use crate::validate::names::dns_label;
use crate::validate::read::{amounts, message, messages, text};
use crate::validate::resource_names::{amount, can_be_overcommitted, container_resource_name, resource_name};

const HUGE_PAGES: &str = "hugepages-";
/// What can be asked for by a Pod as a whole.
const OF_PODS: [&str; 3] = ["cpu", HUGE_PAGES, "memory"];

/// Whose resources they are: other names are known for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A container's.
    Container,
    /// A Pod's.
    Pod,
}

impl Owner {
    fn name(self, found: &mut Findings, field: &str, name: &str) {
        match self {
            Self::Container => found.add(container_resource_name(field, name)),
            Self::Pod => {
                let wrong = resource_name(field, name);
                let known = ["cpu", "memory"].contains(&name) || name.starts_with(HUGE_PAGES);
                if wrong.is_empty() && !known {
                    found.one_of(field, name, &OF_PODS);
                }
                found.add(wrong);
            }
        }
    }
}

/// Upstream's `validateResourceRequirements`.
pub(super) fn requirements(
    found: &mut Findings,
    path: &str,
    resources: &Map,
    claims: &BTreeSet<&str>,
    owner: Owner,
) {
    let limits: BTreeMap<&str, Quantity> = amounts(resources, "limits").collect();
    let (mut plain, mut huge) = (false, false);
    let mut one = |found: &mut Findings, field: &str, name: &str, quantity: Quantity| {
        owner.name(found, field, name);
        found.add(amount(field, name, quantity));
        plain |= matches!(name, "cpu" | "memory");
        if let Some(page) = name.strip_prefix(HUGE_PAGES) {
            huge = true;
            if !is_multiple(quantity, page) {
                let why = format!("{quantity} is not positive integer multiple of {name}");
                found.invalid(field, &quantity.to_string(), &why);
            }
        }
    };
    for (name, quantity) in &limits {
        one(found, &format!("{path}.limits[{name}]"), name, *quantity);
    }
    for (name, quantity) in amounts(resources, "requests") {
        one(found, &format!("{path}.requests[{name}]"), name, quantity);
        let field = format!("{path}.requests");
        let exactly = !can_be_overcommitted(name);
        match limits.get(name) {
            Some(limit) if exactly && quantity != *limit => {
                let why = format!("must be equal to {name} limit of {limit}");
                found.invalid(&field, &quantity.to_string(), &why);
            }
            Some(limit) if quantity > *limit => {
                let why = format!("must be less than or equal to {name} limit of {limit}");
                found.invalid(&field, &quantity.to_string(), &why);
            }
            None if exactly => found.required(
                &format!("{path}.limits"),
                "Limit must be set for non overcommitable resources",
            ),
            _ => {}
        }
    }
    if huge && !plain {
        found.forbidden(path, "HugePages require cpu or memory");
    }
    claimed(found, &format!("{path}.claims"), resources, claims);
}

/// Whether an amount is some pages of a size.
fn is_multiple(amount: Quantity, page: &str) -> bool {
    let Ok(size) = Quantity::parse(page) else {
        return false;
    };
    size > Quantity::ZERO && amount.is_multiple_of(size)
}

/// Upstream's `validateResourceClaimNames`.
fn claimed(found: &mut Findings, path: &str, resources: &Map, known: &BTreeSet<&str>) {
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    // How many requests of each claim were named.
    let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, claim) in messages(resources.get("claims")).enumerate() {
        if found.is_full() {
            return;
        }
        let field = format!("{path}[{index}]");
        let (name, request) = (text(claim, "name"), text(claim, "request"));
        if name.is_empty() {
            found.required(&field, "");
            continue;
        }
        if seen.contains(&(name, "")) {
            found.duplicate(&field, name);
        } else {
            if !request.is_empty() {
                found.each(&format!("{field}.request"), request, &dns_label(request));
            }
            if seen.contains(&(name, request)) {
                found.duplicate(&field, &format!("{name}/{request}"));
            } else if request.is_empty() {
                let before = parts.get(name).copied().unwrap_or(0);
                found.add(std::iter::repeat_with(|| duplicate(field.clone(), name)).take(before));
            } else {
                let count = parts.entry(name).or_default();
                *count = count.saturating_add(1);
            }
            seen.insert((name, request));
        }
        if !known.contains(name) {
            let mut cause = not_found(field, name);
            let names: Vec<&str> = known.iter().copied().collect();
            cause
                .message
                .push_str(": must be one of the names in pod.spec.resourceClaims");
            if names.is_empty() {
                cause.message.push_str(" which is empty");
            } else {
                cause.message.push_str(": ");
                cause.message.push_str(&cut(names.join(", "), PRINTED_MAX));
            }
            found.add([cause]);
        }
    }
}

/// Upstream's `validateResizePolicy`; its sentences are about the whole list.
pub(super) fn resize(found: &mut Findings, path: &str, container: &Map, restarts: &str) {
    let field = format!("{path}.resizePolicy");
    let mut seen = BTreeSet::new();
    for (index, policy) in messages(container.get("resizePolicy")).enumerate() {
        let (name, how) = (text(policy, "resourceName"), text(policy, "restartPolicy"));
        if !seen.insert(name) {
            found.duplicate(&format!("{field}[{index}]"), name);
        }
        found.required_one_of(&field, name, &["cpu", "memory"]);
        found.required_one_of(&field, how, &["NotRequired", "RestartContainer"]);
        if restarts == "Never" && how != "NotRequired" {
            let why = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            found.invalid(&field, how, why);
        }
    }
}

/// The most names of what a Pod asks for that are held against its containers: there are not as many.
const COMPARED_MAX: usize = 100;

/// Upstream's `validatePodResourceConsistency`: a Pod asks for what its containers ask for together.
pub(super) fn consistent(found: &mut Findings, path: &str, asked: &Map, spec: &Map) {
    for (which, only) in [("requests", ""), ("limits", HUGE_PAGES)] {
        let wholes = amounts(asked, which).filter(|(name, _)| name.starts_with(only));
        for (name, whole) in wholes.take(COMPARED_MAX) {
            let parts = together(spec, which, name);
            if parts > whole {
                let why = format!("must be greater than or equal to aggregate container {which} of {parts}");
                found.invalid(&format!("{path}.{which}[{name}]"), &whole.to_string(), &why);
            }
        }
    }
    let limits: BTreeMap<&str, Quantity> = amounts(asked, "limits").collect();
    for (index, container) in messages(spec.get("containers")).enumerate() {
        for (name, limit) in amounts(message(container, "resources"), "limits") {
            if let Some(whole) = limits.get(name).filter(|whole| limit > **whole) {
                let field = format!("{path}.containers[{index}][{name}].limits");
                let why = format!("must be less than or equal to pod limits of {whole}");
                found.invalid(&field, &limit.to_string(), &why);
            }
        }
    }
}

/// What containers have together at the time when it is most: those that run first have it one after the other, but
/// beside those of them that stay.
fn together(spec: &Map, which: &str, name: &str) -> Quantity {
    let of = |one: &Map| {
        let amount = message(message(one, "resources"), which).get(name);
        amount
            .and_then(|amount| Quantity::parse(amount.as_str()?).ok())
            .unwrap_or(Quantity::ZERO)
    };
    let (mut all, mut staying, mut most) = (Quantity::ZERO, Quantity::ZERO, Quantity::ZERO);
    for one in messages(spec.get("containers")) {
        all = all.plus(of(one));
    }
    for one in messages(spec.get("initContainers")) {
        let beside = staying.plus(of(one));
        if text(one, "restartPolicy") == "Always" {
            all = all.plus(of(one));
            staying = beside;
        }
        most = most.max(beside);
    }
    all.max(most)
}
