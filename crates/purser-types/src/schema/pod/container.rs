//! Containers.

use super::super::quota::AMOUNTS;
use super::super::{Merge, Message, Type};
use super::build::{BOOL, INT32, TEXT, TEXTS, of, plain, pointer, required};
use super::env::{ENV_FROM_SOURCE, ENV_VAR};
use super::probe::{LIFECYCLE, PROBE};
use super::security::SECURITY_CONTEXT;

/// `corev1.Container`.
pub(super) static CONTAINER: Message = Message {
    name: "Container",
    openapi: "io.k8s.api.core.v1.Container",
    doc: "A program in a Pod, with its surroundings.",
    fields: &[
        required("name", 1, TEXT, "Its name."),
        plain("image", 2, TEXT, "The image."),
        plain(
            "command",
            3,
            TEXTS,
            "What is run instead of the image's entry point.",
        ),
        plain("args", 4, TEXTS, "The arguments."),
        plain("workingDir", 5, TEXT, "The directory it starts in."),
        plain(
            "ports",
            6,
            Type::List(&Type::Message(&CONTAINER_PORT)),
            "The ports it listens on.",
        )
        .merge(Merge::Keys {
            patch: Some("containerPort"),
            apply: &["containerPort", "protocol"],
        }),
        plain(
            "envFrom",
            19,
            Type::List(&Type::Message(&ENV_FROM_SOURCE)),
            "Where environment variables are taken from.",
        ),
        plain(
            "env",
            7,
            Type::List(&Type::Message(&ENV_VAR)),
            "Environment variables.",
        )
        .merge(Merge::Keys {
            patch: Some("name"),
            apply: &["name"],
        }),
        plain("resources", 8, of(&RESOURCE_REQUIREMENTS), "How much it may use."),
        plain(
            "resizePolicy",
            23,
            Type::List(&Type::Message(&CONTAINER_RESIZE_POLICY)),
            "Whether it is started again when its resources change.",
        ),
        pointer(
            "restartPolicy",
            24,
            TEXT,
            "When it is started again: Always, OnFailure or Never.",
        )
        .go("v1.ContainerRestartPolicy"),
        plain(
            "restartPolicyRules",
            25,
            Type::List(&Type::Message(&CONTAINER_RESTART_RULE)),
            "When it is started again, by exit code.",
        ),
        plain(
            "volumeMounts",
            9,
            Type::List(&Type::Message(&VOLUME_MOUNT)),
            "Where volumes are in its file system.",
        )
        .merge(Merge::Keys {
            patch: Some("mountPath"),
            apply: &["mountPath"],
        }),
        plain(
            "volumeDevices",
            21,
            Type::List(&Type::Message(&VOLUME_DEVICE)),
            "Where volumes are block devices.",
        )
        .merge(Merge::Keys {
            patch: Some("devicePath"),
            apply: &["devicePath"],
        }),
        pointer(
            "livenessProbe",
            10,
            of(&PROBE),
            "How to tell that it has to be started again.",
        ),
        pointer(
            "readinessProbe",
            11,
            of(&PROBE),
            "How to tell that it can be talked to.",
        ),
        pointer("startupProbe", 22, of(&PROBE), "How to tell that it has started."),
        pointer(
            "lifecycle",
            12,
            of(&LIFECYCLE),
            "What to do when it has started and before it ends.",
        ),
        plain(
            "terminationMessagePath",
            13,
            TEXT,
            "The file in which it may say why it ended.",
        ),
        plain(
            "terminationMessagePolicy",
            20,
            TEXT,
            "From where that is read: File or FallbackToLogsOnError.",
        )
        .go("v1.TerminationMessagePolicy"),
        plain(
            "imagePullPolicy",
            14,
            TEXT,
            "When the image is pulled: Always, Never or IfNotPresent.",
        )
        .go("v1.PullPolicy"),
        pointer("securityContext", 15, of(&SECURITY_CONTEXT), "What it may do."),
        plain("stdin", 16, BOOL, "Whether it can be written to."),
        plain(
            "stdinOnce",
            17,
            BOOL,
            "Whether its input ends with the first who writes.",
        ),
        plain("tty", 18, BOOL, "Whether it has a terminal."),
    ],
};

/// `corev1.ContainerPort`.
pub(super) static CONTAINER_PORT: Message = Message {
    name: "ContainerPort",
    openapi: "io.k8s.api.core.v1.ContainerPort",
    doc: "A port that a container listens on.",
    fields: &[
        plain("name", 1, TEXT, "Its name."),
        plain("hostPort", 2, INT32, "The port of the node that leads to it."),
        required("containerPort", 3, INT32, "The port."),
        plain("protocol", 4, TEXT, "TCP, UDP or SCTP.").go("v1.Protocol"),
        plain(
            "hostIP",
            5,
            TEXT,
            "The address of the node on which the port is open.",
        ),
    ],
};

/// `corev1.ContainerResizePolicy`.
pub(super) static CONTAINER_RESIZE_POLICY: Message = Message {
    name: "ContainerResizePolicy",
    openapi: "io.k8s.api.core.v1.ContainerResizePolicy",
    doc: "Whether a container is started again when a resource changes.",
    fields: &[
        required("resourceName", 1, TEXT, "The resource: cpu or memory.").go("v1.ResourceName"),
        required("restartPolicy", 2, TEXT, "NotRequired or RestartContainer.")
            .go("v1.ResourceResizeRestartPolicy"),
    ],
};

/// `corev1.ContainerRestartRule`.
pub(super) static CONTAINER_RESTART_RULE: Message = Message {
    name: "ContainerRestartRule",
    openapi: "io.k8s.api.core.v1.ContainerRestartRule",
    doc: "When a container is started again.",
    fields: &[
        plain("action", 1, TEXT, "What to do: Restart or RestartAllContainers.")
            .go("v1.ContainerRestartRuleAction"),
        pointer(
            "exitCodes",
            2,
            of(&CONTAINER_RESTART_RULE_ON_EXIT_CODES),
            "With which exit codes.",
        ),
    ],
};

/// `corev1.ContainerRestartRuleOnExitCodes`.
pub(super) static CONTAINER_RESTART_RULE_ON_EXIT_CODES: Message = Message {
    name: "ContainerRestartRuleOnExitCodes",
    openapi: "io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes",
    doc: "Exit codes of a container.",
    fields: &[
        plain("operator", 1, TEXT, "In or NotIn.").go("v1.ContainerRestartRuleOnExitCodesOperator"),
        plain("values", 2, Type::List(&Type::Int32), "The exit codes.").merge(Merge::Set { adds: false }),
    ],
};

/// `corev1.VolumeMount`.
pub(super) static VOLUME_MOUNT: Message = Message {
    name: "VolumeMount",
    openapi: "io.k8s.api.core.v1.VolumeMount",
    doc: "Where a volume is in the file system of a container.",
    fields: &[
        required("name", 1, TEXT, "The volume."),
        plain("readOnly", 2, BOOL, "Whether it can only be read."),
        pointer(
            "recursiveReadOnly",
            7,
            TEXT,
            "Whether mounts in it can only be read, too: Disabled, IfPossible or Enabled.",
        )
        .go("v1.RecursiveReadOnlyMode"),
        required("mountPath", 3, TEXT, "Where it is."),
        plain("subPath", 4, TEXT, "The path in the volume; empty: its root."),
        pointer(
            "mountPropagation",
            5,
            TEXT,
            "Whether mounts are seen on the other side.",
        )
        .go("v1.MountPropagationMode"),
        plain(
            "subPathExpr",
            6,
            TEXT,
            "As subPath, with $(NAME) for environment variables.",
        ),
    ],
};

/// `corev1.VolumeDevice`.
pub(super) static VOLUME_DEVICE: Message = Message {
    name: "VolumeDevice",
    openapi: "io.k8s.api.core.v1.VolumeDevice",
    doc: "Where a volume is a block device of a container.",
    fields: &[
        required("name", 1, TEXT, "The volume."),
        required("devicePath", 2, TEXT, "The path of the device."),
    ],
};

/// `corev1.ResourceRequirements`.
pub(super) static RESOURCE_REQUIREMENTS: Message = Message {
    name: "ResourceRequirements",
    openapi: "io.k8s.api.core.v1.ResourceRequirements",
    doc: "How much a container may use.",
    fields: &[
        plain("limits", 1, AMOUNTS, "The most that may be used."),
        plain("requests", 2, AMOUNTS, "The least that is kept for it."),
        plain(
            "claims",
            3,
            Type::List(&Type::Message(&RESOURCE_CLAIM)),
            "Claims of devices that it uses.",
        )
        .merge(Merge::Keys {
            patch: None,
            apply: &["name"],
        }),
    ],
};

/// `corev1.ResourceClaim`.
pub(super) static RESOURCE_CLAIM: Message = Message {
    name: "ResourceClaim",
    openapi: "io.k8s.api.core.v1.ResourceClaim",
    doc: "A claim of devices of the Pod that a container uses.",
    fields: &[
        required("name", 1, TEXT, "The claim."),
        plain("request", 2, TEXT, "Which request of the claim; empty: all."),
    ],
};
