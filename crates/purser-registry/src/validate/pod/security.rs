//! As whom, and how far apart from others, a Pod and its containers run.

use std::collections::BTreeSet;

use purser_types::{Map, Value};

use super::findings::{Findings, PRINTED_MAX};
use super::paths::descending;
use super::subject::Pod;
use super::windows;
use crate::validate::causes::{CAUSES_MAX, cut, too_long};
use crate::validate::go_struct::{PROFILE, SECURITY_CONTEXT, shown};
use crate::validate::read::{message, messages, text, texts};

/// The highest number of a user or a group.
const ID_MAX: i64 = 2_147_483_647;
/// The longest name of a sysctl, in bytes.
const SYSCTL_MAX: usize = 253;
/// The longest name of a profile, in bytes: that of a path.
const PROFILE_MAX: usize = 4095;
const PROFILES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];
/// How sysctls begin that belong to the namespaces of interprocess communication; `kernel.sem` is another.
const IPC: [&str; 3] = ["kernel.shm", "kernel.msg", "fs.mqueue."];

/// Upstream's `validatePodSpecSecurityContext`.
pub(super) fn of_pod(found: &mut Findings, path: &str, pod: &Pod<'_>) {
    let Some(context) = pod.spec.get("securityContext").and_then(Value::as_map) else {
        return;
    };
    let path = format!("{path}.securityContext");
    ids(found, &path, context, &["fsGroup", "runAsUser", "runAsGroup"]);
    let groups = context.get("supplementalGroups").and_then(Value::as_list);
    for (index, group) in groups.unwrap_or_default().iter().enumerate() {
        id(found, &format!("{path}.supplementalGroups[{index}]"), group);
    }
    if pod.says("shareProcessNamespace") && pod.says("hostPID") {
        let why = "ShareProcessNamespace and HostPID cannot both be enabled";
        found.invalid_as(&format!("{path}.shareProcessNamespace"), "true", why);
    }
    sysctls(found, &format!("{path}.sysctls"), context, pod);
    word(
        found,
        &path,
        context,
        "fsGroupChangePolicy",
        &["Always", "OnRootMismatch"],
    );
    profiles(found, &path, context);
    word(
        found,
        &path,
        context,
        "supplementalGroupsPolicy",
        &["Merge", "Strict"],
    );
    word(
        found,
        &path,
        context,
        "seLinuxChangePolicy",
        &["MountOption", "Recursive"],
    );
}

/// Upstream's `ValidateSecurityContext`.
pub(super) fn of_container(found: &mut Findings, path: &str, container: &Map, pod: &Pod<'_>) {
    let Some(context) = container.get("securityContext").and_then(Value::as_map) else {
        return;
    };
    let path = format!("{path}.securityContext");
    ids(found, &path, context, &["runAsUser", "runAsGroup"]);
    if let Some(mount) = context.get("procMount").and_then(Value::as_str) {
        let field = format!("{path}.procMount");
        found.one_of(&field, mount, &["Default", "Unmasked"]);
        if mount == "Unmasked" && pod.uses_host_users() {
            found.invalid(&field, mount, "`hostUsers` must be false to use `Unmasked`");
        }
    }
    seccomp(found, &format!("{path}.seccompProfile"), context);
    if context.get("allowPrivilegeEscalation") == Some(&Value::Bool(false)) {
        let whole = cut(shown(SECURITY_CONTEXT, context), PRINTED_MAX);
        let mut refuse = |what: &str| {
            let why = format!("cannot set `allowPrivilegeEscalation` to false and {what}");
            found.invalid_as(&path, &whole, &why);
        };
        if context.get("privileged") == Some(&Value::Bool(true)) {
            refuse("`privileged` to true");
        }
        let added = texts(message(context, "capabilities"), "add");
        for _ in added
            .iter()
            .filter(|name| **name == "CAP_SYS_ADMIN")
            .take(CAUSES_MAX)
        {
            refuse("`capabilities.Add` CAP_SYS_ADMIN");
        }
    }
    windows::options(found, &format!("{path}.windowsOptions"), context);
    app_armor(found, &format!("{path}.appArmorProfile"), context);
}

fn profiles(found: &mut Findings, path: &str, context: &Map) {
    seccomp(found, &format!("{path}.seccompProfile"), context);
    windows::options(found, &format!("{path}.windowsOptions"), context);
    app_armor(found, &format!("{path}.appArmorProfile"), context);
}

fn ids(found: &mut Findings, path: &str, context: &Map, fields: &[&str]) {
    for field in fields {
        if let Some(value) = context.get(*field) {
            id(found, &format!("{path}.{field}"), value);
        }
    }
}

fn id(found: &mut Findings, field: &str, value: &Value) {
    let number = value.as_int().unwrap_or(0);
    if !(0..=ID_MAX).contains(&number) {
        let why = format!("must be between 0 and {ID_MAX}, inclusive");
        found.invalid_as(field, &number.to_string(), &why);
    }
}

fn word(found: &mut Findings, path: &str, context: &Map, field: &str, words: &[&str]) {
    if let Some(given) = context.get(field).and_then(Value::as_str) {
        found.one_of(&format!("{path}.{field}"), given, words);
    }
}

fn sysctls(found: &mut Findings, path: &str, context: &Map, pod: &Pod<'_>) {
    let mut seen = BTreeSet::new();
    for (index, sysctl) in messages(context.get("sysctls")).enumerate() {
        let field = format!("{path}[{index}].name");
        let name = text(sysctl, "name");
        if name.is_empty() {
            found.required(&field, "");
        } else if name.len() > SYSCTL_MAX || !name.split(['.', '/']).all(is_segment) {
            let why = format!(
                "must have at most {SYSCTL_MAX} characters and match regex \
                 ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
            );
            found.invalid(&field, name, &why);
        } else if !seen.insert(name) {
            found.duplicate(&field, name);
        }
        let dotted = with_dots(name);
        let of_ipc = dotted == "kernel.sem" || IPC.iter().any(|prefix| dotted.starts_with(prefix));
        if pod.says("hostNetwork") && dotted.starts_with("net.") {
            found.invalid(&field, name, "may not be specified when 'hostNetwork' is true");
        } else if pod.says("hostIPC") && of_ipc {
            found.invalid(&field, name, "may not be specified when 'hostIPC' is true");
        }
    }
}

/// `net.ipv4.x` and `net/ipv4/x` are the same: what comes first separates.
fn with_dots(name: &str) -> String {
    let separators = |one: &char| matches!(one, '.' | '/');
    if name.chars().find(separators) != Some('/') {
        return name.to_owned();
    }
    let swap = |one| match one {
        '.' => '/',
        '/' => '.',
        other => other,
    };
    name.chars().map(swap).collect()
}

fn is_segment(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = segment.as_bytes();
    bytes.first().copied().is_some_and(plain)
        && bytes.last().copied().is_some_and(plain)
        && bytes
            .iter()
            .all(|byte| plain(*byte) || matches!(byte, b'-' | b'_'))
}

/// Upstream's `validateSeccompProfileField`.
fn seccomp(found: &mut Findings, path: &str, context: &Map) {
    let Some(profile) = context.get("seccompProfile").and_then(Value::as_map) else {
        return;
    };
    let (kind, local) = (text(profile, "type"), profile.get("localhostProfile"));
    let field = format!("{path}.localhostProfile");
    match kind {
        "" => found.required(
            &format!("{path}.type"),
            "type is required when seccompProfile is set",
        ),
        kind => found.one_of(&format!("{path}.type"), kind, &PROFILES),
    }
    match (kind, local.and_then(Value::as_str)) {
        ("Localhost", None) => found.required(&field, "must be set when seccomp type is Localhost"),
        ("Localhost", Some(local)) => descending(found, &field, local),
        (_, Some(_)) => {
            let why = "can only be set when seccomp type is Localhost";
            found.invalid_as(&field, &shown(PROFILE, profile), why);
        }
        (_, None) => {}
    }
}

/// Upstream's `ValidateAppArmorProfileField`.
fn app_armor(found: &mut Findings, path: &str, context: &Map) {
    const MISSING: &str = "must be set when AppArmor type is Localhost";
    let Some(profile) = context.get("appArmorProfile").and_then(Value::as_map) else {
        return;
    };
    let local = profile.get("localhostProfile").and_then(Value::as_str);
    let field = format!("{path}.localhostProfile");
    match (text(profile, "type"), local) {
        ("Localhost", None) => found.required(&field, MISSING),
        ("Localhost", Some(local)) => {
            if local.trim() != local {
                found.invalid(&field, local, "must not be padded with whitespace");
            } else if local.is_empty() {
                found.required(&field, MISSING);
            }
            if local.len() > PROFILE_MAX {
                found.add([too_long(field, PROFILE_MAX)]);
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(local)) => {
            found.invalid(&field, local, "can only be set when AppArmor type is Localhost");
        }
        ("RuntimeDefault" | "Unconfined", None) => {}
        ("", _) => found.required(
            &format!("{path}.type"),
            "type is required when appArmorProfile is set",
        ),
        (other, _) => found.one_of(&format!("{path}.type"), other, &PROFILES),
    }
}
