//! A member's configuration file, and the certificates and keys that it names.

use std::path::{Path, PathBuf};

use purser_types::value::{Map, Value};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::ends::{self, Of};
use super::identity;
use super::modes;
use super::ports::{SEPARATE, SHARED};
use super::report::{Report, Severity};
use super::target::Port;
use crate::certificate::Facts;
use crate::error::Error;
use crate::files;

/// Settings that hold URLs which others use.
const URLS: [&str; 4] = [
    "listen-client-urls",
    "advertise-client-urls",
    "listen-peer-urls",
    "initial-advertise-peer-urls",
];
/// Parts of the names of suites that are broken.
const BROKEN: [&str; 6] = ["_RC4_", "_3DES_", "_DES_", "_NULL_", "_EXPORT_", "_anon_"];

/// What a configuration says about where things are.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The data directory.
    pub(super) data: Option<PathBuf>,
    /// URLs at which clients reach it.
    pub(super) clients: Vec<String>,
    /// And to peers.
    pub(super) peers: Vec<String>,
}

/// Judges a configuration, with what it names. Relative paths are taken from where the file is.
pub(super) fn look(report: &mut Report, path: &Path, now: OffsetDateTime) -> Places {
    let subject = path.display().to_string();
    let settings = match read(path) {
        Ok(settings) => settings,
        Err(error) => {
            report.failed("configuration", subject, error.to_string());
            return Places::default();
        }
    };
    let base = path.parent().unwrap_or(Path::new("."));
    urls(report, &subject, &settings);
    switches(report, &subject, &settings);
    suites(report, &subject, &settings);
    let nothing = Map::new();
    let mut believed = Vec::new();
    for port in [Port::Client, Port::Peer] {
        let section = settings.get(port.section()).and_then(Value::as_map);
        let section = Section {
            base,
            port,
            settings: section.unwrap_or(&nothing),
        };
        section.judge(report, &subject);
        believed.push(section.files(report, now));
    }
    if let [clients, peers] = believed.as_slice()
        && !clients.is_empty()
        && !peers.is_empty()
    {
        shared(report, &subject, clients, peers);
    }
    let urls = |listen, advertise| {
        let mut urls = list(&settings, listen);
        urls.extend(list(&settings, advertise));
        urls.retain(|url| is_somewhere(url));
        urls
    };
    Places {
        data: text(&settings, "data-dir").map(|data| base.join(data)),
        clients: urls("listen-client-urls", "advertise-client-urls"),
        peers: urls("listen-peer-urls", "initial-advertise-peer-urls"),
    }
}

fn read(path: &Path) -> Result<Map, Error> {
    let text = files::read(path)?;
    let parsed = purser_types::yaml::parse(text.as_bytes())
        .map_err(|error| Error::content(path, format!("it is not YAML: {error}")))?;
    match parsed.value {
        Value::Map(map) => Ok(map),
        _ => Err(Error::content(path, "it holds no settings")),
    }
}

fn text<'a>(settings: &'a Map, name: &str) -> Option<&'a str> {
    settings
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn is_on(settings: &Map, name: &str) -> bool {
    settings.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// Items behind commas.
fn list(settings: &Map, name: &str) -> Vec<String> {
    let all = text(settings, name).unwrap_or_default().split(',');
    let all = all.map(str::trim).filter(|one| !one.is_empty());
    all.map(str::to_owned).collect()
}

/// Whether a URL says where to call: everywhere is nowhere.
fn is_somewhere(url: &str) -> bool {
    let web = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    web.is_some_and(|rest| !rest.starts_with("0.0.0.0:") && !rest.starts_with("[::]:"))
}

fn urls(report: &mut Report, subject: &str, settings: &Map) {
    const CHECK: &str = "plain-text";
    let mut plain = Vec::new();
    let mut seen = false;
    for name in URLS {
        for url in list(settings, name) {
            seen = true;
            if url.starts_with("http://") {
                plain.push(format!("{name}: {url}"));
            }
        }
    }
    match (plain.is_empty(), seen) {
        (false, _) => report.find(
            Severity::Critical,
            CHECK,
            subject,
            plain.join(", "),
            "write https:// in these URLs, with certificates beside them, and restart it; members' URLs first: etcdctl \
             member update ID --peer-urls https://IP:2380",
        ),
        (true, true) => report.pass(CHECK, subject, "all URLs are https"),
        (true, false) => report.find(
            Severity::Critical,
            CHECK,
            subject,
            "it names no URLs, so that etcd takes http://localhost:2379 and :2380",
            "set listen-client-urls, advertise-client-urls, listen-peer-urls and initial-advertise-peer-urls to https URLs",
        ),
    }
}

fn switches(report: &mut Report, subject: &str, settings: &Map) {
    const CHECK: &str = "settings";
    let mut fine = true;
    for (name, why) in [
        (
            "enable-v2",
            "the old API has rights of its own, apart from those of auth",
        ),
        (
            "enable-pprof",
            "profiles of memory hold what was read and written",
        ),
        ("force-new-cluster", "the member leaves its cluster at each start"),
    ] {
        if is_on(settings, name) {
            fine = false;
            let fix = format!("set {name}: false, and restart it");
            report.find(Severity::Low, CHECK, subject, format!("{name}: true: {why}"), fix);
        }
    }
    for url in list(settings, "listen-metrics-urls") {
        let local = ["http://127.", "http://[::1]", "http://localhost", "https://"];
        if !local.iter().any(|start| url.starts_with(start)) {
            fine = false;
            report.find(
                Severity::Low,
                CHECK,
                subject,
                format!("listen-metrics-urls: {url}: whoever is on the network is told metrics and health"),
                "write https:// or an address of this machine alone there, and restart it",
            );
        }
    }
    if fine {
        report.pass(CHECK, subject, "nothing is switched on that should not be");
    }
}

fn suites(report: &mut Report, subject: &str, settings: &Map) {
    if let Some(version @ ("TLS1.0" | "TLS1.1")) = text(settings, "tls-min-version") {
        report.find(
            Severity::Medium,
            "tls-version",
            subject,
            format!("tls-min-version: {version}"),
            "set tls-min-version: TLS1.2, and restart it",
        );
    }
    let named = settings
        .get("cipher-suites")
        .and_then(Value::as_list)
        .unwrap_or_default();
    for suite in named.iter().filter_map(Value::as_str) {
        if BROKEN.iter().any(|part| suite.contains(part)) {
            let fix = format!("take {suite} out of cipher-suites, and restart it");
            let evidence = format!("cipher-suites names {suite}");
            report.find(Severity::High, "tls-suites", subject, evidence, fix);
        }
    }
}

/// The part about one port.
struct Section<'a> {
    base: &'a Path,
    port: Port,
    settings: &'a Map,
}

impl Section<'_> {
    fn file(&self, name: &str) -> Option<PathBuf> {
        text(self.settings, name).map(|path| self.base.join(path))
    }

    fn judge(&self, report: &mut Report, subject: &str) {
        let (section, callers) = (self.port.section(), self.port.callers());
        let check = match self.port {
            Port::Client => "client-certificates",
            Port::Peer => "peer-certificates",
        };
        if is_on(self.settings, "auto-tls") {
            report.find(
                Severity::High,
                check,
                subject,
                format!("{section}.auto-tls: true: its certificate is its own word, and {callers} show none"),
                format!("set {section} with cert-file, key-file, trusted-ca-file and client-cert-auth: true, and restart it"),
            );
        } else if text(self.settings, "trusted-ca-file").is_none() {
            report.find(
                Severity::Critical,
                check,
                subject,
                format!("{section} has no trusted-ca-file: {callers} are let in without a certificate"),
                format!("set {section}.client-cert-auth: true and {section}.trusted-ca-file, and restart it"),
            );
        } else {
            report.pass(
                check,
                subject,
                format!("{section} wants certificates of {callers}"),
            );
        }
    }

    /// Judges the files; answers the authorities that are believed.
    fn files(&self, report: &mut Report, now: OffsetDateTime) -> Vec<CertificateDer<'static>> {
        if let Some(path) = self.file("cert-file") {
            certificate(report, &path, Of::Leaf, now);
        }
        if let Some(path) = self.file("key-file") {
            modes::private(report, "key-mode", &path);
        }
        let Some(path) = self.file("trusted-ca-file") else {
            return Vec::new();
        };
        certificate(report, &path, Of::Authority, now)
    }
}

/// Judges the certificates in a file; answers them.
pub(super) fn certificate(
    report: &mut Report,
    path: &Path,
    of: Of,
    now: OffsetDateTime,
) -> Vec<CertificateDer<'static>> {
    let subject = path.display().to_string();
    let chain = match identity::certificates(path) {
        Ok(chain) => chain,
        Err(error) => {
            report.failed("expiry", subject, error.to_string());
            return Vec::new();
        }
    };
    // Of a leaf, what stands behind it are its authorities, which others may have.
    let judged = if of == Of::Leaf { 1 } else { chain.len() };
    for der in chain.iter().take(judged) {
        match Facts::of_der(der) {
            Some(facts) => {
                ends::judge(report, &subject, &facts, of, now);
                if let Some(weak) = &facts.weak {
                    let fix = "have another made, as purser etcd init and renew do";
                    report.find(Severity::High, "certificate", subject.clone(), weak.clone(), fix);
                }
            }
            None => report.failed("expiry", subject.clone(), "a certificate in it cannot be read"),
        }
    }
    chain
}

fn shared(
    report: &mut Report,
    subject: &str,
    clients: &[CertificateDer<'static>],
    peers: &[CertificateDer<'static>],
) {
    let key = |der: &CertificateDer<'static>| Facts::of_der(der);
    let both = clients.iter().filter_map(key).find(|client| {
        let mut peers = peers.iter().filter_map(key);
        peers.any(|peer| peer.shares_key_with(client))
    });
    match both {
        Some(facts) => report.find(
            Severity::High,
            SHARED,
            subject,
            format!("both trusted-ca-files hold {}", facts.subject),
            SEPARATE,
        ),
        None => report.pass(
            SHARED,
            subject,
            "its trusted-ca-files have no authority in common",
        ),
    }
}
