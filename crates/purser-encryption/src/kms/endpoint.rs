//! Where a plugin listens.

use std::path::{Path, PathBuf};

use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Uri};
use tower::service_fn;

/// Before the path of a socket.
const SCHEME: &str = "unix://";
/// Before the name of an abstract socket.
const ABSTRACT: &str = "/@";
/// Longest name of a socket, bytes (`sockaddr_un`).
const LONGEST: usize = 107;

/// A socket of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(PathBuf);

/// Why it is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It is no path of a socket.
    #[error("write it as unix:///path/of.sock, or unix:///@name for an abstract socket")]
    NotUnix,
    /// The path is too long for a socket.
    #[error("a socket's path has at most {LONGEST} bytes")]
    TooLong,
}

impl Endpoint {
    /// Reads `unix:///path`, or `unix:///@name` for an abstract socket.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let path = text
            .strip_prefix(SCHEME)
            .filter(|path| path.starts_with('/') && path.len() > 1 && !path.contains('\0'))
            .ok_or(EndpointError::NotUnix)?;
        if path.len() > LONGEST {
            return Err(EndpointError::TooLong);
        }
        // The system's own spelling of an abstract name begins with a zero byte.
        Ok(Self(match path.strip_prefix(ABSTRACT) {
            Some("") => return Err(EndpointError::NotUnix),
            Some(name) => PathBuf::from(format!("\0{name}")),
            None => PathBuf::from(path),
        }))
    }

    /// The path; an abstract name begins with a zero byte.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A channel that connects when it is first used, and again when the plugin has been away.
    pub(super) fn channel(&self) -> Channel {
        let path = self.0.clone();
        // The authority is that of no machine: who listens on the socket is who is asked.
        let uri = Uri::from_static("http://localhost");
        Channel::builder(uri).connect_with_connector_lazy(service_fn(move |_: Uri| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_have_a_path_or_an_abstract_name() {
        let path = |text| Endpoint::parse(text).map(|endpoint| endpoint.0);
        assert_eq!(path("unix:///run/kms.sock"), Ok("/run/kms.sock".into()));
        assert_eq!(path("unix:///@kms"), Ok("\0kms".into()));
        for wrong in [
            "",
            "unix://",
            "unix:///",
            "unix:///@",
            "unix://relative",
            "tcp://x",
            "/run/x",
            "unix:///a\0b",
        ] {
            assert_eq!(path(wrong), Err(EndpointError::NotUnix), "{wrong}");
        }
        let long = format!("unix:///{}", "x".repeat(200));
        assert_eq!(path(&long), Err(EndpointError::TooLong));
    }
}
