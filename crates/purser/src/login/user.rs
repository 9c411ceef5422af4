//! A certificate for a user, through a CertificateSigningRequest.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_outbound::Asking;
use purser_registry::certificates::{KUBE_APISERVER_CLIENT, SubjectField};
use rcgen::{KeyPair, PublicKeyData as _};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use zeroize::Zeroizing;

use super::administrator::Administrator;
use super::options::CreateOptions;
use super::proof::{Held, Proof, tell};
use crate::error::Error;
use crate::x509;

/// How long a signer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// First pause before it is looked again whether it is signed; it doubles up to [`PAUSE_MAX`].
const PAUSE_FIRST: Duration = Duration::from_millis(50);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// Where requests are.
const REQUESTS: [&str; 4] = ["apis", "certificates.k8s.io", "v1", "certificatesigningrequests"];

/// Makes a key, and has a certificate of it signed.
///
/// # Errors
/// When the server is not reached, refuses, or does not sign.
pub(super) async fn certificate(
    administrator: &Administrator,
    user: &str,
    options: &CreateOptions,
) -> Result<Proof, Error> {
    let key = KeyPair::generate()?;
    let groups = options.groups.iter();
    let subject = groups
        .map(|group| (SubjectField::Organization.number(), group.as_str()))
        .chain([(SubjectField::CommonName.number(), user)]);
    let request = x509::pem("CERTIFICATE REQUEST", &x509::request(subject, &key)?);
    let body = json!({
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"generateName": "purser-kubeconfig-"},
        "spec": {
            "request": STANDARD.encode(request),
            "signerName": KUBE_APISERVER_CLIENT,
            "expirationSeconds": options.ttl.as_secs(),
            "usages": ["digital signature", "client auth"],
        },
    });
    let made = administrator
        .ask(
            "take a request for a certificate",
            Asking::Post,
            &REQUESTS,
            Some(&body),
        )
        .await?;
    let name = made
        .pointer("/metadata/name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let name = name.to_owned();
    let issued = issued(administrator, &name, made).await;
    let gone = administrator
        .ask("remove the request", Asking::Delete, &place(&name, None), None)
        .await;
    if let Err(error) = gone {
        tell(&format!("{error}; it is left behind as {name}"));
    }
    let certificate = issued?;
    let ends = judge(&certificate, &key)?;
    Ok(Proof {
        credential: Held::Certificate {
            certificate,
            key: Zeroizing::new(key.serialize_pem()),
        },
        ends: Some(ends),
    })
}

fn place<'a>(name: &'a str, part: Option<&'a str>) -> Vec<&'a str> {
    REQUESTS.into_iter().chain([name]).chain(part).collect()
}

/// Approves a request and waits for its certificate, PEM.
async fn issued(administrator: &Administrator, name: &str, mut request: Value) -> Result<String, Error> {
    let approved = json!({"conditions": [{
        "type": "Approved", "status": "True", "reason": "PurserKubeconfigCreate",
        "message": "approved by purser kubeconfig create, by who asked",
    }]});
    if let Some(request) = request.as_object_mut() {
        request.insert("status".to_owned(), approved);
    }
    let what = "let you approve the request: that takes update of certificatesigningrequests/approval and approve of \
                its signer";
    let approval = place(name, Some("approval"));
    administrator
        .ask(what, Asking::Put, &approval, Some(&request))
        .await?;
    let begun = std::time::Instant::now();
    let mut pause = PAUSE_FIRST;
    while begun.elapsed() < PATIENCE {
        let place = place(name, None);
        let seen = administrator
            .ask("show the request", Asking::Get, &place, None)
            .await?;
        if let Some(certificate) = seen.pointer("/status/certificate").and_then(Value::as_str) {
            let pem = STANDARD
                .decode(certificate)
                .ok()
                .and_then(|pem| String::from_utf8(pem).ok());
            return pem.ok_or_else(|| Error::Login("the server signed something that is no PEM".to_owned()));
        }
        if let Some(why) = failure(&seen) {
            return Err(Error::Login(format!("the signer refuses: {why}")));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
    Err(Error::Login(format!(
        "the request was approved, and nobody signed it within {} s: does anybody sign {KUBE_APISERVER_CLIENT} there?",
        PATIENCE.as_secs()
    )))
}

/// Why there will be no certificate.
fn failure(request: &Value) -> Option<&str> {
    let conditions = request.pointer("/status/conditions")?.as_array()?;
    let refused = |condition: &&Value| {
        let kind = condition.get("type").and_then(Value::as_str);
        matches!(kind, Some("Failed" | "Denied"))
    };
    conditions.iter().find(refused)?.get("message")?.as_str()
}

/// When the certificate ends; it has to be one of our key.
fn judge(pem: &str, key: &KeyPair) -> Result<OffsetDateTime, Error> {
    let wrong = |why: &str| Error::Login(format!("the server signed {why}"));
    let der =
        CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| wrong("something that is no PEM"))?;
    let (_, certificate) =
        X509Certificate::from_der(&der).map_err(|_| wrong("something that is no certificate"))?;
    if certificate.public_key().raw != key.subject_public_key_info() {
        return Err(wrong("another key"));
    }
    Ok(certificate.validity().not_after.to_datetime())
}
