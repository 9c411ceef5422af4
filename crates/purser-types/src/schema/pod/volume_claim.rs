//! Volumes by claims and drivers.

use super::super::Message;
use super::super::core::LOCAL_OBJECT_REFERENCE;
use super::super::meta::OBJECT_META;
use super::super::meta::STRINGS;
use super::super::quota::AMOUNTS;
use super::build::{BOOL, TEXT, TEXTS, of, plain, pointer, required};
use super::selector::LABEL_SELECTOR;

/// `corev1.PersistentVolumeClaimVolumeSource`.
pub(super) static PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE: Message = Message {
    name: "PersistentVolumeClaimVolumeSource",
    openapi: "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource",
    doc: "What a PersistentVolumeClaim has got.",
    fields: &[
        required("claimName", 1, TEXT, "The claim."),
        plain("readOnly", 2, BOOL, "Whether it can only be read."),
    ],
};

/// `corev1.EphemeralVolumeSource`.
pub(super) static EPHEMERAL_VOLUME_SOURCE: Message = Message {
    name: "EphemeralVolumeSource",
    openapi: "io.k8s.api.core.v1.EphemeralVolumeSource",
    doc: "A volume made for a Pod.",
    fields: &[pointer(
        "volumeClaimTemplate",
        1,
        of(&PERSISTENT_VOLUME_CLAIM_TEMPLATE),
        "The claim to be made.",
    )],
};

/// `corev1.PersistentVolumeClaimTemplate`.
pub(super) static PERSISTENT_VOLUME_CLAIM_TEMPLATE: Message = Message {
    name: "PersistentVolumeClaimTemplate",
    openapi: "io.k8s.api.core.v1.PersistentVolumeClaimTemplate",
    doc: "A PersistentVolumeClaim to be made.",
    fields: &[
        plain(
            "metadata",
            1,
            of(&OBJECT_META),
            "What the object has besides its content.",
        ),
        required("spec", 2, of(&PERSISTENT_VOLUME_CLAIM_SPEC), "What is wanted."),
    ],
};

/// `corev1.PersistentVolumeClaimSpec`.
pub(super) static PERSISTENT_VOLUME_CLAIM_SPEC: Message = Message {
    name: "PersistentVolumeClaimSpec",
    openapi: "io.k8s.api.core.v1.PersistentVolumeClaimSpec",
    doc: "What is wanted of a volume.",
    fields: &[
        plain("accessModes", 1, TEXTS, "How it is mounted.").go("v1.PersistentVolumeAccessMode"),
        pointer(
            "selector",
            4,
            of(&LABEL_SELECTOR),
            "Which volumes are meant, by their labels.",
        ),
        plain(
            "resources",
            2,
            of(&VOLUME_RESOURCE_REQUIREMENTS),
            "How big it is.",
        ),
        plain("volumeName", 3, TEXT, "The name of the volume."),
        pointer("storageClassName", 5, TEXT, "The StorageClass."),
        pointer("volumeMode", 6, TEXT, "Filesystem or Block.").go("v1.PersistentVolumeMode"),
        pointer(
            "dataSource",
            7,
            of(&TYPED_LOCAL_OBJECT_REFERENCE),
            "What it is filled from.",
        ),
        pointer(
            "dataSourceRef",
            8,
            of(&TYPED_OBJECT_REFERENCE),
            "What it is filled from, in any namespace.",
        ),
        pointer("volumeAttributesClassName", 9, TEXT, "The VolumeAttributesClass."),
    ],
};

/// `corev1.VolumeResourceRequirements`.
pub(super) static VOLUME_RESOURCE_REQUIREMENTS: Message = Message {
    name: "VolumeResourceRequirements",
    openapi: "io.k8s.api.core.v1.VolumeResourceRequirements",
    doc: "How big a volume is.",
    fields: &[
        plain("limits", 1, AMOUNTS, "The most that may be used."),
        plain("requests", 2, AMOUNTS, "The least that is kept for it."),
    ],
};

/// `corev1.TypedLocalObjectReference`.
pub(super) static TYPED_LOCAL_OBJECT_REFERENCE: Message = Message {
    name: "TypedLocalObjectReference",
    openapi: "io.k8s.api.core.v1.TypedLocalObjectReference",
    doc: "An object of the same namespace, of any kind.",
    fields: &[
        pointer("apiGroup", 1, TEXT, "The API group; empty: core."),
        required("kind", 2, TEXT, "The kind."),
        required("name", 3, TEXT, "Its name."),
    ],
};

/// `corev1.TypedObjectReference`.
pub(super) static TYPED_OBJECT_REFERENCE: Message = Message {
    name: "TypedObjectReference",
    openapi: "io.k8s.api.core.v1.TypedObjectReference",
    doc: "An object of any kind.",
    fields: &[
        pointer("apiGroup", 1, TEXT, "The API group; empty: core."),
        required("kind", 2, TEXT, "The kind."),
        required("name", 3, TEXT, "Its name."),
        pointer("namespace", 4, TEXT, "The namespace; none: the same."),
    ],
};

/// `corev1.CSIVolumeSource`.
pub(super) static CSI_VOLUME_SOURCE: Message = Message {
    name: "CSIVolumeSource",
    openapi: "io.k8s.api.core.v1.CSIVolumeSource",
    doc: "A volume that a CSI driver makes for a Pod.",
    fields: &[
        required("driver", 1, TEXT, "The driver that does it."),
        pointer("readOnly", 2, BOOL, "Whether it can only be read."),
        pointer("fsType", 3, TEXT, "The type of its file system."),
        plain("volumeAttributes", 4, STRINGS, "What the driver is told."),
        pointer(
            "nodePublishSecretRef",
            5,
            of(&LOCAL_OBJECT_REFERENCE),
            "The Secret that the driver is given.",
        ),
    ],
};
