//! A running `purser serve` on a free port with a data directory of its own.

use std::fs::File;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{Client, Identity, Kubeconfig, binary};

/// How long a start may take on a machine that is busy with other tests.
const START: Duration = Duration::from_secs(60);
/// How long an orderly stop may take.
const STOP: Duration = Duration::from_secs(40);

/// What to start.
#[derive(Default)]
pub struct Starting {
    arguments: Vec<String>,
    /// What lies there before the first start: files, and where to in the server's folder.
    files: Vec<(PathBuf, PathBuf)>,
}

impl Starting {
    /// Adds an argument of `purser serve`.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Gives it what servers of one etcd share, from one that runs.
    #[must_use]
    pub fn sharing(mut self, other: &Purser) -> Self {
        for name in ["ca.crt", "ca.key", "sa.key"] {
            let place = Path::new("data/pki").join(name);
            self.files.push((other.folder.path().join(&place), place));
        }
        for key in std::fs::read_dir(other.keys()).expect("it has keys") {
            let key = key.expect("a key");
            self.files
                .push((key.path(), Path::new("keys").join(key.file_name())));
        }
        self
    }

    /// Starts it on a data directory with nothing else and waits until it is ready.
    pub async fn start(self) -> Purser {
        let folder = tempfile::Builder::new()
            .prefix("purser-e2e-")
            .tempdir()
            .expect("a temporary directory");
        for (from, to) in &self.files {
            let to = folder.path().join(to);
            let mut builder = std::fs::DirBuilder::new();
            let directories = builder
                .recursive(true)
                .mode(0o700)
                .create(to.parent().expect("a folder"));
            directories.expect("a directory can be made");
            std::fs::copy(from, to).expect("a file can be copied");
        }
        let mut purser = Purser {
            arguments: self.arguments,
            folder,
            child: None,
            starts: 0,
            kubeconfig: None,
        };
        purser.start_again().await;
        purser
    }
}

/// A server under test. Dropping it ends the process, and only that process.
pub struct Purser {
    arguments: Vec<String>,
    folder: TempDir,
    child: Option<Child>,
    starts: usize,
    kubeconfig: Option<Kubeconfig>,
}

impl Purser {
    /// Starts one with nothing but a free port and a data directory.
    pub async fn start() -> Self {
        Starting::default().start().await
    }

    /// Starts the process again on the same data directory.
    ///
    /// # Panics
    ///
    /// When it is not ready in time, with what it printed.
    pub async fn start_again(&mut self) {
        assert!(self.child.is_none(), "it still runs");
        self.starts += 1;
        let log = File::create(self.log_path()).expect("the log can be written");
        let child = Command::new(binary::purser())
            .arg("serve")
            .arg("--data-dir")
            .arg(self.data())
            .arg("--key-dir")
            .arg(self.keys())
            .args(["--secure-port", "0"])
            .args(&self.arguments)
            .env("HOME", self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log can be shared"))
            .stderr(log)
            .spawn()
            .expect("purser starts");
        self.child = Some(child);
        self.wait_until_ready().await;
    }

    async fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            if let Some(status) = self
                .child
                .as_mut()
                .and_then(|child| child.try_wait().ok().flatten())
            {
                panic!("purser left with {status} at its start:\n{}", self.log());
            }
            let text = std::fs::read_to_string(self.kubeconfig_path()).unwrap_or_default();
            if let Some(kubeconfig) = Kubeconfig::parse(&text) {
                self.kubeconfig = Some(kubeconfig);
                let ready = http::Request::get("/readyz")
                    .body(bytes::Bytes::new())
                    .expect("a request");
                let answer = tokio::time::timeout(Duration::from_secs(5), self.admin().try_send(ready)).await;
                if answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status == 200)) {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("purser is not ready after {START:?}:\n{}", self.log());
    }

    /// The program that runs.
    pub fn binary(&self) -> &'static Path {
        binary::purser()
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The key directory.
    pub fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// A directory for the test's own files, removed with the rest.
    pub fn scratch(&self) -> &Path {
        self.folder.path()
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig_path(&self) -> PathBuf {
        self.data().join("admin.kubeconfig")
    }

    /// What the kubeconfig says.
    pub fn kubeconfig(&self) -> &Kubeconfig {
        self.kubeconfig.as_ref().expect("it was started")
    }

    /// What this run of the server printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join(format!("log-{}", self.starts))
    }

    /// A client with the administrator's certificate.
    pub fn admin(&self) -> Client {
        let Kubeconfig { certificate, key, .. } = self.kubeconfig().clone();
        self.client(Some(Identity { certificate, key }))
    }

    /// A client with a certificate of this server's CA for somebody.
    pub fn user(&self, name: &str, groups: &[&str]) -> Client {
        self.client(Some(Identity::signed(&self.data(), name, groups)))
    }

    /// A client without a certificate.
    pub fn nobody(&self) -> Client {
        self.client(None)
    }

    fn client(&self, identity: Option<Identity>) -> Client {
        Client::new(self.kubeconfig().address(), &self.kubeconfig().ca, identity)
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Memory in use now, bytes: `VmRSS` of `/proc/<pid>/status`.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("Linux says VmRSS");
        line.trim()
            .trim_end_matches(" kB")
            .trim()
            .parse::<u64>()
            .expect("a number")
            * 1024
    }

    /// `kill -9`, at once.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGTERM, and the status with which it leaves.
    ///
    /// # Panics
    ///
    /// When it does not leave in time.
    pub async fn terminate(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it runs");
        let sent = Command::new("kill")
            .arg("-TERM")
            .arg(child.id().to_string())
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "SIGTERM is sent");
        let deadline = Instant::now() + STOP;
        loop {
            if let Some(status) = child.try_wait().expect("it can be waited for") {
                return status;
            }
            if Instant::now() > deadline {
                let _ = child.kill();
                panic!("purser did not leave within {STOP:?} of SIGTERM:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Purser {
    fn drop(&mut self) {
        self.kill();
    }
}
