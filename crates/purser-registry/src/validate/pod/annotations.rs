//! Annotations that mean something for a Pod.
//!
//! Source: `ValidatePodSpecificAnnotations` and `validateSeccompAnnotationsAndFields`.

use purser_types::status::Cause;
use purser_types::{Map, Value};

use super::findings::Findings;
use super::paths::descending;
use crate::validate::read::{message, messages, text};

const MIRROR: &str = "kubernetes.io/config.mirror";
const COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_OF: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR_OF: &str = "container.apparmor.security.beta.kubernetes.io/";
const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// What is wrong with annotations for themselves.
pub(in crate::validate) fn specific(field: &str, annotations: &Map, spec: &Map) -> Vec<Cause> {
    let mut found = Findings::default();
    let value = |key: &str| annotations.get(key).and_then(Value::as_str);
    if let Some(mirror) = value(MIRROR)
        && text(spec, "nodeName").is_empty()
    {
        let why = "must set spec.nodeName if mirror pod annotation is set";
        found.invalid(&format!("{field}[{MIRROR}]"), mirror, why);
    }
    if let Some(cost) = value(COST)
        && !is_cost(cost)
    {
        found.invalid(&format!("{field}[{COST}]"), cost, "must be a 32bit integer");
    }
    if let Some(profile) = value(SECCOMP) {
        seccomp(&mut found, &format!("{field}.{SECCOMP}"), profile);
    }
    for (key, profile) in annotations {
        let profile = profile.as_str().unwrap_or_default();
        if key.starts_with(SECCOMP_OF) {
            seccomp(&mut found, &format!("{field}.{key}"), profile);
        }
    }
    for (key, profile) in annotations {
        let profile = profile.as_str().unwrap_or_default();
        if let Some(container) = key.strip_prefix(APP_ARMOR_OF) {
            app_armor(&mut found, &format!("{field}[{key}]"), container, profile, spec);
        }
    }
    found.into_causes()
}

/// A whole number of 32 bits, written plainly.
fn is_cost(cost: &str) -> bool {
    let plain = cost == "0" || cost == "-0" || cost.starts_with(|first| matches!(first, '-' | '1'..='9'));
    plain && cost.parse::<i32>().is_ok()
}

fn seccomp(found: &mut Findings, field: &str, profile: &str) {
    match profile {
        "runtime/default" | "docker/default" | "unconfined" => {}
        other => match other.strip_prefix("localhost/") {
            Some(path) => descending(found, field, path),
            None => found.invalid(field, other, "must be a valid seccomp profile"),
        },
    }
}

fn app_armor(found: &mut Findings, field: &str, container: &str, profile: &str, spec: &Map) {
    let mut all = LISTS.iter().flat_map(|list| messages(spec.get(*list)));
    if !all.any(|one| text(one, "name") == container) {
        found.invalid(field, container, "container not found");
    }
    let known = matches!(profile, "" | "runtime/default" | "unconfined");
    if !known && !profile.starts_with("localhost/") {
        let why = format!(
            "invalid AppArmor profile name: {}",
            crate::validate::causes::quote(profile)
        );
        found.invalid(field, profile, &why);
    }
}

/// Where an annotation says of system calls something else than the field that took its place.
pub(in crate::validate) fn agreement(path: &str, annotations: &Map, spec: &Map) -> Vec<Cause> {
    let mut found = Findings::default();
    let mut one = |key: &str, place: &str, of: &Map| {
        let profile = message(of, "securityContext").get("seccompProfile");
        let annotation = annotations.get(key).and_then(Value::as_str);
        if let (Some(profile), Some(annotation)) = (profile.and_then(Value::as_map), annotation) {
            let path = format!("{place}.securityContext.seccompProfile");
            agree(&mut found, &path, annotation, profile);
        }
    };
    one(SECCOMP, path, spec);
    for list in LISTS {
        for (index, container) in messages(spec.get(list)).enumerate() {
            let key = format!("{SECCOMP_OF}{}", text(container, "name"));
            one(&key, &format!("{path}.{list}[{index}]"), container);
        }
    }
    found.into_causes()
}

fn agree(found: &mut Findings, path: &str, annotation: &str, profile: &Map) {
    let same = match text(profile, "type") {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => matches!(annotation, "runtime/default" | "docker/default"),
        "Localhost" => match annotation.strip_prefix("localhost/") {
            Some(local) => {
                if local != text(profile, "localhostProfile") {
                    let why = "seccomp profile in annotation and field must match";
                    found.forbidden(&format!("{path}.localhostProfile"), why);
                }
                return;
            }
            None => false,
        },
        _ => true,
    };
    if !same {
        let why = "seccomp type in annotation and field must match";
        found.forbidden(&format!("{path}.type"), why);
    }
}
