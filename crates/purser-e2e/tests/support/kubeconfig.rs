//! What `admin.kubeconfig` says, read as plainly as a client would.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The parts of a kubeconfig with one cluster and one user.
#[derive(Clone)]
pub struct Kubeconfig {
    /// `https://host:port`.
    pub server: String,
    /// The CA, PEM.
    pub ca: Vec<u8>,
    /// The client certificate, PEM.
    pub certificate: Vec<u8>,
    /// Its key, PEM.
    pub key: Vec<u8>,
}

impl Kubeconfig {
    /// Reads the text of a kubeconfig; none while it is not whole.
    pub fn parse(text: &str) -> Option<Self> {
        let value = |name: &str| {
            let line = text
                .lines()
                .find_map(|line| line.trim().trim_start_matches("- ").strip_prefix(name))?;
            Some(line.trim().trim_matches('"').to_owned())
        };
        let data = |name: &str| STANDARD.decode(value(name)?).ok();
        Some(Self {
            server: value("server:")?,
            ca: data("certificate-authority-data:")?,
            certificate: data("client-certificate-data:")?,
            key: data("client-key-data:")?,
        })
    }

    /// `host:port`, to connect to.
    pub fn address(&self) -> &str {
        self.server.trim_start_matches("https://").trim_end_matches('/')
    }
}
