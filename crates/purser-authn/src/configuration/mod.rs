//! `AuthenticationConfiguration` (`apiserver.config.k8s.io`): which issuers' tokens are taken, whom they make of a
//! token, and what may be asked by who presents nothing.
//!
//! A file is read strictly into [`Configuration`], as it says it, and [`Configuration::check`] makes it [`Checked`],
//! with its expressions compiled. What is refused is refused with the sentences of
//! `k8s.io/apiserver/pkg/apis/apiserver/validation/validation.go`.

mod anonymous;
mod check;
mod checked;
mod expression;
mod extra_key;
mod issuer;
mod mappings;
mod rules;
mod settings;
mod url;

pub use anonymous::AnonymousAccess;
pub use check::Checked;
pub use checked::{CheckedIssuer, Issuer, Mapped, Rule, SYSTEM};
pub use expression::Expression;
pub use purser_types::problems::Problems;
pub use settings::Configuration;
