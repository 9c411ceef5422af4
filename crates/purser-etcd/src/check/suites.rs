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

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::super::target::Port;
    use super::*;

    /// A server that goes on with whatever is offered first, or answers every hello with the same bytes.
    async fn server(always: Option<&'static [u8]>) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut said = [0; 1024];
                let _ = stream.read(&mut said).await;
                // Version, and the first suite behind the random bytes and no session.
                let (version, suite) = ([said[9], said[10]], [said[46], said[47]]);
                let hello = [&[2, 0, 0, 38][..], &version, &[7; 32], &[0], &suite, &[0]].concat();
                let record = [&[22, 3, 1, 0, 42][..], &hello].concat();
                let _ = stream.write_all(always.unwrap_or(&record)).await;
            }
        });
        Target::parse(&url, Port::Client).unwrap()
    }

    async fn looked(always: Option<&'static [u8]>) -> Report {
        let mut report = Report::default();
        look(&mut report, &server(always).await, Duration::from_secs(5)).await;
        report
    }

    #[tokio::test]
    async fn a_server_that_takes_everything_is_told_of_everything() {
        let report = looked(None).await;
        let said: Vec<_> = report
            .findings
            .iter()
            .map(|finding| finding.evidence.as_str())
            .collect();
        assert_eq!(
            said,
            [
                "it goes on with TLS 1.0 and TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
                "it goes on with TLS 1.1 and TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
                "broken suites alone were offered, and it goes on with TLS_RSA_WITH_NULL_MD5",
                "suites of yesterday alone were offered, and it goes on with TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
            ]
        );
        assert!(report.passed.is_empty() && report.not_looked_at.is_empty());
    }

    #[tokio::test]
    async fn an_alert_or_an_end_is_right_and_anything_else_is_not_told() {
        for refusal in [&[21, 3, 1, 0, 2, 2, 70][..], &[]] {
            let report = looked(Some(refusal)).await;
            assert_eq!(
                (report.passed.len(), report.not_looked_at.len()),
                (4, 0),
                "{report:#?}"
            );
        }
        let report = looked(Some(b"SSH-2.0-x")).await;
        assert_eq!((report.passed.len(), report.not_looked_at.len()), (0, 4));
    }
}
