//! Probes and hooks of containers.

use super::super::{Message, Type};
use super::build::{INT32, INT64, TEXT, TEXTS, of, plain, pointer, required};

/// `corev1.Probe`.
pub(super) static PROBE: Message = Message {
    name: "Probe",
    openapi: "io.k8s.api.core.v1.Probe",
    doc: "How to tell how a container is.",
    fields: &[
        pointer("exec", 1, of(&EXEC_ACTION), "By a command.").inside(1),
        pointer("httpGet", 2, of(&HTTP_GET_ACTION), "By a request of HTTP.").inside(1),
        pointer("tcpSocket", 3, of(&TCP_SOCKET_ACTION), "By a connection.").inside(1),
        pointer("grpc", 4, of(&GRPC_ACTION), "By a call of gRPC.").inside(1),
        plain("initialDelaySeconds", 2, INT32, "Seconds before the first try."),
        plain("timeoutSeconds", 3, INT32, "Seconds until a try has failed."),
        plain("periodSeconds", 4, INT32, "Seconds between tries."),
        plain(
            "successThreshold",
            5,
            INT32,
            "Good tries in a row until it is well.",
        ),
        plain(
            "failureThreshold",
            6,
            INT32,
            "Bad tries in a row until it is not.",
        ),
        pointer(
            "terminationGracePeriodSeconds",
            7,
            INT64,
            "How many seconds the container may take to end when it is not well.",
        ),
    ],
};

/// `corev1.Lifecycle`.
pub(super) static LIFECYCLE: Message = Message {
    name: "Lifecycle",
    openapi: "io.k8s.api.core.v1.Lifecycle",
    doc: "What to do when a container has started and before it ends.",
    fields: &[
        pointer("postStart", 1, of(&LIFECYCLE_HANDLER), "When it has started."),
        pointer("preStop", 2, of(&LIFECYCLE_HANDLER), "Before it ends."),
        pointer("stopSignal", 3, TEXT, "The signal that ends it.").go("v1.Signal"),
    ],
};

/// `corev1.LifecycleHandler`.
pub(super) static LIFECYCLE_HANDLER: Message = Message {
    name: "LifecycleHandler",
    openapi: "io.k8s.api.core.v1.LifecycleHandler",
    doc: "What to do at a moment of a container's life.",
    fields: &[
        pointer("exec", 1, of(&EXEC_ACTION), "A command."),
        pointer("httpGet", 2, of(&HTTP_GET_ACTION), "A request of HTTP."),
        pointer(
            "tcpSocket",
            3,
            of(&TCP_SOCKET_ACTION),
            "Deprecated: a connection.",
        ),
        pointer("sleep", 4, of(&SLEEP_ACTION), "Wait."),
    ],
};

/// `corev1.ExecAction`.
pub(super) static EXEC_ACTION: Message = Message {
    name: "ExecAction",
    openapi: "io.k8s.api.core.v1.ExecAction",
    doc: "A command in a container.",
    fields: &[plain(
        "command",
        1,
        TEXTS,
        "The command with its arguments, not run by a shell.",
    )],
};

/// `corev1.HTTPGetAction`.
pub(super) static HTTP_GET_ACTION: Message = Message {
    name: "HTTPGetAction",
    openapi: "io.k8s.api.core.v1.HTTPGetAction",
    doc: "A request of HTTP.",
    fields: &[
        plain("path", 1, TEXT, "The path."),
        required("port", 2, Type::IntOrString, "The port, as a number or a name."),
        plain("host", 3, TEXT, "The host; the Pod's own address when empty."),
        plain("scheme", 4, TEXT, "HTTP or HTTPS.").go("v1.URIScheme"),
        plain(
            "httpHeaders",
            5,
            Type::List(&Type::Message(&HTTP_HEADER)),
            "Headers of the request.",
        ),
    ],
};

/// `corev1.HTTPHeader`.
pub(super) static HTTP_HEADER: Message = Message {
    name: "HTTPHeader",
    openapi: "io.k8s.api.core.v1.HTTPHeader",
    doc: "A header of a request.",
    fields: &[
        required("name", 1, TEXT, "Its name."),
        required("value", 2, TEXT, "The value."),
    ],
};

/// `corev1.TCPSocketAction`.
pub(super) static TCP_SOCKET_ACTION: Message = Message {
    name: "TCPSocketAction",
    openapi: "io.k8s.api.core.v1.TCPSocketAction",
    doc: "A connection of TCP.",
    fields: &[
        required("port", 1, Type::IntOrString, "The port, as a number or a name."),
        plain("host", 2, TEXT, "The host; the Pod's own address when empty."),
    ],
};

/// `corev1.GRPCAction`.
pub(super) static GRPC_ACTION: Message = Message {
    name: "GRPCAction",
    openapi: "io.k8s.api.core.v1.GRPCAction",
    doc: "A call of gRPC's health service.",
    fields: &[
        required("port", 1, INT32, "The port."),
        pointer("service", 2, TEXT, "The service asked for."),
    ],
};

/// `corev1.SleepAction`.
pub(super) static SLEEP_ACTION: Message = Message {
    name: "SleepAction",
    openapi: "io.k8s.api.core.v1.SleepAction",
    doc: "Waiting.",
    fields: &[required("seconds", 1, INT64, "For how many seconds.")],
};
