//! Volumes of files that are there anyway.

use super::super::{Message, Type};
use super::build::{BOOL, INT32, TEXT, of, plain, pointer, required};
use super::env::{OBJECT_FIELD_SELECTOR, RESOURCE_FIELD_SELECTOR};

/// `corev1.HostPathVolumeSource`.
pub(super) static HOST_PATH_VOLUME_SOURCE: Message = Message {
    name: "HostPathVolumeSource",
    openapi: "io.k8s.api.core.v1.HostPathVolumeSource",
    doc: "A file or directory of the node.",
    fields: &[
        required("path", 1, TEXT, "The path."),
        pointer("type", 2, TEXT, "What must be there, or is made.").go("v1.HostPathType"),
    ],
};

/// `corev1.EmptyDirVolumeSource`.
pub(super) static EMPTY_DIR_VOLUME_SOURCE: Message = Message {
    name: "EmptyDirVolumeSource",
    openapi: "io.k8s.api.core.v1.EmptyDirVolumeSource",
    doc: "A directory that lives as long as the Pod.",
    fields: &[
        plain("medium", 1, TEXT, "Where it is kept: empty for disk, or Memory.").go("v1.StorageMedium"),
        pointer("sizeLimit", 2, Type::Quantity, "How big it may become."),
    ],
};

/// `corev1.SecretVolumeSource`.
pub(super) static SECRET_VOLUME_SOURCE: Message = Message {
    name: "SecretVolumeSource",
    openapi: "io.k8s.api.core.v1.SecretVolumeSource",
    doc: "The values of a Secret as files.",
    fields: &[
        plain("secretName", 1, TEXT, "The Secret."),
        plain(
            "items",
            2,
            Type::List(&Type::Message(&KEY_TO_PATH)),
            "Which keys become files, and where; none: all.",
        ),
        pointer(
            "defaultMode",
            3,
            INT32,
            "The permissions of its files, unless they have their own.",
        ),
        pointer("optional", 4, BOOL, "Whether it may be missing."),
    ],
};

/// `corev1.ConfigMapVolumeSource`.
pub(super) static CONFIG_MAP_VOLUME_SOURCE: Message = Message {
    name: "ConfigMapVolumeSource",
    openapi: "io.k8s.api.core.v1.ConfigMapVolumeSource",
    doc: "The settings of a ConfigMap as files.",
    fields: &[
        plain("name", 1, TEXT, "The ConfigMap.").inside(1),
        plain(
            "items",
            2,
            Type::List(&Type::Message(&KEY_TO_PATH)),
            "Which keys become files, and where; none: all.",
        ),
        pointer(
            "defaultMode",
            3,
            INT32,
            "The permissions of its files, unless they have their own.",
        ),
        pointer("optional", 4, BOOL, "Whether it may be missing."),
    ],
};

/// `corev1.DownwardAPIVolumeSource`.
pub(super) static DOWNWARD_API_VOLUME_SOURCE: Message = Message {
    name: "DownwardAPIVolumeSource",
    openapi: "io.k8s.api.core.v1.DownwardAPIVolumeSource",
    doc: "What is known of a Pod, as files.",
    fields: &[
        plain(
            "items",
            1,
            Type::List(&Type::Message(&DOWNWARD_API_VOLUME_FILE)),
            "The files.",
        ),
        pointer(
            "defaultMode",
            2,
            INT32,
            "The permissions of its files, unless they have their own.",
        ),
    ],
};

/// `corev1.KeyToPath`.
pub(super) static KEY_TO_PATH: Message = Message {
    name: "KeyToPath",
    openapi: "io.k8s.api.core.v1.KeyToPath",
    doc: "A key that becomes a file.",
    fields: &[
        required("key", 1, TEXT, "The key."),
        required("path", 2, TEXT, "Where the file is, below the volume."),
        pointer("mode", 3, INT32, "The permissions of the file."),
    ],
};

/// `corev1.DownwardAPIVolumeFile`.
pub(super) static DOWNWARD_API_VOLUME_FILE: Message = Message {
    name: "DownwardAPIVolumeFile",
    openapi: "io.k8s.api.core.v1.DownwardAPIVolumeFile",
    doc: "A file about a Pod.",
    fields: &[
        required("path", 1, TEXT, "Where the file is, below the volume."),
        pointer("fieldRef", 2, of(&OBJECT_FIELD_SELECTOR), "A field of the Pod."),
        pointer(
            "resourceFieldRef",
            3,
            of(&RESOURCE_FIELD_SELECTOR),
            "An amount of a container.",
        ),
        pointer("mode", 4, INT32, "The permissions of the file."),
    ],
};

/// `corev1.GitRepoVolumeSource`.
pub(super) static GIT_REPO_VOLUME_SOURCE: Message = Message {
    name: "GitRepoVolumeSource",
    openapi: "io.k8s.api.core.v1.GitRepoVolumeSource",
    doc: "A git repository.",
    fields: &[
        required("repository", 1, TEXT, "Its address."),
        plain("revision", 2, TEXT, "The commit."),
        plain("directory", 3, TEXT, "Where it is put."),
    ],
};

/// `corev1.ImageVolumeSource`.
pub(super) static IMAGE_VOLUME_SOURCE: Message = Message {
    name: "ImageVolumeSource",
    openapi: "io.k8s.api.core.v1.ImageVolumeSource",
    doc: "The content of an image or artifact.",
    fields: &[
        plain("reference", 1, TEXT, "The image."),
        plain(
            "pullPolicy",
            2,
            TEXT,
            "When it is pulled: Always, Never or IfNotPresent.",
        )
        .go("v1.PullPolicy"),
    ],
};
