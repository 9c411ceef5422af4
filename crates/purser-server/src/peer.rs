//! Who is on the other side of a connection.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use http::HeaderMap;
use purser_authn::{Certificate, Identity};
use purser_types::User;
use tokio::sync::Notify;

/// The other side, as TLS saw it.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Their address.
    pub(crate) address: SocketAddr,
    /// The certificate they presented.
    pub(crate) certificate: Option<Arc<Certificate>>,
    /// Whether that certificate held when the connection was made.
    pub(crate) trusted: bool,
    /// Who sent the first request with a token that holds; without a certificate it tells whose the connection is.
    first: OnceLock<Arc<User>>,
    introduction: Notify,
}

impl Peer {
    /// Somebody who presented `certificate`, which was `trusted` or not.
    pub(crate) fn new(address: SocketAddr, certificate: Option<Arc<Certificate>>, trusted: bool) -> Self {
        Self {
            address,
            certificate,
            trusted,
            first: OnceLock::new(),
            introduction: Notify::new(),
        }
    }

    /// Hears who sent a request.
    pub(crate) fn heard(&self, identity: &Identity) {
        if self.certificate.is_none()
            && identity.is_known()
            && self.first.get().is_none()
            && self.first.set(Arc::clone(&identity.user)).is_ok()
        {
            self.introduction.notify_one();
        }
    }

    /// Returns once a request without a certificate told whose the connection is. To be waited for by one alone.
    pub(crate) async fn introduced(&self) -> Arc<User> {
        loop {
            if let Some(user) = self.first.get() {
                return Arc::clone(user);
            }
            self.introduction.notified().await;
        }
    }

    /// Whether it has shown something that holds.
    pub(crate) fn is_known(&self) -> bool {
        self.trusted || self.first.get().is_some()
    }

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
        let peer = Peer::new("[::ffff:192.0.2.7]:5".parse().unwrap(), None, false);
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
