//! `certificate approve` and `deny`, `get csr`, `describe csr`: a login the way Kubernetes' documentation makes one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair};

use crate::run::Kubectl;

const CLIENT: &str = "kubernetes.io/kube-apiserver-client";

/// A key, and a manifest that asks for a certificate of it for jane of the group devs.
fn manifest(name: &str, signer: &str, usages: &str) -> (KeyPair, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::OrganizationName, "devs");
    params.distinguished_name.push(DnType::CommonName, "jane");
    let request = params.serialize_request(&key).unwrap().pem().unwrap();
    let request = STANDARD.encode(request);
    let manifest = format!(
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: {name}}}\nspec:\n  \
         request: {request}\n  signerName: {signer}\n  expirationSeconds: 3600\n  usages: [{usages}]\n"
    );
    (key, manifest)
}

/// The words of the row of a request, without its age.
fn row(kubectl: &Kubectl, name: &str) -> Vec<String> {
    let table = kubectl.ok(&["get", "csr", name, "--no-headers"]);
    let mut words: Vec<String> = table.split_whitespace().map(str::to_owned).collect();
    words.remove(1);
    words
}

/// Waits until the row ends in this.
fn until(kubectl: &Kubectl, name: &str, condition: &str) {
    for _ in 0..100 {
        if row(kubectl, name).last().is_some_and(|last| last == condition) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(row(kubectl, name).last().map(String::as_str), Some(condition));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_asked_for_approved_and_used() {
    let kubectl = Kubectl::start().await;
    let (key, asked) = manifest("jane", CLIENT, "client auth");
    let made = kubectl.ok_reading(&["create", "-f", "-"], &asked);
    assert_eq!(
        made,
        "certificatesigningrequest.certificates.k8s.io/jane created\n"
    );
    assert_eq!(row(&kubectl, "jane"), ["jane", CLIENT, "admin", "60m", "Pending"]);
    let heads = kubectl.ok(&["get", "csr"]);
    let heads: Vec<&str> = heads
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    assert_eq!(
        heads,
        [
            "NAME",
            "AGE",
            "SIGNERNAME",
            "REQUESTOR",
            "REQUESTEDDURATION",
            "CONDITION"
        ]
    );
    let approved = kubectl.ok(&["certificate", "approve", "jane"]);
    assert_eq!(
        approved,
        "certificatesigningrequest.certificates.k8s.io/jane approved\n"
    );
    until(&kubectl, "jane", "Approved,Issued");
    let described = kubectl.ok(&["describe", "csr", "jane"]);
    for line in [
        "Requesting User:     admin",
        "Status:              Approved,Issued",
        "Common Name:    jane",
    ] {
        assert!(described.contains(line), "{line:?} in {described}");
    }

    let certificate = kubectl.field("csr/jane", "{.status.certificate}");
    let certificate = STANDARD.decode(certificate).unwrap();
    let certificate = kubectl.file("jane.crt", &String::from_utf8(certificate).unwrap());
    let key = kubectl.file("jane.key", &key.serialize_pem());
    let who = [
        "config",
        "set-credentials",
        "jane",
        "--client-certificate",
        &certificate,
        "--client-key",
        &key,
    ];
    kubectl.ok(&who);
    let who = kubectl.ok(&[
        "--user",
        "jane",
        "auth",
        "whoami",
        "-o",
        "jsonpath={.status.userInfo}",
    ]);
    assert!(
        who.contains(r#""username":"jane""#) && who.contains(r#""groups":["devs","system:authenticated"]"#),
        "{who}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_denied_refused_or_left() {
    let kubectl = Kubectl::start().await;
    for (name, signer, usages) in [
        ("denied", CLIENT, "client auth"),
        ("failed", CLIENT, "client auth, cert sign"),
        ("other", "example.com/a", "client auth"),
    ] {
        kubectl.ok_reading(&["create", "-f", "-"], &manifest(name, signer, usages).1);
    }
    let denied = kubectl.ok(&["certificate", "deny", "denied"]);
    assert_eq!(
        denied,
        "certificatesigningrequest.certificates.k8s.io/denied denied\n"
    );
    let (_, refused) = kubectl.fails(&["certificate", "approve", "denied"]);
    assert!(refused.contains("is already Denied"), "{refused}");
    kubectl.ok(&["certificate", "approve", "failed", "other"]);
    until(&kubectl, "failed", "Approved,Failed");
    let why = kubectl.field(
        "csr/failed",
        r#"{.status.conditions[?(@.type=="Failed")].message}"#,
    );
    assert_eq!(why, "invalid usage for client certificate: cert sign");
    assert_eq!(row(&kubectl, "denied").last().map(String::as_str), Some("Denied"));
    assert_eq!(
        row(&kubectl, "other").last().map(String::as_str),
        Some("Approved")
    );
    let of_others = kubectl.ok(&[
        "get",
        "csr",
        "--field-selector",
        "spec.signerName=example.com/a",
        "-o",
        "name",
    ]);
    assert_eq!(of_others, "certificatesigningrequest.certificates.k8s.io/other\n");
    kubectl.ok(&["delete", "csr", "--all"]);
}
