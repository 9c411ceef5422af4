//! Volumes, and where they come from.
//!
//! Of sources that no longer work anywhere, it is judged that what names the place is there.

use std::collections::BTreeMap;

use purser_types::{Map, Value};

use super::findings::Findings;
use super::paths::{descending, no_backsteps};
use super::projected::{downward_files, keys, mode, projected};
use crate::validate::causes::too_long;
use crate::validate::names::{dns_label, dns_subdomain};
use crate::validate::read::{message, messages, text, texts};

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
    ("rbd", &["monitors", "image"]),
    ("cinder", &["volumeID"]),
    ("cephfs", &["monitors"]),
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
/// What a place on the host can be.
const HOST_TYPES: [&str; 8] = [
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
];
/// The longest name of a driver, in bytes.
const DRIVER_MAX: usize = 63;
/// The highest number of a partition or a unit.
const NUMBER_MAX: i64 = 255;
const MORE: &str = "may not specify more than 1 volume type";

/// The volumes that are well, by name; upstream's `ValidateVolumes`.
pub(super) fn volumes<'a>(found: &mut Findings, path: &str, spec: &'a Map) -> BTreeMap<&'a str, &'a Map> {
    let mut known = BTreeMap::new();
    for (index, volume) in messages(spec.get("volumes")).enumerate() {
        if found.is_full() {
            break;
        }
        let before = found.count();
        let path = format!("{path}.volumes[{index}]");
        source(found, &path, volume);
        let (field, name) = (format!("{path}.name"), text(volume, "name"));
        match name {
            "" => found.required(&field, ""),
            name => found.each(&field, name, &dns_label(name)),
        }
        if known.contains_key(name) {
            found.duplicate(&field, name);
        }
        if found.count() == before {
            known.insert(name, volume);
        }
    }
    known
}

fn source(found: &mut Findings, path: &str, volume: &Map) {
    let mut seen = false;
    for (name, needed) in SOURCES {
        let Some(source) = volume.get(name).and_then(Value::as_map) else {
            continue;
        };
        if seen {
            // As upstream spells them.
            let name = match name {
                "cephfs" => "cephFS",
                "downwardAPI" => "downwarAPI",
                name => name,
            };
            found.forbidden(&format!("{path}.{name}"), MORE);
            continue;
        }
        seen = true;
        let path = format!("{path}.{name}");
        for field in needed.iter().filter(|field| is_missing(source, field)) {
            found.required(&format!("{path}.{field}"), "");
        }
        particular(found, &path, name, source);
    }
    if !seen {
        found.required(path, "must specify a volume type");
    }
}

fn is_missing(source: &Map, field: &str) -> bool {
    match source.get(field) {
        None => true,
        Some(Value::String(text)) => text.expose().is_empty(),
        Some(Value::List(items)) => items.is_empty(),
        Some(_) => false,
    }
}

/// The rules of one source.
fn particular(found: &mut Findings, path: &str, name: &str, source: &Map) {
    let at = |field: &str| format!("{path}.{field}");
    match name {
        "emptyDir" if text(source, "sizeLimit").starts_with('-') => {
            found.forbidden(
                &at("sizeLimit"),
                "SizeLimit field must be a valid resource quantity",
            );
        }
        "hostPath" if !text(source, "path").is_empty() => {
            no_backsteps(found, &at("path"), text(source, "path"));
            if let Some(kind) = source.get("type").and_then(Value::as_str) {
                found.one_of(&at("type"), kind, &HOST_TYPES);
            }
        }
        "gitRepo" => descending(found, &at("directory"), text(source, "directory")),
        "gcePersistentDisk" | "awsElasticBlockStore" => number(found, &at("partition"), source, "partition"),
        "secret" | "configMap" => {
            mode(found, &at("defaultMode"), source.get("defaultMode"));
            keys(found, path, source);
        }
        "nfs" if !text(source, "path").starts_with('/') => {
            found.invalid(&at("path"), text(source, "path"), "must be an absolute path");
        }
        "iscsi" => iscsi(found, path, source),
        "flocker" => flocker(found, path, source),
        "cinder" => secret_name(found, path, source, "secretRef"),
        "downwardAPI" => {
            mode(found, &at("defaultMode"), source.get("defaultMode"));
            downward_files(found, path, source);
        }
        "fc" => fibre_channel(found, path, source),
        "flexVolume" => reserved(found, &at("options"), message(source, "options")),
        "azureDisk" => azure(found, path, source),
        "projected" => projected(found, path, source),
        "csi" => driver(found, path, source),
        "image" => found.required_one_of(
            &at("pullPolicy"),
            text(source, "pullPolicy"),
            &["Always", "IfNotPresent", "Never"],
        ),
        _ => {}
    }
}

fn number(found: &mut Findings, field: &str, source: &Map, name: &str) {
    let number = source.get(name).and_then(Value::as_int).unwrap_or(0);
    if !(0..=NUMBER_MAX).contains(&number) {
        let why = format!("must be between 0 and {NUMBER_MAX}, inclusive");
        found.invalid_as(field, &number.to_string(), &why);
    }
}

fn secret_name(found: &mut Findings, path: &str, source: &Map, field: &str) {
    if let Some(secret) = source.get(field).and_then(Value::as_map) {
        found.required_text(&format!("{path}.{field}.name"), text(secret, "name"));
    }
}

fn iscsi(found: &mut Findings, path: &str, source: &Map) {
    let iqn = text(source, "iqn");
    if !iqn.is_empty() && !["iqn", "eui", "naa"].iter().any(|prefix| iqn.starts_with(prefix)) {
        let why = "must be valid format starting with iqn, eui, or naa";
        found.invalid(&format!("{path}.iqn"), iqn, why);
    }
    number(found, &format!("{path}.lun"), source, "lun");
    let authenticates = ["chapAuthDiscovery", "chapAuthSession"]
        .iter()
        .any(|field| source.get(*field) == Some(&Value::Bool(true)));
    if authenticates && !source.contains_key("secretRef") {
        found.required(&format!("{path}.secretRef"), "");
    }
}

fn flocker(found: &mut Findings, path: &str, source: &Map) {
    let (name, uuid) = (text(source, "datasetName"), text(source, "datasetUUID"));
    match (name.is_empty(), uuid.is_empty()) {
        (true, true) => found.required(path, "one of datasetName and datasetUUID is required"),
        (false, false) => {
            let why = "datasetName and datasetUUID can not be specified simultaneously";
            found.invalid(path, "resource", why);
        }
        _ => {}
    }
    if name.contains('/') {
        found.invalid(&format!("{path}.datasetName"), name, "must not contain '/'");
    }
}

fn fibre_channel(found: &mut Findings, path: &str, source: &Map) {
    let (names, ids) = (texts(source, "targetWWNs"), texts(source, "wwids"));
    let field = format!("{path}.targetWWNs");
    match (names.is_empty(), ids.is_empty()) {
        (true, true) => found.required(&field, "must specify either targetWWNs or wwids, but not both"),
        (false, false) => {
            let shown = format!("{names:?}").replace(", ", ",");
            let why = "targetWWNs and wwids can not be specified simultaneously";
            found.invalid_as(&field, &shown, why);
        }
        _ => {}
    }
    if !names.is_empty() {
        let field = format!("{path}.lun");
        if source.contains_key("lun") {
            number(found, &field, source, "lun");
        } else {
            found.required(&field, "lun is required if targetWWNs is specified");
        }
    }
}

/// Names that only Kubernetes may use.
fn reserved(found: &mut Findings, field: &str, options: &Map) {
    for key in options.keys() {
        let space = key.split_once('/').map_or(key.as_ref(), |(space, _)| space);
        let dotted = format!(".{}", space.to_lowercase());
        if dotted.ends_with(".kubernetes.io") || dotted.ends_with(".k8s.io") {
            let why = "kubernetes.io and k8s.io namespaces are reserved";
            found.invalid(&format!("{field}[{key}]"), key, why);
        }
    }
}

fn azure(found: &mut Findings, path: &str, source: &Map) {
    const MANAGED: &str =
        "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
    const BLOB: &str = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
    let [caching, kind, uri] = ["cachingMode", "kind", "diskURI"].map(|field| text(source, field));
    found.one_of(
        &format!("{path}.cachingMode"),
        caching,
        &["None", "ReadOnly", "ReadWrite"],
    );
    found.one_of(&format!("{path}.kind"), kind, &["Dedicated", "Managed", "Shared"]);
    let (prefix, example) = match kind {
        "Managed" => ("/subscriptions/", MANAGED),
        _ => ("https://", BLOB),
    };
    if !uri.starts_with(prefix) {
        found.unsupported(&format!("{path}.diskURI"), uri, &[example]);
    }
}

fn driver(found: &mut Findings, path: &str, source: &Map) {
    let (field, name) = (format!("{path}.driver"), text(source, "driver"));
    if name.len() > DRIVER_MAX {
        found.add([too_long(field.clone(), DRIVER_MAX)]);
    }
    found.each(&field, name, &dns_subdomain(&name.to_lowercase()));
    if let Some(secret) = source.get("nodePublishSecretRef").and_then(Value::as_map) {
        let field = format!("{path}.nodePublishSecretRef.name");
        match text(secret, "name") {
            "" => found.required(&field, ""),
            name => found.each(&field, name, &dns_subdomain(name)),
        }
    }
}
