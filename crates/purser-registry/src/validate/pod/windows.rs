//! What only Pods of Windows may say, and what they may not.

use purser_types::{Map, Value};

use super::findings::Findings;
use super::subject::Pod;
use crate::validate::names::dns_subdomain;
use crate::validate::read::{message, text};

/// The longest credential specification, in bytes.
const CREDENTIAL_MAX: usize = 64 << 10;
/// A domain is shorter than this, in bytes.
const DOMAIN_MAX: usize = 256;
/// The longest name of a user, in bytes.
const USER_MAX: usize = 104;
const OF_LINUX: &str = "cannot be set for a windows pod";
const OF_WINDOWS: &str = "windows options cannot be set for a linux pod";

/// Upstream's `validateWindowsSecurityContextOptions`.
pub(super) fn options(found: &mut Findings, path: &str, context: &Map) {
    let options = message(context, "windowsOptions");
    let text = |field: &str| options.get(field).and_then(Value::as_str);
    if let Some(name) = text("gmsaCredentialSpecName") {
        found.each(
            &format!("{path}.gmsaCredentialSpecName"),
            name,
            &dns_subdomain(name),
        );
    }
    if let Some(credential) = text("gmsaCredentialSpec") {
        let field = format!("{path}.gmsaCredentialSpec");
        if credential.is_empty() {
            found.invalid(&field, credential, "gmsaCredentialSpec cannot be an empty string");
        } else if credential.len() > CREDENTIAL_MAX {
            let why = "gmsaCredentialSpec size must be under 64 KiB";
            found.invalid(&field, credential, why);
        }
    }
    if let Some(name) = text("runAsUserName") {
        user_name(found, &format!("{path}.runAsUserName"), name);
    }
}

fn user_name(found: &mut Findings, field: &str, name: &str) {
    let mut refuse = |why: &str| found.invalid(field, name, &format!("runAsUserName{why}"));
    if name.is_empty() {
        return refuse(" cannot be an empty string");
    }
    if name.bytes().any(|byte| byte.is_ascii_control()) {
        return refuse(" cannot contain control characters");
    }
    if name.matches('\\').count() > 1 {
        return refuse(" cannot contain more than one backslash");
    }
    let (domain, user) = match name.split_once('\\') {
        Some((domain, user)) => (Some(domain), user),
        None => (None, name),
    };
    if domain.is_some_and(|domain| domain.len() >= DOMAIN_MAX) {
        refuse("'s Domain length must be under 256 characters");
    }
    if domain.is_some_and(|domain| !is_netbios(domain) && !is_dns(domain)) {
        refuse("'s Domain doesn't match the NetBios nor the DNS format");
    }
    if user.is_empty() {
        refuse("'s User cannot be empty");
    } else if user.len() > USER_MAX {
        refuse("'s User length must not be longer than 104 characters");
    }
    if !user.is_empty() && user.chars().all(|one| matches!(one, '.' | ' ')) {
        refuse("'s User cannot contain only periods or spaces");
    }
    if user.contains([
        '"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']',
    ]) {
        refuse("'s User cannot contain the following characters: \"/\\:;|=,+*?<>@[]");
    }
}

fn is_netbios(domain: &str) -> bool {
    (1..=15).contains(&domain.chars().count())
        && !domain.starts_with('.')
        && !domain.contains(['\\', '/', ':', '*', '?', '"', '<', '>', '|'])
}

fn is_dns(domain: &str) -> bool {
    let label = |label: &str| {
        let bytes = label.as_bytes();
        (1..=63).contains(&bytes.len())
            && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    domain.split('.').all(label)
}

/// Upstream's `validateWindowsHostProcessPod`.
pub(super) fn host_process(found: &mut Findings, path: &str, pod: &Pod<'_>) {
    let own = |of: &Map| match message(message(of, "securityContext"), "windowsOptions").get("hostProcess") {
        Some(Value::Bool(is)) => Some(*is),
        _ => None,
    };
    let of_pod = own(pod.spec);
    let (mut all, mut on_host) = (0_usize, 0_usize);
    for (place, container) in pod.containers(path) {
        all = all.saturating_add(1);
        let of_container = own(container);
        if let (Some(pod), Some(container)) = (of_pod, of_container)
            && pod != container
        {
            let why = format!("pod hostProcess value must be identical if both are specified, was {pod}");
            let field = format!("{place}.securityContext.windowsOptions.hostProcess");
            found.invalid_as(&field, &container.to_string(), &why);
        }
        if of_container.or(of_pod) == Some(true) {
            on_host = on_host.saturating_add(1);
        }
    }
    if on_host == 0 {
        return;
    }
    if on_host != all {
        let why =
            "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        found.invalid(path, "", why);
    }
    if !pod.says("hostNetwork") {
        let why = "hostNetwork must be true if pod contains any hostProcess containers";
        found.invalid_as(&format!("{path}.hostNetwork"), "false", why);
    }
}

/// What the operating system that a Pod names does not have.
pub(super) fn system(found: &mut Findings, path: &str, pod: &Pod<'_>) {
    let Some(os) = pod.spec.get("os").and_then(Value::as_map) else {
        return;
    };
    match text(os, "name") {
        "" => found.required(&format!("{path}.os.name"), ""),
        "linux" => {
            let whole = std::iter::once((path.to_owned(), pod.spec));
            for (place, of) in whole.chain(pod.containers(path)) {
                if message(of, "securityContext").contains_key("windowsOptions") {
                    found.forbidden(&format!("{place}.securityContext.windowsOptions"), OF_WINDOWS);
                }
            }
        }
        "windows" => without_linux(found, path, pod),
        other => found.one_of(&format!("{path}.os"), other, &["linux", "windows"]),
    }
}

/// Upstream's `validateWindows`.
fn without_linux(found: &mut Findings, path: &str, pod: &Pod<'_>) {
    let context = message(pod.spec, "securityContext");
    for (in_context, field) in [
        (true, "appArmorProfile"),
        (true, "seLinuxOptions"),
        (false, "hostUsers"),
        (false, "hostPID"),
        (false, "hostIPC"),
        (true, "seccompProfile"),
        (true, "fsGroup"),
        (true, "fsGroupChangePolicy"),
        (true, "sysctls"),
        (false, "shareProcessNamespace"),
        (true, "runAsUser"),
        (true, "runAsGroup"),
        (true, "supplementalGroups"),
        (true, "supplementalGroupsPolicy"),
        (true, "seLinuxChangePolicy"),
    ] {
        let is_set = match field {
            "hostPID" | "hostIPC" => pod.says(field),
            _ if in_context => context.contains_key(field),
            _ => pod.spec.contains_key(field),
        };
        if is_set {
            let context = if in_context { ".securityContext" } else { "" };
            found.forbidden(&format!("{path}{context}.{field}"), OF_LINUX);
        }
    }
    for (place, container) in pod.containers(path) {
        let context = message(container, "securityContext");
        for field in [
            "appArmorProfile",
            "seLinuxOptions",
            "seccompProfile",
            "capabilities",
            "readOnlyRootFilesystem",
            "privileged",
            "allowPrivilegeEscalation",
            "procMount",
            "runAsUser",
            "runAsGroup",
        ] {
            if context.contains_key(field) {
                found.forbidden(&format!("{place}.securityContext.{field}"), OF_LINUX);
            }
        }
    }
}
