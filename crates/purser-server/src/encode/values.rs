//! Which parts of an object are values, and how they are kept out of an answer.

use purser_registry::LAST_APPLIED;
use purser_types::resource::SECRETS;
use purser_types::{Map, Object, Value};

/// Whether the caller may see values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Yes.
    Values,
    /// No: they are left out.
    Names,
}

impl Seen {
    /// What of an object is seen by who may see values, or not.
    pub(crate) fn when(values: bool) -> Self {
        if values { Self::Values } else { Self::Names }
    }
}

/// Takes a Secret's copy of itself out of its annotations: metadata answers never carry it. kube-apiserver sends
/// it, and with it the values.
pub(crate) fn drop_last_applied(object: &mut Object) {
    if object.resource == &SECRETS {
        drop_annotation(object.meta_mut());
    }
}

/// Takes every value out, for a caller who may not read them.
pub(crate) fn drop_values(object: &mut Object) {
    if object.resource == &SECRETS {
        for field in ["data", "stringData"] {
            object.set(field, None);
        }
        drop_annotation(object.meta_mut());
    }
}

fn drop_annotation(meta: &mut Map) {
    let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_map_mut) else {
        return;
    };
    annotations.remove(LAST_APPLIED);
    if annotations.is_empty() {
        meta.remove("annotations");
    }
}
