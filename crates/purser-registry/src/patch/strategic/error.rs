//! Why a strategic merge patch does not apply.
//!
//! Source: `k8s.io/apimachinery/pkg/util/mergepatch/errors.go`, and `interpretStrategicMergePatchError` of
//! kube-apiserver for the codes.

use purser_types::{Map, Status, Value};

use super::words::PATCH;
use crate::patch::answers::rejected;
use crate::patch::go;
use crate::validate::causes::{REDACTED, quote};

/// Why it does not apply. Some hold parts of the patch, which no sentence about a Secret repeats.
#[derive(Debug, PartialEq)]
pub(in crate::patch) enum Error {
    /// `$deleteFromPrimitiveList` without a field.
    PrimitiveList,
    /// `$retainKeys` is no list, or the patch has members that it lacks.
    RetainKeys,
    /// `$setElementOrder` without a field.
    SetElementOrder,
    /// A list of lists.
    ListOfLists,
    /// `$patch` is none of the words it may be.
    Directive(Map),
    /// An element of a merged list lacks the key by which they are told apart.
    NoMergeKey(Map, &'static str),
    /// Something is not of the Go type that it must be.
    Type {
        /// What it must be.
        expected: &'static str,
        /// What it is.
        received: &'static str,
    },
    /// A message has no such field.
    NoField {
        /// The message.
        of: String,
        /// The field.
        name: String,
    },
    /// A list of messages that the schema gives no key.
    NoKeyDeclared,
    /// `$patch: merge` in a list.
    MergeInList,
    /// Elements of several types.
    Elements(Vec<Value>),
    /// No element at all where an order is given.
    NoElements,
    /// The order given and the order of the patch contradict each other.
    Order {
        /// The list of the patch.
        patch: Vec<Value>,
        /// The order.
        order: Vec<Value>,
    },
}

impl Error {
    /// The answer; with `redact` no part of the patch is in it.
    pub(in crate::patch) fn status(self, redact: bool) -> Status {
        match self {
            Self::PrimitiveList | Self::RetainKeys | Self::SetElementOrder => {
                Status::bad_request(self.sentence(redact))
            }
            // Upstream hides the sentence of such an answer, as it does for JSON Patch.
            Self::ListOfLists => rejected(),
            other => Status::new(500, "", other.sentence(redact), None),
        }
    }

    fn sentence(self, redact: bool) -> String {
        let print = |value: Value| {
            if redact {
                REDACTED.to_owned()
            } else {
                go::printed(&value)
            }
        };
        match self {
            Self::PrimitiveList => "invalid patch format of primitive list".into(),
            Self::RetainKeys => "invalid patch format of retainKeys".into(),
            Self::SetElementOrder => "invalid patch format of setElementOrder list".into(),
            Self::ListOfLists => "lists of lists are not supported".into(),
            Self::Directive(map) => {
                let directive = map.get(PATCH).map_or_else(String::new, go::printed);
                let directive = if redact { REDACTED.to_owned() } else { directive };
                format!(
                    "unknown patch type: {directive} in map: {}",
                    print(Value::Map(map))
                )
            }
            Self::NoMergeKey(map, key) => {
                format!(
                    "map: {} does not contain declared merge key: {key}",
                    print(Value::Map(map))
                )
            }
            Self::Type { expected, received } => format!("expected a {expected}, but received a {received}"),
            Self::NoField { of, name } => {
                format!(
                    "unable to find api field in struct {of} for the json field {}",
                    quote(&name)
                )
            }
            Self::NoKeyDeclared => "cannot merge lists without merge key for type struct".into(),
            Self::MergeInList => "merging lists cannot yet be specified in the patch".into(),
            Self::Elements(lists) => {
                format!(
                    "list element types are not identical: {}",
                    print(Value::List(lists))
                )
            }
            Self::NoElements => "no elements in any of the given slices".into(),
            Self::Order { patch, order } => format!(
                "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
                print(Value::List(patch)),
                print(Value::List(order))
            ),
        }
    }
}
