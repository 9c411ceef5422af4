//! The certificates that the authorities sign.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use rcgen::string::Ia5String;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use crate::authority::{Authority, BACKDATE, Side};
use crate::cluster::Cluster;
use crate::error::Error;
use crate::files;
use crate::layout::{CLIENTS, Layout};
use crate::member::Member;

/// The name in every peer's certificate, which `allowed-cn` of etcd 3.6 asks for.
pub(crate) const PEER_NAME: &str = "etcd-peer";

/// A certificate of a cluster.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leaf<'a> {
    /// What a member shows its peers, when it is called and when it calls: one certificate with both uses.
    Peer(&'a Member),
    /// What a member shows clients. etcd would show it as a client's too, to itself, if its gRPC gateway were on.
    Server(&'a Member),
    /// What a client shows; its name is that of a user of etcd. Without addresses: etcd compares those of a client's
    /// certificate with where it calls from.
    Client(&'static str),
}

impl<'a> Leaf<'a> {
    /// All of a cluster.
    pub(crate) fn all(cluster: &'a Cluster) -> Vec<Self> {
        let members = cluster.members.iter();
        members
            .flat_map(|member| [Self::Peer(member), Self::Server(member)])
            .chain(CLIENTS.map(Self::Client))
            .collect()
    }

    /// Who signs it.
    pub(crate) fn side(self) -> Side {
        match self {
            Self::Peer(_) => Side::Peers,
            Self::Server(_) => Side::Servers,
            Self::Client(_) => Side::Clients,
        }
    }

    /// The paths of its certificate and of its key.
    pub(crate) fn files(self, layout: &Layout) -> (PathBuf, PathBuf) {
        match self {
            Self::Peer(member) => pair(&layout.tls(&member.name).join("peer")),
            Self::Server(member) => pair(&layout.tls(&member.name).join("server")),
            Self::Client(name) => (layout.client_certificate(name), layout.client_key(name)),
        }
    }

    /// Makes a key and a certificate, and writes both.
    pub(crate) fn make(
        self,
        layout: &Layout,
        authority: &Authority,
        lifetime: Duration,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let key = KeyPair::generate()?;
        let (certificate_path, key_path) = self.files(layout);
        let certificate = self.certify(&key, authority, lifetime, now)?;
        files::write(&key_path, &Zeroizing::new(key.serialize_pem()))?;
        files::write(&certificate_path, &certificate)
    }

    /// A certificate for a key, PEM.
    pub(crate) fn certify(
        self,
        key: &KeyPair,
        authority: &Authority,
        lifetime: Duration,
        now: OffsetDateTime,
    ) -> Result<String, Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params.not_before = now - BACKDATE;
        params.not_after = now + lifetime;
        let (name, usages) = match self {
            Self::Peer(_) => (
                PEER_NAME,
                vec![
                    ExtendedKeyUsagePurpose::ServerAuth,
                    ExtendedKeyUsagePurpose::ClientAuth,
                ],
            ),
            Self::Server(member) => (member.name.as_str(), vec![ExtendedKeyUsagePurpose::ServerAuth]),
            Self::Client(name) => (name, vec![ExtendedKeyUsagePurpose::ClientAuth]),
        };
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = usages;
        params.subject_alt_names = self.names()?;
        authority.sign(params, key)
    }

    fn names(self) -> Result<Vec<SanType>, Error> {
        Ok(match self {
            // etcd compares a peer's addresses with where it calls from, and looks names up for that: so there are none.
            Self::Peer(member) => {
                let mut addresses = vec![SanType::IpAddress(member.address)];
                addresses.extend(origin(member.address).map(SanType::IpAddress));
                addresses
            }
            Self::Server(member) => vec![
                SanType::IpAddress(member.address),
                SanType::DnsName(Ia5String::try_from(member.name.as_str())?),
            ],
            Self::Client(_) => Vec::new(),
        })
    }
}

/// Where a machine calls itself from, when that is not the address that it listens on.
fn origin(address: IpAddr) -> Option<IpAddr> {
    let local = match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    (address.is_loopback() && address != local).then_some(local)
}

fn pair(stem: &Path) -> (PathBuf, PathBuf) {
    (stem.with_added_extension("crt"), stem.with_added_extension("key"))
}
