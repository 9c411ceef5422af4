//! A `purser serve` in a directory of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::client::Client;

/// How long a start or a stop may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The binary, without the surroundings of whoever runs the tests.
pub(crate) fn purser() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_purser"));
    command
        .env_remove("XDG_DATA_HOME")
        .env_remove("NOTIFY_SOCKET")
        .stdin(Stdio::null());
    command
}

/// A place for a server, and the server while it runs.
pub(crate) struct Server {
    top: tempfile::TempDir,
    child: Option<Child>,
    port: String,
    arguments: Vec<String>,
    environment: Option<(String, String)>,
}

impl Server {
    /// Nothing runs yet.
    pub(crate) fn new() -> Self {
        Self {
            top: tempfile::tempdir().unwrap(),
            child: None,
            port: "0".to_owned(),
            arguments: Vec::new(),
            environment: None,
        }
    }

    /// Runs, and is ready.
    pub(crate) fn started() -> Self {
        let mut server = Self::new();
        server.start();
        server
    }

    pub(crate) fn with(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// What the next start is given besides.
    pub(crate) fn give(&mut self, arguments: &[&str]) {
        self.arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    }

    /// A private file beside the data.
    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.top.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment = Some((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn on_port(mut self, port: &str) -> Self {
        port.clone_into(&mut self.port);
        self
    }

    /// What lies beside the data.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    /// What its environment has besides.
    pub(crate) fn given_environment(&self) -> Option<(String, String)> {
        self.environment.clone()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.top.path().join("data")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.data().join(name)
    }

    pub(crate) fn kubeconfig(&self) -> String {
        fs::read_to_string(self.path("admin.kubeconfig")).unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.kubeconfig())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// `purser serve` on this place and a free port.
    pub(crate) fn command(&self) -> Command {
        let mut command = purser();
        command
            .arg("serve")
            .arg("--data-dir")
            .arg(self.data())
            .args(["--secure-port", &self.port])
            .args(&self.arguments);
        command.envs(self.environment.clone());
        command
    }

    /// Runs it to its end: for starts that are refused.
    pub(crate) fn refusal(&self) -> String {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command().output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{said}");
        assert!(stdout.is_empty());
        said
    }

    /// Standard error of the run.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.top.path().join("log")).unwrap_or_default()
    }

    /// Standard output of the run.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.top.path().join("out")).unwrap_or_default()
    }

    /// Starts it and waits until it says that it is ready.
    pub(crate) fn start(&mut self) {
        let file = |name: &str| fs::File::create(self.top.path().join(name)).unwrap();
        let child = self
            .command()
            .stderr(file("log"))
            .stdout(file("out"))
            .spawn()
            .unwrap();
        self.child = Some(child);
        let begun = Instant::now();
        while !self.log().contains("\"ready\"") {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                panic!("it left with {status}: {}", self.log());
            }
            assert!(begun.elapsed() < PATIENCE, "not ready: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.as_mut().unwrap().try_wait().unwrap() {
                self.child = None;
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not stop: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks it to stop and waits.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Ends it as a loss of power would.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Every file below a directory.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
