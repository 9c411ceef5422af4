//! Containers added to a running Pod.

use super::super::{Merge, Message, Type};
use super::build::{BOOL, TEXT, TEXTS, of, plain, pointer, required};
use super::container::{
    CONTAINER_PORT, CONTAINER_RESIZE_POLICY, CONTAINER_RESTART_RULE, RESOURCE_REQUIREMENTS, VOLUME_DEVICE,
    VOLUME_MOUNT,
};
use super::env::{ENV_FROM_SOURCE, ENV_VAR};
use super::probe::{LIFECYCLE, PROBE};
use super::security::SECURITY_CONTEXT;

/// `corev1.EphemeralContainer`.
pub(super) static EPHEMERAL_CONTAINER: Message = Message {
    name: "EphemeralContainer",
    openapi: "io.k8s.api.core.v1.EphemeralContainer",
    doc: "A container added to a running Pod to look into it.",
    fields: &[
        required("name", 1, TEXT, "Its name.").inside(1),
        plain("image", 2, TEXT, "The image.").inside(1),
        plain(
            "command",
            3,
            TEXTS,
            "What is run instead of the image's entry point.",
        )
        .inside(1),
        plain("args", 4, TEXTS, "The arguments.").inside(1),
        plain("workingDir", 5, TEXT, "The directory it starts in.").inside(1),
        plain(
            "ports",
            6,
            Type::List(&Type::Message(&CONTAINER_PORT)),
            "Not allowed here.",
        )
        .merge(Merge::Keys {
            patch: Some("containerPort"),
            apply: &["containerPort", "protocol"],
        })
        .inside(1),
        plain(
            "envFrom",
            19,
            Type::List(&Type::Message(&ENV_FROM_SOURCE)),
            "Where environment variables are taken from.",
        )
        .inside(1),
        plain(
            "env",
            7,
            Type::List(&Type::Message(&ENV_VAR)),
            "Environment variables.",
        )
        .merge(Merge::Keys {
            patch: Some("name"),
            apply: &["name"],
        })
        .inside(1),
        plain("resources", 8, of(&RESOURCE_REQUIREMENTS), "Not allowed here.").inside(1),
        plain(
            "resizePolicy",
            23,
            Type::List(&Type::Message(&CONTAINER_RESIZE_POLICY)),
            "Not allowed here.",
        )
        .inside(1),
        pointer("restartPolicy", 24, TEXT, "Not allowed here.")
            .go("v1.ContainerRestartPolicy")
            .inside(1),
        plain(
            "restartPolicyRules",
            25,
            Type::List(&Type::Message(&CONTAINER_RESTART_RULE)),
            "Not allowed here.",
        )
        .inside(1),
        plain(
            "volumeMounts",
            9,
            Type::List(&Type::Message(&VOLUME_MOUNT)),
            "Where volumes are in its file system.",
        )
        .merge(Merge::Keys {
            patch: Some("mountPath"),
            apply: &["mountPath"],
        })
        .inside(1),
        plain(
            "volumeDevices",
            21,
            Type::List(&Type::Message(&VOLUME_DEVICE)),
            "Where volumes are block devices.",
        )
        .merge(Merge::Keys {
            patch: Some("devicePath"),
            apply: &["devicePath"],
        })
        .inside(1),
        pointer("livenessProbe", 10, of(&PROBE), "Not allowed here.").inside(1),
        pointer("readinessProbe", 11, of(&PROBE), "Not allowed here.").inside(1),
        pointer("startupProbe", 22, of(&PROBE), "Not allowed here.").inside(1),
        pointer("lifecycle", 12, of(&LIFECYCLE), "Not allowed here.").inside(1),
        plain(
            "terminationMessagePath",
            13,
            TEXT,
            "The file in which it may say why it ended.",
        )
        .inside(1),
        plain(
            "terminationMessagePolicy",
            20,
            TEXT,
            "From where that is read: File or FallbackToLogsOnError.",
        )
        .go("v1.TerminationMessagePolicy")
        .inside(1),
        plain(
            "imagePullPolicy",
            14,
            TEXT,
            "When the image is pulled: Always, Never or IfNotPresent.",
        )
        .go("v1.PullPolicy")
        .inside(1),
        pointer("securityContext", 15, of(&SECURITY_CONTEXT), "What it may do.").inside(1),
        plain("stdin", 16, BOOL, "Whether it can be written to.").inside(1),
        plain(
            "stdinOnce",
            17,
            BOOL,
            "Whether its input ends with the first who writes.",
        )
        .inside(1),
        plain("tty", 18, BOOL, "Whether it has a terminal.").inside(1),
        plain(
            "targetContainerName",
            2,
            TEXT,
            "The container whose processes it sees.",
        ),
    ],
};
