//! What Pods and containers may do.

use super::super::{Message, Type};
use super::build::{BOOL, INT64, TEXT, TEXTS, of, plain, pointer, required};

/// `corev1.PodSecurityContext`.
pub(super) static POD_SECURITY_CONTEXT: Message = Message {
    name: "PodSecurityContext",
    openapi: "io.k8s.api.core.v1.PodSecurityContext",
    doc: "What the containers of a Pod may do.",
    fields: &[
        pointer("seLinuxOptions", 1, of(&SE_LINUX_OPTIONS), "The SELinux context."),
        pointer(
            "windowsOptions",
            8,
            of(&WINDOWS_SECURITY_CONTEXT_OPTIONS),
            "What there is to say on Windows.",
        ),
        pointer("runAsUser", 2, INT64, "The user id that programs run as."),
        pointer("runAsGroup", 6, INT64, "The group id that programs run as."),
        pointer(
            "runAsNonRoot",
            3,
            BOOL,
            "Whether programs that would run as root are refused.",
        ),
        plain(
            "supplementalGroups",
            4,
            Type::List(&Type::Int64),
            "More groups that programs are in.",
        ),
        pointer(
            "supplementalGroupsPolicy",
            12,
            TEXT,
            "What becomes of groups of the image: Merge or Strict.",
        )
        .go("v1.SupplementalGroupsPolicy"),
        pointer("fsGroup", 5, INT64, "The group that owns volumes."),
        plain(
            "sysctls",
            7,
            Type::List(&Type::Message(&SYSCTL)),
            "Settings of the kernel.",
        ),
        pointer(
            "fsGroupChangePolicy",
            9,
            TEXT,
            "When the owner of volumes is changed: OnRootMismatch or Always.",
        )
        .go("v1.PodFSGroupChangePolicy"),
        pointer(
            "seccompProfile",
            10,
            of(&SECCOMP_PROFILE),
            "Which system calls may be made.",
        ),
        pointer(
            "appArmorProfile",
            11,
            of(&APP_ARMOR_PROFILE),
            "The AppArmor profile.",
        ),
        pointer(
            "seLinuxChangePolicy",
            13,
            TEXT,
            "How volumes are labelled: MountOption or Recursive.",
        )
        .go("v1.PodSELinuxChangePolicy"),
    ],
};

/// `corev1.SecurityContext`.
pub(super) static SECURITY_CONTEXT: Message = Message {
    name: "SecurityContext",
    openapi: "io.k8s.api.core.v1.SecurityContext",
    doc: "What a container may do.",
    fields: &[
        pointer(
            "capabilities",
            1,
            of(&CAPABILITIES),
            "Capabilities more or less than usual.",
        ),
        pointer(
            "privileged",
            2,
            BOOL,
            "Whether it may do what root may do on the node.",
        ),
        pointer("seLinuxOptions", 3, of(&SE_LINUX_OPTIONS), "The SELinux context."),
        pointer(
            "windowsOptions",
            10,
            of(&WINDOWS_SECURITY_CONTEXT_OPTIONS),
            "What there is to say on Windows.",
        ),
        pointer("runAsUser", 4, INT64, "The user id that programs run as."),
        pointer("runAsGroup", 8, INT64, "The group id that programs run as."),
        pointer(
            "runAsNonRoot",
            5,
            BOOL,
            "Whether programs that would run as root are refused.",
        ),
        pointer(
            "readOnlyRootFilesystem",
            6,
            BOOL,
            "Whether its root file system can only be read.",
        ),
        pointer(
            "allowPrivilegeEscalation",
            7,
            BOOL,
            "Whether a program may gain more rights than its parent has.",
        ),
        pointer("procMount", 9, TEXT, "How /proc is mounted: Default or Unmasked.").go("v1.ProcMountType"),
        pointer(
            "seccompProfile",
            11,
            of(&SECCOMP_PROFILE),
            "Which system calls may be made.",
        ),
        pointer(
            "appArmorProfile",
            12,
            of(&APP_ARMOR_PROFILE),
            "The AppArmor profile.",
        ),
    ],
};

/// `corev1.Capabilities`.
pub(super) static CAPABILITIES: Message = Message {
    name: "Capabilities",
    openapi: "io.k8s.api.core.v1.Capabilities",
    doc: "Capabilities more or less than usual.",
    fields: &[
        plain("add", 1, TEXTS, "More.").go("v1.Capability"),
        plain("drop", 2, TEXTS, "Less.").go("v1.Capability"),
    ],
};

/// `corev1.SELinuxOptions`.
pub(super) static SE_LINUX_OPTIONS: Message = Message {
    name: "SELinuxOptions",
    openapi: "io.k8s.api.core.v1.SELinuxOptions",
    doc: "An SELinux context.",
    fields: &[
        plain("user", 1, TEXT, "The user."),
        plain("role", 2, TEXT, "The role."),
        plain("type", 3, TEXT, "The type."),
        plain("level", 4, TEXT, "The level."),
    ],
};

/// `corev1.WindowsSecurityContextOptions`.
pub(super) static WINDOWS_SECURITY_CONTEXT_OPTIONS: Message = Message {
    name: "WindowsSecurityContextOptions",
    openapi: "io.k8s.api.core.v1.WindowsSecurityContextOptions",
    doc: "What there is to say on Windows.",
    fields: &[
        pointer(
            "gmsaCredentialSpecName",
            1,
            TEXT,
            "The name of the GMSA credential.",
        ),
        pointer("gmsaCredentialSpec", 2, TEXT, "The GMSA credential."),
        pointer(
            "runAsUserName",
            3,
            TEXT,
            "The name of the user that programs run as.",
        ),
        pointer(
            "hostProcess",
            4,
            BOOL,
            "Whether it runs as a process of the node.",
        ),
    ],
};

/// `corev1.SeccompProfile`.
pub(super) static SECCOMP_PROFILE: Message = Message {
    name: "SeccompProfile",
    openapi: "io.k8s.api.core.v1.SeccompProfile",
    doc: "Which system calls may be made.",
    fields: &[
        required("type", 1, TEXT, "RuntimeDefault, Unconfined or Localhost.").go("v1.SeccompProfileType"),
        pointer(
            "localhostProfile",
            2,
            TEXT,
            "The name of the profile on the node, for type Localhost.",
        ),
    ],
};

/// `corev1.AppArmorProfile`.
pub(super) static APP_ARMOR_PROFILE: Message = Message {
    name: "AppArmorProfile",
    openapi: "io.k8s.api.core.v1.AppArmorProfile",
    doc: "An AppArmor profile.",
    fields: &[
        required("type", 1, TEXT, "RuntimeDefault, Unconfined or Localhost.").go("v1.AppArmorProfileType"),
        pointer(
            "localhostProfile",
            2,
            TEXT,
            "The name of the profile on the node, for type Localhost.",
        ),
    ],
};

/// `corev1.Sysctl`.
pub(super) static SYSCTL: Message = Message {
    name: "Sysctl",
    openapi: "io.k8s.api.core.v1.Sysctl",
    doc: "A setting of the kernel.",
    fields: &[
        required("name", 1, TEXT, "Its name."),
        required("value", 2, TEXT, "The value."),
    ],
};
