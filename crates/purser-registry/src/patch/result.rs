//! What a patch made, read as an object.

use purser_types::decode::FieldValidation;
use purser_types::resource;
use purser_types::{Object, Resource, Status, Value, conform};

use super::answers::not_an_object;
use crate::validate::causes::quote;

/// A patched document.
pub(super) struct Patched<'a> {
    /// The untyped tree.
    pub(super) document: Value,
    /// What is strictly wrong with the patch itself.
    pub(super) findings: Vec<String>,
    /// What it was.
    pub(super) current: &'a Object,
    /// Whether `apiVersion` and `kind` do not matter (strategic merge patch goes from map to struct).
    pub(super) ignores_kind: bool,
    /// Whether the document must not be repeated.
    pub(super) redact: bool,
}

impl Patched<'_> {
    /// The object, and warnings about fields.
    ///
    /// # Errors
    /// 422 when the document is no object of the kind, or strictly not.
    pub(super) fn object(
        self,
        validation: FieldValidation,
        describe: impl Fn(&Value) -> String,
    ) -> Result<(Object, Vec<String>), Status> {
        let Self {
            mut document,
            mut findings,
            current,
            ignores_kind,
            redact,
        } = self;
        let kept = (!redact).then(|| document.duplicate());
        let refused = |why: &str| {
            let text = kept.as_ref().map(&describe);
            not_an_object(text.as_deref(), why)
        };
        let named = if ignores_kind {
            None
        } else {
            named(&document, current.resource)
        };
        if let Some(map) = document.as_map_mut() {
            map.remove("apiVersion");
            map.remove("kind");
        }
        let resource = match named {
            Some(Err(why)) => return Err(refused(&why)),
            Some(Ok(other)) => other,
            None => current.resource,
        };
        let conformed =
            conform::conform(resource.message, document).map_err(|why| refused(&why.to_string()))?;
        if resource != current.resource {
            let why = format!(
                "unable to decode {} into *core.{}",
                gvk(resource),
                current.resource.kind
            );
            return Err(refused(&why));
        }
        findings.extend(
            conformed
                .unknown
                .iter()
                .map(|path| format!("unknown field {}", quote(path))),
        );
        if validation == FieldValidation::Strict && !findings.is_empty() {
            return Err(refused(&format!(
                "strict decoding error: {}",
                findings.join(", ")
            )));
        }
        if validation == FieldValidation::Ignore {
            findings.clear();
        }
        Ok((
            Object {
                resource: current.resource,
                body: conformed.body,
            },
            findings,
        ))
    }
}

/// The kind that a document names, when it is not `current`'s. What it does not name, it keeps.
fn named(document: &Value, current: &'static Resource) -> Option<Result<&'static Resource, String>> {
    let map = document.as_map()?;
    let kind = map.get("kind").and_then(Value::as_str).unwrap_or(current.kind);
    let current_version = current.api_version();
    let version = map
        .get("apiVersion")
        .and_then(Value::as_str)
        .unwrap_or(&current_version);
    if kind == current.kind && version == current_version {
        return None;
    }
    // A patch may turn an object into another kind on paper; which one decides the sentence that refuses it.
    let known = resource::ALL
        .iter()
        .copied()
        .find(|known| known.kind == kind && known.api_version() == version);
    Some(known.ok_or_else(|| {
        let (kind, version) = (quote(kind), quote(version));
        format!("no kind {kind} is registered for version {version} in scheme \"pkg/api/legacyscheme/scheme.go:30\"")
    }))
}

fn gvk(resource: &Resource) -> String {
    format!("{}/{}, Kind={}", resource.group, resource.version, resource.kind)
}
