//! How a Secret is changed by somebody who may not `get` it: with stand-ins for its values.
//!
//! All that tells a change from none looks at the stand-ins: who is recorded as a manager, whom an apply is in
//! conflict with, whether an immutable Secret changes, whether anything is written. What comes of it is then the same
//! whatever the values are, and no guess is told to be right. Upstream tells (by the revision of the answer, for one).

use std::mem::replace;

use purser_admission::LAST_APPLIED;
use purser_types::{Map, Object, Plaintext, Value};

/// The values that stand-ins stand for.
pub(super) struct Mask {
    data: Map,
    last_applied: Option<Value>,
}

impl Mask {
    /// Takes the values out of what is stored. `drawn` is drawn anew for each, so that no value that a client sends
    /// is a stand-in.
    pub(super) fn put_on(old: &mut Object, drawn: &str) -> Self {
        let mut taken = Map::new();
        for (key, value) in data(old).into_iter().flatten() {
            let stand_in = Plaintext::new(format!("{drawn}/{key}").into_bytes());
            taken.insert(key.clone(), replace(value, Value::Bytes(stand_in)));
        }
        let annotation = annotations(old).and_then(|all| all.get_mut(LAST_APPLIED));
        Self {
            data: taken,
            last_applied: annotation.map(|value| replace(value, Value::string(drawn))),
        }
    }

    /// Puts back what the change has not touched, into both. What it has touched stays a stand-in in `old`, and so
    /// differs. Answers whether any value was put back.
    pub(super) fn take_off(self, object: &mut Object, old: &mut Object) -> bool {
        let mut any = false;
        for (key, value) in self.data {
            any |= put_back(data(object), data(old), &key, value);
        }
        if let Some(value) = self.last_applied {
            any |= put_back(annotations(object), annotations(old), LAST_APPLIED, value);
        }
        any
    }
}

fn put_back(object: Option<&mut Map>, old: Option<&mut Map>, key: &str, value: Value) -> bool {
    let new = object.and_then(|map| map.get_mut(key));
    match (new, old.and_then(|map| map.get_mut(key))) {
        (Some(new), Some(old)) if new == old => {
            *old = value.duplicate();
            *new = value;
            true
        }
        _ => false,
    }
}

fn data(object: &mut Object) -> Option<&mut Map> {
    object.body.get_mut("data").and_then(Value::as_map_mut)
}

fn annotations(object: &mut Object) -> Option<&mut Map> {
    object
        .meta_mut()
        .get_mut("annotations")
        .and_then(Value::as_map_mut)
}
