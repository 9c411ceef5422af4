//! Certificates of nodes: those that kubelets log in with, and those that they show.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::client::Client;
use crate::server::{PATIENCE, Server};

const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const LOGIN: &str = "kubernetes.io/kube-apiserver-client-kubelet";
const SERVING: &str = "kubernetes.io/kubelet-serving";
const NODE: &str = "node-1.example";
/// How long a certificate is asked to be good.
const ASKED: i64 = 1_200;

/// Asks for a certificate of the node and approves it; answers the key and the object once it is decided about.
fn decided(admin: &Client, name: &str, signer: &str, usage: &str, names: &[&str]) -> (KeyPair, Value) {
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "system:nodes");
    params
        .distinguished_name
        .push(DnType::CommonName, "system:node:node-1");
    let request = params.serialize_request(&key).unwrap().pem().unwrap();
    let mut asked = json!({"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest",
        "metadata": {"name": name}, "spec": {"request": STANDARD.encode(request), "signerName": signer,
            "expirationSeconds": ASKED, "usages": ["digital signature", usage]}});
    admin.create(REQUESTS, &asked.to_string());
    asked["status"] =
        json!({"conditions": [{"type": "Approved", "status": "True", "reason": "Test", "message": "test"}]});
    let path = format!("{REQUESTS}/{name}");
    let approved = admin.request("PUT", &format!("{path}/approval"), &asked.to_string());
    assert_eq!(approved.status, 200, "{}", approved.body);
    let begun = Instant::now();
    loop {
        let now: Value = serde_json::from_str(&admin.get(&path).body).unwrap();
        let conditions = now["status"]["conditions"].as_array().unwrap();
        if now["status"]["certificate"].is_string() || conditions.len() > 1 {
            return (key, now);
        }
        assert!(begun.elapsed() < PATIENCE, "nobody decides: {now}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn certificate(decided: &Value) -> String {
    let encoded = decided["status"]["certificate"].as_str().unwrap();
    String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
}

/// How long it is good from now on, in seconds.
fn lasts(der: &CertificateDer<'_>) -> i64 {
    let (_, certificate) = X509Certificate::from_der(der).unwrap();
    let now = UnixTime::now().as_secs().try_into().unwrap_or(i64::MAX);
    certificate.validity().not_after.timestamp() - now
}

#[test]
fn a_kubelet_logs_in_with_its_certificate_and_shows_another_which_logs_nobody_in() {
    let server = Server::started();
    let admin = server.client();
    let (key, login) = decided(&admin, "login", LOGIN, "client auth", &[]);
    let node = admin.with_certificate(&certificate(&login), &key.serialize_pem());
    let who = node.request(
        "POST",
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        r#"{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}"#,
    );
    let user = r#""username":"system:node:node-1","groups":["system:nodes","system:authenticated"]"#;
    assert!(who.body.contains(user), "{}", who.body);
    let der = CertificateDer::from_pem_slice(certificate(&login).as_bytes()).unwrap();
    assert!((ASKED - 60..=ASKED).contains(&lasts(&der)), "{} s", lasts(&der));

    let (key, shown) = decided(&admin, "shown", SERVING, "server auth", &[NODE]);
    let shown = certificate(&shown);
    let der = CertificateDer::from_pem_slice(shown.as_bytes()).unwrap();
    let authority = std::fs::read(server.path("pki/ca.crt")).unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(&authority).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let is = |name: &'static str| {
        let name = ServerName::try_from(name).unwrap();
        verifier
            .verify_server_cert(&der, &[], &name, &[], UnixTime::now())
            .is_ok()
    };
    assert!(is(NODE) && !is("localhost"));
    assert!((ASKED - 60..=ASKED).contains(&lasts(&der)), "{} s", lasts(&der));
    let node = admin.with_certificate(&shown, &key.serialize_pem());
    assert_eq!(node.get("/version").status, 401);
}

#[test]
fn no_kubelet_gets_a_certificate_with_this_servers_names_or_for_another_use() {
    let server = Server::started();
    let admin = server.client();
    for (name, signer, usage, names) in [
        ("localhost", SERVING, "server auth", vec!["localhost"]),
        ("wildcard", SERVING, "server auth", vec!["*.example"]),
        ("nameless", SERVING, "server auth", vec![]),
        ("serving", LOGIN, "server auth", vec![]),
        ("named", LOGIN, "client auth", vec![NODE]),
    ] {
        let (_, decided) = decided(&admin, name, signer, usage, &names);
        assert_eq!(decided["status"]["conditions"][1]["type"], "Failed", "{name}");
        assert_eq!(decided["status"]["certificate"], Value::Null, "{name}");
    }
}
