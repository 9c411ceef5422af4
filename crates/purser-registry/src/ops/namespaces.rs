//! What is special about deleting a Namespace.

use purser_types::object::part_mut;
use purser_types::resource::NAMESPACES;
use purser_types::{Key, Object, Status, Value};

use crate::error::Error;
use crate::kinds::{Kind, NAMESPACE_FINALIZER};

/// Namespaces that exist from the start and cannot be deleted. Source: `NamespaceLifecycle` admission upstream.
const PROTECTED: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Whether a kind is Namespace.
pub(crate) fn is_namespace(kind: &Kind) -> bool {
    kind.resource == &NAMESPACES
}

/// Refuses the deletion of a protected namespace.
///
/// # Errors
/// 403.
pub(crate) fn check_deletable(kind: &Kind, name: &str) -> Result<(), Error> {
    if is_namespace(kind) && PROTECTED.contains(&name) {
        let why = "this namespace may not be deleted";
        return Err(Status::forbidden(kind.resource, name, why).into());
    }
    Ok(())
}

/// Namespaces say in words of their own that a precondition does not hold. Source: `REST.Delete` in
/// `pkg/registry/core/namespace/storage/storage.go`.
pub(crate) fn precondition_failed(name: &str, field: &str, asked: &str, stored: &str) -> Error {
    let why =
        format!("Precondition failed: {field} in precondition: {asked}, {field} in object meta: {stored}");
    Status::conflict(&NAMESPACES, name, &why).into()
}

/// Whether something still has to be done before a Namespace may go (`spec.finalizers`).
pub(crate) fn has_finalizers(namespace: &Object) -> bool {
    let spec = namespace.get("spec").and_then(Value::as_map);
    spec.and_then(|spec| spec.get("finalizers"))
        .and_then(Value::as_list)
        .is_some_and(|list| !list.is_empty())
}

/// Lets a Namespace go as far as the server is concerned: whether that was still to be said.
pub(crate) fn finalize(namespace: &mut Object) -> bool {
    let spec = namespace.body.get_mut("spec").and_then(Value::as_map_mut);
    let Some(spec) = spec else { return false };
    let Some(Value::List(finalizers)) = spec.get_mut("finalizers") else {
        return false;
    };
    let before = finalizers.len();
    finalizers.retain(|finalizer| finalizer.as_str() != Some(NAMESPACE_FINALIZER));
    let (after, none) = (finalizers.len(), finalizers.is_empty());
    if none {
        spec.remove("finalizers");
    }
    after < before
}

/// Marks a Namespace as on its way out.
pub(crate) fn terminate(namespace: &mut Object) {
    let status = part_mut(&mut namespace.body, "status");
    status.insert(Key::Borrowed("phase"), Value::string("Terminating"));
}
