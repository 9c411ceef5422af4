//! Whose client certificates are taken, while the server runs.

use std::fs;
use std::io::Read as _;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

use crate::client::{Client, Connection};
use crate::server::{PATIENCE, Server};

pub(crate) const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const WATCH: &str = "/api/v1/namespaces/default/secrets?watch=1";
/// So soon a watch ends that may not go on.
const SOON: Duration = Duration::from_secs(5);

/// An authority of somebody else.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// A client's certificate and key, PEM.
    pub(crate) fn sign(&self, user: &str, group: &str) -> (String, String) {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, user);
        params.distinguished_name.push(DnType::OrganizationName, group);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// A client of `server` that may do everything.
    fn master(&self, server: &Server, user: &str) -> Client {
        let (certificate, key) = self.sign(user, "system:masters");
        server.client().with_certificate(&certificate, &key)
    }
}

/// Begins a watch that has to be let in.
pub(crate) fn watch(client: &Client) -> Connection {
    let mut connection = client.send("GET", WATCH, "");
    let mut begin = [0; 15];
    connection.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK");
    connection
}

/// A watch ends, and soon.
pub(crate) fn assert_ends(mut watch: Connection) {
    let begun = Instant::now();
    watch.sock.set_read_timeout(Some(SOON)).unwrap();
    let mut rest = Vec::new();
    watch.read_to_end(&mut rest).unwrap();
    assert!(begun.elapsed() < SOON, "after {:?}", begun.elapsed());
}

/// Waits until the log has it.
pub(crate) fn logged(server: &Server, text: &str) {
    let begun = Instant::now();
    while !server.log().contains(text) {
        assert!(begun.elapsed() < PATIENCE, "not logged: {}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn client_certificates_of_several_authorities_are_taken_and_the_file_is_read_again() {
    let (a, b, c) = (Authority::new("a"), Authority::new("b"), Authority::new("c"));
    let top = tempfile::tempdir().unwrap();
    let file = top.path().join("clients.pem");
    fs::write(&file, format!("{}{}", a.pem, b.pem)).unwrap();
    let mut server = Server::new().with(&format!("--client-ca-file={}", file.display()));
    server.start();
    let (of_a, of_b, of_c) = (
        a.master(&server, "anna"),
        b.master(&server, "bert"),
        c.master(&server, "carl"),
    );
    let status = |client: &Client| client.get(SECRETS).status;
    assert_eq!((status(&of_a), status(&of_b), status(&of_c)), (200, 200, 401));
    let (certificate, key) = a.sign("jane", "devs");
    let jane = server.client().with_certificate(&certificate, &key);
    assert!(jane.get(SECRETS).body.contains(r#"User \"jane\" cannot list"#));
    let (ends, stays) = (watch(&of_a), watch(&of_b));

    fs::write(&file, format!("{}{}", b.pem, c.pem)).unwrap();
    assert_ends(ends);
    assert_eq!((status(&of_a), status(&of_b), status(&of_c)), (401, 200, 200));
    assert_eq!(status(&server.client()), 200, "the administrator's own");

    fs::write(&file, "no certificate").unwrap();
    logged(&server, "it holds no certificate in PEM");
    assert_eq!(
        (status(&of_b), status(&of_c)),
        (200, 200),
        "what it said before stays"
    );
    server.client().create(
        SECRETS,
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"seen"}}"#,
    );
    let mut stays = stays;
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("seen") {
        let mut some = [0; 1024];
        let count = stays.read(&mut some).unwrap();
        assert!(count > 0, "the watch ended");
        seen.extend_from_slice(&some[..count]);
    }
    let metrics = server.client().get("/metrics").body;
    assert!(
        metrics.contains("purser_reloads_total 1") && metrics.contains("purser_reload_failures_total 1"),
        "{metrics}"
    );
}

#[test]
fn a_file_without_an_authority_is_refused_at_the_start() {
    let top = tempfile::tempdir().unwrap();
    let file = top.path().join("clients.pem");
    let (leaf, _) = Authority::new("a").sign("jane", "devs");
    for (content, says) in [
        ("", "it holds no certificate in PEM"),
        (leaf.as_str(), "a certificate is not that of an authority"),
    ] {
        fs::write(&file, content).unwrap();
        let refusal = Server::new()
            .with(&format!("--client-ca-file={}", file.display()))
            .refusal();
        assert!(
            refusal.contains("clients.pem") && refusal.contains(says),
            "{refusal}"
        );
    }
}
