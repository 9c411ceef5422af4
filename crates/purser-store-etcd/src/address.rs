//! Where a member listens, and whether that is safe.

use std::net::IpAddr;

use http::Uri;
use rustls_pki_types::ServerName;

use crate::error::OpenError;
use crate::options::Options;

/// A member's address for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Name or IP address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
}

impl Address {
    /// Reads an endpoint, and refuses it when the way there is not safe.
    ///
    /// # Errors
    /// [`OpenError`], all but those of files and connections.
    pub(crate) fn read(endpoint: &str, options: &Options) -> Result<Self, OpenError> {
        let address = Self::parse(endpoint).ok_or_else(|| OpenError::Endpoint {
            endpoint: endpoint.to_owned(),
        })?;
        let endpoint = || endpoint.to_owned();
        let files = &options.tls;
        if address.tls && files.ca.is_none() {
            return Err(OpenError::NoAuthority { endpoint: endpoint() });
        }
        if options.insecure || address.is_here() {
            return Ok(address);
        }
        if !address.tls {
            return Err(OpenError::Plain { endpoint: endpoint() });
        }
        if files.certificate.is_none() {
            return Err(OpenError::NoCertificate { endpoint: endpoint() });
        }
        Ok(address)
    }

    fn parse(endpoint: &str) -> Option<Self> {
        let uri: Uri = endpoint.parse().ok()?;
        let tls = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        let bare =
            matches!(uri.path(), "" | "/") && uri.query().is_none() && !authority.as_str().contains('@');
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        ServerName::try_from(host).ok().filter(|_| bare)?;
        Some(Self {
            host: host.to_owned(),
            port: authority.port_u16()?,
            tls,
        })
    }

    /// Whether it is on this machine, and on no network: nobody else is on the way. `localhost` counts, as everywhere.
    fn is_here(&self) -> bool {
        let ip = self.host.parse::<IpAddr>();
        ip.map_or(self.host == "localhost", |ip| ip.is_loopback())
    }

    /// `host:port`, an IPv6 address in brackets.
    pub(crate) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::TlsFiles;

    fn options(insecure: bool, ca: bool, certificate: bool) -> Options {
        Options {
            insecure,
            tls: TlsFiles {
                ca: ca.then(|| "ca.crt".into()),
                certificate: certificate.then(|| "client.crt".into()),
                key: certificate.then(|| "client.key".into()),
            },
            ..Options::new(Vec::new())
        }
    }

    #[test]
    fn endpoints_have_a_scheme_a_host_and_a_port() {
        let read = |endpoint: &str| Address::read(endpoint, &options(true, true, true));
        let address = read("https://[::1]:2379").unwrap();
        assert_eq!(
            (address.host.as_str(), address.port, address.tls),
            ("::1", 2379, true)
        );
        assert_eq!(address.authority(), "[::1]:2379");
        assert_eq!(
            read("http://etcd.example:2379/").unwrap().authority(),
            "etcd.example:2379"
        );
        for wrong in [
            "",
            "127.0.0.1:2379",
            "https://a",
            "ftp://a:1",
            "https://a:1/x",
            "https://u:p@a:1",
            "http://a b:1",
        ] {
            assert!(matches!(read(wrong), Err(OpenError::Endpoint { .. })), "{wrong}");
        }
    }

    #[test]
    fn other_machines_need_https_and_a_client_certificate() {
        let near = ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"];
        for endpoint in near {
            Address::read(endpoint, &options(false, false, false)).unwrap();
        }
        for far in [
            "http://10.0.0.1:1",
            "http://etcd:1",
            "http://127.0.0.1.example:1",
            "http://0.0.0.0:1",
        ] {
            let read = |insecure| Address::read(far, &options(insecure, true, true));
            assert!(matches!(read(false), Err(OpenError::Plain { .. })), "{far}");
            read(true).unwrap();
        }
        let far =
            |insecure, ca, certificate| Address::read("https://etcd:1", &options(insecure, ca, certificate));
        assert!(matches!(
            far(false, true, false),
            Err(OpenError::NoCertificate { .. })
        ));
        assert!(matches!(
            far(true, false, false),
            Err(OpenError::NoAuthority { .. })
        ));
        far(true, true, false).unwrap();
        far(false, true, true).unwrap();
    }
}
