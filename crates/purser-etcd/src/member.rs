//! A member of a cluster, as it is named on the command line: `a=10.0.0.1`, `a=10.0.0.1:2379:2380`, `a=[fd00::1]:2379:2380`.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The port for clients, unless one is given.
pub const CLIENT_PORT: u16 = 2379;
/// The port for peers, unless one is given.
pub const PEER_PORT: u16 = 2380;
/// The longest name: that of a label of DNS.
const LONGEST_NAME: usize = 63;

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Member {
    /// Its name: letters, digits, `.`, `_` and `-`; the name of its directory.
    pub name: String,
    /// The address at which clients and peers reach it.
    pub address: IpAddr,
    /// Its port for clients.
    pub client_port: u16,
    /// Its port for peers.
    pub peer_port: u16,
}

impl Member {
    /// Reads `NAME=IP`, or `NAME=IP:CLIENT-PORT:PEER-PORT`; an IPv6 address with ports stands in brackets.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str, client_port: u16, peer_port: u16) -> Result<Self, Error> {
        let wrong = |why: &str| {
            Error::Members(format!(
                "{text:?} {why}: write a member as name=IP or name=IP:CLIENT-PORT:PEER-PORT"
            ))
        };
        let (name, place) = text.split_once('=').ok_or_else(|| wrong("has no name"))?;
        if !is_name(name) {
            return Err(wrong(
                "has a name that is not made of letters, digits, '.', '_' and '-'",
            ));
        }
        let (address, ports) = match IpAddr::from_str(place) {
            Ok(address) => (address, None),
            Err(_) => split(place).ok_or_else(|| wrong("has no IP address that can be listened on"))?,
        };
        if address.is_unspecified() || address.is_multicast() {
            return Err(wrong("has an address that names no machine"));
        }
        let (client_port, peer_port) = ports.unwrap_or((client_port, peer_port));
        if client_port == 0 || peer_port == 0 || client_port == peer_port {
            return Err(wrong("needs two ports, one for clients and one for peers"));
        }
        Ok(Self {
            name: name.to_owned(),
            address,
            client_port,
            peer_port,
        })
    }

    /// Where clients reach it: `https://10.0.0.1:2379`.
    #[must_use]
    pub fn client_url(&self) -> String {
        format!("https://{}", SocketAddr::new(self.address, self.client_port))
    }

    /// Where its peers reach it.
    #[must_use]
    pub fn peer_url(&self) -> String {
        format!("https://{}", SocketAddr::new(self.address, self.peer_port))
    }
}

fn is_name(name: &str) -> bool {
    let first = name.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_alphanumeric())
        && name.len() <= LONGEST_NAME
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// `IP:CLIENT-PORT:PEER-PORT`.
fn split(place: &str) -> Option<(IpAddr, Option<(u16, u16)>)> {
    let (rest, peer) = place.rsplit_once(':')?;
    let place: SocketAddr = rest.parse().ok()?;
    Some((place.ip(), Some((place.port(), peer.parse().ok()?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Member, String> {
        Member::parse(text, CLIENT_PORT, PEER_PORT).map_err(|error| error.to_string())
    }

    #[test]
    fn members_have_a_name_an_address_and_maybe_ports() {
        let urls = |text| parse(text).map(|member| (member.client_url(), member.peer_url()));
        let expected = |client: &str, peer: &str| Ok((client.to_owned(), peer.to_owned()));
        assert_eq!(
            urls("a=10.0.0.1"),
            expected("https://10.0.0.1:2379", "https://10.0.0.1:2380")
        );
        assert_eq!(
            urls("a=10.0.0.1:1:2"),
            expected("https://10.0.0.1:1", "https://10.0.0.1:2")
        );
        assert_eq!(
            urls("a=fd00::1"),
            expected("https://[fd00::1]:2379", "https://[fd00::1]:2380")
        );
        assert_eq!(
            urls("a=[fd00::1]:1:2"),
            expected("https://[fd00::1]:1", "https://[fd00::1]:2")
        );
    }

    #[test]
    fn what_is_no_member_is_told_with_how_to_write_one() {
        for wrong in [
            "10.0.0.1",
            "=10.0.0.1",
            "../a=10.0.0.1",
            "a b=10.0.0.1",
            ".a=10.0.0.1",
            "a=",
            "a=etcd.example.org",
            "a=0.0.0.0",
            "a=224.0.0.1",
            "a=10.0.0.1:2379",
            "a=10.0.0.1:1:1",
            "a=10.0.0.1:0:1",
            "a=10.0.0.1:1:70000",
        ] {
            let refused = parse(wrong).unwrap_err();
            assert!(refused.contains("name=IP"), "{wrong}: {refused}");
        }
    }
}
