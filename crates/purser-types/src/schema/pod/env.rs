//! Environment variables, and where they are taken from.

use super::super::{Message, Type};
use super::build::{BOOL, TEXT, of, plain, pointer, required};

/// `corev1.EnvVar`.
pub(super) static ENV_VAR: Message = Message {
    name: "EnvVar",
    openapi: "io.k8s.api.core.v1.EnvVar",
    doc: "An environment variable.",
    fields: &[
        required("name", 1, TEXT, "Its name."),
        plain("value", 2, TEXT, "The value, in which $(NAME) stands for others."),
        pointer(
            "valueFrom",
            3,
            of(&ENV_VAR_SOURCE),
            "Where the value is taken from.",
        ),
    ],
};

/// `corev1.EnvVarSource`.
pub(super) static ENV_VAR_SOURCE: Message = Message {
    name: "EnvVarSource",
    openapi: "io.k8s.api.core.v1.EnvVarSource",
    doc: "Where the value of an environment variable is taken from.",
    fields: &[
        pointer("fieldRef", 1, of(&OBJECT_FIELD_SELECTOR), "A field of the Pod."),
        pointer(
            "resourceFieldRef",
            2,
            of(&RESOURCE_FIELD_SELECTOR),
            "An amount of a container.",
        ),
        pointer(
            "configMapKeyRef",
            3,
            of(&CONFIG_MAP_KEY_SELECTOR),
            "A key of a ConfigMap.",
        ),
        pointer("secretKeyRef", 4, of(&SECRET_KEY_SELECTOR), "A key of a Secret."),
        pointer(
            "fileKeyRef",
            5,
            of(&FILE_KEY_SELECTOR),
            "A key of a file of environment variables.",
        ),
    ],
};

/// `corev1.EnvFromSource`.
pub(super) static ENV_FROM_SOURCE: Message = Message {
    name: "EnvFromSource",
    openapi: "io.k8s.api.core.v1.EnvFromSource",
    doc: "Where environment variables are taken from.",
    fields: &[
        plain("prefix", 1, TEXT, "What is put before each name."),
        pointer("configMapRef", 2, of(&CONFIG_MAP_ENV_SOURCE), "A ConfigMap."),
        pointer("secretRef", 3, of(&SECRET_ENV_SOURCE), "A Secret."),
    ],
};

/// `corev1.ConfigMapEnvSource`.
pub(super) static CONFIG_MAP_ENV_SOURCE: Message = Message {
    name: "ConfigMapEnvSource",
    openapi: "io.k8s.api.core.v1.ConfigMapEnvSource",
    doc: "Environment variables from a ConfigMap.",
    fields: &[
        plain("name", 1, TEXT, "The ConfigMap.").inside(1),
        pointer("optional", 2, BOOL, "Whether it may be missing."),
    ],
};

/// `corev1.SecretEnvSource`.
pub(super) static SECRET_ENV_SOURCE: Message = Message {
    name: "SecretEnvSource",
    openapi: "io.k8s.api.core.v1.SecretEnvSource",
    doc: "Environment variables from a Secret.",
    fields: &[
        plain("name", 1, TEXT, "The Secret.").inside(1),
        pointer("optional", 2, BOOL, "Whether it may be missing."),
    ],
};

/// `corev1.ConfigMapKeySelector`.
pub(super) static CONFIG_MAP_KEY_SELECTOR: Message = Message {
    name: "ConfigMapKeySelector",
    openapi: "io.k8s.api.core.v1.ConfigMapKeySelector",
    doc: "A key of a ConfigMap.",
    fields: &[
        plain("name", 1, TEXT, "The ConfigMap.").inside(1),
        required("key", 2, TEXT, "The key."),
        pointer("optional", 3, BOOL, "Whether it may be missing."),
    ],
};

/// `corev1.SecretKeySelector`.
pub(super) static SECRET_KEY_SELECTOR: Message = Message {
    name: "SecretKeySelector",
    openapi: "io.k8s.api.core.v1.SecretKeySelector",
    doc: "A key of a Secret.",
    fields: &[
        plain("name", 1, TEXT, "The Secret.").inside(1),
        required("key", 2, TEXT, "The key."),
        pointer("optional", 3, BOOL, "Whether it may be missing."),
    ],
};

/// `corev1.FileKeySelector`.
pub(super) static FILE_KEY_SELECTOR: Message = Message {
    name: "FileKeySelector",
    openapi: "io.k8s.api.core.v1.FileKeySelector",
    doc: "A key of a file of environment variables.",
    fields: &[
        required("volumeName", 1, TEXT, "The name of the volume."),
        required("path", 2, TEXT, "The file in the volume."),
        required("key", 3, TEXT, "The key."),
        pointer("optional", 4, BOOL, "Whether it may be missing."),
    ],
};

/// `corev1.ObjectFieldSelector`.
pub(super) static OBJECT_FIELD_SELECTOR: Message = Message {
    name: "ObjectFieldSelector",
    openapi: "io.k8s.api.core.v1.ObjectFieldSelector",
    doc: "A field of an object.",
    fields: &[
        plain("apiVersion", 1, TEXT, "The version in which the field is named."),
        required("fieldPath", 2, TEXT, "The field, as a path."),
    ],
};

/// `corev1.ResourceFieldSelector`.
pub(super) static RESOURCE_FIELD_SELECTOR: Message = Message {
    name: "ResourceFieldSelector",
    openapi: "io.k8s.api.core.v1.ResourceFieldSelector",
    doc: "An amount of a container.",
    fields: &[
        plain("containerName", 1, TEXT, "The container."),
        required("resource", 2, TEXT, "Which amount."),
        plain("divisor", 3, Type::Quantity, "In which unit it is said."),
    ],
};
