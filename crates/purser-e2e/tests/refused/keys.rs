//! Keys that sign tokens, and tokens of any shape.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A key of one of the two kinds that a server takes.
pub(crate) enum Key {
    Ec(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Key {
    pub(crate) fn ec() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key can be made"))
    }

    pub(crate) fn rsa() -> Self {
        Self::Rsa(Box::new(
            RsaKeyPair::generate(KeySize::Rsa2048).expect("a key can be made"),
        ))
    }

    /// The private key, PEM.
    pub(crate) fn private(&self) -> String {
        let der = match self {
            Self::Ec(pair) => pair.to_pkcs8v1().expect("a key can be written").as_ref().to_vec(),
            Self::Rsa(pair) => {
                let der: Pkcs8V1Der<'static> = pair.as_der().expect("a key can be written");
                der.as_ref().to_vec()
            }
        };
        pem("PRIVATE KEY", &der)
    }

    /// The public key, PEM.
    pub(crate) fn public(&self) -> String {
        let der: PublicKeyX509Der<'_> = match self {
            Self::Ec(pair) => pair.public_key().as_der(),
            Self::Rsa(pair) => pair.public_key().as_der(),
        }
        .expect("a key can be written");
        pem("PUBLIC KEY", der.as_ref())
    }

    /// A token with this header over these claims.
    pub(crate) fn signed(&self, header: &str, claims: &str) -> String {
        let text = unsigned(header, claims);
        let random = SystemRandom::new();
        let signature = match self {
            Self::Ec(pair) => pair
                .sign(&random, text.as_bytes())
                .expect("it signs")
                .as_ref()
                .to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature)
                    .expect("it signs");
                signature
            }
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// Header and claims without a signature.
pub(crate) fn unsigned(header: &str, claims: &str) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    )
}

/// A token whose signature takes what everybody knows for a secret.
pub(crate) fn hmac_signed(secret: &[u8], header: &str, claims: &str) -> String {
    let text = unsigned(header, claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}
