//! What a permit allows an operation on.

use std::sync::Arc;

use purser_authz::{Permit, ResourceRequest, Verb};
use purser_types::{Object, Status};

use crate::cache::ResourceCache;
use crate::error::Error;
use crate::kinds::{KINDS, Kind, subresource_verbs};
use crate::registry::Registry;

/// The object or collection of a request.
#[derive(Clone)]
pub(crate) struct Target<'a> {
    /// The kind.
    pub(crate) kind: &'static Kind,
    /// Its cache.
    pub(crate) cache: &'a Arc<ResourceCache>,
    /// The namespace; empty: all, or cluster-scoped.
    pub(crate) namespace: &'a str,
    /// The name; empty: the collection.
    pub(crate) name: &'a str,
    /// The subresource; empty: the object itself.
    pub(crate) subresource: &'static str,
}

impl Registry {
    /// What `permit` is for, provided it is for one of these verbs.
    ///
    /// # Errors
    /// [`Error::WrongPermit`] and [`Error::NotServed`].
    pub(crate) fn target<'a>(&'a self, permit: &'a Permit, verbs: &[Verb]) -> Result<Target<'a>, Error> {
        let request = permit.request();
        if !verbs.contains(&request.verb) {
            return Err(Error::WrongPermit);
        }
        let at = KINDS
            .iter()
            .position(|kind| kind.resource == request.resource)
            .ok_or(Error::NotServed)?;
        let (kind, cache) = KINDS.get(at).zip(self.caches.at(at)).ok_or(Error::NotServed)?;
        let subresource = subresource(kind, request)?;
        // RBAC sees a Namespace as living in itself; its storage key does not.
        let namespace = if kind.resource.namespaced {
            request.namespace.as_str()
        } else {
            ""
        };
        Ok(Target {
            kind,
            cache,
            namespace,
            name: &request.name,
            subresource,
        })
    }
}

/// The subresource a request names, if the kind has it and it answers to the verb.
fn subresource(kind: &Kind, request: &ResourceRequest) -> Result<&'static str, Error> {
    if request.subresource.is_empty() {
        return Ok("");
    }
    let known = kind
        .subresources
        .iter()
        .find(|known| **known == request.subresource);
    known
        .copied()
        .filter(|name| subresource_verbs(name).contains(&request.verb))
        .ok_or(Error::WrongPermit)
}

impl Target<'_> {
    /// The object's storage key.
    ///
    /// # Errors
    /// 400 for names that cannot be.
    pub(crate) fn key(&self, registry: &Registry) -> Result<String, Error> {
        let keys = &registry.caches.keys;
        keys.object(self.kind.resource, self.namespace, self.name)
    }

    /// Puts the request's namespace into an object that names none.
    ///
    /// # Errors
    /// 400 when it names another. Source: `rest.EnsureObjectNamespaceMatchesRequestNamespace`.
    pub(crate) fn settle_namespace(&self, object: &mut Object) -> Result<(), Error> {
        let given = object.namespace();
        if given == self.namespace {
            return Ok(());
        }
        if given.is_empty() || !self.kind.resource.namespaced {
            let namespace = self.namespace.to_owned();
            object.set_meta_str("namespace", &namespace);
            return Ok(());
        }
        let why = "the namespace of the provided object does not match the namespace sent on the request";
        Err(Status::bad_request(why).into())
    }

    /// Checks that an object is the one the request names.
    ///
    /// # Errors
    /// 400. Source: `checkName` in `k8s.io/apiserver/pkg/endpoints/handlers/rest.go`.
    pub(crate) fn check_name(&self, object: &Object) -> Result<(), Error> {
        let why = match object.name() {
            "" => format!(
                "the name of the object ({} based on URL) was undeterminable: name must be provided",
                self.name
            ),
            name if name != self.name => {
                format!(
                    "the name of the object ({name}) does not match the name on the URL ({})",
                    self.name
                )
            }
            _ => return Ok(()),
        };
        Err(Status::bad_request(why).into())
    }
}
