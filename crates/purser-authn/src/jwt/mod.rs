//! Tokens of other issuers: JWTs, verified with the keys that the issuer publishes.
//!
//! What is asked of a token and whom it makes a user is what kube-apiserver asks
//! (`k8s.io/apiserver/plugin/pkg/authenticator/token/oidc/oidc.go`, and `github.com/coreos/go-oidc` v2 below it). What
//! is stricter is said where it is.

mod algorithm;
mod claims;
mod current;
mod discovery;
mod evaluate;
mod fetch;
mod issuer;
mod issuers;
mod key;
mod key_source;
mod keys;
mod mapping;
mod refused;
mod standing;

pub use issuers::JwtIssuers;

#[cfg(test)]
mod tests;
