//! An issuer: its keys, and whom its tokens make a user.

use std::sync::Arc;
use std::time::Duration;

use purser_types::{Map, User};

use super::algorithm::Algorithm;
use super::claims::Claims;
use super::key::Key;
use super::key_source::{KeySource, NoKey, Signed};
use super::mapping;
use super::refused::JwtRefused;
use crate::configuration::CheckedIssuer;
use crate::token::Compact;

/// How Google names itself in some tokens, and how in its metadata.
const GOOGLE: (&str, &str) = ("accounts.google.com", "https://accounts.google.com");

/// The issuer that a token says it is of; nothing of it is verified.
pub(super) fn named(compact: &Compact<'_>) -> String {
    let said = compact.issuer();
    let (short, whole) = GOOGLE;
    if said == short { whole } else { said }.to_owned()
}

/// An issuer whose tokens are taken.
pub(super) struct TrustedIssuer {
    pub(super) settings: CheckedIssuer,
    pub(super) source: Arc<KeySource>,
}

/// A token that holds.
pub(super) struct Verified {
    pub(super) user: Arc<User>,
    /// The key that signed it.
    pub(super) key: Arc<Key>,
    pub(super) claims: Map,
}

impl TrustedIssuer {
    /// Verifies a token that says it is of this issuer; `now` is since 1970. What needs no key is looked at first, as
    /// go-oidc does: it is cheap, and a token that has ended asks the issuer nothing.
    ///
    /// # Errors
    /// [`JwtRefused`].
    pub(super) async fn verify(&self, compact: Compact<'_>, now: Duration) -> Result<Verified, JwtRefused> {
        let claims = Claims(&compact.claims);
        if !claims.are_well_typed() {
            return Err(JwtRefused::Type);
        }
        if !claims.is_for(&self.settings.issuer.audiences) {
            return Err(JwtRefused::Audience {
                wanted: self.settings.issuer.audiences.clone(),
            });
        }
        check_time(&claims, now)?;
        let algorithm = compact.algorithm_name().unwrap_or_default();
        if Algorithm::named(algorithm).is_none() {
            return Err(JwtRefused::Algorithm);
        }
        let signed = Signed {
            key: compact.key_id().unwrap_or_default(),
            algorithm,
            signed: compact.signed,
            signature: &compact.signature,
        };
        let key = self.source.signer(signed).await.map_err(|error| match error {
            NoKey::NotInitialized => JwtRefused::NotInitialized,
            NoKey::Unsigned => JwtRefused::Signature,
            NoKey::Fetch(why) => JwtRefused::Fetch(why),
        })?;
        Ok(Verified {
            user: Arc::new(mapping::user(&self.settings, &compact.claims)?),
            key,
            claims: compact.claims,
        })
    }

    /// Whether a token that was found right before is still one of this issuer's, and in time.
    pub(super) fn has(&self, verified: &Verified, now: Duration) -> bool {
        self.source.has(&verified.key) && check_time(&Claims(&verified.claims), now).is_ok()
    }

    /// Whether it is for who is wanted, and makes the same user.
    pub(super) fn makes(&self, verified: &Verified) -> bool {
        Claims(&verified.claims).is_for(&self.settings.issuer.audiences)
            && mapping::user(&self.settings, &verified.claims).is_ok_and(|again| again == *verified.user)
    }
}

fn check_time(claims: &Claims<'_>, now: Duration) -> Result<(), JwtRefused> {
    if claims.has_ended(now) {
        return Err(JwtRefused::Expired);
    }
    match claims.is_early(now) {
        true => Err(JwtRefused::NotYet),
        false => Ok(()),
    }
}
