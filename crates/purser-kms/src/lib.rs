//! A KMS plugin for any cluster: Kubernetes' KMS v2 over a socket, in front of a key holder.
//!
//! ```text
//! API server ── Encrypt, Decrypt, Status ──> Plugin ──> Layered ──> a KeyHolder
//!                                            the rules   a key of    files, a token,
//!                                            of KMS v2   its own     another machine
//! ```
//!
//! [`Layered`] wraps what the API server sends with a key of its own, which the holder wraps once: thousands of
//! Decrypts when an API server starts cost the holder one call.

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod holders;
mod layered;
mod listen;
mod metrics;
mod pages;
mod plugin;
mod service;

pub use holders::{
    AwsSettings, Destroy, Destruction, HolderError, HolderSpec, Pkcs11Settings, PrivateFiles, Rotate,
    SpecError, TpmSettings, VaultSettings, keep_rotating,
};
pub use layered::{KEK_ANNOTATION, Layered};
pub use listen::{ListenError, Listening};
pub use metrics::{Metrics, Operation, Outcome};
pub use pages::serve_pages;
pub use plugin::Plugin;
pub use service::serve;
