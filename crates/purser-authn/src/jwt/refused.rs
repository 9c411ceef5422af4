//! Why a token of another issuer does not hold.

use crate::configuration::SYSTEM;

/// Why a token does not hold. The sentences are upstream's where it has one, but none repeats what a token says; they
/// are for the log, a client is told that it is not known, and no more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum JwtRefused {
    /// The issuer's keys are not known yet.
    #[error("oidc: authenticator not initialized")]
    NotInitialized,
    /// A claim that every token may have is of another type than it has to be.
    #[error("oidc: verify token: oidc: failed to unmarshal claims")]
    Type,
    /// A claim that has to be there is not, or is something else.
    #[error("oidc: parse {what} {name:?}: {why}")]
    Claim {
        /// What it is for.
        what: &'static str,
        /// The claim.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// It is for others.
    #[error("oidc: verify token: oidc: expected audience in {wanted:?}")]
    Audience {
        /// For whom it would have to be.
        wanted: Vec<String>,
    },
    /// Its time is over.
    #[error("oidc: verify token: oidc: token is expired")]
    Expired,
    /// Its time has not come.
    #[error("oidc: verify token: oidc: current time before the nbf (not before) time")]
    NotYet,
    /// The algorithm is not one that is used.
    #[error("oidc: verify token: oidc: id token signed with unsupported algorithm")]
    Algorithm,
    /// No key of the issuer signed it.
    #[error("oidc: verify token: failed to verify signature: failed to verify id token signature")]
    Signature,
    /// The issuer's keys could not be asked for anew.
    #[error("oidc: verify token: failed to verify signature: fetching keys {0}")]
    Fetch(String),
    /// Some of its claims are elsewhere.
    #[error("oidc: could not expand distributed claims: {0}")]
    Distributed(&'static str),
    /// The address is not one that was verified.
    #[error("oidc: email not verified")]
    EmailNotVerified,
    /// A claim that has to be there is not.
    #[error("oidc: required claim {0} not present in ID token")]
    RequiredAbsent(String),
    /// A claim is not what it has to be.
    #[error("oidc: required claim {0} value does not match")]
    RequiredDiffers(String),
    /// An expression cannot be evaluated, or its result cannot be used.
    #[error("oidc: error evaluating {what} expression: {why}")]
    Expression {
        /// What it is for.
        what: &'static str,
        /// What is wrong.
        why: String,
    },
    /// Something that has to be true is not.
    #[error("oidc: error evaluating {what}: validation expression '{expression}' failed: {message}")]
    Rule {
        /// What it is about.
        what: &'static str,
        /// The expression.
        expression: String,
        /// What the configuration has to say about it.
        message: String,
    },
    /// There is no name.
    #[error("oidc: empty username is not allowed")]
    NoName,
    /// The issuer says a name that Kubernetes keeps for itself.
    #[error("oidc: the {0} begins with {SYSTEM}, which the mapping does not name")]
    System(&'static str),
}
