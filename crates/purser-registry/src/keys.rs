//! Storage keys: `/registry/<directory>/<namespace>/<name>`, or without the namespace when cluster-scoped.

use purser_store::Keyspace;
use purser_types::{Resource, Status};

use crate::error::Error;
use crate::kinds::{KINDS, Kind};
use crate::validate::names::NameRule;

/// The layout of keys under one prefix.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    prefix: String,
}

/// What a key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    /// The namespace, empty when cluster-scoped.
    pub(crate) namespace: &'a str,
    /// The name.
    pub(crate) name: &'a str,
}

impl Keys {
    /// Keys of the objects of a cluster.
    pub(crate) fn new(keyspace: &Keyspace) -> Self {
        Self {
            prefix: keyspace.objects().to_owned(),
        }
    }

    /// What all keys start with, ending in a slash.
    pub(crate) fn root(&self) -> &str {
        &self.prefix
    }

    /// What all keys of a resource start with, ending in a slash.
    pub(crate) fn directory(&self, resource: &Resource) -> String {
        format!("{}{}/", self.prefix, resource.directory)
    }

    /// What all keys of a resource in a namespace start with; of the whole resource for an empty namespace.
    pub(crate) fn scope(&self, resource: &Resource, namespace: &str) -> String {
        if namespace.is_empty() || !resource.namespaced {
            return self.directory(resource);
        }
        format!("{}{}/{namespace}/", self.prefix, resource.directory)
    }

    /// The key of an object.
    ///
    /// # Errors
    /// 400 when a part is missing or cannot be part of a path, as `registry.NamespaceKeyFunc`.
    pub(crate) fn object(&self, resource: &Resource, namespace: &str, name: &str) -> Result<String, Error> {
        if resource.namespaced && namespace.is_empty() {
            return Err(Status::bad_request("Namespace parameter required.").into());
        }
        if name.is_empty() {
            return Err(Status::bad_request("Name parameter required.").into());
        }
        for part in [name, namespace] {
            let wrong = NameRule::PathSegment.check(part, false);
            if !wrong.is_empty() {
                let why = format!("Name parameter invalid: {part:?}: {}", wrong.join(";"));
                return Err(Status::bad_request(why).into());
            }
        }
        Ok(format!("{}{name}", self.scope(resource, namespace)))
    }

    /// The kind (as an index of [`KINDS`]) and the object that a key names; `None` for keys that are not ours.
    pub(crate) fn parse<'a>(&self, key: &'a str) -> Option<(usize, Named<'a>)> {
        let path = key.strip_prefix(self.prefix.as_str())?;
        KINDS
            .iter()
            .enumerate()
            .filter(|(_, kind)| kind.is_storage())
            .find_map(|(at, kind)| Some((at, named(kind, path)?)))
    }
}

fn named<'a>(kind: &Kind, path: &'a str) -> Option<Named<'a>> {
    let rest = path.strip_prefix(kind.resource.directory)?.strip_prefix('/')?;
    let (namespace, name) = if kind.resource.namespaced {
        rest.split_once('/')?
    } else {
        ("", rest)
    };
    let whole =
        !name.is_empty() && !name.contains('/') && (!kind.resource.namespaced || !namespace.is_empty());
    whole.then_some(Named { namespace, name })
}

#[cfg(test)]
mod tests {
    use purser_types::resource::{NAMESPACES, SECRETS};

    use super::*;

    #[test]
    fn keys_are_upstreams_and_read_back() {
        let keys = Keys::new(&Keyspace::default());
        let key = keys.object(&SECRETS, "a", "b").unwrap();
        assert_eq!(key, "/registry/secrets/a/b");
        let (at, parsed) = keys.parse(&key).unwrap();
        assert_eq!(KINDS[at].resource, &SECRETS);
        assert_eq!(
            parsed,
            Named {
                namespace: "a",
                name: "b"
            }
        );
        assert_eq!(
            keys.object(&NAMESPACES, "", "a").unwrap(),
            "/registry/namespaces/a"
        );
    }

    #[test]
    fn keys_of_others_are_left_alone() {
        let keys = Keys::new(&Keyspace::default());
        for key in [
            "/registry/pods/a/b",
            "/registry/secrets/a",
            "/registry/secrets/a/b/c",
            "/other/secrets/a/b",
        ] {
            assert_eq!(keys.parse(key), None, "{key}");
        }
    }

    #[test]
    fn names_that_would_leave_their_directory_are_refused() {
        let keys = Keys::new(&Keyspace::default());
        for name in ["..", ".", "a/b", "a%2fb"] {
            assert!(keys.object(&SECRETS, "a", name).is_err(), "{name}");
        }
        assert!(keys.object(&SECRETS, "", "a").is_err());
    }
}
