//! A Kubernetes API server, asked as the user of a kubeconfig.

use std::path::Path;

use http::Method;
use purser_types::Plaintext;

use crate::error::{CallError, Error};
use crate::kubeconfig;
use crate::tls::Trust;
use crate::webhook::{Options, Webhook};

/// How something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// To see it.
    Get,
    /// To make it.
    Post,
    /// To replace it.
    Put,
    /// To remove it.
    Delete,
}

/// Whose certificates a kubeconfig trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trusted {
    /// Those of authorities, PEM.
    Authorities(Vec<u8>),
    /// Those that the system trusts.
    System,
    /// Everybody's (`insecure-skip-tls-verify`).
    Anybody,
}

/// The server that the current context of a kubeconfig names.
pub struct Cluster {
    server: String,
    server_name: Option<String>,
    trusted: Trusted,
    calls: Webhook,
}

impl Cluster {
    /// Reads the file; the server is not called yet.
    ///
    /// # Errors
    /// [`Error`].
    pub fn from_kubeconfig(path: &Path, options: &Options) -> Result<Self, Error> {
        let described = kubeconfig::read(path, options.private)?;
        let trusted = match &described.trust {
            Trust::Authorities(pem) => Trusted::Authorities(pem.clone()),
            Trust::System => Trusted::System,
            Trust::Anybody => Trusted::Anybody,
        };
        Ok(Self {
            server: described.server.as_str().trim_end_matches('/').to_owned(),
            server_name: described.server_name.clone(),
            trusted,
            calls: Webhook::described(path, described, options)?,
        })
    }

    /// Its URL, without a slash at the end.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Another name that its certificate is for.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// Whose certificates are trusted.
    #[must_use]
    pub fn trusted(&self) -> &Trusted {
        &self.trusted
    }

    /// Asks once, with a body in JSON or without one; answers status and body. Each part of `place` is one segment of
    /// the path, whatever is in it.
    ///
    /// # Errors
    /// [`CallError`] when no answer comes; a refusal is an answer.
    pub async fn ask(
        &self,
        asking: Asking,
        place: &[&str],
        body: Option<Plaintext>,
    ) -> Result<(u16, Plaintext), CallError> {
        let method = match asking {
            Asking::Get => Method::GET,
            Asking::Post => Method::POST,
            Asking::Put => Method::PUT,
            Asking::Delete => Method::DELETE,
        };
        self.calls.ask(method, place, body).await
    }
}
