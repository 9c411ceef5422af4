//! Objects that the server keeps by name.

use purser_types::{Object, Resource, proto};

use crate::error::Error;
use crate::registry::Registry;

/// A new one.
pub(super) fn named(resource: &'static Resource, namespace: &str, name: &str) -> Object {
    let mut object = Object::new(resource);
    object.set_meta_str("name", name);
    object.set_meta_str("namespace", namespace);
    object
}

/// What is there, to be written over only as it is, and its revision.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn stored(
    registry: &Registry,
    resource: &'static Resource,
    namespace: &str,
    name: &str,
) -> Result<Option<(Object, u64)>, Error> {
    let key = registry.caches.keys.object(resource, namespace, name)?;
    let Some(found) = registry.caches.of(resource).and_then(|cache| cache.get(&key)) else {
        return Ok(None);
    };
    let plaintext = registry.open(&found).await?;
    let object = proto::decode(resource, plaintext.expose());
    let mut object = object.map_err(|why| Error::Malformed {
        key,
        why: why.to_string(),
    })?;
    object.set_meta_str("resourceVersion", &found.revision.to_string());
    Ok(Some((object, found.revision)))
}
