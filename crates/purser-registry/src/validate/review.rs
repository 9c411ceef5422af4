//! What is wrong with a question about what somebody may do.
//!
//! Source: `pkg/apis/authorization/validation/validation.go`, and `ValidateFieldSelectorRequirement` and
//! `ValidateLabelSelectorRequirement` in `k8s.io/apimachinery/pkg/apis/meta/v1/validation`, which take operators that
//! they do not know: those narrow nothing.

use std::sync::Arc;

use purser_authz::{Requirement, Selectors};
use purser_types::selector::{FieldSelector, LabelSelector};
use purser_types::status::Cause;
use purser_types::{Map, Object, Value, json, schema};

use super::causes::{CAUSES_MAX, forbidden, invalid, invalid_as, required};
use super::names::{label_value, qualified_name};
use super::read::{message, messages, text, texts};

/// A SubjectAccessReview.
pub(crate) fn any(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::from_iter(what(object));
    causes.extend(who(object));
    causes.extend(selectors(object));
    causes.extend(metadata(object, &["managedFields"], "must be empty"));
    causes
}

/// A SelfSubjectAccessReview.
pub(crate) fn own(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::from_iter(what(object));
    causes.extend(selectors(object));
    causes.extend(metadata(object, &["managedFields"], "must be empty"));
    causes
}

/// A LocalSubjectAccessReview.
pub(crate) fn local(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::from_iter(what(object));
    causes.extend(who(object));
    causes.extend(selectors(object));
    causes.extend(metadata(
        object,
        &["managedFields", "namespace"],
        "must be empty except for namespace",
    ));
    let spec = message(&object.body, "spec");
    let asked = spec.get("resourceAttributes").and_then(Value::as_map);
    let namespace = asked.map(|asked| text(asked, "namespace"));
    if let Some(namespace) = namespace.filter(|namespace| *namespace != object.namespace()) {
        let field = "spec.resourceAttributes.namespace";
        causes.push(invalid(field, namespace, "must match metadata.namespace"));
    }
    if let Some(path) = spec.get("nonResourceAttributes").and_then(Value::as_map) {
        let why = "disallowed on this kind of request";
        causes.push(invalid_as("spec.nonResourceAttributes", &dump(path), why));
    }
    causes
}

/// A request for objects or one for a path, not both.
fn what(object: &Object) -> Option<Cause> {
    let spec = message(&object.body, "spec");
    let path = spec.get("nonResourceAttributes").and_then(Value::as_map);
    match (spec.contains_key("resourceAttributes"), path) {
        (true, Some(path)) => Some(invalid_as(
            "spec.nonResourceAttributes",
            &dump(path),
            "cannot be specified in combination with resourceAttributes",
        )),
        (false, None) => Some(invalid(
            "spec.resourceAttributes",
            "null",
            "exactly one of nonResourceAttributes or resourceAttributes must be specified",
        )),
        _ => None,
    }
}

fn who(object: &Object) -> Option<Cause> {
    let spec = message(&object.body, "spec");
    let nobody = text(spec, "user").is_empty() && texts(spec, "groups").is_empty();
    nobody.then(|| invalid("spec.user", "", "at least one of user or group must be specified"))
}

/// How Go prints `NonResourceAttributes`.
fn dump(path: &Map) -> String {
    let quoted = |field: &str| {
        let mut out = Vec::new();
        json::write(&Value::string(text(path, field)), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    };
    format!("{{\"Path\":{},\"Verb\":{}}}", quoted("path"), quoted("verb"))
}

fn metadata(object: &Object, may_be: &[&str], why: &str) -> Option<Cause> {
    let meta = object.meta();
    if meta.keys().all(|field| may_be.contains(&field.as_ref())) {
        return None;
    }
    let mut out = Vec::new();
    json::write_typed(&schema::OBJECT_META, meta, &mut out);
    Some(invalid_as("metadata", &String::from_utf8_lossy(&out), why))
}

fn selectors(object: &Object) -> Vec<Cause> {
    let asked = message(message(&object.body, "spec"), "resourceAttributes");
    let mut causes = Vec::new();
    for (field, check) in [
        ("fieldSelector", field_requirement as fn(&str, &Map) -> Vec<Cause>),
        ("labelSelector", label_requirement),
    ] {
        let Some(selector) = asked.get(field).and_then(Value::as_map) else {
            continue;
        };
        let path = format!("spec.resourceAttributes.{field}");
        let parts = selector.get("requirements");
        match (text(selector, "rawSelector"), messages(parts).next()) {
            ("", None) => causes.push(required(
                format!("{path}.requirements"),
                &format!("when {path} is specified, requirements or rawSelector is required"),
            )),
            ("", Some(_)) | (_, None) => {}
            (raw, Some(_)) => causes.push(invalid(
                format!("{path}.rawSelector"),
                raw,
                "may not specified at the same time as requirements",
            )),
        }
        for (index, part) in messages(parts).enumerate().take(CAUSES_MAX) {
            causes.extend(check(&format!("{path}.requirements[{index}]"), part));
        }
    }
    causes
}

fn field_requirement(path: &str, part: &Map) -> Vec<Cause> {
    let keyless = text(part, "key").is_empty();
    let key = keyless.then(|| required(format!("{path}.key"), "must be specified"));
    key.into_iter().chain(operator(path, part)).collect()
}

fn label_requirement(path: &str, part: &Map) -> Vec<Cause> {
    let mut causes = Vec::from_iter(operator(path, part));
    let key = text(part, "key");
    let wrong = qualified_name(key);
    causes.extend(wrong.iter().map(|why| invalid(format!("{path}.key"), key, why)));
    for (index, value) in texts(part, "values").into_iter().enumerate().take(CAUSES_MAX) {
        let wrong = label_value(value);
        let field = || format!("{path}.values[{index}]");
        causes.extend(wrong.iter().map(|why| invalid(field(), value, why)));
    }
    causes
}

fn operator(path: &str, part: &Map) -> Option<Cause> {
    let field = format!("{path}.values");
    match (text(part, "operator"), texts(part, "values").is_empty()) {
        ("In" | "NotIn", true) => Some(required(
            field,
            "must be specified when `operator` is 'In' or 'NotIn'",
        )),
        ("Exists" | "DoesNotExist", false) => Some(forbidden(
            field,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        )),
        _ => None,
    }
}

/// What is said of selectors that are not understood: they narrow nothing, which can only ask for more.
///
/// Source: `BuildEvaluationError` in `pkg/registry/authorization/util/helpers.go`.
pub(crate) fn ignored(asked: &Map) -> String {
    let field = understood(asked, "fieldSelector", of_field, |raw| {
        FieldSelector::parse(raw).is_ok()
    });
    let label = understood(asked, "labelSelector", of_label, |raw| {
        LabelSelector::parse(raw).is_ok()
    });
    let said: Vec<String> = [("fieldSelector", field), ("labelSelector", label)]
        .into_iter()
        .filter_map(|(name, understood)| {
            let part = match understood {
                Understood::All => return None,
                Understood::Some => "partially ",
                Understood::Nothing => "",
            };
            Some(format!(
                "spec.resourceAttributes.{name} {part}ignored due to parse error"
            ))
        })
        .collect();
    said.join("; ")
}

/// How the question is narrowed, as far as that is understood.
///
/// Source: `ResourceAttributesFrom` in `pkg/registry/authorization/util/helpers.go`.
pub(crate) fn narrowed(asked: &Map) -> Option<Arc<Selectors>> {
    let raw = |field: &str| text(message(asked, field), "rawSelector");
    let raw = Selectors::of(raw("fieldSelector"), raw("labelSelector"));
    let mut selectors = raw.as_deref().cloned().unwrap_or_default();
    selectors.fields.extend(written(asked, "fieldSelector", of_field));
    selectors.labels.extend(written(asked, "labelSelector", of_label));
    let narrows = !selectors.fields.is_empty() || !selectors.labels.is_empty();
    narrows.then(|| Arc::new(selectors))
}

fn written(asked: &Map, field: &str, part: fn(&Map) -> bool) -> Vec<Requirement> {
    let parts = messages(message(asked, field).get("requirements")).filter(|one| part(one));
    let requirement = |part: &Map| {
        let mut operators = ["In", "NotIn", "Exists", "DoesNotExist"].into_iter();
        Some(Requirement {
            key: text(part, "key").to_owned(),
            operator: operators.find(|known| *known == text(part, "operator"))?,
            values: texts(part, "values").into_iter().map(str::to_owned).collect(),
        })
    };
    parts.filter_map(requirement).collect()
}

/// Whether a requirement on a field is understood.
fn of_field(part: &Map) -> bool {
    matches!(text(part, "operator"), "In" | "NotIn") && texts(part, "values").len() == 1
}

/// Whether a requirement on a label is understood.
fn of_label(part: &Map) -> bool {
    matches!(text(part, "operator"), "In" | "NotIn" | "Exists" | "DoesNotExist")
}

/// How much of a selector is understood.
enum Understood {
    All,
    Some,
    Nothing,
}

fn understood(
    asked: &Map,
    field: &str,
    part: impl Fn(&Map) -> bool,
    raw: impl Fn(&str) -> bool,
) -> Understood {
    let selector = message(asked, field);
    let parts = || messages(selector.get("requirements"));
    let whole = match parts().next() {
        Some(_) => parts().all(&part),
        None => raw(text(selector, "rawSelector")),
    };
    match whole {
        true => Understood::All,
        false if parts().any(&part) => Understood::Some,
        false => Understood::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use purser_types::decode::{self, BodyFormat, FieldValidation};
    use purser_types::resource::{LOCAL_SUBJECT_ACCESS_REVIEWS, SUBJECT_ACCESS_REVIEWS};

    use super::*;

    fn said(check: fn(&Object) -> Vec<Cause>, body: &str) -> Vec<String> {
        let is_local = body.contains("LocalSubject");
        let resource = if is_local {
            &LOCAL_SUBJECT_ACCESS_REVIEWS
        } else {
            &SUBJECT_ACCESS_REVIEWS
        };
        let body = format!("{{\"apiVersion\":\"authorization.k8s.io/v1\",{body}}}");
        let read = decode::object(
            resource,
            BodyFormat::Json,
            body.as_bytes(),
            FieldValidation::Strict,
        );
        let causes = check(&read.unwrap().0);
        causes
            .iter()
            .map(|cause| format!("{}: {}", cause.field, cause.message))
            .collect()
    }

    #[test]
    fn questions_are_judged_as_upstream_judges_them() {
        const NONE: &str = "spec.resourceAttributes: Invalid value: \"null\": exactly one of nonResourceAttributes or \
                            resourceAttributes must be specified";
        const EMPTY: &str = "spec.resourceAttributes.fieldSelector.requirements: Required value: when \
                             spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is required";
        for (spec, expected) in [
            (r#"{"user":"u","resourceAttributes":{}}"#, vec![]),
            (r#"{"user":"u"}"#, vec![NONE]),
            (
                r#"{}"#,
                vec![
                    NONE,
                    "spec.user: Invalid value: \"\": at least one of user or group must be specified",
                ],
            ),
            (
                r#"{"groups":["g"],"resourceAttributes":{"fieldSelector":{}}}"#,
                vec![EMPTY],
            ),
            (
                r#"{"user":"u","resourceAttributes":{"fieldSelector":{"rawSelector":"a","requirements":[{"key":"","operator":"In"}]}}}"#,
                vec![
                    "spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: \"a\": may not specified at the \
                     same time as requirements",
                    "spec.resourceAttributes.fieldSelector.requirements[0].key: Required value: must be specified",
                    "spec.resourceAttributes.fieldSelector.requirements[0].values: Required value: must be specified when \
                     `operator` is 'In' or 'NotIn'",
                ],
            ),
            (
                r#"{"user":"u","resourceAttributes":{"labelSelector":{"requirements":[{"key":"a","operator":"Exists","values":["b"]},{"key":"a","operator":"Near"}]}}}"#,
                vec![
                    "spec.resourceAttributes.labelSelector.requirements[0].values: Forbidden: may not be specified when \
                     `operator` is 'Exists' or 'DoesNotExist'",
                ],
            ),
        ] {
            let body = format!("\"kind\":\"SubjectAccessReview\",\"spec\":{spec}");
            assert_eq!(said(any, &body), expected, "{spec}");
        }
    }

    #[test]
    fn a_question_is_narrowed_by_what_is_understood() {
        let read = |spec: &str| {
            let body = format!(
                r#"{{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","spec":{{"resourceAttributes":{spec}}}}}"#
            );
            let read = decode::object(
                &SUBJECT_ACCESS_REVIEWS,
                BodyFormat::Json,
                body.as_bytes(),
                FieldValidation::Strict,
            );
            let object = read.unwrap().0;
            narrowed(message(message(&object.body, "spec"), "resourceAttributes"))
        };
        let raw = read(r#"{"fieldSelector":{"rawSelector":"type=a"},"labelSelector":{"rawSelector":"=="}}"#);
        assert_eq!(raw, Selectors::of("type=a", ""));
        let parts = read(
            r#"{"labelSelector":{"requirements":[{"key":"a","operator":"In","values":["b"]},{"key":"c","operator":"Near"}]},
                "fieldSelector":{"requirements":[{"key":"type","operator":"In","values":["a","b"]}]}}"#,
        );
        assert_eq!(parts, Selectors::of("", "a in (b)"));
        assert_eq!(read("{}"), None);
    }

    #[test]
    fn metadata_is_empty_but_for_the_namespace_of_a_local_question() {
        let named = "\"kind\":\"SubjectAccessReview\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"user\":\"u\",\
                     \"resourceAttributes\":{}}";
        let expected = "metadata: Invalid value: {\"name\":\"a\"}: must be empty";
        assert_eq!(said(any, named), [expected]);
        let path = "\"kind\":\"LocalSubjectAccessReview\",\"metadata\":{\"namespace\":\"n\"},\"spec\":{\"user\":\"u\",\
                     \"nonResourceAttributes\":{\"path\":\"/<\"}}";
        let expected = "spec.nonResourceAttributes: Invalid value: {\"Path\":\"/\\u003c\",\"Verb\":\"\"}: disallowed on \
                        this kind of request";
        assert_eq!(said(local, path), [expected]);
    }
}
