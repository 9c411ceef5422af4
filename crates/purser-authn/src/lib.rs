//! Makes the identity of a request out of what was presented with it.
//!
//! One ordered chain, [`Authenticator`]: a client certificate, then a bearer token. Who presents nothing is
//! `system:anonymous`, who may do nothing but ask for health and version (`purser-authz` decides that), and is told
//! so with upstream's 403; what is presented and does not hold is a 401.

mod authenticator;
mod cache;
mod certificate;
mod clients;
pub mod configuration;
mod denials;
mod groups;
mod issuer_name;
mod jwt;
mod refusals;
mod source;
pub mod token;
mod verifier;
mod webhook;

pub use authenticator::{Authenticator, Identity, Presented, Recognized};
pub use certificate::{Certificate, Unauthenticated};
pub use clients::{ClientTrust, Distrust};
pub use denials::{DenialError, DenialList, Denials};
pub use groups::{ANONYMOUS, AUTHENTICATED_GROUP, UNAUTHENTICATED_GROUP};
pub use jwt::JwtIssuers;
pub use refusals::Refusals;
pub use source::{Proof, Rejected, TokenSource, Vouched};
pub use verifier::VerifierError;
pub use webhook::{ReviewVersion, TokenWebhook, WebhookCounters};
