//! Members as processes, and what happens to them.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http::Request;
use purser_e2e::{Client, Identity, purser};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType, date_time_ymd};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tempfile::TempDir;

use crate::program::{free_ports, program};

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Three members with TLS on every side.
pub(crate) struct Cluster {
    top: TempDir,
    clients: Vec<String>,
    running: Vec<Option<Child>>,
}

impl Cluster {
    /// Makes and starts it.
    pub(crate) fn start() -> Self {
        let top = tempfile::tempdir().unwrap();
        let places: Vec<String> = (1..=3)
            .map(|number| place(Ipv4Addr::new(127, 0, 0, number)))
            .collect();
        let members: Vec<String> = NAMES
            .iter()
            .zip(&places)
            .map(|(name, place)| format!("{name}={place}"))
            .collect();
        let clients = places
            .iter()
            .map(|place| place.rsplit_once(':').unwrap().0.to_owned())
            .collect();
        let cluster = Self {
            top,
            clients,
            running: vec![None, None, None],
        };
        cluster.etcd(&["init", "--members", &members.join(","), "--data-dir", "data"]);
        for name in NAMES {
            // Processes are killed here, never the machine.
            let mut file = OpenOptions::new()
                .append(true)
                .open(cluster.member(name).join("etcd.yaml"))
                .unwrap();
            writeln!(file, "unsafe-no-fsync: true").unwrap();
        }
        let mut cluster = cluster;
        for member in 0..3 {
            cluster.run(member);
        }
        cluster
    }

    /// `purser etcd` on its directory.
    fn etcd(&self, arguments: &[&str]) {
        let (command, others) = arguments.split_first().unwrap();
        let ran = Command::new(purser())
            .args(["etcd", command, "--dir"])
            .arg(self.directory())
            .args(others)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }

    fn directory(&self) -> PathBuf {
        self.top.path().join("cluster")
    }

    fn member(&self, name: &str) -> PathBuf {
        self.directory().join("members").join(name)
    }

    fn client(&self, name: &str) -> PathBuf {
        self.directory().join("clients").join(name)
    }

    /// What a server is told of it.
    pub(crate) fn flags(&self) -> Vec<String> {
        let urls: Vec<String> = self
            .clients
            .iter()
            .map(|client| format!("https://{client}"))
            .collect();
        let file = |name: &str| self.client("purser").join(name).to_str().unwrap().to_owned();
        vec![
            format!("--etcd-servers={}", urls.join(",")),
            format!("--etcd-cafile={}", file("server-ca.crt")),
            format!("--etcd-certfile={}", file("purser.crt")),
            format!("--etcd-keyfile={}", file("purser.key")),
        ]
    }

    /// Runs a member, on the data that it has.
    pub(crate) fn run(&mut self, member: usize) {
        let directory = self.member(NAMES[member]);
        let log = File::options()
            .create(true)
            .append(true)
            .open(directory.join("log"))
            .unwrap();
        let child = Command::new(program())
            .args(["--config-file", "etcd.yaml"])
            .current_dir(&directory)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.running[member] = Some(child);
    }

    pub(crate) fn kill(&mut self, member: usize) {
        let mut child = self.running[member].take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn pid(&self, member: usize) -> Pid {
        let id = self.running[member].as_ref().unwrap().id();
        Pid::from_raw(id.try_into().unwrap()).unwrap()
    }

    pub(crate) fn signal(&self, member: usize, signal: Signal) {
        kill_process(self.pid(member), signal).unwrap();
    }

    /// Lets nothing that a member writes reach its disk, as a full one does. A member ends of that.
    pub(crate) fn fill_disk(&self, member: usize) {
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        prlimit(Some(self.pid(member)), Resource::Fsize, none).unwrap();
    }

    /// Whether a member has ended by itself.
    pub(crate) fn has_ended(&mut self, member: usize) -> bool {
        self.running[member]
            .as_mut()
            .unwrap()
            .try_wait()
            .unwrap()
            .is_some()
    }

    /// Puts a certificate for clients in place of a member's, with the same key, that ended long ago.
    pub(crate) fn expire(&self, member: usize) {
        let authority = |name: &str| fs::read_to_string(self.directory().join("ca").join(name)).unwrap();
        let key = KeyPair::from_pem(&authority("servers.key")).unwrap();
        let issuer = Issuer::from_ca_cert_pem(&authority("servers.crt"), key).unwrap();
        let tls = self.member(NAMES[member]).join("tls");
        let key = KeyPair::from_pem(&fs::read_to_string(tls.join("server.key")).unwrap()).unwrap();
        let mut parameters = CertificateParams::default();
        let address = self.clients[member].rsplit_once(':').unwrap().0;
        parameters.subject_alt_names = vec![SanType::IpAddress(address.parse().unwrap())];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(2020, 2, 1);
        let certificate = parameters.signed_by(&key, &issuer).unwrap();
        fs::write(tls.join("server.crt"), certificate.pem()).unwrap();
    }

    /// New certificates for everything, under the members.
    pub(crate) fn renew(&self) {
        self.etcd(&["renew"]);
    }

    /// A client of a member's port for clients.
    fn asking(&self, member: usize) -> Client {
        let root = self.client("root");
        let read = |name: &Path| fs::read(root.join(name)).unwrap();
        let identity = Identity {
            certificate: read(Path::new("root.crt")),
            key: read(Path::new("root.key")),
        };
        Client::new(
            &self.clients[member],
            &read(Path::new("server-ca.crt")),
            Some(identity),
        )
    }

    /// Who leads, of those that answer.
    pub(crate) async fn leader(&self) -> usize {
        for _ in 0..200 {
            for member in 0..3 {
                let metrics = Request::get("/metrics").body(Bytes::new()).unwrap();
                let asked = self.asking(member);
                let second = std::time::Duration::from_secs(1);
                if let Ok(Ok(answer)) = tokio::time::timeout(second, asked.try_send(metrics)).await
                    && answer.text().contains("\netcd_server_is_leader 1")
                {
                    return member;
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("nobody leads");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in self.running.iter_mut().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// An address with free ports for clients and for peers.
fn place(address: Ipv4Addr) -> String {
    let [client, peer] = free_ports(address.into());
    format!("{address}:{client}:{peer}")
}
