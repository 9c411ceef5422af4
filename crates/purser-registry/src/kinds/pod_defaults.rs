//! What a Pod template says where it says nothing.
//!
//! Source: `pkg/apis/core/v1/{defaults,zz_generated.defaults,conversion}.go` at 1.36.

use purser_types::schema::{Message, Type};
use purser_types::{Key, Map, Value};

/// What stands in a field that is missing.
enum Missing {
    Text(&'static str),
    Number(i64),
    False,
    Empty,
}
use Missing::{Empty, False, Number, Text};

/// The permissions of files of volumes, `0644`.
const FILES: i64 = 0o644;

/// Message, field, default.
const DEFAULTS: [(&str, &str, Missing); 37] = [
    ("PodSpec", "dnsPolicy", Text("ClusterFirst")),
    ("PodSpec", "restartPolicy", Text("Always")),
    ("PodSpec", "securityContext", Empty),
    ("PodSpec", "terminationGracePeriodSeconds", Number(30)),
    ("PodSpec", "schedulerName", Text("default-scheduler")),
    (
        "Container",
        "terminationMessagePath",
        Text("/dev/termination-log"),
    ),
    ("Container", "terminationMessagePolicy", Text("File")),
    (
        "EphemeralContainer",
        "terminationMessagePath",
        Text("/dev/termination-log"),
    ),
    ("EphemeralContainer", "terminationMessagePolicy", Text("File")),
    ("ContainerPort", "protocol", Text("TCP")),
    ("Probe", "timeoutSeconds", Number(1)),
    ("Probe", "periodSeconds", Number(10)),
    ("Probe", "successThreshold", Number(1)),
    ("Probe", "failureThreshold", Number(3)),
    ("HTTPGetAction", "path", Text("/")),
    ("HTTPGetAction", "scheme", Text("HTTP")),
    ("GRPCAction", "service", Text("")),
    ("ObjectFieldSelector", "apiVersion", Text("v1")),
    ("SecretVolumeSource", "defaultMode", Number(FILES)),
    ("ConfigMapVolumeSource", "defaultMode", Number(FILES)),
    ("DownwardAPIVolumeSource", "defaultMode", Number(FILES)),
    ("ProjectedVolumeSource", "defaultMode", Number(FILES)),
    (
        "ServiceAccountTokenProjection",
        "expirationSeconds",
        Number(3_600),
    ),
    ("PodCertificateProjection", "maxExpirationSeconds", Number(86_400)),
    ("HostPathVolumeSource", "type", Text("")),
    ("ISCSIVolumeSource", "iscsiInterface", Text("default")),
    ("RBDVolumeSource", "pool", Text("rbd")),
    ("RBDVolumeSource", "user", Text("admin")),
    ("RBDVolumeSource", "keyring", Text("/etc/ceph/keyring")),
    ("AzureDiskVolumeSource", "cachingMode", Text("ReadWrite")),
    ("AzureDiskVolumeSource", "kind", Text("Shared")),
    ("AzureDiskVolumeSource", "fsType", Text("ext4")),
    ("AzureDiskVolumeSource", "readOnly", False),
    ("ScaleIOVolumeSource", "storageMode", Text("ThinProvisioned")),
    ("ScaleIOVolumeSource", "fsType", Text("xfs")),
    ("PersistentVolumeClaimSpec", "volumeMode", Text("Filesystem")),
    ("FileKeySelector", "optional", False),
];

/// Sets the defaults of a message and of all that is in it.
pub(super) fn fill(message: &'static Message, body: &mut Map) {
    for (_, field, missing) in DEFAULTS.iter().filter(|(of, ..)| *of == message.name) {
        body.entry(Key::Borrowed(field)).or_insert_with(|| match missing {
            Text(text) => Value::string(*text),
            Number(number) => Value::Int(*number),
            False => Value::Bool(false),
            Empty => Value::Map(Map::new()),
        });
    }
    match message.name {
        "PodSpec" => same_account(body),
        "Volume" => source(body),
        "Container" | "EphemeralContainer" => pull(body, "image", "imagePullPolicy"),
        "ImageVolumeSource" => pull(body, "reference", "pullPolicy"),
        _ => {}
    }
    for field in message.fields {
        let Some(value) = body.get_mut(field.name) else {
            continue;
        };
        match (field.ty, value) {
            (Type::Message(inner), Value::Map(map)) => fill(inner, map),
            (Type::List(Type::Message(inner)), Value::List(items)) => {
                for map in items.iter_mut().filter_map(Value::as_map_mut) {
                    fill(inner, map);
                }
            }
            _ => {}
        }
    }
}

/// `serviceAccount` and `serviceAccountName` say the same; the second wins.
fn same_account(spec: &mut Map) {
    let (old, new) = ("serviceAccount", "serviceAccountName");
    let name = spec.get(new).or_else(|| spec.get(old)).map(Value::duplicate);
    if let Some(name) = name {
        spec.insert(Key::Borrowed(old), name.duplicate());
        spec.insert(Key::Borrowed(new), name);
    }
}

/// A volume from nothing is an empty directory.
fn source(volume: &mut Map) {
    if !volume.keys().any(|field| field.as_ref() != "name") {
        volume.insert(Key::Borrowed("emptyDir"), Value::Map(Map::new()));
    }
}

/// Images whose tag moves are pulled always.
fn pull(body: &mut Map, image: &str, policy: &'static str) {
    let image = body.get(image).and_then(Value::as_str).unwrap_or_default();
    let moves = is_latest(image);
    body.entry(Key::Borrowed(policy))
        .or_insert_with(|| Value::string(if moves { "Always" } else { "IfNotPresent" }));
}

/// Whether an image is tagged `latest`, as it is when it says neither a tag nor a digest.
fn is_latest(image: &str) -> bool {
    let (name, digest) = image
        .split_once('@')
        .map_or((image, None), |(name, digest)| (name, Some(digest)));
    let last = name.rsplit('/').next().unwrap_or(name);
    match last.split_once(':') {
        Some((_, tag)) => tag == "latest",
        None => digest.is_none() && !image.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use purser_types::schema::POD_TEMPLATE;

    use super::*;

    #[test]
    fn every_default_is_of_a_field_that_there_is() {
        fn collect(message: &'static Message, all: &mut Vec<&'static Message>) {
            if all.iter().any(|known| std::ptr::eq(*known, message)) {
                return;
            }
            all.push(message);
            for field in message.fields {
                match field.ty {
                    Type::Message(inner) | Type::List(&Type::Message(inner)) => collect(inner, all),
                    _ => {}
                }
            }
        }
        let mut all = Vec::new();
        collect(&POD_TEMPLATE, &mut all);
        for (of, field, _) in &DEFAULTS {
            let message = all.iter().find(|message| message.name == *of).unwrap();
            assert!(message.field(field).is_some(), "{of}.{field}");
        }
    }

    #[test]
    fn the_tag_of_an_image_decides_when_it_is_pulled() {
        for (image, moves) in [
            ("nginx", true),
            ("nginx:latest", true),
            ("nginx:1", false),
            ("host:5000/nginx", true),
            ("host:5000/nginx:1", false),
            ("nginx@sha256:00", false),
            ("nginx:latest@sha256:00", true),
            ("", false),
        ] {
            assert_eq!(is_latest(image), moves, "{image}");
        }
    }
}
