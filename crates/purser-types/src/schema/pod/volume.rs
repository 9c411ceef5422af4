//! Volumes.

use super::super::Message;
use super::build::{TEXT, of, pointer, required};
use super::volume_claim::{
    CSI_VOLUME_SOURCE, EPHEMERAL_VOLUME_SOURCE, PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE,
};
use super::volume_clusters::{
    CEPH_FS_VOLUME_SOURCE, CINDER_VOLUME_SOURCE, FLEX_VOLUME_SOURCE, FLOCKER_VOLUME_SOURCE,
    GLUSTERFS_VOLUME_SOURCE, PORTWORX_VOLUME_SOURCE, QUOBYTE_VOLUME_SOURCE, RBD_VOLUME_SOURCE,
    SCALE_IO_VOLUME_SOURCE, STORAGE_OS_VOLUME_SOURCE,
};
use super::volume_disks::{
    AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE, AZURE_DISK_VOLUME_SOURCE, AZURE_FILE_VOLUME_SOURCE,
    FC_VOLUME_SOURCE, GCE_PERSISTENT_DISK_VOLUME_SOURCE, ISCSI_VOLUME_SOURCE, NFS_VOLUME_SOURCE,
    PHOTON_PERSISTENT_DISK_VOLUME_SOURCE, VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE,
};
use super::volume_files::{
    CONFIG_MAP_VOLUME_SOURCE, DOWNWARD_API_VOLUME_SOURCE, EMPTY_DIR_VOLUME_SOURCE, GIT_REPO_VOLUME_SOURCE,
    HOST_PATH_VOLUME_SOURCE, IMAGE_VOLUME_SOURCE, SECRET_VOLUME_SOURCE,
};
use super::volume_projected::PROJECTED_VOLUME_SOURCE;

/// `corev1.Volume`.
pub(super) static VOLUME: Message = Message {
    name: "Volume",
    openapi: "io.k8s.api.core.v1.Volume",
    doc: "Files that containers of a Pod share.",
    fields: &[
        required("name", 1, TEXT, "Its name."),
        pointer(
            "hostPath",
            1,
            of(&HOST_PATH_VOLUME_SOURCE),
            "A file or directory of the node.",
        )
        .inside(2),
        pointer(
            "emptyDir",
            2,
            of(&EMPTY_DIR_VOLUME_SOURCE),
            "A directory that is empty at first and lives as long as the Pod.",
        )
        .inside(2),
        pointer(
            "gcePersistentDisk",
            3,
            of(&GCE_PERSISTENT_DISK_VOLUME_SOURCE),
            "Deprecated: a disk of GCE.",
        )
        .inside(2),
        pointer(
            "awsElasticBlockStore",
            4,
            of(&AWS_ELASTIC_BLOCK_STORE_VOLUME_SOURCE),
            "Deprecated: a disk of AWS.",
        )
        .inside(2),
        pointer(
            "gitRepo",
            5,
            of(&GIT_REPO_VOLUME_SOURCE),
            "Deprecated: a git repository.",
        )
        .inside(2),
        pointer("secret", 6, of(&SECRET_VOLUME_SOURCE), "The values of a Secret.").inside(2),
        pointer("nfs", 7, of(&NFS_VOLUME_SOURCE), "A directory of an NFS server.").inside(2),
        pointer("iscsi", 8, of(&ISCSI_VOLUME_SOURCE), "A disk of an iSCSI target.").inside(2),
        pointer(
            "glusterfs",
            9,
            of(&GLUSTERFS_VOLUME_SOURCE),
            "Deprecated: a Glusterfs volume.",
        )
        .inside(2),
        pointer(
            "persistentVolumeClaim",
            10,
            of(&PERSISTENT_VOLUME_CLAIM_VOLUME_SOURCE),
            "What a PersistentVolumeClaim of the namespace has got.",
        )
        .inside(2),
        pointer(
            "rbd",
            11,
            of(&RBD_VOLUME_SOURCE),
            "Deprecated: a Rados block device.",
        )
        .inside(2),
        pointer(
            "flexVolume",
            12,
            of(&FLEX_VOLUME_SOURCE),
            "Deprecated: a volume of a FlexVolume driver.",
        )
        .inside(2),
        pointer(
            "cinder",
            13,
            of(&CINDER_VOLUME_SOURCE),
            "Deprecated: a Cinder volume.",
        )
        .inside(2),
        pointer(
            "cephfs",
            14,
            of(&CEPH_FS_VOLUME_SOURCE),
            "Deprecated: a Ceph file system.",
        )
        .inside(2),
        pointer(
            "flocker",
            15,
            of(&FLOCKER_VOLUME_SOURCE),
            "Deprecated: a Flocker dataset.",
        )
        .inside(2),
        pointer(
            "downwardAPI",
            16,
            of(&DOWNWARD_API_VOLUME_SOURCE),
            "What is known of the Pod, as files.",
        )
        .inside(2),
        pointer("fc", 17, of(&FC_VOLUME_SOURCE), "A Fibre Channel disk.").inside(2),
        pointer(
            "azureFile",
            18,
            of(&AZURE_FILE_VOLUME_SOURCE),
            "Deprecated: an Azure file share.",
        )
        .inside(2),
        pointer(
            "configMap",
            19,
            of(&CONFIG_MAP_VOLUME_SOURCE),
            "The settings of a ConfigMap.",
        )
        .inside(2),
        pointer(
            "vsphereVolume",
            20,
            of(&VSPHERE_VIRTUAL_DISK_VOLUME_SOURCE),
            "Deprecated: a vSphere disk.",
        )
        .inside(2),
        pointer(
            "quobyte",
            21,
            of(&QUOBYTE_VOLUME_SOURCE),
            "Deprecated: a Quobyte volume.",
        )
        .inside(2),
        pointer(
            "azureDisk",
            22,
            of(&AZURE_DISK_VOLUME_SOURCE),
            "Deprecated: an Azure disk.",
        )
        .inside(2),
        pointer(
            "photonPersistentDisk",
            23,
            of(&PHOTON_PERSISTENT_DISK_VOLUME_SOURCE),
            "Deprecated: a Photon disk.",
        )
        .inside(2),
        pointer(
            "projected",
            26,
            of(&PROJECTED_VOLUME_SOURCE),
            "Several sources in one directory.",
        )
        .inside(2),
        pointer(
            "portworxVolume",
            24,
            of(&PORTWORX_VOLUME_SOURCE),
            "Deprecated: a Portworx volume.",
        )
        .inside(2),
        pointer(
            "scaleIO",
            25,
            of(&SCALE_IO_VOLUME_SOURCE),
            "Deprecated: a ScaleIO volume.",
        )
        .inside(2),
        pointer(
            "storageos",
            27,
            of(&STORAGE_OS_VOLUME_SOURCE),
            "Deprecated: a StorageOS volume.",
        )
        .inside(2),
        pointer(
            "csi",
            28,
            of(&CSI_VOLUME_SOURCE),
            "A volume that a CSI driver makes for the Pod.",
        )
        .inside(2),
        pointer(
            "ephemeral",
            29,
            of(&EPHEMERAL_VOLUME_SOURCE),
            "A volume made for the Pod, which goes with it.",
        )
        .inside(2),
        pointer(
            "image",
            30,
            of(&IMAGE_VOLUME_SOURCE),
            "The content of an image or artifact.",
        )
        .inside(2),
    ],
};
