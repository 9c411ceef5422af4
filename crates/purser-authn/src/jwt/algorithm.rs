//! How tokens may be signed.

use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, EcdsaVerificationAlgorithm,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    UnparsedPublicKey,
};

/// A curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// The curve of that name (RFC 7518, 6.2.1.1).
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "P-256" => Self::P256,
            "P-384" => Self::P384,
            "P-521" => Self::P521,
            _ => return None,
        })
    }

    /// Bytes of a coordinate.
    pub(super) fn coordinate(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// An algorithm: all that kube-apiserver takes from configured issuers. None of them is without a key, or with one that
/// both sides have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Es256,
    Es384,
    Es512,
    Ps256,
    Ps384,
    Ps512,
    Rs256,
    Rs384,
    Rs512,
}

impl Algorithm {
    /// The algorithm of that name (RFC 7518, 3.1).
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            _ => return None,
        })
    }

    /// The RSA of this algorithm; `None`: it is another.
    fn rsa(self) -> Option<&'static RsaParameters> {
        Some(match self {
            Self::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Self::Ps384 => &RSA_PSS_2048_8192_SHA384,
            Self::Ps512 => &RSA_PSS_2048_8192_SHA512,
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            Self::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
            Self::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
            Self::Es256 | Self::Es384 | Self::Es512 => return None,
        })
    }

    /// The ECDSA of this algorithm, which has one curve each; `None`: it is another.
    fn ecdsa(self) -> Option<(Curve, &'static EcdsaVerificationAlgorithm)> {
        Some(match self {
            Self::Es256 => (Curve::P256, &ECDSA_P256_SHA256_FIXED),
            Self::Es384 => (Curve::P384, &ECDSA_P384_SHA384_FIXED),
            Self::Es512 => (Curve::P521, &ECDSA_P521_SHA512_FIXED),
            _ => return None,
        })
    }

    /// Whether the owner of an RSA key signed.
    pub(super) fn verifies_rsa(
        self,
        modulus: &[u8],
        exponent: &[u8],
        signed: &[u8],
        signature: &[u8],
    ) -> bool {
        self.rsa().is_some_and(|parameters| {
            let key = PublicKeyComponents {
                n: modulus,
                e: exponent,
            };
            key.verify(parameters, signed, signature).is_ok()
        })
    }

    /// Whether the owner of an ECDSA key, a point in the uncompressed form, signed.
    pub(super) fn verifies_ecdsa(self, curve: Curve, point: &[u8], signed: &[u8], signature: &[u8]) -> bool {
        self.ecdsa().is_some_and(|(own, algorithm)| {
            own == curve
                && UnparsedPublicKey::new(algorithm, point)
                    .verify(signed, signature)
                    .is_ok()
        })
    }
}
