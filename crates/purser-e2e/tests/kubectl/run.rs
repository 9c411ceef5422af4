//! Runs kubectl with a home of its own.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use purser_e2e::Purser;

/// A server with a kubectl that talks to it as its administrator.
pub(crate) struct Kubectl {
    pub(crate) purser: Purser,
    program: PathBuf,
}

impl Kubectl {
    /// Starts a server of its own.
    pub(crate) async fn start() -> Self {
        Self {
            purser: Purser::start().await,
            program: purser_e2e::kubectl(),
        }
    }

    /// The command, not run yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.purser.scratch())
            .env("KUBECONFIG", self.purser.kubeconfig_path())
            .current_dir(self.purser.scratch())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What it prints; it has to succeed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        succeeded(
            arguments,
            &self.command(arguments).output().expect("kubectl runs"),
        )
    }

    /// What it prints when it reads `input` as `-f -`; it has to succeed.
    pub(crate) fn ok_reading(&self, arguments: &[&str], input: &str) -> String {
        succeeded(arguments, &self.reading(arguments, input))
    }

    /// What it says when it fails, and its exit code; it has to fail.
    pub(crate) fn fails(&self, arguments: &[&str]) -> (i32, String) {
        failed(
            arguments,
            &self.command(arguments).output().expect("kubectl runs"),
        )
    }

    /// What it says when it fails on `input`.
    pub(crate) fn fails_reading(&self, arguments: &[&str], input: &str) -> (i32, String) {
        failed(arguments, &self.reading(arguments, input))
    }

    fn reading(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .expect("kubectl runs");
        let mut stdin = child.stdin.take().expect("its input is ours");
        stdin.write_all(input.as_bytes()).expect("it reads");
        drop(stdin);
        child.wait_with_output().expect("it ends")
    }

    /// Starts it, for who reads while it runs.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("kubectl runs")
    }

    /// A file of the test's own.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.purser.scratch().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// A JSONPath of one object.
    pub(crate) fn field(&self, object: &str, path: &str) -> String {
        self.ok(&["get", object, "-o", &format!("jsonpath={path}")])
    }
}

fn succeeded(arguments: &[&str], output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "kubectl {}: {}\n{said}{printed}",
        arguments.join(" "),
        output.status
    );
    printed
}

fn failed(arguments: &[&str], output: &Output) -> (i32, String) {
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        !output.status.success(),
        "kubectl {} succeeds:\n{printed}",
        arguments.join(" ")
    );
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}
