//! Which objects are meant, by labels: `k8s.io/apimachinery/pkg/apis/meta/v1`.

use super::super::meta::STRINGS;
use super::super::{Message, Type};
use super::build::{TEXT, TEXTS, plain, required};

/// `metav1.LabelSelector`.
pub static LABEL_SELECTOR: Message = Message {
    name: "LabelSelector",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector",
    doc: "Which objects are meant, by their labels; empty: all.",
    fields: &[
        plain("matchLabels", 1, STRINGS, "Labels that they must have."),
        plain(
            "matchExpressions",
            2,
            Type::List(&Type::Message(&LABEL_SELECTOR_REQUIREMENT)),
            "What must hold of their labels.",
        ),
    ],
};

/// `metav1.LabelSelectorRequirement`.
pub(in crate::schema) static LABEL_SELECTOR_REQUIREMENT: Message = Message {
    name: "LabelSelectorRequirement",
    openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelectorRequirement",
    doc: "What must hold of a label.",
    fields: &[
        required("key", 1, TEXT, "The key."),
        required("operator", 2, TEXT, "In, NotIn, Exists or DoesNotExist.").go("v1.LabelSelectorOperator"),
        plain("values", 3, TEXTS, "What it is compared with."),
    ],
};
