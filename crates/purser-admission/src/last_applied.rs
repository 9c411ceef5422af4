//! kubectl's record of what was applied, in an annotation: for a Secret, its values in the clear.

use purser_types::{Object, Value, json};

/// The annotation that `kubectl apply` without `--server-side` writes.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// How many keys are named.
const KEYS_MAX: usize = 8;

/// A warning when the record of a Secret holds values; it names their keys.
pub(crate) fn warning(secret: &Object) -> Option<String> {
    let record = secret.annotations().find(|(key, _)| *key == LAST_APPLIED)?.1;
    if record.is_empty() {
        return None;
    }
    let fields = fields(record);
    let holds = match fields.as_deref() {
        Some([]) => return None,
        Some(fields) => listed(fields),
        None => "what was applied".to_owned(),
    };
    Some(format!(
        "metadata.annotations[{LAST_APPLIED}]: holds {holds} in the clear, for everybody who may read the metadata; \
         use kubectl apply --server-side, and remove the annotation"
    ))
}

fn listed(fields: &[String]) -> String {
    let named = fields
        .iter()
        .take(KEYS_MAX)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match fields.len().saturating_sub(KEYS_MAX) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// `data[a]`, `stringData[b]`; `None` when the record cannot be read.
fn fields(record: &str) -> Option<Vec<String>> {
    let parsed = json::parse(record.as_bytes()).ok()?;
    let document = parsed.value.as_map()?;
    let mut fields = Vec::new();
    for field in ["data", "stringData"] {
        for key in document
            .get(field)
            .and_then(Value::as_map)
            .into_iter()
            .flatten()
            .map(|(key, _)| key)
        {
            fields.push(format!("{field}[{key}]"));
        }
    }
    Some(fields)
}
