//! An issuer of tokens: keys of its own, published over TLS with a certificate of its own authority.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls_pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A key of the issuer.
pub(crate) struct Key {
    pub(crate) id: &'static str,
    material: Material,
}

enum Material {
    Ec(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Key {
    /// A key for ES256.
    pub(crate) fn ec(id: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key can be made");
        Self {
            id,
            material: Material::Ec(pair),
        }
    }

    /// A key for RS256.
    pub(crate) fn rsa(id: &'static str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key can be made");
        Self {
            id,
            material: Material::Rsa(Box::new(pair)),
        }
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match &self.material {
            Material::Ec(_) => "ES256",
            Material::Rsa(_) => "RS256",
        }
    }

    /// As it is published.
    pub(crate) fn public(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.material {
            Material::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y), "kid": self.id, "use": "sig", "alg": "ES256"})
            }
            Material::Rsa(pair) => {
                let public = pair.public_key();
                let n = text(public.modulus().big_endian_without_leading_zero());
                let e = text(public.exponent().big_endian_without_leading_zero());
                json!({"kty": "RSA", "n": n, "e": e, "kid": self.id, "use": "sig", "alg": "RS256"})
            }
        }
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(
            &json!({"alg": self.algorithm(), "kid": self.id}),
            &claims.to_string(),
        )
    }

    /// A token with any header over any text.
    pub(crate) fn token_with(&self, header: &Value, claims: &str) -> String {
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let random = SystemRandom::new();
        let signature = match &self.material {
            Material::Ec(pair) => {
                let signature = pair.sign(&random, signed.as_bytes()).expect("it signs");
                signature.as_ref().to_vec()
            }
            Material::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature)
                    .expect("it signs");
                signature
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

#[derive(Default)]
struct State {
    documents: BTreeMap<String, Value>,
    asked: Vec<String>,
    down: bool,
}

/// An issuer that runs. Dropping it ends it.
pub(crate) struct Issuer {
    pub(crate) url: String,
    /// Its authority, PEM.
    pub(crate) ca: String,
    state: Arc<Mutex<State>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Issuer {
    /// Starts one on a free port of this machine.
    pub(crate) async fn start(keys: &[&Key]) -> Self {
        let (ca, config) = certificates();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("https://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State::default()));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let serving = tokio::spawn(serve(listener, acceptor, Arc::clone(&state)));
        let issuer = Self {
            url,
            ca,
            state,
            serving,
        };
        let keys_at = format!("{}/keys", issuer.url);
        issuer.put(
            "/.well-known/openid-configuration",
            json!({"issuer": issuer.url, "jwks_uri": keys_at}),
        );
        issuer.publish(keys);
        issuer
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody failed with it")
    }

    pub(crate) fn put(&self, path: &str, document: Value) {
        self.state().documents.insert(path.to_owned(), document);
    }

    /// These are its keys from now on.
    pub(crate) fn publish(&self, keys: &[&Key]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        self.put("/keys", json!({ "keys": keys }));
    }

    /// Whether it answers.
    pub(crate) fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.state().asked.iter().filter(|asked| *asked == path).count()
    }

    /// Claims of jane that hold for ten minutes, with these besides or instead.
    pub(crate) fn claims(&self, changes: &Value) -> Value {
        let now = now();
        let mut claims = json!({
            "iss": self.url, "aud": "purser", "sub": "jane", "iat": now, "exp": now + 600,
            "groups": ["payments"], "oid": "42", "tenant": "t1", "jti": "token-1",
        });
        for (name, value) in changes.as_object().expect("changes are an object") {
            claims[name] = value.clone();
        }
        claims
    }

    /// The entry of `jwt` that trusts it.
    pub(crate) fn entry(&self) -> Value {
        json!({
            "issuer": {"url": self.url, "audiences": ["purser"], "certificateAuthority": self.ca},
            "claimMappings": {
                "username": {"claim": "sub", "prefix": "oidc:"},
                "groups": {"claim": "groups", "prefix": "oidc:"},
                "uid": {"claim": "oid"},
                "extra": [{"key": "example.com/tenant", "valueExpression": "claims.tenant"}],
            },
            "userValidationRules": [
                {"expression": "!user.username.startsWith('system:')", "message": "no names of Kubernetes itself"},
            ],
        })
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Now, in seconds since 1970.
pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("it is after 1970").as_secs()
}

/// An authority in PEM, and what serves with a certificate of it.
fn certificates() -> (String, ServerConfig) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let ca_key = KeyPair::generate().expect("a key can be made");
    let ca = authority.self_signed(&ca_key).expect("it signs itself").pem();
    let signer = rcgen::Issuer::new(authority, ca_key);
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("an address");
    let key = KeyPair::generate().expect("a key can be made");
    let certificate = own.signed_by(&key, &signer).expect("the authority signs");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        )
        .expect("the key fits");
    (ca, config)
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, state: Arc<Mutex<State>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            return;
        };
        let (acceptor, state) = (acceptor.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            // Who breaks off is not answered.
            let _ = answer(stream, acceptor, &state).await;
        });
    }
}

/// Answers one request and closes.
async fn answer(stream: TcpStream, acceptor: TlsAcceptor, state: &Mutex<State>) -> std::io::Result<()> {
    if state.lock().expect("nobody failed with it").down {
        return Ok(());
    }
    let mut stream = acceptor.accept(stream).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16_384 {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let document = {
        let mut state = state.lock().expect("nobody failed with it");
        state.asked.push(path.clone());
        state.documents.get(&path).map(Value::to_string)
    };
    let (status, body) = match document {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", String::new()),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}
