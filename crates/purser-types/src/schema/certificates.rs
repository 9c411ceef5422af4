//! `k8s.io/api/certificates/v1`.

use super::Presence::{Nullable, Plain, Pointer, Required};
use super::meta::{API_VERSION, KIND, METADATA};
use super::{Field, Merge, Message, Type};

const TEXTS: Type = Type::List(&Type::String);

/// `certificatesv1.CertificateSigningRequest`.
pub static CERTIFICATE_SIGNING_REQUEST: Message = Message {
    name: "CertificateSigningRequest",
    openapi: "io.k8s.api.certificates.v1.CertificateSigningRequest",
    doc: "Asks for a certificate: somebody approves it, and the signer it names issues it.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "spec",
            2,
            Type::Message(&CERTIFICATE_SIGNING_REQUEST_SPEC),
            Required,
            "What is asked for, and by whom. It cannot be changed.",
        ),
        Field::new(
            "status",
            3,
            Type::Message(&CERTIFICATE_SIGNING_REQUEST_STATUS),
            Plain,
            "What became of it; written through subresources only.",
        ),
    ],
};

/// `certificatesv1.CertificateSigningRequestSpec`.
static CERTIFICATE_SIGNING_REQUEST_SPEC: Message = Message {
    name: "CertificateSigningRequestSpec",
    openapi: "io.k8s.api.certificates.v1.CertificateSigningRequestSpec",
    doc: "What is asked for, and by whom.",
    fields: &[
        // A slice without omitempty: null in JSON and nothing in protobuf when it is not there.
        Field::new(
            "request",
            1,
            Type::Bytes,
            Nullable,
            "The request of PKCS#10, as a PEM block CERTIFICATE REQUEST.",
        ),
        Field::new(
            "signerName",
            7,
            Type::String,
            Required,
            "Who is to sign, as domain/name. Signed here are kubernetes.io/kube-apiserver-client, \
             kubernetes.io/kube-apiserver-client-kubelet and kubernetes.io/kubelet-serving.",
        ),
        Field::new(
            "expirationSeconds",
            8,
            Type::Int32,
            Pointer,
            "How long the certificate is to be good, at least 600 seconds; signers may make it shorter.",
        ),
        Field::new(
            "usages",
            5,
            TEXTS,
            Plain,
            "What the certificate is to be good for, such as digital signature, key encipherment, client auth.",
        )
        .go("v1.KeyUsage"),
        Field::new(
            "username",
            2,
            Type::String,
            Plain,
            "Who asks; the server says so.",
        ),
        Field::new(
            "uid",
            3,
            Type::String,
            Plain,
            "The uid of who asks; the server says so.",
        ),
        Field::new(
            "groups",
            4,
            TEXTS,
            Plain,
            "The groups of who asks; the server says so.",
        ),
        Field::new(
            "extra",
            6,
            Type::Map(&TEXTS),
            Plain,
            "What the authenticator says of who asks; the server says so.",
        )
        .go("string"),
    ],
};

/// `certificatesv1.CertificateSigningRequestStatus`.
static CERTIFICATE_SIGNING_REQUEST_STATUS: Message = Message {
    name: "CertificateSigningRequestStatus",
    openapi: "io.k8s.api.certificates.v1.CertificateSigningRequestStatus",
    doc: "What became of a request for a certificate.",
    fields: &[
        Field::new(
            "conditions",
            1,
            Type::List(&Type::Message(&CERTIFICATE_SIGNING_REQUEST_CONDITION)),
            Plain,
            "Whether it is approved or denied, and whether its signer refused it. None of these goes away again.",
        )
        .merge(Merge::Keys {
            patch: None,
            apply: &["type"],
        }),
        // A slice with omitempty: nothing in protobuf when it is not there.
        Field::new(
            "certificate",
            2,
            Type::Bytes,
            Pointer,
            "The certificate, as PEM blocks CERTIFICATE: the one that was issued first, intermediate ones after it. \
             It cannot be changed.",
        ),
    ],
};

/// `certificatesv1.CertificateSigningRequestCondition`.
static CERTIFICATE_SIGNING_REQUEST_CONDITION: Message = Message {
    name: "CertificateSigningRequestCondition",
    openapi: "io.k8s.api.certificates.v1.CertificateSigningRequestCondition",
    doc: "One thing that became of a request for a certificate.",
    fields: &[
        Field::new(
            "type",
            1,
            Type::String,
            Required,
            "Approved, Denied or Failed, or what others say of it.",
        )
        .go("v1.RequestConditionType"),
        Field::new(
            "status",
            6,
            Type::String,
            Required,
            "True, False or Unknown; Approved, Denied and Failed are True.",
        )
        .go("v1.ConditionStatus"),
        Field::new("reason", 2, Type::String, Plain, "One word that says why."),
        Field::new("message", 3, Type::String, Plain, "A sentence that says why."),
        Field::new(
            "lastUpdateTime",
            4,
            Type::Time,
            Plain,
            "When the condition was last written.",
        ),
        Field::new(
            "lastTransitionTime",
            5,
            Type::Time,
            Plain,
            "When the status last changed.",
        ),
    ],
};
