//! Looks at an etcd cluster, whoever made it: from outside as a stranger, as a client, and at its files.
//!
//! ```text
//! question  GET /version, in the clear or inside TLS    ┐
//! hello     a ClientHello by hand                       ├─ suites, ports   from outside
//! handshake TLS as somebody else                        ┘
//! client    a few calls of gRPC ──────────────────────────  inside, values  as a client
//! settings  configuration, certificates, keys           ┐
//! modes     data, snapshots                             ┴─────────────────  files
//! ```
//!
//! Every check ends in [`Report`] as a finding, as passed, or as not looked at. Nothing is changed anywhere.

mod client;
mod ends;
mod handshake;
mod hello;
mod identity;
mod inside;
mod modes;
mod ports;
mod question;
mod report;
mod settings;
mod suites;
mod target;
mod values;
mod wire;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::sign::CertifiedKey;
use time::OffsetDateTime;

pub use report::{Finding, NotLookedAt, Passed, Report, Severity};

use crate::authority::{AuthorityFiles, Generation, Side};
use crate::cluster::Cluster;
use crate::error::Error;
use crate::layout::{ADMINISTRATOR, CLIENTS, Layout};
use client::{Client, Credentials};
use ends::Of;
use modes::Place;
use ports::Others;
use target::{Port, Target};

/// What is looked at. What is left out is not looked at, which the report tells.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where clients call members: `https://HOST:PORT`.
    pub endpoints: Vec<String>,
    /// Where peers do; by default where the members say, when they are asked.
    pub peer_endpoints: Vec<String>,
    /// The authority of servers.
    pub authority: Option<PathBuf>,
    /// A client's certificate and its key.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// A cluster's directory, as [`crate::init()`] makes it: stands for all of the above, and for its files.
    pub directory: Option<PathBuf>,
    /// Configuration files of members on this machine.
    pub configurations: Vec<PathBuf>,
    /// Data directories of members on this machine, beside those that configurations name.
    pub data_directories: Vec<PathBuf>,
    /// Places where snapshots may lie about, beside those around data directories.
    pub places: Vec<PathBuf>,
    /// What the keys of a Kubernetes store begin with.
    pub prefix: String,
    /// How long is waited for each answer.
    pub timeout: Duration,
}

/// Looks.
///
/// # Errors
/// When what was given cannot be used: an endpoint that is none, a certificate that is none.
pub async fn check(request: &Request, now: OffsetDateTime) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut request = request.clone();
    let mut others = Others::default();
    if let Some(directory) = request.directory.clone() {
        others = expand(&mut request, &directory, &mut report, now)?;
    }
    files(&mut report, &mut request, now);
    others.client = identity_of(&request)?;
    network(&mut report, &request, &others, now).await?;
    report.sort();
    Ok(report)
}

fn identity_of(request: &Request) -> Result<Option<Arc<CertifiedKey>>, Error> {
    let given = request.certificate.as_ref();
    given
        .map(|(certificate, key)| identity::from_files(certificate, key))
        .transpose()
}

/// Fills a request with what a cluster's directory says, and judges the directory; answers what members show.
fn expand(
    request: &mut Request,
    directory: &Path,
    report: &mut Report,
    now: OffsetDateTime,
) -> Result<Others, Error> {
    let layout = Layout::new(directory);
    let cluster = Cluster::read(&layout.cluster())?;
    let mut others = Others::default();
    for member in &cluster.members {
        let tls = layout.tls(&member.name);
        for (port, file) in [(member.client_port, "server.crt"), (member.peer_port, "peer.crt")] {
            let place = SocketAddr::new(member.address, port).to_string();
            others.kept.insert(place, tls.join(file));
        }
        request.endpoints.push(member.client_url());
        request.peer_endpoints.push(member.peer_url());
        request.configurations.push(layout.configuration(&member.name));
    }
    request
        .authority
        .get_or_insert_with(|| layout.server_authority(ADMINISTRATOR));
    request.certificate.get_or_insert_with(|| {
        (
            layout.client_certificate(ADMINISTRATOR),
            layout.client_key(ADMINISTRATOR),
        )
    });
    modes::private(report, "key-mode", directory);
    for client in CLIENTS {
        settings::certificate(report, &layout.client_certificate(client), Of::Leaf, now);
        modes::private(report, "key-mode", &layout.client_key(client));
    }
    authorities(report, &layout, now);
    request.places.push(directory.to_owned());
    if let Some(member) = cluster.members.first() {
        let tls = layout.tls(&member.name);
        others.peer = Some(identity::from_files(
            &tls.join("peer.crt"),
            &tls.join("peer.key"),
        )?);
    }
    Ok(others)
}

/// The keys of authorities are the cluster: they belong somewhere safe.
fn authorities(report: &mut Report, layout: &Layout, now: OffsetDateTime) {
    const CHECK: &str = "authority-keys";
    let place = layout.authorities();
    let all = Side::ALL.map(|side| AuthorityFiles::new(&place, side, Generation::Current));
    for files in &all {
        if files.certificate.exists() {
            settings::certificate(report, &files.certificate, Of::Authority, now);
        }
        if files.key.exists() {
            modes::private(report, "key-mode", &files.key);
        }
    }
    let subject = place.display().to_string();
    match all.iter().any(|files| files.key.exists()) {
        true => report.find(
            Severity::Low,
            CHECK,
            subject,
            "the keys of the authorities are here, beside what members and clients use",
            format!("move {} to a safe place off this machine", place.display()),
        ),
        false => report.pass(CHECK, subject, "the keys of the authorities are not here"),
    }
}

/// What is on this machine.
fn files(report: &mut Report, request: &mut Request, now: OffsetDateTime) {
    if request.configurations.is_empty() {
        report.left("configuration", inside::CLUSTER, "no --config was given");
    }
    for path in &request.configurations {
        let places = settings::look(report, path, now);
        request.data_directories.extend(places.data);
        if request.directory.is_none() {
            // What a member on this machine listens at is looked at from outside too.
            request.endpoints.extend(places.clients);
            request.peer_endpoints.extend(places.peers);
        }
    }
    for list in [&mut request.endpoints, &mut request.peer_endpoints] {
        list.sort();
        list.dedup();
    }
    request.data_directories.sort();
    request.data_directories.dedup();
    for data in &request.data_directories {
        modes::data(report, data);
    }
    if request.data_directories.is_empty() {
        report.left("data-mode", inside::CLUSTER, "no --data-dir was given");
    }
    let mut places: Vec<_> = request.places.iter().map(|path| Place::whole(path)).collect();
    if request.directory.is_none() {
        for data in request.data_directories.iter().filter(|data| data.exists()) {
            places.extend([Place::whole(data), Place::beside(data)]);
        }
    }
    if places.is_empty() {
        report.left(
            "snapshots",
            inside::CLUSTER,
            "no --data-dir and no --look-in was given",
        );
    }
    modes::snapshots(report, &places, &request.data_directories);
}

/// What is on the network.
async fn network(
    report: &mut Report,
    request: &Request,
    others: &Others,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let targets = |urls: &[String], port| {
        let parse = |url: &String| Target::parse(url, port);
        urls.iter().map(parse).collect::<Result<Vec<_>, _>>()
    };
    let clients = targets(&request.endpoints, Port::Client)?;
    let mut peers = targets(&request.peer_endpoints, Port::Peer)?;
    if clients.is_empty() {
        report.left("reach", inside::CLUSTER, "no --endpoints were given");
    }
    let mut seen = Vec::new();
    for target in &clients {
        seen.extend(ports::look(report, target, others, request.timeout, now).await);
    }
    let told = as_client(report, request, &clients, others).await?;
    if peers.is_empty() {
        peers = told_targets(report, &told);
    }
    if peers.is_empty() && told.is_empty() {
        report.left(
            "peer-certificates",
            inside::CLUSTER,
            "where peers call is not known: no member told it, and no --peer-endpoints were given",
        );
    }
    for target in &peers {
        seen.extend(ports::look(report, target, others, request.timeout, now).await);
    }
    ports::compare(report, &seen);
    Ok(())
}

/// Where members say that peers call them; what they say amiss hides nothing of what else is found.
fn told_targets(report: &mut Report, told: &[String]) -> Vec<Target> {
    let mut targets = Vec::new();
    for url in told {
        match Target::parse(url, Port::Peer) {
            Ok(target) => targets.push(target),
            Err(why) => report.failed("peer-certificates", inside::CLUSTER, why.to_string()),
        }
    }
    targets
}

/// Asks each member how it is, and one of them the rest; answers where peers call.
async fn as_client(
    report: &mut Report,
    request: &Request,
    targets: &[Target],
    others: &Others,
) -> Result<Vec<String>, Error> {
    let authorities = request
        .authority
        .as_deref()
        .map(identity::authorities)
        .transpose()?;
    let credentials = Credentials {
        authorities,
        identity: others.client.clone(),
    };
    let mut answering = None;
    for target in targets {
        match Client::new(target, &credentials, request.timeout) {
            Ok(client) => {
                if inside::member(report, target, &client).await {
                    answering.get_or_insert(client);
                }
            }
            Err(why) => report.left("version", target.to_string(), why.to_string()),
        }
    }
    let Some(client) = answering else {
        for check in ["quorum", "auth", "values"] {
            report.left(
                check,
                inside::CLUSTER,
                "no member answers as a client is answered",
            );
        }
        return Ok(Vec::new());
    };
    let peers = inside::members(report, &client).await;
    inside::rights(report, &client).await;
    values::look(report, &client, &request.prefix).await;
    Ok(peers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_peers_that_is_none_is_told_and_ends_nothing() {
        let mut report = Report::default();
        let told = ["unix://a:1", "https://10.0.0.1:2380"].map(str::to_owned);
        let targets = told_targets(&mut report, &told);
        assert_eq!(targets.len(), 1);
        assert!(
            report.is_partial() && report.not_looked_at[0].reason.contains("unix"),
            "{report:?}"
        );
    }
}
