//! The rules of a PodTemplate's own fields.
//!
//! Source: `ValidatePodTemplateSpec` in `pkg/apis/core/validation/validation.go`.

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{CAUSES_MAX, forbidden, invalid, is_full};
use super::names::{label_value, qualified_name};
use super::pod::{self, annotations};
use super::read::message;

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
    let (notes, spec) = (message(metadata, "annotations"), message(template, "spec"));
    causes.extend(annotations::specific("template.annotations", notes, spec));
    causes.extend(pod::spec("template.spec", spec));
    causes.extend(annotations::agreement("template.spec", notes, spec));
    if spec
        .get("ephemeralContainers")
        .and_then(Value::as_list)
        .is_some_and(|list| !list.is_empty())
    {
        let why = "ephemeral containers not allowed in pod template";
        causes.push(forbidden("template.spec.ephemeralContainers", why));
    }
    causes.truncate(CAUSES_MAX);
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
