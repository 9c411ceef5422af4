//! Volumes of storage systems.

use super::super::Message;
use super::super::core::LOCAL_OBJECT_REFERENCE;
use super::super::meta::STRINGS;
use super::build::{BOOL, TEXT, TEXTS, of, plain, pointer, required};

/// `corev1.GlusterfsVolumeSource`.
pub(super) static GLUSTERFS_VOLUME_SOURCE: Message = Message {
    name: "GlusterfsVolumeSource",
    openapi: "io.k8s.api.core.v1.GlusterfsVolumeSource",
    doc: "A Glusterfs volume.",
    fields: &[
        required("endpoints", 1, TEXT, "The Endpoints of the servers."),
        required("path", 2, TEXT, "The volume."),
        plain("readOnly", 3, BOOL, "Whether it can only be read."),
    ],
};

/// `corev1.RBDVolumeSource`.
pub(super) static RBD_VOLUME_SOURCE: Message = Message {
    name: "RBDVolumeSource",
    openapi: "io.k8s.api.core.v1.RBDVolumeSource",
    doc: "A Rados block device.",
    fields: &[
        required("monitors", 1, TEXTS, "Addresses of monitors."),
        required("image", 2, TEXT, "The image."),
        plain("fsType", 3, TEXT, "The type of its file system."),
        plain("pool", 4, TEXT, "The pool."),
        plain("user", 5, TEXT, "The user."),
        plain("keyring", 6, TEXT, "The file of the keyring."),
        pointer(
            "secretRef",
            7,
            of(&LOCAL_OBJECT_REFERENCE),
            "The Secret with which it is reached.",
        ),
        plain("readOnly", 8, BOOL, "Whether it can only be read."),
    ],
};

/// `corev1.FlexVolumeSource`.
pub(super) static FLEX_VOLUME_SOURCE: Message = Message {
    name: "FlexVolumeSource",
    openapi: "io.k8s.api.core.v1.FlexVolumeSource",
    doc: "A volume of a FlexVolume driver.",
    fields: &[
        required("driver", 1, TEXT, "The driver that does it."),
        plain("fsType", 2, TEXT, "The type of its file system."),
        pointer(
            "secretRef",
            3,
            of(&LOCAL_OBJECT_REFERENCE),
            "The Secret with which it is reached.",
        ),
        plain("readOnly", 4, BOOL, "Whether it can only be read."),
        plain("options", 5, STRINGS, "Options of the driver."),
    ],
};

/// `corev1.CinderVolumeSource`.
pub(super) static CINDER_VOLUME_SOURCE: Message = Message {
    name: "CinderVolumeSource",
    openapi: "io.k8s.api.core.v1.CinderVolumeSource",
    doc: "A Cinder volume.",
    fields: &[
        required("volumeID", 1, TEXT, "Which one it is."),
        plain("fsType", 2, TEXT, "The type of its file system."),
        plain("readOnly", 3, BOOL, "Whether it can only be read."),
        pointer(
            "secretRef",
            4,
            of(&LOCAL_OBJECT_REFERENCE),
            "The Secret with which it is reached.",
        ),
    ],
};

/// `corev1.CephFSVolumeSource`.
pub(super) static CEPH_FS_VOLUME_SOURCE: Message = Message {
    name: "CephFSVolumeSource",
    openapi: "io.k8s.api.core.v1.CephFSVolumeSource",
    doc: "A Ceph file system.",
    fields: &[
        required("monitors", 1, TEXTS, "Addresses of monitors."),
        plain("path", 2, TEXT, "The directory in it."),
        plain("user", 3, TEXT, "The user."),
        plain("secretFile", 4, TEXT, "The file of the keyring."),
        pointer(
            "secretRef",
            5,
            of(&LOCAL_OBJECT_REFERENCE),
            "The Secret with which it is reached.",
        ),
        plain("readOnly", 6, BOOL, "Whether it can only be read."),
    ],
};

/// `corev1.FlockerVolumeSource`.
pub(super) static FLOCKER_VOLUME_SOURCE: Message = Message {
    name: "FlockerVolumeSource",
    openapi: "io.k8s.api.core.v1.FlockerVolumeSource",
    doc: "A Flocker dataset.",
    fields: &[
        plain("datasetName", 1, TEXT, "Deprecated: its name."),
        plain("datasetUUID", 2, TEXT, "Its id."),
    ],
};

/// `corev1.QuobyteVolumeSource`.
pub(super) static QUOBYTE_VOLUME_SOURCE: Message = Message {
    name: "QuobyteVolumeSource",
    openapi: "io.k8s.api.core.v1.QuobyteVolumeSource",
    doc: "A Quobyte volume.",
    fields: &[
        required("registry", 1, TEXT, "Addresses of the registry."),
        required("volume", 2, TEXT, "The volume."),
        plain("readOnly", 3, BOOL, "Whether it can only be read."),
        plain("user", 4, TEXT, "The user."),
        plain("group", 5, TEXT, "The group."),
        plain("tenant", 6, TEXT, "Whose it is."),
    ],
};

/// `corev1.PortworxVolumeSource`.
pub(super) static PORTWORX_VOLUME_SOURCE: Message = Message {
    name: "PortworxVolumeSource",
    openapi: "io.k8s.api.core.v1.PortworxVolumeSource",
    doc: "A Portworx volume.",
    fields: &[
        required("volumeID", 1, TEXT, "Which one it is."),
        plain("fsType", 2, TEXT, "The type of its file system."),
        plain("readOnly", 3, BOOL, "Whether it can only be read."),
    ],
};

/// `corev1.ScaleIOVolumeSource`.
pub(super) static SCALE_IO_VOLUME_SOURCE: Message = Message {
    name: "ScaleIOVolumeSource",
    openapi: "io.k8s.api.core.v1.ScaleIOVolumeSource",
    doc: "A ScaleIO volume.",
    fields: &[
        required("gateway", 1, TEXT, "The address of the gateway."),
        required("system", 2, TEXT, "The storage system."),
        pointer(
            "secretRef",
            3,
            of(&LOCAL_OBJECT_REFERENCE),
            "The Secret with which it is reached.",
        ),
        plain("sslEnabled", 4, BOOL, "Whether TLS is spoken."),
        plain("protectionDomain", 5, TEXT, "The protection domain."),
        plain("storagePool", 6, TEXT, "The pool."),
        plain("storageMode", 7, TEXT, "ThickProvisioned or ThinProvisioned."),
        plain("volumeName", 8, TEXT, "The name of the volume."),
        plain("fsType", 9, TEXT, "The type of its file system."),
        plain("readOnly", 10, BOOL, "Whether it can only be read."),
    ],
};

/// `corev1.StorageOSVolumeSource`.
pub(super) static STORAGE_OS_VOLUME_SOURCE: Message = Message {
    name: "StorageOSVolumeSource",
    openapi: "io.k8s.api.core.v1.StorageOSVolumeSource",
    doc: "A StorageOS volume.",
    fields: &[
        plain("volumeName", 1, TEXT, "The name of the volume."),
        plain("volumeNamespace", 2, TEXT, "The namespace of the volume."),
        plain("fsType", 3, TEXT, "The type of its file system."),
        plain("readOnly", 4, BOOL, "Whether it can only be read."),
        pointer(
            "secretRef",
            5,
            of(&LOCAL_OBJECT_REFERENCE),
            "The Secret with which it is reached.",
        ),
    ],
};
