//! Probes, and what is done when a container starts and ends.

use purser_types::{Map, Value};

use super::findings::Findings;
use super::subject::Pod;
use crate::validate::names::port_name;
use crate::validate::network::port_number;
use crate::validate::read::{messages, text, texts};

const HEADER: &str = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', \
    regex used for validation is '[-A-Za-z0-9]+')";
const SCHEMES: [&str; 2] = ["HTTP", "HTTPS"];
/// Signals beside the real-time ones.
const SIGNALS: [&str; 36] = [
    "SIGABRT",
    "SIGALRM",
    "SIGBUS",
    "SIGCHLD",
    "SIGCLD",
    "SIGCONT",
    "SIGFPE",
    "SIGHUP",
    "SIGILL",
    "SIGINT",
    "SIGIO",
    "SIGIOT",
    "SIGKILL",
    "SIGPIPE",
    "SIGPOLL",
    "SIGPROF",
    "SIGPWR",
    "SIGQUIT",
    "SIGRTMAX",
    "SIGRTMIN",
    "SIGSEGV",
    "SIGSTKFLT",
    "SIGSTOP",
    "SIGSYS",
    "SIGTERM",
    "SIGTRAP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGUSR1",
    "SIGUSR2",
    "SIGVTALRM",
    "SIGWINCH",
    "SIGXCPU",
    "SIGXFSZ",
];
const WINDOWS_SIGNALS: [&str; 2] = ["SIGKILL", "SIGTERM"];

/// The three probes of a container.
pub(super) fn probes(found: &mut Findings, path: &str, container: &Map, pod: &Pod<'_>) {
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(one) = container.get(name).and_then(Value::as_map) else {
            continue;
        };
        let path = format!("{path}.{name}");
        probe(found, &path, one, pod);
        if name == "readinessProbe" {
            if let Some(seconds) = one.get("terminationGracePeriodSeconds").and_then(Value::as_int) {
                let field = format!("{path}.terminationGracePeriodSeconds");
                found.invalid_as(
                    &field,
                    &seconds.to_string(),
                    "must not be set for readinessProbes",
                );
            }
        } else if number(one, "successThreshold") != 1 {
            let given = number(one, "successThreshold").to_string();
            found.invalid_as(&format!("{path}.successThreshold"), &given, "must be 1");
        }
    }
}

fn probe(found: &mut Findings, path: &str, probe: &Map, pod: &Pod<'_>) {
    handler(found, path, probe, pod);
    for field in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        found.at_least(
            &format!("{path}.{field}"),
            number(probe, field),
            0,
            "must be greater than or equal to 0",
        );
    }
    if let Some(seconds) = probe.get("terminationGracePeriodSeconds").and_then(Value::as_int) {
        let field = format!("{path}.terminationGracePeriodSeconds");
        found.at_least(&field, seconds, 1, "must be greater than 0");
    }
}

/// What is done at a container's start and end.
pub(super) fn lifecycle(found: &mut Findings, path: &str, container: &Map, pod: &Pod<'_>) {
    let Some(lifecycle) = container.get("lifecycle").and_then(Value::as_map) else {
        return;
    };
    for when in ["postStart", "preStop"] {
        if let Some(what) = lifecycle.get(when).and_then(Value::as_map) {
            handler(found, &format!("{path}.lifecycle.{when}"), what, pod);
        }
    }
    if let Some(signal) = lifecycle.get("stopSignal").and_then(Value::as_str) {
        stop_signal(found, &format!("{path}.lifecycle.stopSignal"), signal, pod);
    }
}

fn stop_signal(found: &mut Findings, field: &str, signal: &str, pod: &Pod<'_>) {
    match pod.system() {
        None => found.forbidden(field, "may not be set for containers with empty `spec.os.name`"),
        Some("windows") => found.one_of(field, signal, &WINDOWS_SIGNALS),
        Some("linux") => {
            let signals = linux_signals();
            let signals: Vec<&str> = signals.iter().map(String::as_str).collect();
            found.one_of(field, signal, &signals);
        }
        Some(_) => {}
    }
}

/// Every signal of Linux, sorted.
fn linux_signals() -> Vec<String> {
    let low = (1..=15).map(|number| format!("SIGRTMIN+{number}"));
    let high = (1..=14).map(|number| format!("SIGRTMAX-{number}"));
    let plain = SIGNALS.iter().map(|signal| (*signal).to_owned());
    let mut all: Vec<String> = plain.chain(low).chain(high).collect();
    all.sort();
    all
}

/// Upstream's `validateHandler`.
fn handler(found: &mut Findings, path: &str, of: &Map, pod: &Pod<'_>) {
    let mut seen = false;
    for name in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
        let Some(action) = of.get(name).and_then(Value::as_map) else {
            continue;
        };
        let path = format!("{path}.{name}");
        if seen {
            found.forbidden(&path, "may not specify more than 1 handler type");
            continue;
        }
        seen = true;
        match name {
            "exec" if texts(action, "command").is_empty() => {
                found.required(&format!("{path}.command"), "");
            }
            "httpGet" => http(found, &path, action),
            "tcpSocket" | "grpc" => port(found, &path, action),
            "sleep" => sleep(found, &path, action, pod),
            _ => {}
        }
    }
    if !seen {
        found.required(path, "must specify a handler type");
    }
}

fn http(found: &mut Findings, path: &str, action: &Map) {
    found.required_text(&format!("{path}.path"), text(action, "path"));
    port(found, path, action);
    found.one_of(&format!("{path}.scheme"), text(action, "scheme"), &SCHEMES);
    let field = format!("{path}.httpHeaders");
    for header in messages(action.get("httpHeaders")) {
        let name = text(header, "name");
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if name.is_empty() || !name.bytes().all(fits) {
            found.invalid(&field, name, HEADER);
        }
    }
}

/// A number or a name.
fn port(found: &mut Findings, path: &str, action: &Map) {
    let field = format!("{path}.port");
    match action.get("port") {
        Some(Value::String(name)) => {
            let name = name.expose();
            found.each(&field, name, &port_name(name));
        }
        other => found.add(port_number(&field, other.and_then(Value::as_int).unwrap_or(0))),
    }
}

fn sleep(found: &mut Findings, path: &str, action: &Map, pod: &Pod<'_>) {
    let seconds = number(action, "seconds");
    if let Some(grace) = pod.grace()
        && !(0..=grace).contains(&seconds)
    {
        let why = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        found.invalid_as(path, &seconds.to_string(), &why);
    }
}

fn number(of: &Map, field: &str) -> i64 {
    of.get(field).and_then(Value::as_int).unwrap_or(0)
}
