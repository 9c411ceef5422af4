//! Storage keys of objects, and what people call them.

use purser_registry::kinds::{KINDS, Kind};
use purser_store::Keyspace;

/// The resource whose objects have such a storage key; what is kept besides objects has the first part of its key.
pub(super) fn kind_of(keyspace: &Keyspace, key: &str) -> String {
    let path = match key.strip_prefix(keyspace.objects()) {
        Some(path) if !keyspace.is_own(key) => path,
        _ => return "(server)".to_owned(),
    };
    match kind_at(path) {
        Some(kind) => kind.resource.qualified(),
        None => format!("({})", path.split('/').next().unwrap_or_default()),
    }
}

/// The kind whose objects have such storage keys, which are said without what all begin with.
pub(super) fn kind_at(path: &str) -> Option<&'static Kind> {
    let holds = |kind: &&Kind| {
        let below = path.strip_prefix(kind.resource.directory);
        kind.is_storage() && below.is_some_and(|rest| rest.starts_with('/'))
    };
    KINDS.iter().find(holds)
}

/// The storage key of an object without what all begin with, by the names that kubectl takes for its resource.
///
/// # Errors
/// What cannot be such a name.
pub(super) fn path_of(resource: &str, name: &str) -> Result<String, String> {
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
    Ok(format!("{}/{name}", kind.resource.directory))
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
            assert_eq!(kind_of(&Keyspace::default(), key), resource);
        }
        let elsewhere: Keyspace = "/a".parse().unwrap();
        for (key, resource) in [
            ("/a/secrets/a/b", "secrets"),
            ("/a/purser/witness", "(server)"),
            ("/registry/secrets/a/b", "(server)"),
        ] {
            assert_eq!(kind_of(&elsewhere, key), resource);
        }
    }

    #[test]
    fn an_object_is_named_as_kubectl_names_it() {
        for (resource, name, place) in [
            ("secrets", "a/b", "secrets/a/b"),
            ("secret", "a/b", "secrets/a/b"),
            ("cm", "a/b", "configmaps/a/b"),
            ("services", "a/b", "services/specs/a/b"),
            ("ns", "a", "namespaces/a"),
            ("roles.rbac.authorization.k8s.io", "a/x:y", "roles/a/x:y"),
        ] {
            assert_eq!(path_of(resource, name).as_deref(), Ok(place));
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
            assert!(path_of(resource, name).is_err(), "{resource} {name}");
        }
    }
}
