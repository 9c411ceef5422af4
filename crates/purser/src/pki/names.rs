//! The names under which clients may reach the server.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names under which a Kubernetes API server is known inside a cluster, and this machine's own.
const DNS_NAMES: [&str; 5] = [
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
];
/// Most interface addresses taken into a certificate: a machine with thousands must not make it unusable.
const MOST_ADDRESSES: usize = 64;
/// Longest DNS name (RFC 1035).
const LONGEST_NAME: usize = 253;

/// A subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// A DNS name, lower case.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

/// Names without order or repetition.
pub(crate) type Names = BTreeSet<Name>;

impl Name {
    /// An address, or a DNS name when it is one.
    pub(crate) fn of(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse() {
            return Some(Self::Ip(address));
        }
        let well_formed = !text.is_empty()
            && text.len() <= LONGEST_NAME
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
        well_formed.then(|| Self::Dns(text.to_ascii_lowercase()))
    }

    /// All names of a server on this machine that listens on `bind`.
    pub(crate) fn of_machine(bind: IpAddr) -> Names {
        let host = gethostname::gethostname();
        // A machine whose interfaces cannot be listed is still reached by its other names.
        let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
        Self::all(
            bind,
            &host.to_string_lossy(),
            interfaces.iter().map(if_addrs::Interface::ip),
        )
    }

    fn all(bind: IpAddr, host: &str, interfaces: impl Iterator<Item = IpAddr>) -> Names {
        let addresses: BTreeSet<IpAddr> = interfaces.filter(|address| reaches_us(*address)).collect();
        let mut names: Names = addresses.into_iter().take(MOST_ADDRESSES).map(Self::Ip).collect();
        names.extend(DNS_NAMES.iter().filter_map(|name| Self::of(name)));
        names.extend(Self::of(host));
        names.insert(Self::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        names.insert(Self::Ip(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        if !bind.is_unspecified() {
            names.insert(Self::Ip(bind));
        }
        names
    }
}

/// Link-local addresses need a zone, which no certificate can carry.
fn reaches_us(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !address.is_link_local() && !address.is_unspecified(),
        IpAddr::V6(address) => !address.is_unicast_link_local() && !address.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bind: &str, host: &str, interfaces: &[&str]) -> Names {
        Name::all(
            bind.parse().unwrap(),
            host,
            interfaces.iter().map(|address| address.parse().unwrap()),
        )
    }

    fn has(names: &Names, name: &str) -> bool {
        names.contains(&Name::of(name).unwrap())
    }

    #[test]
    fn a_server_is_known_by_its_host_its_addresses_and_its_names_in_a_cluster() {
        let names = all(
            "192.0.2.1",
            "Box.example.org",
            &["10.0.0.5", "2001:db8::5", "fe80::1", "169.254.1.1"],
        );
        for name in [
            "localhost",
            "kubernetes.default.svc",
            "box.example.org",
            "127.0.0.1",
            "::1",
        ] {
            assert!(has(&names, name), "{name}");
        }
        for name in ["192.0.2.1", "10.0.0.5", "2001:db8::5"] {
            assert!(has(&names, name), "{name}");
        }
        assert!(!has(&names, "fe80::1") && !has(&names, "169.254.1.1"));
    }

    #[test]
    fn what_is_no_name_is_left_out() {
        let names = all("0.0.0.0", "my_host", &[]);
        assert!(!has(&names, "0.0.0.0"));
        assert_eq!(names.len(), DNS_NAMES.len() + 2);
        assert_eq!(Name::of(""), None);
        assert_eq!(Name::of(&"a".repeat(254)), None);
    }

    #[test]
    fn addresses_are_bounded() {
        let many: Vec<_> = (0..200_u8)
            .map(|last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)))
            .collect();
        let names = Name::all(IpAddr::V4(Ipv4Addr::UNSPECIFIED), "a", many.into_iter());
        assert_eq!(names.len(), MOST_ADDRESSES + DNS_NAMES.len() + 3);
    }
}
