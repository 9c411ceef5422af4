//! The values of a ConfigMap.

use purser_types::{Object, Value};

use crate::finding::Finding;
use crate::looks;

/// Looks at `data`, and at what of `binaryData` is text.
pub(crate) fn look(object: &Object, budget: &mut usize, findings: &mut Vec<Finding>) {
    for field in ["data", "binaryData"] {
        for (key, value) in object.get(field).and_then(Value::as_map).into_iter().flatten() {
            let Some(text) = text(value) else { continue };
            if text.len() > *budget {
                continue;
            }
            *budget = budget.saturating_sub(text.len());
            if let Some(seen) = looks::credential(key, text) {
                findings.push(Finding {
                    field: format!("{field}[{key}]"),
                    line: seen.line,
                    what: seen.what,
                });
            }
        }
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text.expose()),
        Value::Bytes(bytes) => std::str::from_utf8(bytes.expose()).ok(),
        _ => None,
    }
}
