//! The driver against the bare server: both are what they say, from the outside.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail as the test does"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

struct Bare {
    child: Child,
    kubeconfig: PathBuf,
    _directory: tempfile::TempDir,
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn bench() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_purser-bench"));
    command.env_remove("KUBECONFIG");
    command
}

fn start() -> Bare {
    let directory = tempfile::tempdir().unwrap();
    let kubeconfig = directory.path().join("bare.kubeconfig");
    let child = bench()
        .args(["bare", "--size", "100", "--write-kubeconfig"])
        .arg(&kubeconfig)
        .spawn()
        .unwrap();
    let bare = Bare {
        child,
        kubeconfig,
        _directory: directory,
    };
    let begun = Instant::now();
    while !bare.kubeconfig.exists() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the bare server did not start"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    bare
}

fn drive(kubeconfig: &Path, arguments: &[&str]) -> Output {
    bench()
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .args([
            "--objects",
            "20",
            "--size",
            "100",
            "--connections",
            "2",
            "--streams",
            "3",
        ])
        .args(["--warm-up", "50ms", "--duration", "300ms"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[test]
fn every_workload_of_requests_is_measured() {
    let bare = start();
    for workload in ["get", "list", "create", "update", "mixed"] {
        let output = drive(&bare.kubeconfig, &["--workload", workload, "--json"]);
        let report = json(&output);
        assert_eq!(output.status.code(), Some(0), "{report}");
        assert_eq!(report["workload"], workload);
        assert_eq!(report["errors"], serde_json::json!({}));
        assert!(report["requests_per_second"].as_f64().unwrap() > 0.0, "{report}");
        let row = if workload == "mixed" { "get" } else { workload };
        let row = &report["operations"][row];
        assert!(row["p50_us"].as_u64().unwrap() > 0, "{report}");
        assert!(row["p50_us"].as_u64() <= row["p999_us"].as_u64(), "{report}");
        assert!(row["mean_bytes"].as_u64().unwrap() > 100, "{report}");
    }
}

#[test]
fn the_server_process_is_measured_with_its_id() {
    let bare = start();
    let report = json(&drive(
        &bare.kubeconfig,
        &["--pid", &bare.child.id().to_string(), "--json"],
    ));
    assert_eq!(report["server"]["pid"], bare.child.id());
    assert!(
        report["server"]["resident_bytes"].as_u64().unwrap() > 100_000,
        "{report}"
    );
    assert!(
        report["server"]["cpu_seconds"].as_f64().unwrap() >= 0.0,
        "{report}"
    );
}

#[test]
fn a_rate_is_kept() {
    let bare = start();
    let output = drive(&bare.kubeconfig, &["--rate", "100", "--json"]);
    let per_second = json(&output)["requests_per_second"].as_f64().unwrap();
    assert!((20.0..=140.0).contains(&per_second), "{per_second}");
}

#[test]
fn people_get_a_table() {
    let bare = start();
    let output = drive(&bare.kubeconfig, &[]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.starts_with("get: 20 objects of 100 B, 2 connections x 3 streams, 0.3 s\n"),
        "{table}"
    );
    assert!(table.contains("p99.9"), "{table}");
    assert!(table.contains("\ndriver "), "{table}");
    assert!(output.stderr.is_empty(), "no progress bar off a terminal");
}

#[test]
fn what_cannot_be_measured_says_why_and_exits_3() {
    let bare = start();
    let text = std::fs::read_to_string(&bare.kubeconfig).unwrap();
    let nowhere = bare.kubeconfig.with_file_name("nowhere");
    let port = text
        .split("https://127.0.0.1:")
        .nth(1)
        .unwrap()
        .split('\n')
        .next()
        .unwrap();
    std::fs::write(&nowhere, text.replace(port, "1")).unwrap();
    let output = drive(&nowhere, &[]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("purser-bench: cannot connect to 127.0.0.1:1: "),
        "{said}"
    );

    let output = bench().output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("give --kubeconfig FILE")
    );
}

fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Whether a process has a handler for SIGINT, signal 2 (proc(5), `SigCgt`).
fn minds_interrupts(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    u64::from_str_radix(mask.unwrap().trim(), 16).unwrap() & 0b10 != 0
}

#[test]
fn who_interrupts_twice_does_not_wait_for_a_server_that_is_stuck() {
    let bare = start();
    let mut driver = bench()
        .arg("--kubeconfig")
        .arg(&bare.kubeconfig)
        .args(["--objects", "1", "--duration", "60m"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let late = || begun.elapsed() > Duration::from_secs(30);
    while !minds_interrupts(driver.id()) && !late() {
        std::thread::sleep(Duration::from_millis(5));
    }
    signal("STOP", bare.child.id());
    while driver.try_wait().unwrap().is_none() && !late() {
        signal("INT", driver.id());
        std::thread::sleep(Duration::from_millis(200));
    }
    // It is gone by now.
    let _ = driver.kill();
    let output = driver.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("is left on the server: interrupted"), "{said}");
}

#[test]
fn another_authority_is_not_trusted() {
    let (one, other) = (start(), start());
    let server = |text: &str| {
        text.lines()
            .find(|line| line.contains("server:"))
            .unwrap()
            .to_owned()
    };
    let text = std::fs::read_to_string(&one.kubeconfig).unwrap();
    let elsewhere = server(&std::fs::read_to_string(&other.kubeconfig).unwrap());
    let crossed = one.kubeconfig.with_file_name("crossed");
    std::fs::write(&crossed, text.replace(&server(&text), &elsewhere)).unwrap();
    let output = drive(&crossed, &[]);
    assert_eq!(
        output.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}
