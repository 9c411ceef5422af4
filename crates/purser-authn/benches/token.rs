//! What it costs to know whose a ServiceAccount's token is: the first time, and again while its signature is kept.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::FutureExt as _;
use purser_authn::token::{Accounts, Bound, Grant, Kept, ServiceAccounts, Settings, SigningKey};
use purser_authn::{Authenticator, Presented};

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;

/// One account is there.
struct One;

impl Accounts for One {
    fn account(&self, _namespace: &str, _name: &str) -> Option<String> {
        Some("u-1".to_owned())
    }

    fn secret(&self, _namespace: &str, _name: &str) -> Option<String> {
        None
    }

    fn kept(&self, _namespace: &str, _account: &str, _secret: &str) -> Option<Kept> {
        None
    }

    fn used(&self, _namespace: &str, _secret: &str) {}
}

#[expect(clippy::unwrap_used, reason = "what is measured works")]
fn token(c: &mut Criterion) {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(key.as_ref())
    );
    let settings = Settings {
        issuers: vec!["https://kubernetes.default.svc".to_owned()],
        audiences: Vec::new(),
        signing: SigningKey::from_pem(&key).unwrap(),
        verifying: Vec::new(),
        longest: None,
    };
    let accounts = Arc::new(ServiceAccounts::new(settings, Arc::new(One)));
    let issued = accounts
        .issue(Grant {
            namespace: "default".to_owned(),
            account: Bound {
                name: "bot".to_owned(),
                uid: "u-1".to_owned(),
            },
            secret: None,
            audiences: accounts.audiences().to_vec(),
            lasts: DAY,
            now: NOW,
            id: "j-1".to_owned(),
        })
        .unwrap();
    let clock = || std::time::UNIX_EPOCH + std::time::Duration::from_secs(NOW.unsigned_abs());
    let authenticator = Authenticator::with_clock(Arc::new(clock)).with_tokens(Arc::clone(&accounts));
    let header = format!("Bearer {}", issued.text.expose());
    let presented = Presented {
        authorization: Some(header.as_bytes()),
        ..Presented::default()
    };
    c.bench_function("token the first time", |b| {
        b.iter(|| {
            accounts
                .review(issued.text.expose().as_bytes(), &[], NOW)
                .unwrap()
        });
    });
    c.bench_function("token again", |b| {
        b.iter(|| {
            authenticator
                .authenticate(&presented)
                .now_or_never()
                .unwrap()
                .unwrap()
        });
    });
}

criterion_group!(benches, token);
criterion_main!(benches);
