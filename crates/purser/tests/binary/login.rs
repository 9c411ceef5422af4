//! `purser kubeconfig create`: logins that work, end, and keep their key to themselves.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::client::Client;
use crate::server::{Server, files, purser};

const WHO: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const WHO_BODY: &str = r#"{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}"#;
const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

struct Made {
    code: i32,
    said: String,
    printed: String,
}

/// Runs it in a directory, as the administrator of the server.
fn create_in(directory: &Path, server: &Server, arguments: &[&str]) -> Made {
    let Output {
        status,
        stdout,
        stderr,
    } = purser()
        .args(["kubeconfig", "create"])
        .args(arguments)
        .arg("--data-dir")
        .arg(server.data())
        .env_remove("KUBECONFIG")
        .current_dir(directory)
        .output()
        .unwrap();
    Made {
        code: status.code().unwrap(),
        said: String::from_utf8(stderr).unwrap(),
        printed: String::from_utf8(stdout).unwrap(),
    }
}

/// A login on standard output.
fn printed(server: &Server, arguments: &[&str]) -> String {
    let made = create_in(Path::new("/"), server, &[arguments, &["--output", "-"]].concat());
    assert_eq!(made.code, 0, "{}", made.said);
    made.printed
}

fn value(kubeconfig: &str, field: &str) -> String {
    let line = kubeconfig
        .lines()
        .find_map(|line| line.trim().strip_prefix(field));
    line.unwrap().trim().to_owned()
}

/// How many seconds from now on the certificate in a kubeconfig is good.
fn lasts(kubeconfig: &str) -> u64 {
    let pem = STANDARD
        .decode(value(kubeconfig, "client-certificate-data:"))
        .unwrap();
    let der = CertificateDer::from_pem_slice(&pem).unwrap();
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();
    let end = Duration::from_secs(certificate.validity().not_after.timestamp().try_into().unwrap());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    (end - now).as_secs()
}

#[test]
fn a_login_of_a_user_works_for_as_long_as_was_asked_and_its_key_stays_here() {
    let audit_directory = tempfile::tempdir().unwrap();
    let audit = audit_directory.path().join("audit.log");
    let mut server = Server::new()
        .with("--audit-log-path")
        .with(audit.to_str().unwrap());
    server = server.with("--log-level").with("trace");
    server.start();
    let login = printed(
        &server,
        &["--user", "jane", "--groups", "devs,ops", "--ttl", "10m"],
    );
    let who = Client::new(&login).request("POST", WHO, WHO_BODY);
    assert_eq!(who.status, 201, "{}", who.body);
    assert!(who.body.contains(r#""username":"jane""#), "{}", who.body);
    assert!(
        who.body
            .contains(r#""groups":["devs","ops","system:authenticated"]"#),
        "{}",
        who.body
    );
    let left = lasts(&login);
    assert!((540..=600).contains(&left), "{left} s");
    // Nothing but its rights: jane has none.
    assert_eq!(
        Client::new(&login)
            .get("/api/v1/namespaces/default/secrets")
            .status,
        403
    );
    // The request is gone.
    let requests = server.client().get(REQUESTS);
    assert!(requests.body.contains(r#""items":[]"#), "{}", requests.body);

    let encoded = value(&login, "client-key-data:");
    let pem = String::from_utf8(STANDARD.decode(&encoded).unwrap()).unwrap();
    let inside: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    // Lines of PEM break it, and so does base64 around it: its middle is looked for, as it is and in base64.
    let der = STANDARD.decode(&inside).unwrap();
    let middle = &der[der.len() / 2..];
    assert!(server.stop().success());
    let mut places: Vec<(String, Vec<u8>)> = files(&server.data())
        .into_iter()
        .map(|file| (file.display().to_string(), fs::read(&file).unwrap()))
        .collect();
    places.push(("the log".to_owned(), server.log().into_bytes()));
    places.push(("the audit log".to_owned(), fs::read(audit).unwrap()));
    for (place, bytes) in places {
        for secret in [encoded.as_bytes(), inside.as_bytes(), middle] {
            let there = bytes.windows(secret.len()).any(|window| window == secret);
            assert!(!there, "the key is in {place}");
        }
    }
}

#[test]
fn a_login_of_a_service_account_is_its_token() {
    let server = Server::started();
    let login = printed(&server, &["--service-account", "default/default", "--ttl", "15m"]);
    assert!(
        login.contains("    namespace: default\n"),
        "{}",
        login.lines().count()
    );
    let token = value(&login, "token:");
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(claims)
        .unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(
        claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
        900
    );
    assert_eq!(claims["sub"], "system:serviceaccount:default:default");
    let other = printed(
        &server,
        &["--service-account", "default/default", "--audience", "vault"],
    );
    let claims = value(&other, "token:").split('.').nth(1).unwrap().to_owned();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(claims)
        .unwrap();
    assert!(String::from_utf8(claims).unwrap().contains(r#""aud":["vault"]"#));
}

#[test]
fn a_login_lies_in_a_private_file_and_on_no_other() {
    let server = Server::started();
    let top = tempfile::tempdir().unwrap();
    let file = |name: &str| -> PathBuf { top.path().join(name) };
    let made = create_in(top.path(), &server, &["--user", "jane"]);
    assert_eq!(made.code, 0, "{}", made.said);
    assert!(
        made.printed.is_empty() && made.said.contains("good until "),
        "{}",
        made.said
    );
    let mode = fs::metadata(file("jane.kubeconfig"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = fs::read_to_string(file("jane.kubeconfig")).unwrap();
    let again = create_in(top.path(), &server, &["--user", "jane"]);
    assert_eq!(again.code, 2);
    assert!(
        again.said.contains("jane.kubeconfig is there already"),
        "{}",
        again.said
    );
    assert_eq!(fs::read_to_string(file("jane.kubeconfig")).unwrap(), first);
    let forced = create_in(top.path(), &server, &["--user", "jane", "--force"]);
    assert_eq!(forced.code, 0, "{}", forced.said);
    assert_ne!(fs::read_to_string(file("jane.kubeconfig")).unwrap(), first);
    assert_eq!(fs::read_dir(top.path()).unwrap().count(), 1);
}

#[test]
fn what_may_not_be_is_refused_with_what_to_do() {
    let server = Server::new().with("--cluster-signing-duration").with("1h");
    let mut server = server;
    server.start();
    let refused = |arguments: &[&str]| {
        let made = create_in(Path::new("/"), &server, &[arguments, &["--output", "-"]].concat());
        assert!(made.printed.is_empty(), "{arguments:?}");
        (made.code, made.said)
    };
    let (code, said) = refused(&["--user", "jane", "--ttl", "48h"]);
    assert!(code == 2 && said.contains("say --yes-long-lived"), "{said}");
    let (code, said) = refused(&["--user", "jane", "--groups", "system:masters"]);
    assert!(
        code == 2 && said.contains("system:masters is above all rules"),
        "{said}"
    );
    let (code, said) = refused(&["--service-account", "default/none"]);
    assert!(
        code == 1 && said.contains("serviceaccounts \"none\" not found"),
        "{said}"
    );
    // The server bounds what it signs, and that is told.
    let top = tempfile::tempdir().unwrap();
    let made = create_in(
        top.path(),
        &server,
        &["--user", "jane", "--ttl", "48h", "--yes-long-lived"],
    );
    assert_eq!(made.code, 0, "{}", made.said);
    assert!(made.said.contains("sooner than asked"), "{}", made.said);
    assert!(lasts(&fs::read_to_string(top.path().join("jane.kubeconfig")).unwrap()) <= 3_600);
    // Who may not approve gets none, and leaves no request behind.
    let jane = top.path().join("jane.kubeconfig");
    let output = purser()
        .args([
            "kubeconfig",
            "create",
            "--user",
            "joe",
            "--output",
            "-",
            "--kubeconfig",
        ])
        .arg(&jane)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("cannot create resource \"certificatesigningrequests\""),
        "{said}"
    );
    assert!(server.client().get(REQUESTS).body.contains(r#""items":[]"#));
}
