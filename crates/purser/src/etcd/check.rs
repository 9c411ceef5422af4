//! `purser etcd check`.

use std::io::{self, Write};

use purser_etcd::check::{Finding, Report, Request, Severity};
use time::OffsetDateTime;
use tokio::runtime::Builder;

use super::options::{CheckOptions, CheckOutput};
use crate::error::Error;

/// Looks, and tells.
pub(super) fn check(options: &CheckOptions) -> Result<(), Error> {
    let places = [&options.config, &options.data_dir, &options.look_in];
    if options.endpoints.is_empty() && options.dir.is_none() && places.iter().all(|paths| paths.is_empty()) {
        return Err(Error::Usage(
            "say what to look at: --dir, --endpoints, --config, --data-dir or --look-in".to_owned(),
        ));
    }
    let request = Request {
        endpoints: options.endpoints.clone(),
        peer_endpoints: options.peer_endpoints.clone(),
        authority: options.cacert.clone(),
        certificate: options.cert.clone().zip(options.key.clone()),
        directory: options.dir.clone(),
        configurations: options.config.clone(),
        data_directories: options.data_dir.clone(),
        places: options.look_in.clone(),
        prefix: options.etcd_prefix.to_string(),
        timeout: options.timeout,
    };
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(purser_etcd::check::check(&request, OffsetDateTime::now_utc()))?;
    let mut out = io::stdout().lock();
    match options.output {
        CheckOutput::Table => table(&mut out, &report)?,
        CheckOutput::Json => {
            serde_json::to_writer_pretty(&mut out, &report).map_err(io::Error::from)?;
            writeln!(out)?;
        }
    }
    match (report.findings.len(), report.is_partial()) {
        (0, false) => Ok(()),
        (0, true) => Err(Error::Partial(
            "nothing wrong was found, but not all that was asked for could be looked at".to_owned(),
        )),
        (1, _) => Err(Error::Findings("1 thing is not right".to_owned())),
        (many, _) => Err(Error::Findings(format!("{many} things are not right"))),
    }
}

/// Findings in full, what was not looked at in lines, and how much passed.
fn table(out: &mut impl Write, report: &Report) -> io::Result<()> {
    for (finding, subjects) in alike(&report.findings) {
        writeln!(
            out,
            "{:<8}  {:<19}  {}\n          {}\n          fix: {}\n",
            finding.severity.word().to_uppercase(),
            finding.check,
            subjects.join(", "),
            finding.evidence,
            finding.fix
        )?;
    }
    for one in &report.not_looked_at {
        let word = if one.asked { "FAILED" } else { "NOT ASKED" };
        writeln!(
            out,
            "{word:<9} {:<19}  {}: {}",
            one.check, one.subject, one.reason
        )?;
    }
    if !report.not_looked_at.is_empty() {
        writeln!(out)?;
    }
    let count = |severity| {
        report
            .findings
            .iter()
            .filter(|one| one.severity == severity)
            .count()
    };
    writeln!(
        out,
        "{} passed, {} not looked at; found: {} critical, {} high, {} medium, {} low",
        report.passed.len(),
        report.not_looked_at.len(),
        count(Severity::Critical),
        count(Severity::High),
        count(Severity::Medium),
        count(Severity::Low),
    )
}

/// What is found of many subjects in the same words is told once.
fn alike(findings: &[Finding]) -> Vec<(&Finding, Vec<&str>)> {
    let mut groups: Vec<(&Finding, Vec<&str>)> = Vec::new();
    for finding in findings {
        let same = |other: &Finding| {
            (other.check, other.severity, &other.evidence, &other.fix)
                == (finding.check, finding.severity, &finding.evidence, &finding.fix)
        };
        match groups.iter_mut().find(|(first, _)| same(first)) {
            Some((_, subjects)) => subjects.push(&finding.subject),
            None => groups.push((finding, vec![&finding.subject])),
        }
    }
    groups
}
