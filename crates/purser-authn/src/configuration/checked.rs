//! An issuer whose settings are right.

use super::expression::Expression;

/// Who issues tokens, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// The claim `iss`.
    pub url: String,
    /// Where its metadata is, when not at the usual place below [`Self::url`].
    pub discovery_url: Option<String>,
    /// Authorities of its certificate, PEM; `None`: those of the machine.
    pub certificate_authority: Option<String>,
    /// A token has to be for one of these.
    pub audiences: Vec<String>,
}

/// Where a part of the user comes from.
#[derive(Debug)]
pub enum Mapped {
    /// A claim.
    Claim {
        /// Its name.
        name: String,
        /// What is put before it.
        prefix: String,
    },
    /// An expression over the claims.
    Expression(Expression),
}

impl Mapped {
    /// Whether it says itself that this name of Kubernetes' own (`system:`) may come of it: by its prefix, or by a text
    /// in its expression that the name begins with. A mapping that passes on what the issuer says does not, nor one
    /// that speaks of another such name to leave it out.
    #[must_use]
    pub fn names_system(&self, name: &str) -> bool {
        match self {
            Self::Claim { prefix, .. } => prefix.contains(SYSTEM),
            Self::Expression(expression) => {
                texts_of_system(expression.source()).any(|text| name.starts_with(text))
            }
        }
    }
}

/// What stands in an expression from each `system:` on, up to the end of its text.
fn texts_of_system(source: &str) -> impl Iterator<Item = &str> {
    source.match_indices(SYSTEM).filter_map(|(at, _)| {
        let rest = source.get(at..)?;
        let end = rest.find(['\'', '"', '\\']).unwrap_or(rest.len());
        rest.get(..end)
    })
}

/// How names begin that Kubernetes keeps for itself.
pub const SYSTEM: &str = "system:";

/// Something that has to be true.
#[derive(Debug)]
pub struct Rule {
    /// What.
    pub expression: Expression,
    /// What is logged when it is not.
    pub message: String,
}

/// An issuer, and whom its tokens make a user.
#[derive(Debug)]
pub struct CheckedIssuer {
    /// The issuer.
    pub issuer: Issuer,
    /// Claims that have to be there, and their values.
    pub required: Vec<(String, String)>,
    /// What else has to be true of the claims.
    pub claim_rules: Vec<Rule>,
    /// The user's name.
    pub username: Mapped,
    /// The user's groups.
    pub groups: Option<Mapped>,
    /// The user's uid.
    pub uid: Option<Mapped>,
    /// What else is known of the user, by key.
    pub extra: Vec<(String, Expression)>,
    /// What has to be true of the user.
    pub user_rules: Vec<Rule>,
}
