//! Volumes of disks and shares.

use super::super::Message;
use super::super::core::LOCAL_OBJECT_REFERENCE;
use super::build::{BOOL, INT32, TEXT, TEXTS, of, plain, pointer, required};

/// `corev1.NFSVolumeSource`.
pub(super) static NFS_VOLUME_SOURCE: Message = Message {
    name: "NFSVolumeSource",
    openapi: "io.k8s.api.core.v1.NFSVolumeSource",
    doc: "A directory of an NFS server.",
    fields: &[
        required("server", 1, TEXT, "The server."),
        required("path", 2, TEXT, "The directory that it exports."),
        plain("readOnly", 3, BOOL, "Whether it can only be read."),
    ],
};

/// `corev1.ISCSIVolumeSource`.
pub(super) static ISCSI_VOLUME_SOURCE: Message = Message {
    name: "ISCSIVolumeSource",
    openapi: "io.k8s.api.core.v1.ISCSIVolumeSource",
    doc: "A disk of an iSCSI target.",
    fields: &[
        required("targetPortal", 1, TEXT, "The address of the target."),
        required("iqn", 2, TEXT, "The qualified name of the target."),
        required("lun", 3, INT32, "The unit."),
        plain("iscsiInterface", 4, TEXT, "The interface."),
        plain("fsType", 5, TEXT, "The type of its file system."),
        plain("readOnly", 6, BOOL, "Whether it can only be read."),
        plain("portals", 7, TEXTS, "More addresses of the target."),
        plain("chapAuthDiscovery", 8, BOOL, "Whether discovery takes CHAP."),
        plain("chapAuthSession", 11, BOOL, "Whether sessions take CHAP."),
        pointer(
            "secretRef",
            10,
            of(&LOCAL_OBJECT_REFERENCE),
            "The Secret with which it is reached.",
        ),
        pointer("initiatorName", 12, TEXT, "The name of the initiator."),
    ],
};

/// `corev1.FCVolumeSource`.
pub(super) static FC_VOLUME_SOURCE: Message = Message {
    name: "FCVolumeSource",
    openapi: "io.k8s.api.core.v1.FCVolumeSource",
    doc: "A Fibre Channel disk.",
    fields: &[
        plain("targetWWNs", 1, TEXTS, "The names of targets."),
        pointer("lun", 2, INT32, "The unit."),
        plain("fsType", 3, TEXT, "The type of its file system."),
        plain("readOnly", 4, BOOL, "Whether it can only be read."),
        plain("wwids", 5, TEXTS, "The ids of disks."),
    ],
};

/// `corev1.GCEPersistentDiskVolumeSource`.
pub(super) static GCE_PERSISTENT_DISK_VOLUME_SOURCE: Message = Message {
    name: "GCEPersistentDiskVolumeSource",
    openapi: "io.k8s.api.core.v1.GCEPersistentDiskVolumeSource",
    doc: "A disk of GCE.",
    fields: &[
        required("pdName", 1, TEXT, "The name of the disk."),
        plain("fsType", 2, TEXT, "The type of its file system."),
        plain("partition", 3, INT32, "The partition."),
        plain("readOnly", 4, BOOL, "Whether it can only be read."),
    ],
};

/// `corev1.AWSElasticBlockStoreVolumeSource`.
pub(super) static AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE: Message = Message {
    name: "AWSElasticBlockStoreVolumeSource",
    openapi: "io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource",
    doc: "A disk of AWS.",
    fields: &[
        required("volumeID", 1, TEXT, "Which one it is."),
        plain("fsType", 2, TEXT, "The type of its file system."),
        plain("partition", 3, INT32, "The partition."),
        plain("readOnly", 4, BOOL, "Whether it can only be read."),
    ],
};

/// `corev1.AzureFileVolumeSource`.
pub(super) static AZURE_FILE_VOLUME_SOURCE: Message = Message {
    name: "AzureFileVolumeSource",
    openapi: "io.k8s.api.core.v1.AzureFileVolumeSource",
    doc: "An Azure file share.",
    fields: &[
        required("secretName", 1, TEXT, "The Secret with which it is reached."),
        required("shareName", 2, TEXT, "The share."),
        plain("readOnly", 3, BOOL, "Whether it can only be read."),
    ],
};

/// `corev1.AzureDiskVolumeSource`.
pub(super) static AZURE_DISK_VOLUME_SOURCE: Message = Message {
    name: "AzureDiskVolumeSource",
    openapi: "io.k8s.api.core.v1.AzureDiskVolumeSource",
    doc: "An Azure disk.",
    fields: &[
        required("diskName", 1, TEXT, "The name of the disk."),
        required("diskURI", 2, TEXT, "The address of the disk."),
        pointer(
            "cachingMode",
            3,
            TEXT,
            "How it is cached: None, ReadOnly or ReadWrite.",
        )
        .go("v1.AzureDataDiskCachingMode"),
        pointer("fsType", 4, TEXT, "The type of its file system."),
        pointer("readOnly", 5, BOOL, "Whether it can only be read."),
        pointer("kind", 6, TEXT, "Shared, Dedicated or Managed.").go("v1.AzureDataDiskKind"),
    ],
};

/// `corev1.VsphereVirtualDiskVolumeSource`.
pub(super) static VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE: Message = Message {
    name: "VsphereVirtualDiskVolumeSource",
    openapi: "io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource",
    doc: "A vSphere disk.",
    fields: &[
        required("volumePath", 1, TEXT, "The path of the disk."),
        plain("fsType", 2, TEXT, "The type of its file system."),
        plain("storagePolicyName", 3, TEXT, "The name of the storage policy."),
        plain("storagePolicyID", 4, TEXT, "The id of the storage policy."),
    ],
};

/// `corev1.PhotonPersistentDiskVolumeSource`.
pub(super) static PHOTON_PERSISTENT_DISK_VOLUME_SOURCE: Message = Message {
    name: "PhotonPersistentDiskVolumeSource",
    openapi: "io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource",
    doc: "A Photon disk.",
    fields: &[
        required("pdID", 1, TEXT, "The disk."),
        plain("fsType", 2, TEXT, "The type of its file system."),
    ],
};
