//! The permits of the controllers.

use purser_authz::{Permit, ResourceRequest, Verb};
use purser_types::Resource;

/// To make objects.
pub(in crate::controllers) fn create(resource: &'static Resource, namespace: &str) -> Permit {
    permit(Verb::Create, resource, namespace, "")
}

/// To replace an object.
pub(in crate::controllers) fn update(resource: &'static Resource, namespace: &str, name: &str) -> Permit {
    permit(Verb::Update, resource, namespace, name)
}

/// To change parts of an object.
pub(in crate::controllers) fn patch(resource: &'static Resource, namespace: &str, name: &str) -> Permit {
    permit(Verb::Patch, resource, namespace, name)
}

/// To remove an object.
pub(in crate::controllers) fn delete(resource: &'static Resource, namespace: &str, name: &str) -> Permit {
    permit(Verb::Delete, resource, namespace, name)
}

/// To replace an object of no namespace through a subresource.
pub(in crate::controllers) fn update_through(
    resource: &'static Resource,
    name: &str,
    subresource: &str,
) -> Permit {
    Permit::internal(ResourceRequest {
        verb: Verb::Update,
        resource,
        subresource: subresource.to_owned(),
        namespace: String::new(),
        name: name.to_owned(),
        selectors: None,
    })
}

/// To follow a resource in all namespaces.
pub(in crate::controllers) fn watch(resource: &'static Resource) -> Permit {
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
        selectors: None,
    })
}
