//! Who is called back while the server runs.

use std::fs;
use std::time::{Duration, Instant};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::authorities::{Authority, SECRETS, assert_ends, logged, watch};
use crate::client::Client;
use crate::server::Server;

/// When somebody is denied at the latest on a busy machine: much sooner than a plugin is given up.
const SOON: Duration = Duration::from_secs(15);

fn fingerprint(certificate: &str) -> String {
    let der = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &der);
    let bytes: Vec<String> = digest.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

#[test]
fn who_is_denied_by_name_or_by_certificate_is_refused_and_his_watches_end() {
    let authority = Authority::new("clients");
    let top = tempfile::tempdir().unwrap();
    let (cas, list) = (top.path().join("clients.pem"), top.path().join("denied"));
    fs::write(&cas, &authority.pem).unwrap();
    fs::write(&list, "# left the company\nuser jane\n").unwrap();
    let mut server = Server::new()
        .with(&format!("--client-ca-file={}", cas.display()))
        .with(&format!("--denial-file={}", list.display()));
    server.start();
    let login = |user: &str| {
        let (certificate, key) = authority.sign(user, "system:masters");
        (server.client().with_certificate(&certificate, &key), certificate)
    };
    let status = |client: &Client| client.get(SECRETS).status;
    let (jane, _) = login("jane");
    let (bob, lost) = login("bob");
    let (again, _) = login("bob");
    assert_eq!((status(&jane), status(&bob), status(&again)), (401, 200, 200));
    assert!(
        !jane.get(SECRETS).body.contains("denial"),
        "the reason is for the log"
    );
    logged(&server, "is on the denial list");

    let watching = watch(&bob);
    fs::write(&list, format!("user jane\ncertificate {}\n", fingerprint(&lost))).unwrap();
    assert_ends(watching);
    assert_eq!(
        (status(&bob), status(&again)),
        (401, 200),
        "his other certificate holds"
    );

    fs::write(&list, "user jane\ncertificat 12\n").unwrap();
    logged(&server, "line 2: it does not begin with");
    assert_eq!((status(&jane), status(&bob)), (401, 401), "the old list stays");

    let watching = watch(&again);
    fs::write(&list, "user bob\n").unwrap();
    assert_ends(watching);
    assert_eq!((status(&jane), status(&bob), status(&again)), (200, 401, 401));
}

#[test]
fn a_plugin_that_is_waited_for_keeps_nobody_from_being_denied() {
    let authority = Authority::new("clients");
    let mut server = Server::new();
    let keeping = |provider: &str| {
        format!(
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  \
             providers: [{provider}, {{identity: {{}}}}]\n"
        )
    };
    let key = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    let known = keeping(&format!("{{aesgcm: {{keys: [{{name: a, secret: {key}}}]}}}}"));
    let away = keeping("{kms: {apiVersion: v2, name: away, endpoint: 'unix:///nobody/is/here'}}");
    let encryption = server.write("encryption.yaml", &known);
    let (cas, list) = (
        server.write("clients.pem", &authority.pem),
        server.write("denied", ""),
    );
    server.give(&[
        "--encryption-provider-config",
        encryption.to_str().unwrap(),
        "--encryption-provider-config-automatic-reload",
        "--client-ca-file",
        cas.to_str().unwrap(),
        "--denial-file",
        list.to_str().unwrap(),
    ]);
    server.start();
    let (certificate, key) = authority.sign("jane", "system:masters");
    let jane = server.client().with_certificate(&certificate, &key);
    assert_eq!(jane.get(SECRETS).status, 200);
    fs::write(encryption, away).unwrap();
    // Two looks: one of them has begun to wait.
    std::thread::sleep(Duration::from_secs(4));
    fs::write(list, "user jane\n").unwrap();
    let begun = Instant::now();
    while jane.get(SECRETS).status != 401 {
        assert!(begun.elapsed() < SOON, "{}", server.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    // Nor the server from stopping.
    assert!(server.stop().success());
    assert!(!server.log().contains("a defect"), "{}", server.log());
}

#[test]
fn a_token_is_denied_by_its_id() {
    let top = tempfile::tempdir().unwrap();
    let list = top.path().join("denied");
    fs::write(&list, "").unwrap();
    let mut server = Server::new().with(&format!("--denial-file={}", list.display()));
    server.start();
    let admin = server.client();
    let binding = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"all"},
        "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"},
        "subjects":[{"kind":"ServiceAccount","name":"default","namespace":"default"}]}"#;
    admin.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding);
    let request = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}"#;
    let issued = || {
        let answer = admin.request(
            "POST",
            "/api/v1/namespaces/default/serviceaccounts/default/token",
            request,
        );
        let token = text(&answer.body, "token");
        let whoami = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}"#;
        let bearer = admin.with_token(&token);
        let who = bearer.request(
            "POST",
            "/apis/authentication.k8s.io/v1/selfsubjectreviews",
            whoami,
        );
        let id = who
            .body
            .split("JTI=")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        (bearer, id, token)
    };
    let ((lost, id, token), (kept, ..)) = (issued(), issued());
    let watching = watch(&lost);
    fs::write(&list, format!("credential JTI={id}\n")).unwrap();
    assert_ends(watching);
    assert_eq!((lost.get(SECRETS).status, kept.get(SECRETS).status), (401, 200));
    let review = format!(
        r#"{{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{{"token":"{token}"}}}}"#
    );
    let reviewed = admin.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", &review);
    assert!(reviewed.body.contains("denial list") && !reviewed.body.contains(r#""authenticated":true"#));
}

/// The text of a field.
fn text(body: &str, field: &str) -> String {
    let value = body.split(&format!("\"{field}\":\"")).nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

#[test]
fn a_line_that_cannot_be_understood_is_named_at_the_start() {
    let top = tempfile::tempdir().unwrap();
    let list = top.path().join("denied");
    fs::write(&list, "user a\n\nuser b\ncredential abc\n").unwrap();
    let refusal = Server::new()
        .with(&format!("--denial-file={}", list.display()))
        .refusal();
    assert!(
        refusal.contains("denied: line 4: the id of a credential begins with"),
        "{refusal}"
    );
    let missing = Server::new().with("--denial-file=/nowhere/denied").refusal();
    assert!(missing.contains("cannot read /nowhere/denied"), "{missing}");
}
