//! A port that is looked at.

use std::fmt;
use std::io;
use std::time::Duration;

use rustls_pki_types::ServerName;
use tokio::net::TcpStream;

use crate::error::Error;

/// Who calls there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Port {
    /// Clients.
    Client,
    /// Members.
    Peer,
}

impl Port {
    /// The part of a configuration that is about it.
    pub(super) fn section(self) -> &'static str {
        match self {
            Self::Client => "client-transport-security",
            Self::Peer => "peer-transport-security",
        }
    }

    /// Who calls there, for sentences.
    pub(super) fn callers(self) -> &'static str {
        match self {
            Self::Client => "clients",
            Self::Peer => "peers",
        }
    }
}

/// A port of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Whether its URL says https.
    pub(super) tls: bool,
    pub(super) host: String,
    number: u16,
    pub(super) port: Port,
}

impl Target {
    /// Reads `https://HOST:PORT`, or the same with http.
    pub(super) fn parse(url: &str, port: Port) -> Result<Self, Error> {
        let wrong = || Error::Asked(format!("{url:?} is no endpoint: write it as https://HOST:PORT"));
        let (scheme, rest) = url.trim().split_once("://").ok_or_else(wrong)?;
        let tls = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(wrong()),
        };
        let (host, number) = rest.trim_end_matches('/').rsplit_once(':').ok_or_else(wrong)?;
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        ServerName::try_from(bare).map_err(|_| wrong())?;
        Ok(Self {
            tls,
            host: bare.to_owned(),
            number: number.parse().map_err(|_| wrong())?,
            port,
        })
    }

    /// `HOST:PORT`, with brackets where they are needed.
    pub(super) fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.number),
            false => format!("{}:{}", self.host, self.number),
        }
    }

    /// Its name in TLS.
    pub(super) fn server_name(&self) -> Result<ServerName<'static>, Error> {
        ServerName::try_from(self.host.clone())
            .map_err(|_| Error::Asked(format!("{:?} is no name of a server", self.host)))
    }

    /// A connection to it.
    pub(super) async fn connect(&self, timeout: Duration) -> io::Result<TcpStream> {
        let connecting = TcpStream::connect((self.host.as_str(), self.number));
        let late = || {
            io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no connection within {timeout:?}"),
            )
        };
        tokio::time::timeout(timeout, connecting)
            .await
            .unwrap_or_else(|_| Err(late()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        let port = match self.port {
            Port::Client => "",
            Port::Peer => " (peers)",
        };
        write!(f, "{scheme}://{}{port}", self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_urls_with_a_port() {
        let told = |url| Target::parse(url, Port::Client).map(|target| target.to_string());
        assert_eq!(told("https://10.0.0.1:2379").unwrap(), "https://10.0.0.1:2379");
        assert_eq!(told("http://[fd00::1]:2379/").unwrap(), "http://[fd00::1]:2379");
        assert_eq!(
            told("https://etcd.example.org:1").unwrap(),
            "https://etcd.example.org:1"
        );
        for wrong in [
            "10.0.0.1:2379",
            "https://10.0.0.1",
            "unix://x:1",
            "https://:1",
            "https://a b:1",
            "https://a:x",
        ] {
            assert!(told(wrong).is_err(), "{wrong}");
        }
    }
}
