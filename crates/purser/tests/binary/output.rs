use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::server::Server;

#[test]
fn off_a_terminal_every_line_is_json_and_standard_output_is_silent() {
    let mut server = Server::new().with("--log-level").with("debug");
    server.start();
    assert_eq!(server.client().get("/api/v1/namespaces").status, 200);
    assert!(server.stop().success());
    let log = server.log();
    assert!(log.lines().count() >= 3, "{log}");
    for line in log.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(
            line["timestamp"].is_string() && line["level"].is_string(),
            "{line}"
        );
    }
    let ready = log.lines().find(|line| line.contains("\"ready\"")).unwrap();
    let ready: serde_json::Value = serde_json::from_str(ready).unwrap();
    assert!(
        ready["address"]
            .as_str()
            .unwrap()
            .starts_with("https://127.0.0.1:"),
        "{ready}"
    );
    assert!(
        ready["kubeconfig"]
            .as_str()
            .unwrap()
            .ends_with("/admin.kubeconfig"),
        "{ready}"
    );
    assert_eq!(server.said(), "");
}

#[test]
fn a_terminal_gets_six_lines_of_which_the_last_can_be_pasted() {
    let server = Server::new();
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let terminal = || {
        File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap()
    };
    let mut child = server
        .command()
        .stdout(Stdio::from(terminal()))
        .stderr(Stdio::from(terminal()))
        .spawn()
        .unwrap();
    let mut controller = File::from(controller);
    let mut text = String::new();
    let begun = Instant::now();
    while !text.contains("export KUBECONFIG=") || !text.ends_with('\n') {
        assert!(begun.elapsed() < Duration::from_secs(30), "{text}");
        let mut bytes = [0; 4096];
        let read = controller.read(&mut bytes).unwrap();
        text.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut rest = Vec::new();
    // A terminal whose other side is gone reads as an error, after what was left in it.
    let _ = controller.read_to_end(&mut rest);
    text.push_str(std::str::from_utf8(&rest).unwrap());

    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 6, "{text}");
    assert!(lines[0].starts_with("purser "), "{text}");
    assert!(lines[3].starts_with("address     https://127.0.0.1:"), "{text}");
    assert!(lines[4].starts_with("ready       in "), "{text}");
    assert_eq!(
        lines[5].trim(),
        format!("export KUBECONFIG={}", server.path("admin.kubeconfig").display())
    );
}

#[test]
fn the_process_forbids_core_dumps() {
    let server = Server::started();
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(line.split_whitespace().nth(4), Some("0"), "{line}");
    assert_eq!(line.split_whitespace().nth(5), Some("0"), "{line}");
}
