//! A port from outside: who is let in, and over what.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::sign::CertifiedKey;
use rustls_pki_types::ServerName;
use time::OffsetDateTime;

use super::ends::{self, Of};
use super::handshake::{Shown, shake};
use super::question::{self, Answer, Speech};
use super::report::{Report, Severity};
use super::target::{Port, Target};
use super::{identity, suites};
use crate::certificate::Facts;

/// Who the check may call as, and what is known of the members.
#[derive(Default)]
pub(super) struct Others {
    /// What clients show; not to be believed by the port of peers.
    pub(super) client: Option<Arc<CertifiedKey>>,
    /// What peers show; not to be believed by the port of clients.
    pub(super) peer: Option<Arc<CertifiedKey>>,
    /// The files of what members should show, by `HOST:PORT`.
    pub(super) kept: BTreeMap<String, PathBuf>,
}

/// What is remembered of a port.
pub(super) struct Seen {
    target: Target,
    /// Of which authorities it wants certificates.
    wants: Vec<String>,
}

/// Looks at a port; answers what is to be compared with others, when there was a handshake.
pub(super) async fn look(
    report: &mut Report,
    target: &Target,
    others: &Others,
    timeout: Duration,
    now: OffsetDateTime,
) -> Option<Seen> {
    let subject = target.to_string();
    let in_the_clear = match plain(report, target, timeout).await {
        Ok(in_the_clear) => in_the_clear,
        Err(why) => {
            report.failed("reach", subject, why);
            return None;
        }
    };
    if in_the_clear {
        // There is nothing more to be seen of it.
        return None;
    }
    suites::look(report, target, timeout).await;
    let shown = match shake(target, None, timeout).await {
        Ok(shown) => shown,
        Err(why) => {
            report.failed("reach", subject, why.to_string());
            return None;
        }
    };
    if shown.chain.is_empty() {
        let why = format!("there is no handshake over TLS: {}", shown.answer.said());
        report.failed("reach", subject, why);
        return None;
    }
    server_certificate(report, target, &shown, now);
    if let Some(path) = others.kept.get(&target.authority()) {
        as_kept(report, target, &shown, path);
    }
    let closed = strangers(report, target, &shown);
    match closed {
        true => {
            as_somebody_unknown(report, target, timeout).await;
            as_somebody_else(report, target, others, timeout).await;
        }
        false => report.left(
            "foreign-authority",
            subject,
            "the port wants no certificate at all, so that there is none that it refuses",
        ),
    }
    Some(Seen {
        target: target.clone(),
        wants: shown.wants.unwrap_or_default(),
    })
}

/// Asks in the clear; answers whether that was answered.
///
/// # Errors
/// When nobody is there.
async fn plain(report: &mut Report, target: &Target, timeout: Duration) -> Result<bool, String> {
    const CHECK: &str = "plain-text";
    let subject = target.to_string();
    let mut last = None;
    for speech in Speech::ALL {
        let mut stream = target.connect(timeout).await.map_err(|error| error.to_string())?;
        match question::ask(&mut stream, speech, &target.authority(), timeout).await {
            Answer::Answered(line) => {
                let evidence = format!("a question in the clear was answered: {line}");
                let fix = format!(
                    "give it certificates and https URLs: set {} with cert-file, key-file, trusted-ca-file and \
                     client-cert-auth: true in its configuration (purser etcd init makes all of it), and restart it",
                    target.port.section()
                );
                report.find(Severity::Critical, CHECK, subject, evidence, fix);
                return Ok(true);
            }
            other => last = last.or(Some(other)),
        }
    }
    match last {
        Some(Answer::Refused(how)) => report.pass(CHECK, subject, format!("a question in the clear: {how}")),
        other => report.failed(
            CHECK,
            subject,
            other.as_ref().map_or("nothing was asked", Answer::said),
        ),
    }
    Ok(false)
}

/// What was asked for without a certificate; answers whether the port is closed to that.
fn strangers(report: &mut Report, target: &Target, shown: &Shown) -> bool {
    let check = match target.port {
        Port::Client => "client-certificates",
        Port::Peer => "peer-certificates",
    };
    match &shown.answer {
        Answer::Answered(line) => {
            let evidence = format!("a question over TLS without a certificate was answered: {line}");
            let section = target.port.section();
            let fix = format!(
                "set {section}.client-cert-auth: true and {section}.trusted-ca-file to the authority of {} in its \
                 configuration, and restart it",
                target.port.callers()
            );
            report.find(Severity::Critical, check, target.to_string(), evidence, fix);
            false
        }
        Answer::Refused(how) => {
            let evidence = format!("a question over TLS without a certificate: {how}");
            report.pass(check, target.to_string(), evidence);
            true
        }
        Answer::Silent(why) => {
            report.failed(check, target.to_string(), why.clone());
            true
        }
    }
}

async fn as_somebody_unknown(report: &mut Report, target: &Target, timeout: Duration) {
    let attempt = Attempt {
        check: "foreign-authority",
        severity: Severity::Critical,
        who: "a certificate of an authority made for this check",
        fix: format!(
            "set {}.trusted-ca-file to the one authority of {} in its configuration, and restart it",
            target.port.section(),
            target.port.callers()
        ),
    };
    match identity::unknown() {
        Ok(identity) => attempt.make(report, target, identity, timeout).await,
        Err(error) => report.failed(attempt.check, target.to_string(), error.to_string()),
    }
}

/// Calls with what belongs to the other port.
async fn as_somebody_else(report: &mut Report, target: &Target, others: &Others, timeout: Duration) {
    let (who, identity) = match target.port {
        Port::Client => ("a peer's certificate", &others.peer),
        Port::Peer => ("a client's certificate", &others.client),
    };
    let Some(identity) = identity else {
        report.left(SHARED, target.to_string(), format!("{who} was not given to try"));
        return;
    };
    let attempt = Attempt {
        check: SHARED,
        severity: Severity::High,
        who,
        fix: SEPARATE.to_owned(),
    };
    attempt.make(report, target, Arc::clone(identity), timeout).await;
}

/// A call that should be refused.
struct Attempt {
    check: &'static str,
    severity: Severity,
    who: &'static str,
    fix: String,
}

impl Attempt {
    async fn make(
        self,
        report: &mut Report,
        target: &Target,
        identity: Arc<CertifiedKey>,
        timeout: Duration,
    ) {
        let subject = target.to_string();
        let came = shake(target, Some(identity), timeout).await;
        let who = self.who;
        match came.map(|shown| shown.answer) {
            Err(why) => report.failed(self.check, subject, why.to_string()),
            Ok(Answer::Silent(why)) => report.failed(self.check, subject, format!("{who}: {why}")),
            Ok(Answer::Refused(how)) => report.pass(self.check, subject, format!("{who}: {how}")),
            Ok(Answer::Answered(line)) => {
                let evidence = format!("{who} was answered: {line}");
                report.find(self.severity, self.check, subject, evidence, self.fix);
            }
        }
    }
}

/// The check of authorities that two kinds of callers share.
pub(super) const SHARED: &str = "shared-authority";
/// What to do about it.
pub(super) const SEPARATE: &str = "give peers and clients authorities of their own: whoever has a client's certificate can \
                                   call peers otherwise. `purser etcd init` makes three; bring them in with \
                                   trusted-ca-file holding old and new ones, and restart the members one by one";

/// Compares whose certificates the two kinds of ports want: servers tell it to everybody.
pub(super) fn compare(report: &mut Report, seen: &[Seen]) {
    let of = |port| seen.iter().filter(move |seen| seen.target.port == port);
    for peer in of(Port::Peer) {
        for client in of(Port::Client).filter(|client| client.target.host == peer.target.host) {
            let both = peer.wants.iter().find(|name| client.wants.contains(name));
            if let Some(name) = both {
                report.find(
                    Severity::High,
                    SHARED,
                    client.target.host.clone(),
                    format!("both ports say that they want certificates of {name:?}"),
                    SEPARATE,
                );
            }
        }
    }
}

/// Judges what the server showed.
fn server_certificate(report: &mut Report, target: &Target, shown: &Shown, now: OffsetDateTime) {
    let subject = target.to_string();
    let Some(facts) = shown.chain.first().and_then(Facts::of_der) else {
        report.failed("server-certificate", subject, "the certificate cannot be read");
        return;
    };
    ends::judge(report, &subject, &facts, Of::Leaf, now);
    const CHECK: &str = "server-certificate";
    let sign = "have its authority sign another, as purser etcd renew does";
    if let Some(weak) = &facts.weak {
        report.find(Severity::High, CHECK, subject.clone(), weak.clone(), sign);
    }
    if !facts.for_servers {
        let evidence = format!("the certificate of {} is for no server", facts.subject);
        report.find(Severity::Medium, CHECK, subject.clone(), evidence, sign);
    }
    match names(&facts, target) {
        true => report.pass(CHECK, subject, format!("it names {}", target.host)),
        false => report.find(
            Severity::Medium,
            CHECK,
            subject,
            format!(
                "the certificate of {} does not name {}",
                facts.subject, target.host
            ),
            sign,
        ),
    }
}

/// Whether what was renewed has come to the member.
fn as_kept(report: &mut Report, target: &Target, shown: &Shown, path: &Path) {
    const CHECK: &str = "renewed";
    let subject = target.to_string();
    let kept = match identity::certificates(path) {
        Ok(kept) => kept,
        Err(error) => {
            report.failed(CHECK, subject, error.to_string());
            return;
        }
    };
    match kept.first() == shown.chain.first() {
        true => report.pass(CHECK, subject, format!("it shows {}", path.display())),
        false => report.find(
            Severity::Medium,
            CHECK,
            subject,
            format!("it shows another certificate than {}", path.display()),
            "bring the member what is in its directory, as purser etcd renew says",
        ),
    }
}

fn names(facts: &Facts, target: &Target) -> bool {
    match target.server_name() {
        Ok(ServerName::IpAddress(address)) => facts.addresses.contains(&address.into()),
        Ok(_) => facts.names.iter().any(|name| covers(name, &target.host)),
        Err(_) => false,
    }
}

/// RFC 6125: a wildcard stands for one label, the first.
fn covers(name: &str, host: &str) -> bool {
    let below = |host: &str| host.split_once('.').map(|(_, rest)| rest.to_ascii_lowercase());
    match name.strip_prefix("*.") {
        Some(rest) => below(host) == Some(rest.to_ascii_lowercase()),
        None => name.eq_ignore_ascii_case(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_covers_one_label() {
        assert!(covers("*.example.org", "a.EXAMPLE.org") && covers("A.example.org", "a.example.org"));
        assert!(!covers("*.example.org", "a.b.example.org") && !covers("*.example.org", "example.org"));
    }
}
