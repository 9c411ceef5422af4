//! What server-side apply has to know of a type besides how its lists merge.
//!
//! Source: the OpenAPI of kube-apiserver 1.36 (`x-kubernetes-map-type`, and `default` of list-map keys).

use super::{Field, Message};

/// Maps that are owned and replaced as a whole, as the message and its field.
const ATOMIC_MAPS: [(&str, &str); 5] = [
    ("NodeSelector", "matchLabels"),
    ("PodSpec", "nodeSelector"),
    ("ReplicationControllerSpec", "selector"),
    ("ResourceClaimSpec", "selector"),
    ("ServiceSpec", "selector"),
];
/// Keys of list elements that may be left out, and what they are then.
const KEY_DEFAULTS: [(&str, &str, &str); 2] = [
    ("ContainerPort", "protocol", "TCP"),
    ("ServicePort", "protocol", "TCP"),
];

impl Message {
    /// Whether the map in a field has one owner as a whole (`x-kubernetes-map-type: atomic`).
    #[must_use]
    pub fn has_atomic_map(&self, field: &Field) -> bool {
        ATOMIC_MAPS.contains(&(self.name, field.name))
    }

    /// The value of a key by which list elements of this type are told apart, when an element leaves it out.
    #[must_use]
    pub fn key_default(&self, key: &str) -> Option<&'static str> {
        KEY_DEFAULTS
            .iter()
            .find(|(message, name, _)| *message == self.name && *name == key)
            .map(|(_, _, value)| *value)
    }
}
