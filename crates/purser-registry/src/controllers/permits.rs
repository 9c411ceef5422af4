//! The permits of the controllers.

use purser_authz::{Permit, ResourceRequest, Verb};
use purser_types::Resource;

/// To make objects.
pub(super) fn create(resource: &'static Resource, namespace: &str) -> Permit {
    permit(Verb::Create, resource, namespace, "")
}

/// To replace an object.
pub(super) fn update(resource: &'static Resource, namespace: &str, name: &str) -> Permit {
    permit(Verb::Update, resource, namespace, name)
}

/// To remove an object.
pub(super) fn delete(resource: &'static Resource, namespace: &str, name: &str) -> Permit {
    permit(Verb::Delete, resource, namespace, name)
}

/// To follow a resource in all namespaces.
pub(super) fn watch(resource: &'static Resource) -> Permit {
    permit(Verb::Watch, resource, "", "")
}

fn permit(verb: Verb, resource: &'static Resource, namespace: &str, name: &str) -> Permit {
    let (namespace, name) = (namespace.to_owned(), name.to_owned());
    Permit::internal(ResourceRequest {
        verb,
        resource,
        subresource: String::new(),
        namespace,
        name,
    })
}
