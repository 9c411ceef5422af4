//! At which address others are told to reach the server.
//!
//! Source: `ResolveBindAddress` in `k8s.io/apimachinery/pkg/util/net/interface.go`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// An address of each family that is nobody's (RFC 5737, RFC 3849): the way to it is the default way out.
const FAR: (Ipv4Addr, Ipv6Addr) = (
    Ipv4Addr::new(192, 0, 2, 1),
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
);

/// The address that was asked for, or the one that is listened on; for a server that listens on all addresses, or as
/// upstream on loopback, the machine's own. `None`: it has none.
pub(crate) fn address(asked: Option<IpAddr>, bind: IpAddr) -> Option<IpAddr> {
    if let Some(ip) = asked.filter(|ip| !ip.is_unspecified()) {
        if ip.is_loopback() {
            tracing::warn!(%ip, "an address that no other machine reaches is not told in the endpoints of the API");
        }
        return Some(ip);
    }
    if !bind.is_unspecified() && !bind.is_loopback() {
        return Some(bind);
    }
    outward(bind).or_else(|| of_interface(bind))
}

/// The address from which this machine would speak to others. Nothing is sent.
fn outward(bind: IpAddr) -> Option<IpAddr> {
    let (any, far): (IpAddr, IpAddr) = match bind {
        IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED.into(), FAR.0.into()),
        IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED.into(), FAR.1.into()),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((far, 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    is_others(ip).then_some(ip)
}

fn of_interface(bind: IpAddr) -> Option<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses = interfaces.iter().map(if_addrs::Interface::ip);
    addresses.find(|ip| ip.is_ipv4() == bind.is_ipv4() && is_others(*ip))
}

/// Whether others can be told of an address.
fn is_others(ip: IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !ip.is_loopback() && !ip.is_unspecified() && !link_local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_or_listened_on_is_told() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(
            address(Some(ip("192.0.2.7")), ip("0.0.0.0")),
            Some(ip("192.0.2.7"))
        );
        assert_eq!(address(None, ip("192.0.2.8")), Some(ip("192.0.2.8")));
        assert_eq!(
            address(Some(ip("0.0.0.0")), ip("192.0.2.8")),
            Some(ip("192.0.2.8"))
        );
    }

    #[test]
    fn who_listens_on_loopback_tells_no_loopback() {
        let told = address(None, IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert!(told.is_none_or(is_others), "{told:?}");
    }
}
