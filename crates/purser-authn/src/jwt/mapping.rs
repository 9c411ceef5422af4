//! From claims to a user.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use purser_types::{Map, User, Value};

use super::claims::Claims;
use super::evaluate::Evaluator;
use super::refused::JwtRefused;
use crate::configuration::{CheckedIssuer, Mapped, SYSTEM};
use crate::groups::CREDENTIAL_ID;
use crate::token::credential_id;

/// Whom the claims make a user, in upstream's order: the user first, then what has to be true.
///
/// # Errors
/// [`JwtRefused`].
pub(super) fn user(settings: &CheckedIssuer, claims: &Map) -> Result<User, JwtRefused> {
    let mapping = Mapping {
        settings,
        claims: Claims(claims),
        evaluator: OnceCell::new(),
    };
    mapping.check_distributed()?;
    let user = User {
        name: mapping.name()?,
        groups: mapping.groups()?,
        uid: mapping.uid()?,
        extra: mapping.extra()?,
    };
    mapping.check_required()?;
    if !settings.claim_rules.is_empty() {
        mapping
            .evaluator()?
            .check("claim validation expression", &settings.claim_rules)?;
    }
    if !settings.user_rules.is_empty() {
        Evaluator::of_user(&user)?.check("user info validation rule", &settings.user_rules)?;
    }
    Ok(user)
}

struct Mapping<'a> {
    settings: &'a CheckedIssuer,
    claims: Claims<'a>,
    /// Made when there is an expression.
    evaluator: OnceCell<Evaluator>,
}

impl Mapping<'_> {
    fn evaluator(&self) -> Result<&Evaluator, JwtRefused> {
        if let Some(evaluator) = self.evaluator.get() {
            return Ok(evaluator);
        }
        let evaluator = Evaluator::of_claims(self.claims.0)?;
        Ok(self.evaluator.get_or_init(|| evaluator))
    }

    /// Claims that a token has elsewhere are not fetched: a token whose groups are there is refused, as upstream
    /// refuses it when it cannot fetch them. Source: `claimResolver.expand`.
    fn check_distributed(&self) -> Result<(), JwtRefused> {
        let Some(Mapped::Claim { name, .. }) = &self.settings.groups else {
            return Ok(());
        };
        let elsewhere = match self.claims.0.get("_claim_names") {
            Some(Value::Map(names)) => names.contains_key(name.as_str()),
            _ => false,
        };
        match elsewhere && !self.claims.has(name) {
            true => Err(JwtRefused::Distributed(
                "claims that are elsewhere are not fetched here",
            )),
            false => Ok(()),
        }
    }

    fn name(&self) -> Result<String, JwtRefused> {
        let mapped = &self.settings.username;
        let name = match mapped {
            Mapped::Expression(expression) => self.evaluator()?.text("username claim", expression)?,
            Mapped::Claim { name, prefix } => {
                let said = self
                    .claims
                    .text(name)
                    .map_err(|why| wrong("username claims", name, why))?;
                if name == "email" {
                    self.check_email()?;
                }
                match said {
                    "" => String::new(),
                    said => format!("{prefix}{said}"),
                }
            }
        };
        if name.is_empty() {
            return Err(JwtRefused::NoName);
        }
        check_system("user name", mapped, &name)?;
        Ok(name)
    }

    /// An address that the issuer says it has not verified is nobody's.
    fn check_email(&self) -> Result<(), JwtRefused> {
        const VERIFIED: &str = "email_verified";
        if !self.claims.has(VERIFIED) {
            return Ok(());
        }
        match self.claims.truth(VERIFIED) {
            Ok(true) => Ok(()),
            Ok(false) => Err(JwtRefused::EmailNotVerified),
            Err(why) => Err(wrong("claim", VERIFIED, why)),
        }
    }

    fn groups(&self) -> Result<Vec<String>, JwtRefused> {
        let Some(mapped) = &self.settings.groups else {
            return Ok(Vec::new());
        };
        let groups = match mapped {
            Mapped::Expression(expression) => self.evaluator()?.texts("group claim", expression)?,
            Mapped::Claim { name, .. } if !self.claims.has(name) => Vec::new(),
            Mapped::Claim { name, prefix } => self
                .claims
                .texts(name)
                .map_err(|why| wrong("groups claim", name, why))?
                .into_iter()
                .map(|group| format!("{prefix}{group}"))
                .collect(),
        };
        for group in &groups {
            check_system("group", mapped, group)?;
        }
        Ok(groups)
    }

    fn uid(&self) -> Result<String, JwtRefused> {
        match &self.settings.uid {
            None => Ok(String::new()),
            Some(Mapped::Expression(expression)) => self.evaluator()?.text("uid claim", expression),
            Some(Mapped::Claim { name, .. }) => match self.claims.text(name) {
                Ok(uid) => Ok(uid.to_owned()),
                Err(why) => Err(wrong("uid claim", name, why)),
            },
        }
    }

    fn extra(&self) -> Result<BTreeMap<String, Vec<String>>, JwtRefused> {
        let mut extra = BTreeMap::new();
        if let Ok(id) = self.claims.text("jti")
            && !id.is_empty()
        {
            extra.insert(CREDENTIAL_ID.to_owned(), vec![credential_id(id)]);
        }
        for (key, expression) in &self.settings.extra {
            let values = self.evaluator()?.texts("extra claim", expression)?;
            if !values.is_empty() {
                extra.insert(key.clone(), values);
            }
        }
        Ok(extra)
    }

    fn check_required(&self) -> Result<(), JwtRefused> {
        for (name, wanted) in &self.settings.required {
            if !self.claims.has(name) {
                return Err(JwtRefused::RequiredAbsent(name.clone()));
            }
            match self.claims.text(name) {
                Ok(said) if said == wanted => {}
                Ok(_) => return Err(JwtRefused::RequiredDiffers(name.clone())),
                Err(why) => return Err(wrong("claim", name, why)),
            }
        }
        Ok(())
    }
}

fn wrong(what: &'static str, name: &str, why: String) -> JwtRefused {
    JwtRefused::Claim {
        what,
        name: name.to_owned(),
        why,
    }
}

/// Names of Kubernetes' own are not the issuer's to give, unless the mapping itself speaks of them. Upstream takes them.
fn check_system(what: &'static str, mapped: &Mapped, name: &str) -> Result<(), JwtRefused> {
    match name.starts_with(SYSTEM) && !mapped.names_system(name) {
        true => Err(JwtRefused::System(what)),
        false => Ok(()),
    }
}
