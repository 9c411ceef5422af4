//! How it is told what a store's values are sealed with.

use std::io::{self, Write as _};

use super::options::{AtRestCommand, Target};
use super::report::Told;
use crate::error::Error;
use crate::output::Output;

/// Prints what was found.
///
/// # Errors
/// [`Error::Findings`] when it was to be verified and something is wrong.
pub(super) fn tell(command: &AtRestCommand, target: &Target, told: &Told) -> Result<(), Error> {
    let findings = told.findings();
    let mut out = io::stdout().lock();
    if let Some(signed) = &told.erasure {
        writeln!(out, "{}", signed.text()?)?;
        return Ok(());
    }
    match target.output {
        Output::Json => {
            let json = serde_json::to_string_pretty(told).map_err(io::Error::from)?;
            writeln!(out, "{json}")?;
        }
        Output::Text => out.write_all(told.table().as_bytes())?,
    }
    match command {
        AtRestCommand::Status(_) => Ok(()),
        _ if findings.is_empty() => Ok(()),
        _ => Err(Error::Findings(findings.join("; "))),
    }
}
