//! Who is on the other side of a connection.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use purser_authn::Certificate;

/// The other side, as TLS saw it.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Their address.
    pub(crate) address: SocketAddr,
    /// The certificate they presented.
    pub(crate) certificate: Option<Certificate>,
    /// Whether that certificate held when the connection was made.
    pub(crate) trusted: bool,
}

impl Peer {
    /// Where a request came from: what proxies say, and last the connection's own address, which alone can be
    /// trusted. Source: `k8s.io/apimachinery/pkg/util/net/http.go`, `SourceIPs`.
    pub(crate) fn source_ips(&self, headers: &HeaderMap) -> Vec<IpAddr> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut addresses: Vec<IpAddr> = match (text("x-forwarded-for"), text("x-real-ip")) {
            (Some(forwarded), _) => forwarded
                .split(',')
                .filter_map(|one| one.trim().parse().ok())
                .collect(),
            (None, Some(real)) => real.trim().parse().ok().into_iter().collect(),
            (None, None) => Vec::new(),
        };
        let own = self.address.ip().to_canonical();
        if addresses.last() != Some(&own) {
            addresses.push(own);
        }
        addresses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connections_own_address_comes_last() {
        let peer = Peer {
            address: "[::ffff:192.0.2.7]:5".parse().unwrap(),
            certificate: None,
            trusted: false,
        };
        let mut headers = HeaderMap::new();
        let own: IpAddr = "192.0.2.7".parse().unwrap();
        assert_eq!(peer.source_ips(&headers), [own]);
        headers.insert(
            "x-forwarded-for",
            "198.51.100.1, junk, 203.0.113.9".parse().unwrap(),
        );
        assert_eq!(peer.source_ips(&headers).last(), Some(&own));
        assert_eq!(peer.source_ips(&headers).len(), 3);
    }
}
