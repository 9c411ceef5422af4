//! `AuthorizationConfiguration` (`apiserver.config.k8s.io`): who decides, in which order.
//!
//! A file is read strictly into [`Configuration`], as it says it; [`Configuration::check`] makes it [`Checked`], with
//! its expressions compiled; [`Checked::members`] makes those who decide. What is refused is refused with the sentences
//! of `k8s.io/apiserver/pkg/apis/apiserver/validation/validation.go` and `pkg/kubeapiserver/authorizer/config.go`.

mod check;
mod flags;
mod members;
mod reload;
mod settings;
mod webhook;

pub use check::Checked;
pub use flags::{Flags, flags};
pub use members::{CedarMaker, Makers};
pub use settings::Configuration;

#[cfg(test)]
mod tests;
