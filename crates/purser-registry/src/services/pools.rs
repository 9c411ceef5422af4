//! What is left of the ranges.

use std::collections::HashSet;
use std::net::IpAddr;

use super::range::{Band, ServiceRanges};

/// What is left is nothing.
const FULL: &str = "range is full";
/// What is said of an address that is in no range.
pub(super) const OUTSIDE: &str = "the provided network does not match the current range";
/// From where on a dry run makes up ports. Source: `AllocateNext` in `portallocator/operation.go`.
const MADE_UP: u16 = 32_768;

/// What Services hold.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Addresses.
    pub(crate) addresses: HashSet<IpAddr>,
    /// Ports of nodes.
    pub(crate) ports: HashSet<u16>,
}

/// How much of it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// To see whether anything would be taken: everything is free.
    Trial,
    /// What is chosen is made up, as upstream does for dry runs.
    DryRun,
    /// What is chosen is free.
    Real,
}

/// The ranges, what others hold of them, and what one Service takes.
pub(crate) struct Pools<'a> {
    ranges: &'a ServiceRanges,
    taken: Taken,
    mode: Mode,
    chance: u64,
    /// Whether it took an address.
    pub(crate) took_address: bool,
    /// The ports it took.
    pub(crate) took_ports: Vec<u16>,
}

impl<'a> Pools<'a> {
    /// `chance` decides where the search for what is free begins.
    pub(crate) fn new(ranges: &'a ServiceRanges, taken: Taken, mode: Mode, chance: u64) -> Self {
        Self {
            ranges,
            taken,
            mode,
            chance,
            took_address: false,
            took_ports: Vec::new(),
        }
    }

    pub(super) fn ranges(&self) -> &'a ServiceRanges {
        self.ranges
    }

    /// Takes an address that the client names.
    pub(super) fn take_address(&mut self, family: &str, ip: IpAddr) -> Result<(), String> {
        self.took_address = true;
        let inside = self.ranges.of(family).is_some_and(|range| range.contains(ip));
        match self.mode {
            Mode::Trial => Ok(()),
            Mode::DryRun if !inside => Err(format!("provided IP {ip} is not in the valid range")),
            Mode::DryRun => Ok(()),
            Mode::Real if !inside => Err(OUTSIDE.to_owned()),
            Mode::Real if self.taken.addresses.insert(ip) => Ok(()),
            Mode::Real => Err("provided IP is already allocated".to_owned()),
        }
    }

    /// Takes any address of a family.
    pub(super) fn next_address(&mut self, family: &str) -> Result<IpAddr, String> {
        self.took_address = true;
        let range = self.ranges.of(family).ok_or(FULL)?;
        if self.mode != Mode::Real {
            return Ok(range.network());
        }
        let free = |index| !self.taken.addresses.contains(&range.member(index));
        let index = search(range.bands(), self.chance, free).ok_or(FULL)?;
        let ip = range.member(index);
        self.taken.addresses.insert(ip);
        Ok(ip)
    }

    /// Takes a port that the client names.
    pub(super) fn take_port(&mut self, number: i64) -> Result<(), String> {
        let range = self.ranges.ports;
        let port = u16::try_from(number).ok();
        let taken =
            port.is_some_and(|port| self.taken.ports.contains(&port) || self.took_ports.contains(&port));
        let inside = port.is_some_and(|port| range.contains(port));
        let refused = match self.mode {
            Mode::Trial => None,
            Mode::Real if !inside => Some(format!(
                "provided port is not in the valid range. The range of valid ports is {range}"
            )),
            _ => taken.then(|| "provided port is already allocated".to_owned()),
        };
        self.took_ports.push(port.unwrap_or(0));
        refused.map_or(Ok(()), Err)
    }

    /// Takes any port.
    pub(super) fn next_port(&mut self) -> Result<u16, String> {
        let port = match self.mode {
            Mode::Real => {
                let range = self.ranges.ports;
                let free = |index| {
                    let port = range.member(index);
                    !self.taken.ports.contains(&port) && !self.took_ports.contains(&port)
                };
                let chance = self
                    .chance
                    .rotate_left(u32::try_from(self.took_ports.len() % 64).unwrap_or(0));
                range.member(search(range.bands(), chance, free).ok_or(FULL)?)
            }
            _ => {
                let last = self.took_ports.iter().max().copied();
                last.unwrap_or(MADE_UP).saturating_add(1)
            }
        };
        self.took_ports.push(port);
        Ok(port)
    }
}

/// The first index that is free, in the first band and then the second, each from a place decided by chance.
fn search(bands: [Band; 2], chance: u64, free: impl Fn(u128) -> bool) -> Option<u128> {
    bands
        .into_iter()
        .filter(|(_, size)| *size > 0)
        .find_map(|(start, size)| {
            let from = u128::from(chance) % size;
            let before = 0..from;
            (from..size)
                .chain(before)
                .map(|index| start + index)
                .find(|index| free(*index))
        })
}

#[cfg(test)]
mod tests {
    use super::super::range::PortRange;
    use super::*;

    fn small() -> ServiceRanges {
        ServiceRanges::new("10.0.0.0/29", "30000-30003".parse::<PortRange>().unwrap()).unwrap()
    }

    #[test]
    fn every_member_is_given_once_and_then_none_is_left() {
        let ranges = small();
        for chance in [0, 3, u64::MAX] {
            let mut pools = Pools::new(&ranges, Taken::default(), Mode::Real, chance);
            let addresses: HashSet<IpAddr> = (0..6).map(|_| pools.next_address("IPv4").unwrap()).collect();
            assert_eq!(addresses.len(), 6);
            assert_eq!(pools.next_address("IPv4").unwrap_err(), FULL);
            let ports: HashSet<u16> = (0..4).map(|_| pools.next_port().unwrap()).collect();
            assert_eq!(ports, (30_000..=30_003).collect());
            assert_eq!(pools.next_port().unwrap_err(), FULL);
        }
    }

    #[test]
    fn what_is_named_is_taken_once_and_in_the_range_only() {
        let ranges = small();
        let mut pools = Pools::new(&ranges, Taken::default(), Mode::Real, 0);
        let ip = "10.0.0.3".parse().unwrap();
        assert_eq!(pools.take_address("IPv4", ip), Ok(()));
        assert!(pools.take_address("IPv4", ip).is_err());
        assert!(pools.take_address("IPv4", "10.0.0.7".parse().unwrap()).is_err());
        assert_eq!(pools.take_port(30_001), Ok(()));
        assert!(pools.take_port(30_001).is_err());
        assert!(pools.take_port(29_999).is_err());
    }

    #[test]
    fn those_who_name_one_are_left_a_band() {
        let ranges = ServiceRanges::default();
        for chance in [0, 1, 1 << 40, u64::MAX] {
            let mut pools = Pools::new(&ranges, Taken::default(), Mode::Real, chance);
            let IpAddr::V4(ip) = pools.next_address("IPv4").unwrap() else {
                panic!("IPv4");
            };
            assert!(ip.octets()[3] > 16, "{ip}");
            assert!(pools.next_port().unwrap() >= 30_086);
        }
    }
}
