//! A public key, as issuers publish it (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use purser_types::{Map, Value};

use super::algorithm::{Algorithm, Curve};

/// The mark of a point in the uncompressed form.
const UNCOMPRESSED: u8 = 4;

/// A key that tokens are verified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Its name; may be empty.
    id: String,
    /// The one algorithm it is for; `None`: any that fits it.
    only: Option<String>,
    material: Material,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Ecdsa { curve: Curve, point: Vec<u8> },
}

impl Key {
    /// Reads a key; `None`: it is of a kind that is not used, for another use, or not right.
    pub(super) fn read(map: &Map) -> Option<Self> {
        let text = |name: &str| map.get(name).and_then(Value::as_str);
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let number = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let material = match text("kty")? {
            "RSA" => Material::Rsa {
                modulus: number("n")?,
                exponent: number("e")?,
            },
            "EC" => {
                let curve = Curve::named(text("crv")?)?;
                let (x, y) = (number("x")?, number("y")?);
                let length = curve.coordinate();
                if x.len() != length || y.len() != length {
                    return None;
                }
                Material::Ecdsa {
                    curve,
                    point: [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat(),
                }
            }
            _ => return None,
        };
        Some(Self {
            id: text("kid").unwrap_or_default().to_owned(),
            only: text("alg").filter(|name| !name.is_empty()).map(str::to_owned),
            material,
        })
    }

    /// Whether a token that names the key `id` may be signed with this one; a token that names none, with any.
    pub(super) fn is_named(&self, id: &str) -> bool {
        id.is_empty() || self.id == id
    }

    /// Whether its owner signed. A key that says for which algorithm it is, is used with no other.
    pub(super) fn verifies(&self, name: &str, signed: &[u8], signature: &[u8]) -> bool {
        let Some(algorithm) = Algorithm::named(name) else {
            return false;
        };
        if self.only.as_deref().is_some_and(|only| only != name) {
            return false;
        }
        match &self.material {
            Material::Rsa { modulus, exponent } => {
                algorithm.verifies_rsa(modulus, exponent, signed, signature)
            }
            Material::Ecdsa { curve, point } => algorithm.verifies_ecdsa(*curve, point, signed, signature),
        }
    }
}
