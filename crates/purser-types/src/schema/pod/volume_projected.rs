//! Several sources in one directory.

use super::super::meta::STRINGS;
use super::super::{Message, Type};
use super::build::{BOOL, INT32, INT64, TEXT, of, plain, pointer, required};
use super::selector::LABEL_SELECTOR;
use super::volume_files::{DOWNWARD_API_VOLUME_FILE, KEY_TO_PATH};

/// `corev1.ProjectedVolumeSource`.
pub(super) static PROJECTED_VOLUME_SOURCE: Message = Message {
    name: "ProjectedVolumeSource",
    openapi: "io.k8s.api.core.v1.ProjectedVolumeSource",
    doc: "Several sources in one directory.",
    fields: &[
        required(
            "sources",
            1,
            Type::List(&Type::Message(&VOLUME_PROJECTION)),
            "The sources.",
        ),
        pointer(
            "defaultMode",
            2,
            INT32,
            "The permissions of its files, unless they have their own.",
        ),
    ],
};

/// `corev1.VolumeProjection`.
pub(super) static VOLUME_PROJECTION: Message = Message {
    name: "VolumeProjection",
    openapi: "io.k8s.api.core.v1.VolumeProjection",
    doc: "One of several sources of a directory.",
    fields: &[
        pointer("secret", 1, of(&SECRET_PROJECTION), "The values of a Secret."),
        pointer(
            "downwardAPI",
            2,
            of(&DOWNWARD_API_PROJECTION),
            "What is known of the Pod.",
        ),
        pointer(
            "configMap",
            3,
            of(&CONFIG_MAP_PROJECTION),
            "The settings of a ConfigMap.",
        ),
        pointer(
            "serviceAccountToken",
            4,
            of(&SERVICE_ACCOUNT_TOKEN_PROJECTION),
            "A token of the Pod's ServiceAccount.",
        ),
        pointer(
            "clusterTrustBundle",
            5,
            of(&CLUSTER_TRUST_BUNDLE_PROJECTION),
            "Certificates of authorities.",
        ),
        pointer(
            "podCertificate",
            6,
            of(&POD_CERTIFICATE_PROJECTION),
            "A key of the Pod with its certificate.",
        ),
    ],
};

/// `corev1.SecretProjection`.
pub(super) static SECRET_PROJECTION: Message = Message {
    name: "SecretProjection",
    openapi: "io.k8s.api.core.v1.SecretProjection",
    doc: "The values of a Secret in a directory.",
    fields: &[
        plain("name", 1, TEXT, "The Secret.").inside(1),
        plain(
            "items",
            2,
            Type::List(&Type::Message(&KEY_TO_PATH)),
            "Which keys become files, and where; none: all.",
        ),
        pointer("optional", 4, BOOL, "Whether it may be missing."),
    ],
};

/// `corev1.ConfigMapProjection`.
pub(super) static CONFIG_MAP_PROJECTION: Message = Message {
    name: "ConfigMapProjection",
    openapi: "io.k8s.api.core.v1.ConfigMapProjection",
    doc: "The settings of a ConfigMap in a directory.",
    fields: &[
        plain("name", 1, TEXT, "The ConfigMap.").inside(1),
        plain(
            "items",
            2,
            Type::List(&Type::Message(&KEY_TO_PATH)),
            "Which keys become files, and where; none: all.",
        ),
        pointer("optional", 4, BOOL, "Whether it may be missing."),
    ],
};

/// `corev1.DownwardAPIProjection`.
pub(super) static DOWNWARD_API_PROJECTION: Message = Message {
    name: "DownwardAPIProjection",
    openapi: "io.k8s.api.core.v1.DownwardAPIProjection",
    doc: "What is known of a Pod in a directory.",
    fields: &[plain(
        "items",
        1,
        Type::List(&Type::Message(&DOWNWARD_API_VOLUME_FILE)),
        "The files.",
    )],
};

/// `corev1.ServiceAccountTokenProjection`.
pub(super) static SERVICE_ACCOUNT_TOKEN_PROJECTION: Message = Message {
    name: "ServiceAccountTokenProjection",
    openapi: "io.k8s.api.core.v1.ServiceAccountTokenProjection",
    doc: "A token in a directory.",
    fields: &[
        plain("audience", 1, TEXT, "Whom the token is for."),
        pointer("expirationSeconds", 2, INT64, "For how many seconds it holds."),
        required("path", 3, TEXT, "Where the file is, below the volume."),
    ],
};

/// `corev1.ClusterTrustBundleProjection`.
pub(super) static CLUSTER_TRUST_BUNDLE_PROJECTION: Message = Message {
    name: "ClusterTrustBundleProjection",
    openapi: "io.k8s.api.core.v1.ClusterTrustBundleProjection",
    doc: "Certificates of authorities in a directory.",
    fields: &[
        pointer("name", 1, TEXT, "The bundle."),
        pointer("signerName", 2, TEXT, "Who signs."),
        pointer(
            "labelSelector",
            3,
            of(&LABEL_SELECTOR),
            "Which objects are meant, by their labels.",
        ),
        pointer("optional", 5, BOOL, "Whether it may be missing."),
        required("path", 4, TEXT, "Where the file is, below the volume."),
    ],
};

/// `corev1.PodCertificateProjection`.
pub(super) static POD_CERTIFICATE_PROJECTION: Message = Message {
    name: "PodCertificateProjection",
    openapi: "io.k8s.api.core.v1.PodCertificateProjection",
    doc: "A key of a Pod with its certificate in a directory.",
    fields: &[
        plain("signerName", 1, TEXT, "Who signs."),
        plain("keyType", 2, TEXT, "The type of the key."),
        pointer(
            "maxExpirationSeconds",
            3,
            INT32,
            "For how many seconds the certificate may hold.",
        ),
        plain(
            "credentialBundlePath",
            4,
            TEXT,
            "The file of key and certificates, below the volume.",
        ),
        plain("keyPath", 5, TEXT, "The file of the key, below the volume."),
        plain(
            "certificateChainPath",
            6,
            TEXT,
            "The file of the certificates, below the volume.",
        ),
        plain("userAnnotations", 7, STRINGS, "What the signer is told."),
    ],
};
