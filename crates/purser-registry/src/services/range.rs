//! The ranges that Services are given addresses and ports from.
//!
//! Sources: `pkg/registry/core/service/{ipallocator,portallocator}`, `k8s.io/apimachinery/pkg/util/net/port_range.go`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The fewest addresses a range has. Source: `ServiceIPRange` in `pkg/controlplane`.
const FEWEST_ADDRESSES: u128 = 8;
/// The shortest prefix of a range of IPv6. Source: `NewIPAllocator`.
const SHORTEST_V6: u8 = 64;

/// `--service-cluster-ip-range` and `--service-node-port-range`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRanges {
    /// The family of which a Service has an address unless it says otherwise.
    pub first: AddressRange,
    /// The other family, when there is one.
    pub second: Option<AddressRange>,
    /// The ports of nodes.
    pub ports: PortRange,
}

/// Addresses of one family. The first and, of IPv4, the last of the network are nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    network: IpAddr,
    prefix: u8,
}

/// Ports, from the first on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    last: u16,
}

/// A part of a range: where it starts, counted from the first member, and how many it has.
pub(super) type Band = (u128, u128);

/// Why a range is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// It does not read as addresses.
    #[error("{0:?} is no range of addresses, (e.g. 10.0.0.0/24 or 2001:db8::/108)")]
    NoAddresses(String),
    /// It is not of a size that can be given out.
    #[error(
        "{0} is no range for services: it needs at least {FEWEST_ADDRESSES} addresses, and of IPv6 a length of at \
         least {SHORTEST_V6}"
    )]
    Size(String),
    /// Two ranges of one family, or more than two.
    #[error("at most one range of each family can be given")]
    Families,
    /// It does not read as ports.
    #[error("{0:?} is no range of ports, (e.g. 30000-32767 or 30000+2768)")]
    NoPorts(String),
}

impl Default for ServiceRanges {
    fn default() -> Self {
        Self {
            first: AddressRange {
                network: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)),
                prefix: 24,
            },
            second: None,
            ports: PortRange::default(),
        }
    }
}

impl Default for PortRange {
    fn default() -> Self {
        Self {
            first: 30_000,
            last: 32_767,
        }
    }
}

impl ServiceRanges {
    /// Reads `10.0.0.0/24` or `10.0.0.0/24,2001:db8::/108`.
    ///
    /// # Errors
    /// See [`RangeError`].
    pub fn new(addresses: &str, ports: PortRange) -> Result<Self, RangeError> {
        let mut all = addresses.split(',').map(|one| one.trim().parse::<AddressRange>());
        let first = all
            .next()
            .unwrap_or_else(|| Err(RangeError::NoAddresses(addresses.to_owned())))?;
        let second = all.next().transpose()?;
        if all.next().is_some() || second.is_some_and(|second| second.family() == first.family()) {
            return Err(RangeError::Families);
        }
        Ok(Self { first, second, ports })
    }

    /// The range of a family.
    pub(super) fn of(&self, family: &str) -> Option<&AddressRange> {
        [Some(&self.first), self.second.as_ref()]
            .into_iter()
            .flatten()
            .find(|range| range.family() == family)
    }
}

impl AddressRange {
    /// `IPv4` or `IPv6`.
    pub(super) fn family(&self) -> &'static str {
        family_of(self.network)
    }

    /// The network's own address.
    pub(super) fn network(&self) -> IpAddr {
        self.network
    }

    /// The first address that can be given: the API's own.
    pub(crate) fn first(&self) -> IpAddr {
        self.member(0)
    }

    /// How many addresses can be given.
    fn size(&self) -> u128 {
        match self.network {
            IpAddr::V4(_) => (1_u128 << (32 - self.prefix)).saturating_sub(2),
            IpAddr::V6(_) => (1_u128 << (128 - self.prefix)).saturating_sub(1),
        }
    }

    /// An address that can be given, counted from 0.
    pub(super) fn member(&self, index: u128) -> IpAddr {
        let number = number_of(self.network).wrapping_add(1).wrapping_add(index);
        match self.network {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).unwrap_or(0))),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(number)),
        }
    }

    /// Whether an address can be given.
    pub(super) fn contains(&self, ip: IpAddr) -> bool {
        let number = number_of(ip).checked_sub(number_of(self.network).wrapping_add(1));
        family_of(ip) == self.family() && number.is_some_and(|index| index < self.size())
    }

    /// The addresses that are chosen from first, and those that are left for who names one.
    ///
    /// Source: `calculateRangeOffset` of `ipallocator`.
    pub(super) fn bands(&self) -> [Band; 2] {
        const STEP: u128 = 16;
        let whole = self
            .size()
            .saturating_add(if self.network.is_ipv4() { 2 } else { 1 });
        let kept = match whole {
            0..=16 => 0,
            whole => (whole / STEP).clamp(16, 256).min(self.size()),
        };
        [(kept, self.size() - kept), (0, kept)]
    }
}

impl PortRange {
    /// The port at an index, counted from 0.
    pub(super) fn member(self, index: u128) -> u16 {
        self.first
            .saturating_add(u16::try_from(index).unwrap_or(u16::MAX))
            .min(self.last)
    }

    /// Whether a port can be given.
    pub(super) fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// As [`AddressRange::bands`]. Source: `calculateRangeOffset` of `portallocator`.
    pub(super) fn bands(self) -> [Band; 2] {
        const STEP: u128 = 32;
        let size = u128::from(self.last - self.first) + 1;
        let kept = match size {
            0..=16 => 0,
            size => (size / STEP).clamp(16, 128).min(size),
        };
        [(kept, size - kept), (0, kept)]
    }
}

/// `IPv4` or `IPv6`.
pub(super) fn family_of(ip: IpAddr) -> &'static str {
    if ip.is_ipv4() { "IPv4" } else { "IPv6" }
}

fn number_of(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

impl FromStr for AddressRange {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let none = || RangeError::NoAddresses(text.to_owned());
        let (ip, prefix) = text.split_once('/').ok_or_else(none)?;
        let ip: IpAddr = ip.parse().map_err(|_| none())?;
        let prefix: u8 = prefix.parse().map_err(|_| none())?;
        let bits = if ip.is_ipv4() { 32 } else { 128 };
        if prefix > bits {
            return Err(none());
        }
        let hosts = bits - prefix;
        if 1_u128
            .checked_shl(u32::from(hosts))
            .is_some_and(|all| all < FEWEST_ADDRESSES)
            || (bits == 128 && prefix < SHORTEST_V6)
        {
            return Err(RangeError::Size(text.to_owned()));
        }
        let mask = u128::MAX.checked_shl(u32::from(hosts)).unwrap_or(0);
        let number = number_of(ip) & mask;
        let network = match ip {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).map_err(|_| none())?)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(number)),
        };
        Ok(Self { network, prefix })
    }
}

impl FromStr for PortRange {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let none = || RangeError::NoPorts(text.to_owned());
        let port = |text: &str| text.trim().parse::<u16>().map_err(|_| none());
        let (first, last) = if let Some((first, size)) = text.split_once('+') {
            let first = port(first)?;
            let more = port(size)?.checked_sub(1).ok_or_else(none)?;
            (first, first.checked_add(more).ok_or_else(none)?)
        } else if let Some((first, last)) = text.split_once('-') {
            (port(first)?, port(last)?)
        } else {
            (port(text)?, port(text)?)
        };
        if first == 0 || first > last {
            return Err(none());
        }
        Ok(Self { first, last })
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> AddressRange {
        text.parse().unwrap()
    }

    #[test]
    fn the_ends_of_a_network_are_nobodys() {
        let four = range("10.0.0.77/24");
        assert_eq!(four.to_string(), "10.0.0.0/24");
        assert_eq!(four.first().to_string(), "10.0.0.1");
        assert_eq!(four.bands(), [(16, 238), (0, 16)]);
        for (ip, inside) in [
            ("10.0.0.0", false),
            ("10.0.0.1", true),
            ("10.0.0.254", true),
            ("10.0.0.255", false),
            ("10.0.1.1", false),
            ("::a00:1", false),
        ] {
            assert_eq!(four.contains(ip.parse().unwrap()), inside, "{ip}");
        }
        let six = range("2001:db8::/64");
        assert!(six.contains("2001:db8::ffff:ffff:ffff:ffff".parse().unwrap()));
        assert!(!six.contains("2001:db8::".parse().unwrap()));
        assert_eq!(six.bands()[1], (0, 256));
        assert_eq!(six.member(1).to_string(), "2001:db8::2");
    }

    #[test]
    fn ranges_are_read_as_upstream_reads_them_or_refused() {
        let both = ServiceRanges::new("10.0.0.0/16, 2001:db8::/108", PortRange::default()).unwrap();
        assert_eq!(both.of("IPv6"), both.second.as_ref());
        for wrong in [
            "",
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/30",
            "2001:db8::/48",
            "a/24",
        ] {
            assert!(wrong.parse::<AddressRange>().is_err(), "{wrong}");
        }
        for wrong in ["10.0.0.0/24,10.1.0.0/24", "10.0.0.0/24,2001:db8::/64,10.1.0.0/24"] {
            let refused = ServiceRanges::new(wrong, PortRange::default());
            assert_eq!(refused, Err(RangeError::Families), "{wrong}");
        }
        for (text, shown) in [
            ("30000-32767", "30000-32767"),
            ("30000+3", "30000-30002"),
            ("8080", "8080-8080"),
        ] {
            assert_eq!(text.parse::<PortRange>().unwrap().to_string(), shown);
        }
        for wrong in ["", "0-1", "2-1", "1+0", "65535+2", "70000", "a-b"] {
            assert!(wrong.parse::<PortRange>().is_err(), "{wrong}");
        }
        assert_eq!(PortRange::default().bands(), [(86, 2_682), (0, 86)]);
    }
}
