//! Addresses of the Internet and blocks of them.
//!
//! Sources: apiserver/pkg/cel/library/ip.go and cidr.go.

use std::fmt;
use std::net::IpAddr;

/// A block of addresses. The address keeps its bits behind the prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    pub(crate) address: IpAddr,
    pub(crate) prefix: u8,
}

/// An address; one of IPv4 written as one of IPv6, and one with a zone, is refused, as upstream does.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    match address {
        IpAddr::V6(six) if six.to_ipv4_mapped().is_some() => None,
        _ => Some(address),
    }
}

impl Cidr {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (before, after) = text.split_once('/')?;
        let address = address(before)?;
        let plain =
            after.bytes().all(|digit| digit.is_ascii_digit()) && (after == "0" || !after.starts_with('0'));
        let prefix: u8 = after
            .parse()
            .ok()
            .filter(|prefix| plain && *prefix <= width(address))?;
        Some(Self { address, prefix })
    }

    /// The same with no bits behind the prefix.
    pub(crate) fn masked(self) -> Self {
        let address = match self.address {
            IpAddr::V4(four) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V4((u32::from(four) & mask).into())
            }
            IpAddr::V6(six) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                IpAddr::V6((u128::from(six) & mask).into())
            }
        };
        Self {
            address,
            prefix: self.prefix,
        }
    }

    pub(crate) fn has(self, address: IpAddr) -> bool {
        self.has_all(Self {
            address,
            prefix: width(address),
        })
    }

    pub(crate) fn has_all(self, other: Self) -> bool {
        width(self.address) == width(other.address)
            && self.prefix <= other.prefix
            && Self {
                address: other.address,
                prefix: self.prefix,
            }
            .masked()
                == self.masked()
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.address, self.prefix)
    }
}
