//! Labels and annotations of any object: everybody who may list it reads them.

use purser_types::Object;

use crate::finding::Finding;
use crate::last_applied::LAST_APPLIED;
use crate::looks;

/// Looks at labels and annotations, but for kubectl's record, which repeats the object.
pub(crate) fn look(object: &Object, budget: &mut usize, findings: &mut Vec<Finding>) {
    let labels = object.labels().map(|(key, value)| ("labels", key, value));
    let annotations = object
        .annotations()
        .map(|(key, value)| ("annotations", key, value));
    for (map, key, value) in labels.chain(annotations) {
        if key == LAST_APPLIED || value.len() > *budget {
            continue;
        }
        *budget = budget.saturating_sub(value.len());
        // The domain of a key says whose it is, not what it holds.
        let name = key.rsplit_once('/').map_or(key, |(_, name)| name);
        if let Some(seen) = looks::credential(name, value) {
            findings.push(Finding {
                field: format!("metadata.{map}[{key}]"),
                line: seen.line,
                what: seen.what,
            });
        }
    }
}
