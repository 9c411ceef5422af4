//! `k8s.io/apimachinery/pkg/apis/meta/v1`.

use super::Message;

/// `metav1.ObjectMeta`.
pub static OBJECT_META: Message =
    Message { name: "ObjectMeta", openapi: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", doc: "", fields: &[] };
