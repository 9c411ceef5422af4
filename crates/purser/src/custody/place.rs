//! Storage keys of objects, and what people call them.

use purser_registry::kinds::{KINDS, Kind};

/// What the storage keys of objects begin with.
pub(super) const PREFIX: &str = "/registry/";

/// The resource whose objects have such a storage key; what is kept besides objects has the first part of its key.
pub(super) fn kind_of(key: &str) -> String {
    let Some(path) = key.strip_prefix(PREFIX) else {
        return "(server)".to_owned();
    };
    match kind_at(key) {
        Some((kind, _)) => kind.resource.qualified(),
        None => format!("({})", path.split('/').next().unwrap_or_default()),
    }
}

/// The kind whose objects have such storage keys, and the key without what all begin with.
pub(super) fn kind_at(place: &str) -> Option<(&'static Kind, &str)> {
    let path = place.strip_prefix(PREFIX)?;
    let holds = |kind: &&Kind| {
        let below = path.strip_prefix(kind.resource.directory);
        kind.is_storage() && below.is_some_and(|rest| rest.starts_with('/'))
    };
    Some((KINDS.iter().find(holds)?, path))
}

/// The storage key of an object, by the names that kubectl takes for its resource.
///
/// # Errors
/// What cannot be such a name.
pub(super) fn place_of(resource: &str, name: &str) -> Result<String, String> {
    let called = |kind: &&Kind| {
        let of = kind.resource;
        kind.is_storage()
            && (of.plural == resource
                || of.singular == resource
                || of.short_names.contains(&resource)
                || of.qualified() == resource)
    };
    let kind = KINDS
        .iter()
        .find(called)
        .ok_or_else(|| format!("there is no resource {resource}"))?;
    let parts: Vec<&str> = name.split('/').collect();
    let whole = parts.len() == 1 + usize::from(kind.resource.namespaced);
    if !whole || parts.iter().any(|part| ["", ".", ".."].contains(part)) {
        let how = if kind.resource.namespaced {
            "NAMESPACE/NAME"
        } else {
            "NAME"
        };
        return Err(format!("{name:?}: an object of {resource} is said as {how}"));
    }
    Ok(format!("{PREFIX}{}/{name}", kind.resource.directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storage_key_tells_the_resource() {
        for (key, resource) in [
            ("/registry/secrets/a/b", "secrets"),
            ("/registry/roles/a/b", "roles.rbac.authorization.k8s.io"),
            ("/registry/services/specs/a/b", "services"),
            ("/registry/services/endpoints/a/b", "endpoints"),
            ("/registry/ranges/serviceips", "(ranges)"),
            ("/purser/witness", "(server)"),
        ] {
            assert_eq!(kind_of(key), resource);
        }
    }

    #[test]
    fn an_object_is_named_as_kubectl_names_it() {
        for (resource, name, place) in [
            ("secrets", "a/b", "/registry/secrets/a/b"),
            ("secret", "a/b", "/registry/secrets/a/b"),
            ("cm", "a/b", "/registry/configmaps/a/b"),
            ("services", "a/b", "/registry/services/specs/a/b"),
            ("ns", "a", "/registry/namespaces/a"),
            (
                "roles.rbac.authorization.k8s.io",
                "a/x:y",
                "/registry/roles/a/x:y",
            ),
        ] {
            assert_eq!(place_of(resource, name).as_deref(), Ok(place));
        }
        for (resource, name) in [
            ("secrets", "b"),
            ("secrets", "a/b/c"),
            ("secrets", "/b"),
            ("secrets", "a/"),
            ("secrets", ""),
            ("secrets", "../b"),
            ("namespaces", "a/b"),
            ("secrets.apps", "a/b"),
            ("pods", "a/b"),
            ("", "a/b"),
        ] {
            assert!(place_of(resource, name).is_err(), "{resource} {name}");
        }
    }
}
