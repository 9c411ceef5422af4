//! A stand-in for the Transit engine of HashiCorp Vault and OpenBao, made after their published API; it is neither.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The token that is let in.
pub(crate) const TOKEN: &str = "hvs.right";

/// What it keeps.
#[derive(Default)]
pub(crate) struct Engine {
    /// When each version was made, and its key.
    pub(crate) versions: BTreeMap<u64, (u64, [u8; 32])>,
    pub(crate) sealed: bool,
    /// Older versions are not told, nor used.
    pub(crate) least_decryption: u64,
    least_encryption: u64,
    least_available: u64,
    /// The places that it was asked for.
    pub(crate) asked: Vec<String>,
}

impl Engine {
    pub(crate) fn rotate(&mut self, made: u64) {
        let version = self.versions.keys().next_back().map_or(1, |last| last + 1);
        let mut key = [0; 32];
        aws_lc_rs::rand::fill(&mut key).unwrap();
        self.versions.insert(version, (made, key));
    }

    fn latest(&self) -> u64 {
        *self.versions.keys().next_back().unwrap()
    }

    fn cipher(&self, version: u64) -> Option<RandomizedNonceKey> {
        let (_, key) = self.versions.get(&version)?;
        Some(RandomizedNonceKey::new(&AES_256_GCM, key).unwrap())
    }

    fn answer(&mut self, place: &str, token: &str, body: &Value) -> (u16, Value) {
        self.asked.push(place.to_owned());
        let wrong = |why: &str| (400, json!({ "errors": [why] }));
        if self.sealed {
            return (503, json!({ "errors": ["Vault is sealed"] }));
        }
        if token != TOKEN {
            return (403, json!({ "errors": ["permission denied"] }));
        }
        let bytes = |field: &str| STANDARD.decode(body.get(field)?.as_str()?).ok();
        let aad = Aad::from(bytes("associated_data").unwrap_or_default());
        match place {
            "POST /v1/auth/token/renew-self" => (
                200,
                json!({ "auth": { "lease_duration": 3600, "renewable": true } }),
            ),
            "GET /v1/transit/keys/purser" => {
                let keys: BTreeMap<String, u64> = self
                    .versions
                    .range(self.least_decryption..)
                    .map(|(version, (made, _))| (version.to_string(), *made))
                    .collect();
                (
                    200,
                    json!({ "data": {
                        "latest_version": self.latest(), "keys": keys, "name": "purser",
                        "min_available_version": self.least_available,
                        "min_decryption_version": self.least_decryption,
                        "min_encryption_version": self.least_encryption,
                    } }),
                )
            }
            "POST /v1/transit/keys/purser/rotate" => {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                self.rotate(now.unwrap().as_secs());
                (204, Value::Null)
            }
            "POST /v1/transit/keys/purser/config" => {
                let bound = |name: &str| body.get(name).and_then(Value::as_u64);
                let (decryption, encryption) =
                    (bound("min_decryption_version"), bound("min_encryption_version"));
                if [decryption, encryption]
                    .iter()
                    .flatten()
                    .any(|least| *least > self.latest())
                {
                    return wrong("cannot set min decryption version of more than the latest key version");
                }
                self.least_decryption = decryption.unwrap_or(self.least_decryption);
                self.least_encryption = encryption.unwrap_or(self.least_encryption);
                (204, Value::Null)
            }
            "POST /v1/transit/keys/purser/trim" => {
                let least = body
                    .get("min_available_version")
                    .and_then(Value::as_u64)
                    .unwrap_or_default();
                // At most the lesser of the two, neither of which may be zero.
                if least == 0 || least > self.least_decryption.min(self.least_encryption) {
                    return wrong("min_available_version is too high");
                }
                self.least_available = least;
                self.versions.retain(|version, _| *version >= least);
                (200, Value::Null)
            }
            "POST /v1/transit/encrypt/purser" => {
                let version = body
                    .get("key_version")
                    .and_then(Value::as_u64)
                    .unwrap_or_else(|| self.latest());
                let (Some(cipher), Some(mut secret)) = (self.cipher(version), bytes("plaintext")) else {
                    return wrong("invalid request");
                };
                let nonce = cipher.seal_in_place_append_tag(aad, &mut secret).unwrap();
                let text = STANDARD.encode([nonce.as_ref().as_slice(), &secret].concat());
                (
                    200,
                    json!({ "data": { "ciphertext": format!("vault:v{version}:{text}"), "key_version": version } }),
                )
            }
            "POST /v1/transit/decrypt/purser" => {
                let text = body.get("ciphertext").and_then(Value::as_str).unwrap_or_default();
                let mut parts = text.splitn(3, ':').skip(1);
                let version = parts.next().and_then(|part| part.strip_prefix('v')?.parse().ok());
                let sealed = parts.next().and_then(|part| STANDARD.decode(part).ok());
                let (Some(cipher), Some(sealed)) = (version.and_then(|version| self.cipher(version)), sealed)
                else {
                    return wrong("invalid ciphertext: no prefix");
                };
                let (nonce, sealed) = sealed.split_at(NONCE_LEN);
                let nonce = aws_lc_rs::aead::Nonce::try_assume_unique_for_key(nonce).unwrap();
                let mut sealed = sealed.to_vec();
                match cipher.open_in_place(nonce, aad, &mut sealed) {
                    Ok(secret) => (200, json!({ "data": { "plaintext": STANDARD.encode(secret) } })),
                    Err(_) => wrong("cipher: message authentication failed"),
                }
            }
            _ => (404, json!({ "errors": [] })),
        }
    }
}

/// Serves an engine with one version of the key `purser`; where.
pub(crate) async fn serve() -> (String, Arc<Mutex<Engine>>) {
    let engine = Arc::new(Mutex::new(Engine::default()));
    engine.lock().rotate(1_700_000_000);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = Arc::clone(&engine);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let engine = Arc::clone(&served);
            let service = service_fn(move |request| answer(Arc::clone(&engine), request));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (format!("http://{address}"), engine)
}

async fn answer(
    engine: Arc<Mutex<Engine>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let place = format!("{} {}", request.method(), request.uri().path());
    let token = request.headers().get("x-vault-token");
    let token = token
        .and_then(|token| token.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (status, said) = engine.lock().answer(&place, &token, &body);
    let text = if said.is_null() {
        String::new()
    } else {
        said.to_string()
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    Ok(response)
}
