//! A member of etcd, started for a test and ended with it.

pub(crate) mod line;
mod program;
pub(crate) mod trial;

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use purser_store_etcd::{EtcdStore, Options};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use program::{free_ports, program};

/// How long a member may take to answer.
const START_WITHIN: Duration = Duration::from_secs(30);

/// A member, of a cluster of one unless it is told otherwise, without fsync: only this process is ever killed, never the machine.
pub(crate) struct Etcd {
    pub(crate) directory: TempDir,
    pub(crate) endpoint: String,
    peers: String,
    name: String,
    /// All members with their peers' addresses.
    cluster: String,
    arguments: Vec<String>,
    process: Option<Child>,
}

impl Etcd {
    /// Starts one and waits until it answers.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts one with more arguments.
    pub(crate) async fn start_with(arguments: &[&str]) -> Self {
        let mut etcd = Self::prepare("http", arguments);
        etcd.run();
        // A port that was free may have been taken by another test meanwhile.
        while !etcd.is_ready().await {
            etcd = Self::prepare("http", arguments);
            etcd.run();
        }
        etcd
    }

    /// A cluster of three, all of which answer.
    pub(crate) async fn three() -> [Self; 3] {
        loop {
            let mut members = [(); 3].map(|()| Self::prepare("http", &[]));
            let cluster: Vec<String> = members.iter().map(|member| member.cluster.clone()).collect();
            for member in &mut members {
                member.cluster = cluster.join(",");
                member.run();
            }
            let [one, two, three] = &mut members;
            if one.is_ready().await && two.is_ready().await && three.is_ready().await {
                return members;
            }
        }
    }

    /// One that does not run yet, whose clients are to use `scheme`.
    pub(crate) fn prepare(scheme: &str, arguments: &[&str]) -> Self {
        let [client, peer] = free_ports(Ipv4Addr::LOCALHOST.into());
        let (name, peers) = (format!("m{client}"), format!("http://127.0.0.1:{peer}"));
        Self {
            cluster: format!("{name}={peers}"),
            name,
            directory: tempfile::tempdir().unwrap(),
            endpoint: format!("{scheme}://127.0.0.1:{client}"),
            peers,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            process: None,
        }
    }

    /// Adds arguments, for the next run.
    pub(crate) fn add<const N: usize>(&mut self, arguments: [&str; N]) {
        self.arguments.extend(arguments.map(ToOwned::to_owned));
    }

    /// Runs it, on the data that it has.
    pub(crate) fn run(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        let mut command = Command::new(program());
        command
            .args(["--name", &self.name, "--unsafe-no-fsync", "--logger", "zap"])
            .args(["--data-dir", self.path("data").to_str().unwrap()])
            .args([
                "--listen-client-urls",
                &self.endpoint,
                "--advertise-client-urls",
                &self.endpoint,
            ])
            .args([
                "--listen-peer-urls",
                &self.peers,
                "--initial-advertise-peer-urls",
                &self.peers,
            ])
            .args(["--initial-cluster", &self.cluster])
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.process = Some(command.spawn().unwrap());
    }

    /// Waits until it answers; whether it does: it may have ended.
    async fn is_ready(&mut self) -> bool {
        let until = Instant::now() + START_WITHIN;
        loop {
            match EtcdStore::open(self.options()).await {
                Ok(_) => return true,
                Err(error) if Instant::now() > until => panic!("{error}\n{}", self.log()),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
            let process = self.process.as_mut().unwrap();
            if process.try_wait().unwrap().is_some() {
                return false;
            }
        }
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// A file of the test's.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// How to open it; history is left alone.
    pub(crate) fn options(&self) -> Options {
        Options {
            compaction_interval: Duration::ZERO,
            ..Options::new(vec![self.endpoint.clone()])
        }
    }

    /// A client of its own.
    pub(crate) async fn open(&self) -> EtcdStore {
        EtcdStore::open(self.options()).await.unwrap()
    }

    /// Ends it, as a power cut would.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Lets it hang: its connections stay, and nothing is answered.
    pub(crate) fn pause(&self) {
        kill_process(self.id(), Signal::STOP).unwrap();
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        kill_process(self.id(), Signal::CONT).unwrap();
    }

    fn id(&self) -> Pid {
        Pid::from_child(self.process.as_ref().unwrap())
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }
}
