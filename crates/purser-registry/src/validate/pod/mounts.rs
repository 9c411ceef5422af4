//! Where volumes are mounted in a container, and which are its devices.

use std::collections::{BTreeMap, BTreeSet};

use purser_types::{Map, Value};

use super::findings::Findings;
use super::paths::descending;
use super::subject::Pod;
use crate::validate::read::{message, messages, text};

const PROPAGATIONS: [&str; 3] = ["Bidirectional", "HostToContainer", "None"];
const RECURSIVE: [&str; 3] = ["Disabled", "Enabled", "IfPossible"];

/// Names and paths of a list of mounts or devices; of a name that is there twice, the last path, as upstream.
fn places<'m>(container: &'m Map, list: &str, path: &str) -> (BTreeSet<&'m str>, BTreeSet<&'m str>) {
    let places = messages(container.get(list)).map(|one| (text(one, "name"), text(one, path)));
    let places: BTreeMap<&str, &str> = places.collect();
    places.into_iter().unzip()
}

/// Upstream's `ValidateVolumeMounts`; some of its sentences are about the whole list.
pub(super) fn mounts(found: &mut Findings, path: &str, container: &Map, pod: &Pod<'_>) {
    let (device_names, device_points) = places(container, "volumeDevices", "devicePath");
    let list = format!("{path}.volumeMounts");
    let mut points = BTreeSet::new();
    for (index, mount) in messages(container.get("volumeMounts")).enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{list}[{index}]");
        let (name, point) = (text(mount, "name"), text(mount, "mountPath"));
        let (named, placed) = (format!("{path}.name"), format!("{path}.mountPath"));
        found.required_text(&named, name);
        if !pod.has_volume(name) {
            found.not_found(&named, name);
        }
        found.required_text(&placed, point);
        if !points.insert(point) {
            found.invalid(&placed, point, "must be unique");
        }
        if device_names.contains(name) {
            found.invalid(&named, name, "must not already exist in volumeDevices");
        }
        if device_points.contains(point) {
            found.invalid(
                &placed,
                point,
                "must not already exist as a path in volumeDevices",
            );
        }
        below(found, &list, &path, mount);
        propagation(found, &list, mount, container);
    }
}

/// Which part of a volume is mounted.
fn below(found: &mut Findings, list: &str, path: &str, mount: &Map) {
    let (plain, expression) = (text(mount, "subPath"), text(mount, "subPathExpr"));
    if !plain.is_empty() {
        descending(found, &format!("{list}.subPath"), plain);
    }
    if expression.is_empty() {
        return;
    }
    if !plain.is_empty() {
        let why = "subPathExpr and subPath are mutually exclusive";
        found.invalid(&format!("{path}.subPathExpr"), expression, why);
    }
    descending(found, &format!("{list}.subPathExpr"), expression);
}

fn propagation(found: &mut Findings, list: &str, mount: &Map, container: &Map) {
    let how = mount.get("mountPropagation").and_then(Value::as_str);
    if let Some(how) = how {
        let field = format!("{list}.mountPropagation");
        found.one_of(&field, how, &PROPAGATIONS);
        let privileged = message(container, "securityContext").get("privileged") == Some(&Value::Bool(true));
        if how == "Bidirectional" && !privileged {
            found.forbidden(
                &field,
                "Bidirectional mount propagation is available only to privileged containers",
            );
        }
    }
    let field = format!("{list}.recursiveReadOnly");
    match mount.get("recursiveReadOnly").and_then(Value::as_str) {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if mount.get("readOnly") != Some(&Value::Bool(true)) {
                found.forbidden(&field, "may only be specified when readOnly is true");
            }
            if how.is_some_and(|how| how != "None") {
                found.forbidden(
                    &field,
                    "may only be specified when mountPropagation is None or not specified",
                );
            }
        }
        Some(other) => found.one_of(&field, other, &RECURSIVE),
    }
}

/// Upstream's `ValidateVolumeDevices`.
pub(super) fn devices(found: &mut Findings, path: &str, container: &Map, pod: &Pod<'_>) {
    let (mount_names, mount_points) = places(container, "volumeMounts", "mountPath");
    let (mut names, mut points) = (BTreeSet::new(), BTreeSet::new());
    for (index, device) in messages(container.get("volumeDevices")).enumerate() {
        if found.is_full() {
            return;
        }
        let path = format!("{path}.volumeDevices[{index}]");
        let (name, point) = (text(device, "name"), text(device, "devicePath"));
        let (named, placed) = (format!("{path}.name"), format!("{path}.devicePath"));
        found.required_text(&named, name);
        if names.contains(name) {
            found.invalid(&named, name, "must be unique");
        }
        match pod.volume(name) {
            None => found.not_found(&named, name),
            Some(volume)
                if volume.contains_key("persistentVolumeClaim") || volume.contains_key("ephemeral") => {}
            Some(_) => {
                let why =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                found.invalid(&named, name, why);
            }
        }
        found.required_text(&placed, point);
        if points.contains(point) {
            found.invalid(&placed, point, "must be unique");
        }
        if point.split('/').any(|step| step == "..") {
            found.invalid(&placed, point, "can not contain backsteps ('..')");
        } else {
            points.insert(point);
        }
        if mount_names.contains(name) {
            found.invalid(&named, name, "must not already exist in volumeMounts");
        }
        if mount_points.contains(point) {
            found.invalid(&placed, point, "must not already exist as a path in volumeMounts");
        }
        if !name.is_empty() {
            names.insert(name);
        }
    }
}
