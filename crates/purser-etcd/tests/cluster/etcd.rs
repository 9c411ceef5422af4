//! Members as processes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use purser_etcd::check::{Report, Request, check};
use purser_etcd::{Cluster, Layout, Member};
use tempfile::TempDir;
use time::OffsetDateTime;

use crate::program::{free_ports, program};
use crate::talk::{Files, put};

/// How long something may take to come about.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long certificates of tests are good.
pub(crate) const YEAR: time::Duration = time::Duration::days(365);

/// Different free ports of an address, for clients and for peers.
pub(crate) fn ports(address: &str) -> (u16, u16) {
    free_ports(address.parse().unwrap()).into()
}

/// A process that ends with its test.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts an etcd in a directory, with its log there.
pub(crate) fn start(directory: &Path, arguments: &[&str]) -> Running {
    let log = File::options()
        .create(true)
        .append(true)
        .open(directory.join("log"))
        .unwrap();
    let child = Command::new(program())
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    Running(child)
}

/// Waits until something holds.
pub(crate) async fn wait<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let end = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A cluster whose members run on addresses of this machine.
pub(crate) struct Trial {
    pub(crate) top: TempDir,
    pub(crate) cluster: Cluster,
    pub(crate) layout: Layout,
    running: Vec<Running>,
}

impl Trial {
    /// What `init` makes, for so many members, with certificates that are good for so long. Nothing runs yet.
    pub(crate) fn make(members: u8, lifetime: time::Duration) -> Self {
        let members = (1..=members).map(|number| {
            let address = format!("127.0.0.{number}");
            let name = char::from(b'a' + number - 1);
            let (client, peer) = ports(&address);
            Member::parse(&format!("{name}={address}:{client}:{peer}"), 1, 2).unwrap()
        });
        let cluster = Cluster::new(members.collect(), "data".into(), "/etc/etcd".into()).unwrap();
        let top = tempfile::tempdir().unwrap();
        let now = OffsetDateTime::now_utc();
        let layout = purser_etcd::init(&top.path().join("cluster"), &cluster, lifetime, now).unwrap();
        Self {
            top,
            cluster,
            layout,
            running: Vec::new(),
        }
    }

    /// Starts all members.
    pub(crate) fn start(&mut self) {
        let members = self.cluster.members.iter();
        self.running = members.map(|member| self.start_one(member)).collect();
    }

    fn start_one(&self, member: &Member) -> Running {
        let directory = self.layout.member(&member.name);
        start(&directory, &["--config-file", "etcd.yaml"])
    }

    /// Restarts a member.
    pub(crate) fn restart(&mut self, number: usize) {
        let member = self.cluster.members[number].clone();
        drop(self.running.remove(number));
        let running = self.start_one(&member);
        self.running.insert(number, running);
    }

    /// Waits until the first member takes a write of the administrator's; where it is, and who that is.
    pub(crate) async fn first_write(&self) -> (String, Files) {
        let (url, files) = (
            self.cluster.members[0].client_url(),
            Files::administrator(&self.layout),
        );
        wait("a first write", async || {
            put(&url, &files, "a", b"b").await.is_ok()
        })
        .await;
        (url, files)
    }

    /// Where the cluster's directory is.
    pub(crate) fn directory(&self) -> PathBuf {
        self.layout.top().to_owned()
    }

    /// Looks at the whole directory and at what runs.
    pub(crate) async fn check(&self) -> Report {
        let request = Request {
            directory: Some(self.directory()),
            ..request()
        };
        check(&request, OffsetDateTime::now_utc()).await.unwrap()
    }
}

/// A check of nothing.
pub(crate) fn request() -> Request {
    Request {
        endpoints: Vec::new(),
        peer_endpoints: Vec::new(),
        authority: None,
        certificate: None,
        directory: None,
        configurations: Vec::new(),
        data_directories: Vec::new(),
        places: Vec::new(),
        prefix: "/registry".to_owned(),
        timeout: Duration::from_secs(5),
    }
}

/// Names of checks with findings, and how bad they are; without the version, which is that of the machine's etcd.
pub(crate) fn found(report: &Report) -> Vec<String> {
    let findings = report
        .findings
        .iter()
        .filter(|finding| finding.check != "version");
    let mut found: Vec<_> = findings
        .map(|finding| format!("{} {}", finding.severity.word(), finding.check))
        .collect();
    found.sort();
    found.dedup();
    found
}
