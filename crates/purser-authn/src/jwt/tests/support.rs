//! An issuer without a network.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::configuration::{CheckedIssuer, Configuration, Issuer};
use crate::jwt::fetch::Fetch;
use crate::jwt::issuers::JwtIssuers;
use crate::jwt::key_source::Pace;
use crate::source::{TokenSource as _, Vouched};

pub(super) const URL: &str = "https://issuer.example";
pub(super) const NOW: u64 = 1_800_000_000;
/// The audience of the server, which is not that of the tokens.
pub(super) const OWN: &str = "https://kubernetes.default.svc";

/// A key of the issuer.
pub(super) struct SigningKey {
    pub(super) id: String,
    pub(super) algorithm: &'static str,
    material: Material,
}

enum Material {
    Ec(EcdsaKeyPair, &'static str),
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
}

impl SigningKey {
    pub(super) fn new(id: &str, algorithm: &'static str) -> Self {
        let ec = |signing: &'static EcdsaSigningAlgorithm, curve| {
            Material::Ec(EcdsaKeyPair::generate(signing).unwrap(), curve)
        };
        let rsa = |encoding: &'static dyn RsaEncoding| {
            Material::Rsa(
                Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
                encoding,
            )
        };
        let material = match algorithm {
            "ES256" => ec(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
            "ES384" => ec(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
            "ES512" => ec(&ECDSA_P521_SHA512_FIXED_SIGNING, "P-521"),
            "RS256" => rsa(&RSA_PKCS1_SHA256),
            "RS384" => rsa(&RSA_PKCS1_SHA384),
            "RS512" => rsa(&RSA_PKCS1_SHA512),
            "PS256" => rsa(&RSA_PSS_SHA256),
            "PS384" => rsa(&RSA_PSS_SHA384),
            "PS512" => rsa(&RSA_PSS_SHA512),
            other => panic!("{other}"),
        };
        Self {
            id: id.to_owned(),
            algorithm,
            material,
        }
    }

    /// As the issuer publishes it.
    pub(super) fn public(&self) -> Value {
        let mut key = match &self.material {
            Material::Ec(pair, curve) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(pair.public_key().as_ref().len() / 2);
                json!({"kty": "EC", "crv": curve, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)})
            }
            Material::Rsa(pair, _) => {
                let public = pair.public_key();
                let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
                json!({
                    "kty": "RSA",
                    "n": number(public.modulus().big_endian_without_leading_zero()),
                    "e": number(public.exponent().big_endian_without_leading_zero()),
                })
            }
        };
        key["kid"] = json!(self.id);
        key["use"] = json!("sig");
        key["alg"] = json!(self.algorithm);
        key
    }

    pub(super) fn sign(&self, signed: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.material {
            Material::Ec(pair, _) => pair.sign(&random, signed).unwrap().as_ref().to_vec(),
            Material::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, signed, &mut signature).unwrap();
                signature
            }
        }
    }

    /// A token with the header that the issuer writes.
    pub(super) fn token(&self, claims: &Value) -> String {
        self.token_with(
            &json!({"alg": self.algorithm, "kid": self.id, "typ": "JWT"}),
            &claims.to_string(),
        )
    }

    /// A token with any header, over any text.
    pub(super) fn token_with(&self, header: &Value, claims: &str) -> String {
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = URL_SAFE_NO_PAD.encode(self.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// What the issuer has published, and how often it was asked.
#[derive(Default)]
pub(super) struct Published {
    documents: Mutex<BTreeMap<String, String>>,
    asked: AtomicUsize,
}

impl Published {
    pub(super) fn put(&self, url: &str, document: &Value) {
        let mut documents = self.documents.lock().unwrap();
        documents.insert(url.to_owned(), document.to_string());
    }

    pub(super) fn keys(&self, keys: &[&SigningKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
        self.put(&format!("{URL}/keys"), &json!({ "keys": keys }));
    }

    pub(super) fn go_down(&self) {
        self.documents.lock().unwrap().clear();
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

struct Network(Arc<Published>);

impl Fetch for Network {
    fn get<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<Vec<u8>, String>> {
        Box::pin(async move {
            self.0.asked.fetch_add(1, Ordering::Relaxed);
            // Long enough that others come meanwhile.
            tokio::time::sleep(Duration::from_millis(10)).await;
            let documents = self.0.documents.lock().unwrap();
            let found = documents.get(url).map(|text| text.clone().into_bytes());
            found.ok_or_else(|| "connection refused".to_owned())
        })
    }
}

/// The issuers under test.
pub(super) struct World {
    pub(super) published: Arc<Published>,
    pub(super) issuers: Arc<JwtIssuers>,
    seconds: Arc<AtomicUsize>,
}

impl World {
    /// One issuer that has published these keys, with this mapping; its keys are known.
    pub(super) async fn new(keys: &[&SigningKey], mapping: &Value) -> Self {
        let world = Self::silent();
        world.published.put(
            &format!("{URL}/.well-known/openid-configuration"),
            &json!({"issuer": URL, "jwks_uri": format!("{URL}/keys")}),
        );
        world.published.keys(keys);
        world.trust(&[entry(URL, mapping)]);
        world.pass(Duration::from_millis(100)).await;
        world
    }

    /// Nobody is trusted, and nobody answers.
    pub(super) fn silent() -> Self {
        let published = Arc::new(Published::default());
        let seconds = Arc::new(AtomicUsize::new(usize::try_from(NOW).unwrap()));
        let network = Arc::clone(&published);
        let clock = Arc::clone(&seconds);
        let issuers = JwtIssuers::for_tests(
            &[OWN.to_owned()],
            Arc::new(move || -> SystemTime {
                UNIX_EPOCH + Duration::from_secs(u64::try_from(clock.load(Ordering::Relaxed)).unwrap())
            }),
            Box::new(move |_: &Issuer| Ok(Box::new(Network(Arc::clone(&network))) as Box<dyn Fetch>)),
            Pace::default(),
        );
        Self {
            published,
            issuers: Arc::new(issuers),
            seconds,
        }
    }

    pub(super) fn trust(&self, entries: &[Value]) {
        self.issuers.trust(checked(entries)).unwrap();
    }

    /// Lets time pass for tasks (which is paused otherwise).
    pub(super) async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Moves the clock that tokens are held against.
    pub(super) fn later(&self, seconds: usize) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(super) async fn review(&self, token: &str) -> Result<Option<Vouched>, String> {
        let reviewed = self.issuers.review(token.as_bytes(), &[OWN.to_owned()]).await;
        reviewed.map_err(|rejected| rejected.0)
    }

    /// The user of a token that holds.
    pub(super) async fn user(&self, token: &str) -> purser_types::User {
        let vouched = self.review(token).await.unwrap().expect("it is of this issuer");
        purser_types::User::clone(&vouched.user)
    }

    /// Why a token does not hold.
    pub(super) async fn refusal(&self, token: &str) -> String {
        match self.review(token).await {
            Err(refusal) => refusal,
            Ok(None) => "not mine".to_owned(),
            Ok(Some(_)) => "it holds".to_owned(),
        }
    }
}

/// An entry of `jwt`, right but for the mapping given.
pub(super) fn entry(url: &str, mapping: &Value) -> Value {
    let mut entry = json!({
        "issuer": {"url": url, "audiences": ["purser", "other"], "audienceMatchPolicy": "MatchAny"},
        "claimMappings": {
            "username": {"claim": "sub", "prefix": "oidc:"},
            "groups": {"claim": "groups", "prefix": "oidc:"},
        },
    });
    for (name, value) in mapping.as_object().unwrap() {
        match name.as_str() {
            "username" | "groups" | "uid" | "extra" => entry["claimMappings"][name] = value.clone(),
            _ => entry[name] = value.clone(),
        }
    }
    entry
}

fn checked(entries: &[Value]) -> Vec<CheckedIssuer> {
    let document = json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": entries,
    });
    let read = Configuration::read(document.to_string().as_bytes()).unwrap();
    read.check(&[]).unwrap().issuers
}

/// Claims that hold, with these besides or instead; `null` takes one away.
pub(super) fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "iss": URL, "aud": "purser", "sub": "jane", "exp": NOW + 600, "iat": NOW, "groups": ["payments"],
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    claims
}
