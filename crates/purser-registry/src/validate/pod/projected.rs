//! Files of volumes that Kubernetes makes: of Secrets, ConfigMaps, the Pod itself, tokens and certificates.

use std::collections::BTreeSet;

use purser_types::{Map, Value};

use super::env;
use super::findings::Findings;
use super::labels::label_selector;
use super::paths::unreserved;
use crate::validate::read::{messages, text};

/// The highest permissions of a file.
const MODE_MAX: i64 = 0o777;
/// The shortest that a token may be good for, in seconds.
const TOKEN_MIN: i64 = 600;
/// The longest that a token may be good for, in seconds.
const TOKEN_MAX: i64 = 1 << 32;
/// What of a Pod a file may show.
const SHOWN: [&str; 5] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
];
/// The kinds of keys of a certificate.
const KEYS: [&str; 6] = [
    "RSA3072",
    "RSA4096",
    "ECDSAP256",
    "ECDSAP384",
    "ECDSAP521",
    "ED25519",
];

/// Permissions of files.
pub(super) fn mode(found: &mut Findings, field: &str, mode: Option<&Value>) {
    let mode = mode.and_then(Value::as_int).unwrap_or(0);
    if !(0..=MODE_MAX).contains(&mode) {
        let why = "must be a number between 0 and 0777 (octal), both inclusive";
        found.invalid_as(field, &mode.to_string(), why);
    }
}

/// The keys that become files; upstream's `validateKeyToPath`.
pub(super) fn keys(found: &mut Findings, path: &str, source: &Map) {
    for (index, item) in messages(source.get("items")).enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{path}.items[{index}]");
        let (field, file) = (format!("{path}.path"), text(item, "path"));
        found.required_text(&format!("{path}.key"), text(item, "key"));
        found.required_text(&field, file);
        unreserved(found, &field, file);
        mode(found, &format!("{path}.mode"), item.get("mode"));
    }
}

/// Files that show the Pod. Upstream does not say which of them is wrong.
pub(super) fn downward_files(found: &mut Findings, path: &str, source: &Map) {
    for file in messages(source.get("items")) {
        if found.is_full() {
            return;
        }
        let (field, name) = (format!("{path}.path"), text(file, "path"));
        found.required_text(&field, name);
        unreserved(found, &field, name);
        let resource = file.get("resourceFieldRef").and_then(Value::as_map);
        match (file.get("fieldRef").and_then(Value::as_map), resource) {
            (Some(of), resource) => {
                env::field(found, &format!("{path}.fieldRef"), of, &SHOWN);
                if resource.is_some() {
                    let why = "fieldRef and resourceFieldRef can not be specified simultaneously";
                    found.invalid(path, "resource", why);
                }
            }
            (None, Some(of)) => env::resource(found, &format!("{path}.resourceFieldRef"), of, true),
            (None, None) => found.required(path, "one of fieldRef and resourceFieldRef is required"),
        }
        mode(found, &format!("{path}.mode"), file.get("mode"));
    }
}

/// The paths that are taken in one volume.
struct Taken<'a> {
    path: &'a str,
    paths: BTreeSet<String>,
}

impl Taken<'_> {
    fn take(&mut self, found: &mut Findings, file: &str, by: &str) {
        if !self.paths.insert(file.to_owned()) {
            found.invalid(self.path, by, "conflicting duplicate paths");
        }
    }
}

/// Upstream's `validateProjectedVolumeSource`.
pub(super) fn projected(found: &mut Findings, path: &str, source: &Map) {
    mode(found, &format!("{path}.defaultMode"), source.get("defaultMode"));
    let mut taken = Taken {
        path,
        paths: BTreeSet::new(),
    };
    for (index, one) in messages(source.get("sources")).enumerate() {
        if found.is_full() {
            return;
        }
        let place = format!("{path}.sources[{index}]");
        let mut sources = 0_usize;
        for name in [
            "secret",
            "configMap",
            "downwardAPI",
            "serviceAccountToken",
            "clusterTrustBundle",
            "podCertificate",
        ] {
            let Some(source) = one.get(name).and_then(Value::as_map) else {
                continue;
            };
            sources = sources.saturating_add(1);
            projection(found, &format!("{place}.{name}"), name, source, &mut taken);
        }
        if sources > 1 {
            found.forbidden(&place, "may not specify more than 1 volume type per source");
        }
    }
}

fn projection(found: &mut Findings, path: &str, name: &str, source: &Map, taken: &mut Taken<'_>) {
    match name {
        "secret" | "configMap" => {
            let of = text(source, "name");
            found.required_text(&format!("{path}.name"), of);
            keys(found, path, source);
            for item in messages(source.get("items")).filter(|item| !text(item, "path").is_empty()) {
                taken.take(found, text(item, "path"), of);
            }
        }
        "downwardAPI" => {
            downward_files(found, path, source);
            for item in messages(source.get("items")).filter(|item| !text(item, "path").is_empty()) {
                taken.take(found, text(item, "path"), text(item, "path"));
            }
        }
        "serviceAccountToken" => {
            let seconds = source
                .get("expirationSeconds")
                .and_then(Value::as_int)
                .unwrap_or(0);
            let field = format!("{path}.expirationSeconds");
            let why = "may not specify a duration less than 10 minutes";
            found.at_least(&field, seconds, TOKEN_MIN, why);
            if seconds > TOKEN_MAX {
                let why = "may not specify a duration larger than 2^32 seconds";
                found.invalid_as(&field, &seconds.to_string(), why);
            }
            let field = format!("{}.path", taken.path);
            match text(source, "path") {
                "" => found.required(&field, ""),
                file => unreserved(found, &field, file),
            }
        }
        "clusterTrustBundle" => trust_bundle(found, path, source, taken),
        _ => {
            found.one_of(&format!("{path}.keyType"), text(source, "keyType"), &KEYS);
            let files = ["credentialBundlePath", "keyPath", "certificateChainPath"];
            let files = files.map(|field| (field, text(source, field)));
            for (field, file) in files.iter().filter(|(_, file)| !file.is_empty()) {
                unreserved(found, &format!("{path}.{field}"), file);
                taken.take(found, file, file);
            }
            if files.iter().all(|(_, file)| file.is_empty()) {
                let why = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath";
                found.required(path, why);
            }
        }
    }
}

fn trust_bundle(found: &mut Findings, path: &str, source: &Map, taken: &mut Taken<'_>) {
    match (source.contains_key("name"), source.contains_key("signerName")) {
        (false, false) => found.required(path, "either name or signerName must be specified"),
        (true, false) if text(source, "name").is_empty() => {
            found.required(&format!("{path}.name"), "must be a valid object name");
        }
        (false, true) => {
            if text(source, "signerName").is_empty() {
                found.required(&format!("{path}.signerName"), "must be a valid signer name");
            }
            label_selector(
                found,
                &format!("{path}.labelSelector"),
                source.get("labelSelector"),
            );
        }
        _ => {}
    }
    let (field, file) = (format!("{path}.path"), text(source, "path"));
    found.required_text(&field, file);
    unreserved(found, &field, file);
    taken.take(found, file, file);
}
