//! Owners that are given more than once.
//!
//! Source: `dedupOwnerReferencesAndAddWarning` in `k8s.io/apiserver/pkg/endpoints/handlers/rest.go`.

use std::collections::HashSet;

use purser_types::{Object, Value};

const FIELD: &str = "ownerReferences";

/// When upstream looks for them, which decides its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// In the object that was sent.
    Sent,
    /// In what a patch made.
    Patched,
}

/// Keeps each owner once, the first of those that are the same in every field. The answer is a warning that names
/// the uids of the others, if there were any.
pub(super) fn keep_once(object: &mut Object, seen: Seen) -> Option<String> {
    let owners = object.meta().get(FIELD).and_then(Value::as_list)?;
    let mut known = HashSet::with_capacity(owners.len());
    let again: Vec<bool> = owners.iter().map(|owner| !known.insert(fields(owner))).collect();
    if !again.contains(&true) {
        return None;
    }
    let uids: Vec<&str> = owners
        .iter()
        .zip(&again)
        .filter(|(_, again)| **again)
        .map(|(owner, _)| text(owner, "uid"))
        .collect();
    let after = match seen {
        Seen::Sent => "",
        Seen::Patched => " after mutating admission happens",
    };
    let warning = format!(
        ".metadata.ownerReferences contains duplicate entries{after}; API server dedups owner references in 1.20+, and \
         may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
        uids.join(", ")
    );
    if let Some(Value::List(owners)) = object.meta_mut().get_mut(FIELD) {
        let mut again = again.into_iter();
        owners.retain(|_| !again.next().unwrap_or(false));
    }
    Some(warning)
}

/// Everything that a reference says.
fn fields(owner: &Value) -> ([&str; 4], [Option<bool>; 2]) {
    let flag = |name| {
        let value = owner.as_map().and_then(|owner| owner.get(name));
        value.and_then(Value::as_bool)
    };
    (
        ["apiVersion", "kind", "name", "uid"].map(|name| text(owner, name)),
        ["controller", "blockOwnerDeletion"].map(flag),
    )
}

fn text<'o>(owner: &'o Value, name: &str) -> &'o str {
    let value = owner.as_map().and_then(|owner| owner.get(name));
    value.and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use purser_types::decode::{self, BodyFormat, FieldValidation};
    use purser_types::resource::SECRETS;

    use super::*;

    fn owned(owners: &str) -> Object {
        let body = format!(
            r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"a","ownerReferences":[{owners}]}}}}"#
        );
        let read = decode::object(
            &SECRETS,
            BodyFormat::Json,
            body.as_bytes(),
            FieldValidation::Strict,
        );
        read.unwrap().0
    }

    fn count(object: &Object) -> usize {
        object.meta().get(FIELD).and_then(Value::as_list).unwrap().len()
    }

    #[test]
    fn owners_that_differ_in_anything_are_kept() {
        let owner =
            |rest: &str| format!(r#"{{"apiVersion":"v1","kind":"Secret","name":"o","uid":"u"{rest}}}"#);
        let differ = [
            owner(""),
            owner(r#","controller":false"#),
            owner(r#","controller":true"#),
        ]
        .join(",");
        let mut object = owned(&differ);
        assert_eq!(keep_once(&mut object, Seen::Sent), None);
        assert_eq!(count(&object), 3);

        let mut object = owned(&format!("{differ},{differ},{}", owner("")));
        let warning = keep_once(&mut object, Seen::Patched).unwrap();
        assert!(
            warning.contains("entries after mutating admission happens; API"),
            "{warning}"
        );
        assert!(warning.ends_with("observed: u, u, u, u"), "{warning}");
        assert_eq!(count(&object), 3);
    }
}
