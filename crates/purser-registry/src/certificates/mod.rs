//! Requests for certificates: what one asks for, what the signers of Kubernetes may certify of it, and who signs.
//!
//! Pure: what is stored and when it is looked at is the business of the controllers.

mod policy;
mod request;
mod signer;

pub use policy::{KUBE_APISERVER_CLIENT, KUBE_APISERVER_CLIENT_KUBELET, KUBELET_SERVING, Usage};
pub(crate) use policy::{judge, masters};
pub use request::{AlternativeName, CertificationRequest, Malformed, SubjectField};
pub(crate) use request::{certificate_end, certificates};
pub use signer::{CannotSign, Order, Signer};
