//! Somebody with a certificate of the server's own, asked for as everybody asks: with a CertificateSigningRequest.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use serde_json::{Value, json};

use crate::client::{Call, Client};
use crate::error::Error;
use crate::kubeconfig::Login;
use crate::scene::{demand, refused};

const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
/// How long the certificate is good: an hour, more than any measurement takes.
const SECONDS: u32 = 3600;
/// How often it is asked for, and how long is waited in between.
const TRIES: u32 = 200;
const WAIT: Duration = Duration::from_millis(25);

/// How `user` logs in; `admin` may approve.
///
/// # Errors
/// When the server issues no certificate.
pub(super) async fn login(admin: &mut Client, base: &Login, user: &str) -> Result<Login, Error> {
    let key = KeyPair::generate().map_err(|error| tls(&error))?;
    let name = format!("purser-bench-{user}-{}", std::process::id());
    let asked = json!({
        "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": name},
        "spec": {"request": STANDARD.encode(request(&key, user)?), "signerName": "kubernetes.io/kube-apiserver-client",
            "expirationSeconds": SECONDS, "usages": ["digital signature", "client auth"]},
        // What decides is of the approval alone; a create drops it.
        "status": {"conditions": [{"type": "Approved", "status": "True", "reason": "Measured",
            "message": "purser-bench measures as this user"}]}
    });
    demand(admin, post(REQUESTS, &asked), "cannot ask for a certificate").await?;
    let approval = Call {
        method: Method::PUT,
        path: format!("{REQUESTS}/{name}/approval"),
        body: Bytes::from(asked.to_string()),
    };
    demand(admin, approval, "cannot approve a certificate").await?;
    let certificate = issued(admin, &name).await;
    let removal = Call {
        method: Method::DELETE,
        path: format!("{REQUESTS}/{name}"),
        body: Bytes::new(),
    };
    demand(admin, removal, "cannot remove a request for a certificate").await?;
    Ok(Login {
        server: base.server.clone(),
        server_name: base.server_name.clone(),
        ca: base.ca.clone(),
        certificate: Some((certificate?, key.serialize_pem().into_bytes())),
        token: None,
    })
}

fn request(key: &KeyPair, user: &str) -> Result<String, Error> {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, user);
    params.distinguished_name = name;
    params
        .serialize_request(key)
        .and_then(|request| request.pem())
        .map_err(|error| tls(&error))
}

/// Asks until the signer has signed.
async fn issued(admin: &mut Client, name: &str) -> Result<Vec<u8>, Error> {
    let what = "no certificate is issued";
    for _ in 0..TRIES {
        let asked = admin.read(Call::get(format!("{REQUESTS}/{name}"))).await;
        let (_, body) = asked.map_err(|error| refused(what, error.to_string()))?;
        let object: Value = serde_json::from_slice(&body).unwrap_or_default();
        let certificate = object.pointer("/status/certificate").and_then(Value::as_str);
        if let Some(certificate) = certificate.filter(|text| !text.is_empty()) {
            return STANDARD
                .decode(certificate)
                .map_err(|error| refused(what, error.to_string()));
        }
        tokio::time::sleep(WAIT).await;
    }
    Err(refused(
        what,
        "the signer kubernetes.io/kube-apiserver-client does not sign".to_owned(),
    ))
}

fn tls(error: &rcgen::Error) -> Error {
    Error::Tls(error.to_string())
}

/// A POST of `object`.
pub(super) fn post(path: &str, object: &Value) -> Call {
    Call {
        method: Method::POST,
        path: path.to_owned(),
        body: Bytes::from(object.to_string()),
    }
}
