//! Members as processes.

use std::fs::File;
use std::net::{IpAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use purser_etcd::{Cluster, Layout, Member};
use time::OffsetDateTime;

/// How long a cluster may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The etcd to test with.
pub(crate) fn etcd() -> PathBuf {
    let named = std::env::var_os("PURSER_ETCD").map(PathBuf::from);
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .map(|directory| directory.join("etcd"))
            .find(|file| file.is_file())
    };
    named
        .or_else(on_path)
        .expect("an etcd: install Debian's etcd-server, or name one in PURSER_ETCD")
}

/// A free port of an address.
pub(crate) fn port(address: &str) -> u16 {
    let address: IpAddr = address.parse().unwrap();
    let listener = TcpListener::bind((address, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A cluster of so many members on addresses of this machine, as it is asked for.
pub(crate) fn cluster(members: u8) -> Cluster {
    let members = (1..=members).map(|number| {
        let address = format!("127.0.0.{number}");
        let name = char::from(b'a' + number - 1);
        let text = format!("{name}={address}:{}:{}", port(&address), port(&address));
        Member::parse(&text, 1, 2).unwrap()
    });
    Cluster::new(members.collect(), "data".into(), "/etc/etcd".into()).unwrap()
}

/// A cluster's directory.
pub(crate) fn made(directory: &Path, cluster: &Cluster) -> Layout {
    let now = OffsetDateTime::now_utc();
    purser_etcd::init(directory, cluster, time::Duration::days(365), now).unwrap()
}

/// A process that ends with its test.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the member whose directory this is. Its log is beside its configuration.
pub(crate) fn start(directory: &Path) -> Running {
    start_with(directory, &["--config-file", "etcd.yaml"])
}

/// Starts an etcd in a directory.
pub(crate) fn start_with(directory: &Path, arguments: &[&str]) -> Running {
    let log = File::options()
        .create(true)
        .append(true)
        .open(directory.join("log"))
        .unwrap();
    let child = Command::new(etcd())
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    Running(child)
}

/// Starts all members.
pub(crate) fn start_all(layout: &Layout, cluster: &Cluster) -> Vec<Running> {
    let members = cluster.members.iter();
    members
        .map(|member| start(&layout.member(&member.name)))
        .collect()
}

/// Waits until something holds.
pub(crate) fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what} did not come to be");
        std::thread::sleep(Duration::from_millis(50));
    }
}
