//! The rules of volumes.
//!
//! Source: `ValidateVolumes` in `pkg/apis/core/validation/validation.go`. Of where volumes come from, it is judged
//! that it is one place, and that what names the place is there.

use std::collections::BTreeSet;

use purser_types::status::Cause;
use purser_types::{Map, Value};

use super::causes::{CAUSES_MAX, duplicate, forbidden, invalid, invalid_as, is_full, required};
use super::names::dns_label;
use super::read::{messages, text};

/// The order in which upstream looks for sources, and the fields of each that must be there.
const SOURCES: [(&str, &[&str]); 30] = [
    ("emptyDir", &[]),
    ("hostPath", &["path"]),
    ("gitRepo", &["repository"]),
    ("gcePersistentDisk", &["pdName"]),
    ("awsElasticBlockStore", &["volumeID"]),
    ("secret", &["secretName"]),
    ("nfs", &["server", "path"]),
    ("iscsi", &["targetPortal", "iqn"]),
    ("glusterfs", &["endpoints", "path"]),
    ("flocker", &[]),
    ("persistentVolumeClaim", &["claimName"]),
    ("rbd", &["image"]),
    ("cinder", &["volumeID"]),
    ("cephfs", &[]),
    ("quobyte", &["registry", "volume"]),
    ("downwardAPI", &[]),
    ("fc", &[]),
    ("flexVolume", &["driver"]),
    ("configMap", &["name"]),
    ("azureFile", &["secretName", "shareName"]),
    ("vsphereVolume", &["volumePath"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("azureDisk", &["diskName", "diskURI"]),
    ("storageos", &[]),
    ("projected", &[]),
    ("scaleIO", &["gateway", "system", "volumeName"]),
    ("csi", &["driver"]),
    ("ephemeral", &["volumeClaimTemplate"]),
    ("image", &["reference"]),
];
/// The highest permissions of a file.
const MODE_MAX: i64 = 0o777;

/// The names of the volumes that are well, and what is wrong with the others.
pub(super) fn volumes<'a>(field: &str, spec: &'a Map) -> (BTreeSet<&'a str>, Vec<Cause>) {
    let (mut known, mut causes) = (BTreeSet::new(), Vec::new());
    for (index, volume) in messages(spec.get("volumes")).enumerate() {
        if is_full(&causes) {
            break;
        }
        let path = format!("{field}[{index}]");
        let mut wrong = source(&path, volume);
        let name = text(volume, "name");
        if name.is_empty() {
            wrong.push(required(format!("{path}.name"), ""));
        } else {
            wrong.extend(
                dns_label(name)
                    .iter()
                    .map(|why| invalid(format!("{path}.name"), name, why)),
            );
        }
        if known.contains(name) {
            wrong.push(duplicate(format!("{path}.name"), name));
        }
        if wrong.is_empty() {
            known.insert(name);
        }
        causes.extend(wrong);
    }
    (known, causes)
}

fn source(path: &str, volume: &Map) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut seen = false;
    for (name, needed) in SOURCES {
        let Some(source) = volume.get(name).and_then(Value::as_map) else {
            continue;
        };
        if seen {
            causes.push(forbidden(
                format!("{path}.{name}"),
                "may not specify more than 1 volume type",
            ));
            continue;
        }
        seen = true;
        for field in needed.iter().filter(|field| is_missing(source, field)) {
            causes.push(required(format!("{path}.{name}.{field}"), ""));
        }
        causes.extend(modes(&format!("{path}.{name}"), source));
    }
    if !seen {
        causes.push(required(path, "must specify a volume type"));
    }
    causes
}

fn is_missing(source: &Map, field: &str) -> bool {
    match source.get(field) {
        None => true,
        Some(Value::String(text)) => text.expose().is_empty(),
        Some(_) => false,
    }
}

/// Permissions of files, and the keys that become files.
fn modes(path: &str, source: &Map) -> Vec<Cause> {
    const WHY: &str = "must be a number between 0 and 0777 (octal), both inclusive";
    let judge = |field: String, mode: Option<&Value>| {
        let mode = mode.and_then(Value::as_int)?;
        let fits = (0..=MODE_MAX).contains(&mode);
        (!fits).then(|| invalid_as(field, &mode.to_string(), WHY))
    };
    let default = judge(format!("{path}.defaultMode"), source.get("defaultMode"));
    let items = messages(source.get("items"))
        .enumerate()
        .filter_map(|(index, item)| judge(format!("{path}.items[{index}].mode"), item.get("mode")));
    default.into_iter().chain(items).take(CAUSES_MAX).collect()
}
