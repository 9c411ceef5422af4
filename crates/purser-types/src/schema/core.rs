//! `k8s.io/api/core/v1`.

use super::Message;

/// `corev1.Secret`.
pub static SECRET: Message = Message { name: "Secret", openapi: "io.k8s.api.core.v1.Secret", doc: "", fields: &[] };
/// `corev1.ConfigMap`.
pub static CONFIG_MAP: Message =
    Message { name: "ConfigMap", openapi: "io.k8s.api.core.v1.ConfigMap", doc: "", fields: &[] };
/// `corev1.Namespace`.
pub static NAMESPACE: Message =
    Message { name: "Namespace", openapi: "io.k8s.api.core.v1.Namespace", doc: "", fields: &[] };
/// `corev1.ServiceAccount`.
pub static SERVICE_ACCOUNT: Message =
    Message { name: "ServiceAccount", openapi: "io.k8s.api.core.v1.ServiceAccount", doc: "", fields: &[] };
