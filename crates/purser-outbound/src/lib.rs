//! Calls to other servers: webhooks and clusters that a kubeconfig file describes, and documents over HTTPS.
//!
//! Every call is bounded in time and in the bytes of its answer, goes where the file or the URL says and through no
//! proxy, over TLS 1.2 or 1.3; only a webhook on this machine may be spoken to without TLS. What is sent and answered
//! may hold credentials: it is [`Plaintext`](purser_types::Plaintext), and no error repeats any of it.

mod api;
mod call;
mod cluster;
mod documents;
mod error;
mod kubeconfig;
mod retry;
mod tls;
mod webhook;

pub use api::Api;
pub use cluster::{Asking, Cluster, Trusted};
pub use documents::{Document, Documents};
pub use error::{CallError, Error};
pub use kubeconfig::PrivateReader;
pub use webhook::{Options, Webhook};
