//! The rules of a whole configuration.

use std::collections::BTreeSet;

use super::anonymous::{self, AnonymousAccess};
use super::checked::CheckedIssuer;
use super::settings::{Configuration, JwtAuthenticator};
use super::{issuer, mappings, rules};
use purser_types::problems::Problems;

/// Most issuers of a configuration.
const ISSUERS: usize = 64;

/// A configuration that is right.
#[derive(Debug, Default)]
pub struct Checked {
    /// Whose tokens are taken.
    pub issuers: Vec<CheckedIssuer>,
    /// What may be asked by who presents nothing; `None`: the file does not say.
    pub anonymous: Option<AnonymousAccess>,
}

impl Configuration {
    /// Checks it; `own` are the issuers of tokens that the server issues itself, which no other may be.
    ///
    /// # Errors
    /// With all that is wrong.
    pub fn check(&self, own: &[String]) -> Result<Checked, Problems> {
        let mut problems = Problems::default();
        if self.jwt.len() > ISSUERS {
            problems.too_many("jwt", self.jwt.len(), ISSUERS);
            return Err(problems);
        }
        let own = own.iter().map(String::as_str).collect();
        let (mut urls, mut places) = (BTreeSet::new(), BTreeSet::new());
        let mut issuers = Vec::new();
        for (at, authenticator) in self.jwt.iter().enumerate() {
            let field = format!("jwt[{at}]");
            issuers.extend(check_one(&field, authenticator, &own, &mut problems));
            let issuer = &authenticator.issuer;
            if !urls.insert(&issuer.url) {
                problems.duplicate(&format!("{field}.issuer.url"), &issuer.url);
            }
            if !issuer.discovery_url.is_empty() && !places.insert(&issuer.discovery_url) {
                problems.duplicate(&format!("{field}.issuer.discoveryURL"), &issuer.discovery_url);
            }
        }
        let anonymous = self
            .anonymous
            .as_ref()
            .map(|settings| anonymous::check(settings, &mut problems));
        match problems.is_empty() {
            true => Ok(Checked { issuers, anonymous }),
            false => Err(problems),
        }
    }
}

/// Checks one issuer; `None` only when something is wrong with it.
fn check_one(
    field: &str,
    settings: &JwtAuthenticator,
    own: &BTreeSet<&str>,
    problems: &mut Problems,
) -> Option<CheckedIssuer> {
    let issuer = issuer::check(&format!("{field}.issuer"), &settings.issuer, own, problems);
    let claims = rules::check_claims(
        &format!("{field}.claimValidationRules"),
        &settings.claim_rules,
        problems,
    );
    let mappings = mappings::check(
        &format!("{field}.claimMappings"),
        &settings.mappings,
        &claims.rules,
        problems,
    );
    let user_rules = rules::check_users(
        &format!("{field}.userValidationRules"),
        &settings.user_rules,
        problems,
    );
    Some(CheckedIssuer {
        issuer,
        required: claims.required,
        claim_rules: claims.rules,
        username: mappings.username?,
        groups: mappings.groups,
        uid: mappings.uid,
        extra: mappings.extra,
        user_rules,
    })
}
