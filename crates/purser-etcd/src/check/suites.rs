//! Which versions and suites of TLS a port would take.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::hello::{BROKEN, MAX_ANSWER, OLD, Reply, Suite, Version, client_hello, reply};
use super::report::{Report, Severity};
use super::target::Target;

/// The check of versions.
const VERSIONS: &str = "tls-version";
/// The check of suites.
const SUITES: &str = "tls-suites";
/// What to do about suites.
const FIX: &str = "set cipher-suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384] \
                   (or those with ECDHE_RSA, for RSA certificates) in its configuration, and restart it";

/// Offers what should be refused.
pub(super) async fn look(report: &mut Report, target: &Target, timeout: Duration) {
    let all: Vec<Suite> = OLD.into_iter().chain(BROKEN).collect();
    for version in [Version::Tls10, Version::Tls11] {
        let name = version.name();
        match offer(target, version, &all, timeout).await {
            Ok(Reply::Hello { suite, .. }) => report.find(
                Severity::Medium,
                VERSIONS,
                target.to_string(),
                format!("it goes on with {name} and {}", named(suite, &all)),
                "set tls-min-version: TLS1.2 in its configuration and restart it; before etcd 3.4.25 and 3.5.8, and for a \
                 proxy before it, upgrade",
            ),
            other => refused(report, VERSIONS, target, &format!("{name} alone was offered"), other),
        }
    }
    for (severity, what, suites) in [
        (Severity::High, "broken suites alone were offered", &BROKEN[..]),
        (Severity::Low, "suites of yesterday alone were offered", &OLD[..]),
    ] {
        match offer(target, Version::Tls12, suites, timeout).await {
            Ok(Reply::Hello { suite, .. }) => {
                let evidence = format!("{what}, and it goes on with {}", named(suite, suites));
                report.find(severity, SUITES, target.to_string(), evidence, FIX);
            }
            other => refused(report, SUITES, target, what, other),
        }
    }
}

fn refused(report: &mut Report, check: &'static str, target: &Target, what: &str, came: io::Result<Reply>) {
    match came {
        Ok(Reply::Alert(number)) => {
            report.pass(check, target.to_string(), format!("{what}: alert {number}"));
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            report.pass(
                check,
                target.to_string(),
                format!("{what}: it closed the connection"),
            );
        }
        Ok(_) => report.failed(check, target.to_string(), format!("{what}: it answered no TLS")),
        Err(error) => report.failed(check, target.to_string(), format!("{what}: {error}")),
    }
}

fn named(suite: u16, suites: &[Suite]) -> String {
    let known = suites.iter().find(|(number, _)| *number == suite);
    known.map_or_else(
        || format!("the suite {suite:#06x}"),
        |(_, name)| (*name).to_owned(),
    )
}

async fn offer(target: &Target, version: Version, suites: &[Suite], timeout: Duration) -> io::Result<Reply> {
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| io::Error::other("there is no randomness"))?;
    // An address is no name that may be said.
    let name = target
        .host
        .parse::<IpAddr>()
        .is_err()
        .then_some(target.host.as_str());
    let said = client_hello(version, suites, random, name);
    let exchange = async {
        let mut stream = target.connect(timeout).await?;
        stream.write_all(&said).await?;
        let mut answer = Vec::new();
        let mut part = [0; 1024];
        while answer.len() < MAX_ANSWER {
            let read = match stream.read(&mut part).await {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                read => read?,
            };
            answer.extend_from_slice(part.get(..read).unwrap_or_default());
            if let Some(reply) = reply(&answer) {
                return Ok(reply);
            }
        }
        Ok(Reply::Other)
    };
    let late = || io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {timeout:?}"));
    tokio::time::timeout(timeout, exchange)
        .await
        .unwrap_or_else(|_| Err(late()))
}
