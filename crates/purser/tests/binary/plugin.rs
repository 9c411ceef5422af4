//! A `purser kms serve` in a directory of its own.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::server::{PATIENCE, purser};

/// A place for a plugin, and the plugin while it runs.
pub(crate) struct Plugin {
    top: tempfile::TempDir,
    child: Option<Child>,
    arguments: Vec<String>,
}

impl Plugin {
    /// Its keys are made; it does not run yet.
    pub(crate) fn new() -> Self {
        let plugin = Self {
            top: tempfile::tempdir().unwrap(),
            child: None,
            arguments: Vec::new(),
        };
        let made = fs::DirBuilder::new()
            .mode(0o700)
            .create(plugin.top.path().join("keys"));
        made.unwrap();
        plugin
    }

    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        self
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.top.path().join("kms.sock")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    pub(crate) fn holder(&self) -> String {
        format!("file:{}", self.path("keys").display())
    }

    /// Makes a key; its id.
    pub(crate) fn rotate(&self) -> String {
        let output = purser()
            .args(["kms", "rotate", "--key-holder", &self.holder()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// What `purser kms status` says of it.
    pub(crate) fn status(&self) -> Output {
        purser()
            .args([
                "kms",
                "status",
                "--output",
                "json",
                "--endpoint",
                &self.endpoint(),
            ])
            .output()
            .unwrap()
    }

    pub(crate) fn command(&self) -> std::process::Command {
        let mut command = purser();
        command
            .args(["kms", "serve", "--listen", &self.endpoint()])
            .args(["--key-holder", &self.holder()])
            .args(&self.arguments);
        command
    }

    /// Starts it and waits until it says that it is ready.
    pub(crate) fn start(&mut self) {
        let log = fs::File::create(self.path("log")).unwrap();
        let child = self.command().stderr(log).stdout(Stdio::null()).spawn();
        self.child = Some(child.unwrap());
        let begun = Instant::now();
        while !self.log().contains("\"ready\"") {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                panic!("it left with {status}: {}", self.log());
            }
            assert!(begun.elapsed() < PATIENCE, "not ready: {}", self.log());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Asks it to stop; whether it did so in order.
    pub(crate) fn stop(&mut self) -> bool {
        let mut child = self.child.take().unwrap();
        let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        child.wait().unwrap().success()
    }

    /// Ends it as a loss of power would.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
