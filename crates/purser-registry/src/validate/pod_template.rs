//! The rules of a PodTemplate's own fields.
//!
//! Source: `ValidatePodTemplateSpec` and `ValidatePodSpec` in `pkg/apis/core/validation/validation.go`. What only
//! matters when a Pod runs (devices, Windows, affinity's arithmetic) is left out.

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{invalid, invalid_as, is_full, one_of, required};
use super::container;
use super::names::{dns_label, dns_subdomain, label_value, qualified_name};
use super::read::{message, messages, text};
use super::volume::volumes;

const RESTARTS: [&str; 3] = ["Always", "OnFailure", "Never"];
const DNS: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
/// The longest that a Pod may be active, in seconds.
const DEADLINE_MAX: i64 = 2_147_483_647;

/// Labels and annotations of the Pods, volumes, containers, and what else is wanted.
#[must_use]
pub fn validate(object: &Object) -> Vec<Cause> {
    let template = message(&object.body, "template");
    let metadata = message(template, "metadata");
    let mut causes = labels("template.labels", message(metadata, "labels"));
    for key in message(metadata, "annotations").keys() {
        if is_full(&causes) {
            break;
        }
        let lower = key.to_lowercase();
        causes.extend(
            qualified_name(&lower)
                .iter()
                .map(|why| invalid("template.annotations", key, why)),
        );
    }
    causes.extend(spec("template.spec", message(template, "spec")));
    causes
}

/// Upstream's `ValidateLabels`.
fn labels(field: &str, labels: &Map) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (key, value) in labels {
        if is_full(&causes) {
            break;
        }
        let value = value.as_str().unwrap_or_default();
        causes.extend(qualified_name(key).iter().map(|why| invalid(field, key, why)));
        causes.extend(label_value(value).iter().map(|why| invalid(field, value, why)));
    }
    causes
}

fn spec(path: &str, spec: &Map) -> Vec<Cause> {
    let (known, mut causes) = volumes(&format!("{path}.volumes"), spec);
    causes.extend(container::containers(path, spec, &known));
    causes.extend(one_of(
        &format!("{path}.restartPolicy"),
        text(spec, "restartPolicy"),
        &RESTARTS,
    ));
    causes.extend(one_of(
        &format!("{path}.dnsPolicy"),
        text(spec, "dnsPolicy"),
        &DNS,
    ));
    causes.extend(labels(
        &format!("{path}.nodeSelector"),
        message(spec, "nodeSelector"),
    ));
    for (index, secret) in messages(spec.get("imagePullSecrets")).enumerate() {
        if is_full(&causes) {
            break;
        }
        if text(secret, "name").is_empty() {
            causes.push(required(format!("{path}.imagePullSecrets[{index}].name"), ""));
        }
    }
    for field in ["serviceAccountName", "nodeName"] {
        causes.extend(named(
            &format!("{path}.{field}"),
            text(spec, field),
            dns_subdomain,
        ));
    }
    if let Some(seconds) = spec.get("activeDeadlineSeconds").and_then(Value::as_int)
        && !(1..=DEADLINE_MAX).contains(&seconds)
    {
        let why = format!("must be between 1 and {DEADLINE_MAX}, inclusive");
        causes.push(invalid_as(
            format!("{path}.activeDeadlineSeconds"),
            &seconds.to_string(),
            &why,
        ));
    }
    for field in ["hostname", "subdomain"] {
        causes.extend(named(&format!("{path}.{field}"), text(spec, field), dns_label));
    }
    for field in ["priorityClassName", "runtimeClassName"] {
        causes.extend(named(
            &format!("{path}.{field}"),
            text(spec, field),
            dns_subdomain,
        ));
    }
    causes
}

/// A name that may be left out.
fn named(field: &str, name: &str, rule: fn(&str) -> Vec<String>) -> Vec<Cause> {
    if name.is_empty() {
        return Vec::new();
    }
    rule(name).iter().map(|why| invalid(field, name, why)).collect()
}
