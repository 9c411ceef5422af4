//! What upstream's OpenAPI says of a type that its JSON and protobuf do not tell.
//!
//! Source: the markers in `k8s.io/api` 1.36 and its published OpenAPI. Definitions are named without `io.k8s.api.`.

use purser_types::schema::{Field, Message, Presence, Type};
use serde_json::{Value, json};

/// Required, although Go leaves the field out when it is empty.
const REQUIRED: [(&str, &str); 10] = [
    ("authentication.v1.TokenReview", "spec"),
    ("authentication.v1.TokenReviewSpec", "token"),
    ("certificates.v1.CertificateSigningRequestSpec", "request"),
    ("core.v1.ContainerRestartRule", "action"),
    ("core.v1.ContainerRestartRuleOnExitCodes", "operator"),
    ("core.v1.Event", "involvedObject"),
    ("core.v1.Event", "metadata"),
    ("core.v1.PodCertificateProjection", "keyType"),
    ("core.v1.PodCertificateProjection", "signerName"),
    ("core.v1.ScaleIOVolumeSource", "secretRef"),
];

/// Not required, although Go always writes the field.
const OPTIONAL: [(&str, &str); 9] = [
    ("authentication.v1.TokenRequestSpec", "audiences"),
    ("authentication.v1.TokenRequestStatus", "expirationTimestamp"),
    ("authentication.v1.TokenRequestStatus", "token"),
    ("core.v1.Event", "reportingComponent"),
    ("core.v1.Event", "reportingInstance"),
    ("core.v1.ProjectedVolumeSource", "sources"),
    ("rbac.v1.ClusterRole", "rules"),
    ("rbac.v1.Role", "rules"),
    ("rbac.v1.RoleRef", "apiGroup"),
];

/// `+default` of texts, beside those of [`Message::key_default`].
const DEFAULTS: [(&str, &str, &str); 18] = [
    ("core.v1.AzureDiskVolumeSource", "cachingMode", "ReadWrite"),
    ("core.v1.AzureDiskVolumeSource", "fsType", "ext4"),
    ("core.v1.AzureDiskVolumeSource", "kind", "Shared"),
    ("core.v1.ConfigMapEnvSource", "name", ""),
    ("core.v1.ConfigMapKeySelector", "name", ""),
    ("core.v1.ConfigMapProjection", "name", ""),
    ("core.v1.ConfigMapVolumeSource", "name", ""),
    ("core.v1.GRPCAction", "service", ""),
    ("core.v1.ISCSIVolumeSource", "iscsiInterface", "default"),
    ("core.v1.LocalObjectReference", "name", ""),
    ("core.v1.RBDVolumeSource", "keyring", "/etc/ceph/keyring"),
    ("core.v1.RBDVolumeSource", "pool", "rbd"),
    ("core.v1.RBDVolumeSource", "user", "admin"),
    ("core.v1.ScaleIOVolumeSource", "fsType", "xfs"),
    ("core.v1.ScaleIOVolumeSource", "storageMode", "ThinProvisioned"),
    ("core.v1.SecretEnvSource", "name", ""),
    ("core.v1.SecretKeySelector", "name", ""),
    ("core.v1.SecretProjection", "name", ""),
];

/// `+default=false`.
const FALSE: [(&str, &str); 2] = [
    ("core.v1.AzureDiskVolumeSource", "readOnly"),
    ("core.v1.FileKeySelector", "optional"),
];

/// Bytes, of which it is said that they are replaced as a whole.
const ATOMIC_BYTES: [(&str, &str); 2] = [
    ("certificates.v1.CertificateSigningRequestSpec", "request"),
    ("certificates.v1.CertificateSigningRequestStatus", "certificate"),
];

/// Lists of which nothing is said about how they merge.
const UNMERGED: [(&str, &str); 1] = [("APIResource", "verbs")];

fn definition(message: &Message) -> &str {
    let name = message.openapi;
    name.strip_prefix("io.k8s.api.").unwrap_or(name)
}

/// Whether an object without the field is wrong.
pub(super) fn is_required(message: &Message, field: &Field) -> bool {
    let known = (definition(message), field.name);
    match field.presence {
        Presence::Required => !OPTIONAL.contains(&known),
        _ => REQUIRED.contains(&known),
    }
}

/// What the field is when it is left out, where the type says so.
pub(super) fn default(message: &Message, field: &Field) -> Option<Value> {
    let (name, member) = (definition(message), field.name);
    if FALSE.contains(&(name, member)) {
        return Some(json!(false));
    }
    let mut defaults = DEFAULTS.iter();
    let said = defaults.find(|(message, field, _)| (*message, *field) == (name, member));
    let value = said.map(|(.., value)| *value).or(message.key_default(member));
    value.map(|value| json!(value))
}

/// Whether OpenAPI tells how the field merges, as it does of lists.
pub(super) fn tells_merge(message: &Message, field: &Field) -> bool {
    match field.ty {
        Type::List(_) => !UNMERGED.contains(&(message.name, field.name)),
        _ => ATOMIC_BYTES.contains(&(definition(message), field.name)),
    }
}

/// Fields of which only one may be there (`x-kubernetes-unions`).
pub(super) fn unions(message: &Message) -> Option<Value> {
    let local = json!({ "localhostProfile": "LocalhostProfile" });
    match definition(message) {
        "core.v1.AppArmorProfile" | "core.v1.SeccompProfile" => {
            Some(json!([{ "discriminator": "type", "fields-to-discriminateBy": local }]))
        }
        "core.v1.PodSchedulingGroup" => {
            let group = json!({ "podGroupName": "PodGroupName" });
            Some(json!([{ "fields-to-discriminateBy": group }]))
        }
        _ => None,
    }
}
