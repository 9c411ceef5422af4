//! Keys, accounts and forgeries for the tests of tokens.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use purser_authn::token::{
    Accounts, Bound, Grant, Kept, Refused, ServiceAccounts, Settings, SigningKey, VerifyingKey,
};

pub(super) const ISSUER: &str = "https://kubernetes.default.svc";
pub(super) const NOW: i64 = 1_800_000_000;

/// What is there: kind and name, and its uid; the tokens that Secrets keep, and how often they were used.
#[derive(Default)]
pub(super) struct There(Mutex<BTreeMap<String, String>>, Mutex<Option<Kept>>, AtomicUsize);

impl There {
    pub(super) fn put(&self, what: &str, uid: &str) {
        self.0.lock().unwrap().insert(what.to_owned(), uid.to_owned());
    }

    pub(super) fn remove(&self, what: &str) {
        self.0.lock().unwrap().remove(what);
    }

    /// Has the Secret `sd` keep this.
    pub(super) fn keep(&self, kept: Option<Kept>) {
        *self.1.lock().unwrap() = kept;
    }

    /// How often a kept token was used.
    pub(super) fn uses(&self) -> usize {
        self.2.load(Ordering::Relaxed)
    }

    fn get(&self, what: &str) -> Option<String> {
        self.0.lock().unwrap().get(what).cloned()
    }
}

impl Accounts for There {
    fn account(&self, namespace: &str, name: &str) -> Option<String> {
        self.get(&format!("account {namespace}/{name}"))
    }

    fn secret(&self, namespace: &str, name: &str) -> Option<String> {
        self.get(&format!("secret {namespace}/{name}"))
    }

    fn kept(&self, namespace: &str, account: &str, secret: &str) -> Option<Kept> {
        let kept = self.1.lock().unwrap().clone();
        kept.filter(|_| (namespace, account, secret) == ("rec", "bot", "sd"))
    }

    fn used(&self, _namespace: &str, _secret: &str) {
        self.2.fetch_add(1, Ordering::Relaxed);
    }
}

pub(super) fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

/// A private key on P-256, in PEM.
pub(super) fn ec() -> String {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    pem("PRIVATE KEY", der.as_ref())
}

/// A private RSA key, in PEM.
pub(super) fn rsa() -> String {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    pem("PRIVATE KEY", key.as_der().unwrap().as_ref())
}

pub(super) fn accounts(key: &str, there: &Arc<There>) -> ServiceAccounts {
    verifying(key, &[], there)
}

pub(super) fn verifying(key: &str, others: &[&str], there: &Arc<There>) -> ServiceAccounts {
    let settings = Settings {
        issuers: vec![ISSUER.to_owned(), "https://old.example.com".to_owned()],
        audiences: Vec::new(),
        signing: SigningKey::from_pem(key).unwrap(),
        verifying: others
            .iter()
            .flat_map(|pem| VerifyingKey::all_from_pem(pem).unwrap())
            .collect(),
        longest: None,
    };
    ServiceAccounts::new(settings, Arc::clone(there) as Arc<dyn Accounts>)
}

pub(super) fn there() -> Arc<There> {
    let there = Arc::new(There::default());
    there.put("account rec/bot", "u-1");
    there.put("secret rec/sd", "u-2");
    there
}

pub(super) fn bound(name: &str, uid: &str) -> Bound {
    Bound {
        name: name.to_owned(),
        uid: uid.to_owned(),
    }
}

pub(super) fn grant() -> Grant {
    Grant {
        namespace: "rec".to_owned(),
        account: bound("bot", "u-1"),
        secret: None,
        audiences: vec![ISSUER.to_owned()],
        lasts: 3600,
        now: NOW,
        id: "j-1".to_owned(),
    }
}

pub(super) fn token(accounts: &ServiceAccounts, grant: Grant) -> String {
    accounts.issue(grant).unwrap().text.expose().to_owned()
}

pub(super) fn refusal(accounts: &ServiceAccounts, token: &str) -> Refused {
    accounts.review(token.as_bytes(), &[], NOW).unwrap_err()
}

pub(super) fn part(token: &str, at: usize) -> serde_json::Value {
    let part = token.split('.').nth(at).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The token with another text as its header or claims; the signature stays.
pub(super) fn with_part(token: &str, at: usize, text: &str) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts[at] = URL_SAFE_NO_PAD.encode(text);
    parts.join(".")
}

/// A token with these claims that `key` has signed.
pub(super) fn signed(key: &str, header: &str, claims: &str) -> String {
    let der = STANDARD
        .decode(
            key.lines()
                .filter(|line| !line.starts_with('-'))
                .collect::<String>(),
        )
        .unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).unwrap();
    let text = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let signature = pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(super) fn claims() -> String {
    format!(
        r#"{{"aud":["{ISSUER}"],"exp":{},"iat":{NOW},"iss":"{ISSUER}","jti":"j-1","kubernetes.io":{{"namespace":"rec","serviceaccount":{{"name":"bot","uid":"u-1"}}}},"nbf":{NOW},"sub":"system:serviceaccount:rec:bot"}}"#,
        NOW + 3600
    )
}
