//! How values are kept, as a file says it: `k8s.io/apiserver/pkg/apis/apiserver/v1`. It has no protobuf; tags only
//! number the fields.

use super::Presence::{Plain, Pointer, Required};
use super::meta::{API_VERSION, KIND};
use super::{Field, Message, Type};

/// `apiserver.EncryptionConfiguration`.
pub static ENCRYPTION_CONFIGURATION: Message = Message {
    name: "EncryptionConfiguration",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.EncryptionConfiguration",
    doc: "How values are kept.",
    fields: &[
        KIND,
        API_VERSION,
        Field::new(
            "resources",
            1,
            Type::List(&Type::Message(&RESOURCE_CONFIGURATION)),
            Required,
            "Which objects are kept how.",
        ),
    ],
};

static RESOURCE_CONFIGURATION: Message = Message {
    name: "ResourceConfiguration",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.ResourceConfiguration",
    doc: "Kinds of objects and their providers.",
    fields: &[
        Field::new(
            "resources",
            1,
            Type::List(&Type::String),
            Required,
            "Names as resource.group; wildcards are *.group and *.*.",
        ),
        Field::new(
            "providers",
            2,
            Type::List(&Type::Message(&PROVIDER_CONFIGURATION)),
            Required,
            "The first writes, all read.",
        ),
    ],
};

static PROVIDER_CONFIGURATION: Message = Message {
    name: "ProviderConfiguration",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.ProviderConfiguration",
    doc: "A provider; one of the fields.",
    fields: &[
        Field::new(
            "aesgcm",
            1,
            Type::Message(&AES_CONFIGURATION),
            Pointer,
            "AES in GCM.",
        ),
        Field::new(
            "aescbc",
            2,
            Type::Message(&AES_CONFIGURATION),
            Pointer,
            "AES in CBC mode.",
        ),
        Field::new(
            "secretbox",
            3,
            Type::Message(&SECRETBOX_CONFIGURATION),
            Pointer,
            "XSalsa20 and Poly1305.",
        ),
        Field::new(
            "identity",
            4,
            Type::Message(&IDENTITY_CONFIGURATION),
            Pointer,
            "In the clear.",
        ),
        Field::new("kms", 5, Type::Message(&KMS_CONFIGURATION), Pointer, "A plugin."),
    ],
};

static AES_CONFIGURATION: Message = Message {
    name: "AESConfiguration",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.AESConfiguration",
    doc: "Keys of AES.",
    fields: &[Field::new(
        "keys",
        1,
        Type::List(&Type::Message(&KEY)),
        Required,
        "The first writes, all read.",
    )],
};

static SECRETBOX_CONFIGURATION: Message = Message {
    name: "SecretboxConfiguration",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.SecretboxConfiguration",
    doc: "Keys of XSalsa20.",
    fields: &[Field::new(
        "keys",
        1,
        Type::List(&Type::Message(&KEY)),
        Required,
        "The first writes, all read.",
    )],
};

static KEY: Message = Message {
    name: "Key",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.Key",
    doc: "A key with its name.",
    fields: &[
        Field::new(
            "name",
            1,
            Type::String,
            Required,
            "The name, which values carry in the clear.",
        ),
        Field::new("secret", 2, Type::String, Required, "The key, in base64."),
    ],
};

static IDENTITY_CONFIGURATION: Message = Message {
    name: "IdentityConfiguration",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.IdentityConfiguration",
    doc: "In the clear.",
    fields: &[],
};

static KMS_CONFIGURATION: Message = Message {
    name: "KMSConfiguration",
    openapi: "io.k8s.apiserver.pkg.apis.apiserver.v1.KMSConfiguration",
    doc: "A plugin.",
    fields: &[
        Field::new(
            "apiVersion",
            1,
            Type::String,
            Plain,
            "v1 or v2; v1 when it is not there.",
        ),
        Field::new(
            "name",
            2,
            Type::String,
            Required,
            "The name, which values carry in the clear.",
        ),
        Field::new(
            "cachesize",
            3,
            Type::Int32,
            Pointer,
            "How many keys are kept, for v1; negative: none.",
        ),
        Field::new(
            "endpoint",
            4,
            Type::String,
            Required,
            "unix:// and the path of the socket.",
        ),
        Field::new(
            "timeout",
            5,
            Type::String,
            Pointer,
            "How long a call may take; 3s when it is not there.",
        )
        .go("v1.Duration"),
    ],
};
