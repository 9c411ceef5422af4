//! Keys that sign tokens, and keys that tell whether one was signed.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use purser_types::{Key, Map, Value};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_PKCS1_RSAENCRYPTION};
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// The length of an uncompressed point of P-256: a mark, and two numbers of [`COORDINATE`] bytes.
const POINT: usize = 1 + 2 * COORDINATE;
/// Bytes of a coordinate of P-256.
const COORDINATE: usize = 32;

/// Why a key cannot be used. Never says anything of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no key in PEM.
    #[error("it holds no key in PEM")]
    NoPem,
    /// It is of another kind than those that are used.
    #[error("it is no ECDSA key on P-256 and no RSA key of 2048 bits or more")]
    Kind,
    /// The library failed.
    #[error("a key cannot be made or used")]
    Failed,
}

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Es256,
    Rs256,
}

impl Algorithm {
    /// The word in the header of a token.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm of that name: the two that are used, and no other.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Es256, Self::Rs256]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

enum Private {
    Ec(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
}

/// Signs tokens.
pub struct SigningKey {
    private: Private,
    public: VerifyingKey,
}

impl SigningKey {
    /// Reads a private key in PEM: PKCS#8, SEC 1 or PKCS#1.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::NoPem)?;
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let bytes = der.secret_der();
        let (ec, rsa) = match &der {
            PrivateKeyDer::Pkcs8(_) => (
                EcdsaKeyPair::from_pkcs8(algorithm, bytes).ok(),
                rsa::KeyPair::from_pkcs8(bytes).ok(),
            ),
            PrivateKeyDer::Sec1(_) => (EcdsaKeyPair::from_private_key_der(algorithm, bytes).ok(), None),
            PrivateKeyDer::Pkcs1(_) => (None, rsa::KeyPair::from_der(bytes).ok()),
            _ => (None, None),
        };
        match (ec, rsa) {
            (Some(ec), _) => {
                let public = ec.public_key().as_der().map_err(|_| KeyError::Failed)?;
                Ok(Self {
                    public: VerifyingKey::from_der(public.as_ref())?,
                    private: Private::Ec(ec),
                })
            }
            (None, Some(rsa)) => {
                let public = rsa.public_key().as_der().map_err(|_| KeyError::Failed)?;
                Ok(Self {
                    public: VerifyingKey::from_der(public.as_ref())?,
                    private: Private::Rsa(rsa),
                })
            }
            (None, None) => Err(KeyError::Kind),
        }
    }

    /// The key that tells whether this one signed.
    #[must_use]
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// Signs.
    ///
    /// # Errors
    /// [`KeyError::Failed`].
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match &self.private {
            Private::Ec(key) => {
                let signature = key.sign(&random, message).map_err(|_| KeyError::Failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Private::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| KeyError::Failed)?;
                Ok(signature)
            }
        }
    }
}

/// Numbers of a public key, big-endian.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Numbers {
    Ec { x: Vec<u8>, y: Vec<u8> },
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

/// Tells whether a token was signed by its private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    id: String,
    /// The point, or PKCS#1's `RSAPublicKey`.
    public: Vec<u8>,
    numbers: Numbers,
}

impl VerifyingKey {
    /// Reads every key of a PEM file: public ones, or private ones, of which the public part is taken.
    ///
    /// # Errors
    /// [`KeyError`], also when there is none.
    pub fn all_from_pem(pem: &str) -> Result<Vec<Self>, KeyError> {
        let public = SubjectPublicKeyInfoDer::pem_slice_iter(pem.as_bytes())
            .map(|der| Self::from_der(&der.map_err(|_| KeyError::NoPem)?))
            .collect::<Result<Vec<_>, _>>()?;
        if public.is_empty() {
            return Ok(vec![SigningKey::from_pem(pem)?.public]);
        }
        Ok(public)
    }

    /// Reads a `SubjectPublicKeyInfo`.
    fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let (_, info) = SubjectPublicKeyInfo::from_der(der).map_err(|_| KeyError::Kind)?;
        let public = info.subject_public_key.data.to_vec();
        let algorithm = &info.algorithm;
        let curve = algorithm
            .parameters
            .as_ref()
            .and_then(|parameters| parameters.as_oid().ok());
        let numbers = match info.parsed() {
            Ok(PublicKey::EC(point))
                if algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && curve == Some(OID_EC_P256) =>
            {
                coordinates(point.data())?
            }
            Ok(PublicKey::RSA(key)) if algorithm.algorithm == OID_PKCS1_RSAENCRYPTION => Numbers::Rsa {
                n: plain(key.modulus),
                e: plain(key.exponent),
            },
            _ => return Err(KeyError::Kind),
        };
        Ok(Self {
            id: URL_SAFE_NO_PAD.encode(digest(&SHA256, der)),
            public,
            numbers,
        })
    }

    /// The key's id, the header `kid`: the SHA-256 of the key in DER, as upstream's.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How it signs: a key has one algorithm, whatever a token says.
    pub(super) fn algorithm(&self) -> Algorithm {
        match self.numbers {
            Numbers::Ec { .. } => Algorithm::Es256,
            Numbers::Rsa { .. } => Algorithm::Rs256,
        }
    }

    /// Whether `signature` is the private key's under `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.algorithm() {
            Algorithm::Es256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.public)
                .verify(message, signature)
                .is_ok(),
            Algorithm::Rs256 => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public)
                .verify(message, signature)
                .is_ok(),
        }
    }

    /// The key as a JSON Web Key (RFC 7517), its members in upstream's order.
    pub(super) fn jwk(&self) -> String {
        let (id, algorithm) = (&self.id, self.algorithm().name());
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        match &self.numbers {
            Numbers::Ec { x, y } => format!(
                r#"{{"use":"sig","kty":"EC","kid":"{id}","crv":"P-256","alg":"{algorithm}","x":"{}","y":"{}"}}"#,
                encode(x),
                encode(y)
            ),
            Numbers::Rsa { n, e } => format!(
                r#"{{"use":"sig","kty":"RSA","kid":"{id}","alg":"{algorithm}","n":"{}","e":"{}"}}"#,
                encode(n),
                encode(e)
            ),
        }
    }

    /// The header of tokens that this key's private part signs.
    pub(super) fn header(&self) -> Value {
        let mut header = Map::new();
        header.insert(Key::Borrowed("alg"), Value::string(self.algorithm().name()));
        header.insert(Key::Borrowed("kid"), Value::string(self.id.clone()));
        Value::Map(header)
    }
}

fn coordinates(point: &[u8]) -> Result<Numbers, KeyError> {
    if point.len() != POINT {
        return Err(KeyError::Kind);
    }
    let (x, y) = point
        .get(1..)
        .and_then(|rest| rest.split_at_checked(COORDINATE))
        .ok_or(KeyError::Kind)?;
    Ok(Numbers::Ec {
        x: x.to_vec(),
        y: y.to_vec(),
    })
}

/// Without the zero that DER puts before a number whose first bit is set.
fn plain(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}
