//! The rules of `metadata`, the same for every kind.
//!
//! Sources: `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`, and `pkg/apis/core/validation`, which adds
//! the rule of finalizers for core kinds.

use std::collections::HashSet;

use purser_types::status::Cause;
use purser_types::{Object, Value};

use super::causes::{forbidden, invalid, invalid_as, is_full, quote, required, too_long};
use super::finalizers::{finalizers, finalizers_of, kube_finalizers};
use super::managed_fields::managed_fields;
use super::names::{NameRule, dns_label, label_value, qualified_name};
use super::owners::owner_references;

/// Keys and values of all annotations together, in bytes.
pub(crate) const ANNOTATIONS_MAX: usize = 256 << 10;
/// What upstream says of a field that must not change.
pub(super) const IMMUTABLE: &str = "field is immutable";

/// What the rules of metadata need to know of a kind.
pub trait MetadataRules {
    /// Which names its objects may have.
    fn name_rule(&self) -> NameRule;
    /// Whether finalizers without a domain must be standard ones, as for the kinds of core.
    fn core_finalizers(&self) -> bool;
}

/// What is wrong with the metadata of an object about to be created. A name must have been generated already.
#[must_use]
pub fn metadata_create(rules: &(impl MetadataRules + ?Sized), object: &Object) -> Vec<Cause> {
    let mut causes = create_with(rules.name_rule(), object);
    if rules.core_finalizers() {
        causes.extend(kube_finalizers("metadata.finalizers", &finalizers_of(object)));
    }
    causes
}

/// What is wrong with the change of metadata from `old` to `new`. It does not repeat [`metadata_create`].
#[must_use]
pub fn metadata_update(rules: &(impl MetadataRules + ?Sized), new: &Object, old: &Object) -> Vec<Cause> {
    let mut causes = generic_update(new, old);
    if rules.core_finalizers() {
        causes.extend(kube_finalizers("metadata.finalizers", &finalizers_of(new)));
    }
    causes
}

/// What the generic layer of upstream asks of every kind before an update: any name that fits a path.
#[must_use]
pub fn generic_create(object: &Object) -> Vec<Cause> {
    create_with(NameRule::PathSegment, object)
}

/// What the generic layer of upstream asks of every change.
#[must_use]
pub fn generic_update(new: &Object, old: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    if old.meta().contains_key("deletionTimestamp") {
        causes.extend(no_new_finalizers(new, old));
    }
    if new.meta_str("resourceVersion").is_empty() {
        causes.push(invalid(
            "metadata.resourceVersion",
            "",
            "must be specified for an update",
        ));
    }
    if generation(new) < generation(old) {
        let value = generation(new).to_string();
        causes.push(invalid_as(
            "metadata.generation",
            &value,
            "must not be decremented",
        ));
    }
    for field in ["name", "namespace", "uid"] {
        if new.meta_str(field) != old.meta_str(field) {
            causes.push(invalid(
                format!("metadata.{field}"),
                new.meta_str(field),
                IMMUTABLE,
            ));
        }
    }
    for field in [
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        let value = new.meta().get(field);
        if value != old.meta().get(field) {
            causes.push(invalid_as(format!("metadata.{field}"), &scalar(value), IMMUTABLE));
        }
    }
    causes.extend(labels(new));
    causes.extend(annotations(new));
    causes.extend(owner_references(new));
    causes.extend(managed_fields(new));
    causes
}

fn create_with(rule: NameRule, object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let prefix = object.meta_str("generateName");
    if !prefix.is_empty() {
        let why = rule.check(prefix, true);
        causes.extend(
            why.iter()
                .map(|why| invalid("metadata.generateName", prefix, why)),
        );
    }
    if object.name().is_empty() {
        causes.push(required("metadata.name", "name or generateName is required"));
    } else {
        let why = rule.check(object.name(), false);
        causes.extend(why.iter().map(|why| invalid("metadata.name", object.name(), why)));
    }
    causes.extend(namespace(object));
    if generation(object) < 0 {
        let value = generation(object).to_string();
        causes.push(invalid_as(
            "metadata.generation",
            &value,
            "must be greater than or equal to 0",
        ));
    }
    causes.extend(labels(object));
    causes.extend(annotations(object));
    causes.extend(owner_references(object));
    causes.extend(finalizers("metadata.finalizers", &finalizers_of(object)));
    causes.extend(managed_fields(object));
    causes
}

fn namespace(object: &Object) -> Vec<Cause> {
    let namespace = object.namespace();
    if !object.resource.namespaced {
        return if namespace.is_empty() {
            Vec::new()
        } else {
            vec![forbidden("metadata.namespace", "not allowed on this type")]
        };
    }
    if namespace.is_empty() {
        return vec![required("metadata.namespace", "")];
    }
    dns_label(namespace)
        .iter()
        .map(|why| invalid("metadata.namespace", namespace, why))
        .collect()
}

/// Entries in the order of their keys; upstream's is random.
fn labels(object: &Object) -> Vec<Cause> {
    const FIELD: &str = "metadata.labels";
    let mut causes = Vec::new();
    for (key, value) in object.labels() {
        if is_full(&causes) {
            break;
        }
        causes.extend(qualified_name(key).iter().map(|why| invalid(FIELD, key, why)));
        causes.extend(label_value(value).iter().map(|why| invalid(FIELD, value, why)));
    }
    causes
}

fn annotations(object: &Object) -> Vec<Cause> {
    const FIELD: &str = "metadata.annotations";
    let mut causes = Vec::new();
    let mut size = 0_usize;
    for (key, value) in object.annotations() {
        if is_full(&causes) {
            break;
        }
        causes.extend(
            qualified_name(&key.to_lowercase())
                .iter()
                .map(|why| invalid(FIELD, key, why)),
        );
        size = size.saturating_add(key.len()).saturating_add(value.len());
    }
    if size > ANNOTATIONS_MAX {
        causes.push(too_long(FIELD, ANNOTATIONS_MAX));
    }
    causes
}

fn no_new_finalizers(new: &Object, old: &Object) -> Option<Cause> {
    let before: HashSet<&str> = finalizers_of(old).into_iter().collect();
    let mut extra: Vec<&str> = finalizers_of(new)
        .into_iter()
        .filter(|finalizer| !before.contains(finalizer))
        .collect();
    extra.sort_unstable();
    extra.dedup();
    if extra.is_empty() {
        return None;
    }
    let list: Vec<String> = extra.into_iter().map(quote).collect();
    let why = format!(
        "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
        list.join(", ")
    );
    Some(forbidden("metadata.finalizers", &why))
}

fn generation(object: &Object) -> i64 {
    object
        .meta()
        .get("generation")
        .and_then(Value::as_int)
        .unwrap_or(0)
}

/// A time or a number as upstream prints it in a sentence: as JSON.
fn scalar(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => quote(text.expose()),
        Some(Value::Int(number)) => number.to_string(),
        _ => "null".to_owned(),
    }
}
