//! `purser kms status`: asks a plugin how it is.

use std::io::{self, Write as _};

use purser_encryption::kms::{self, PluginV2, wire::v2::StatusResponse};

use super::options::StatusOptions;
use super::process::runtime;
use crate::error::Error;
use crate::output::Output;

/// How a healthy plugin says so.
const HEALTHY: &str = "ok";
/// The most characters that are repeated of anything a plugin says.
const MOST_SAID: usize = 1024;

/// Asks, and tells.
///
/// # Errors
/// When there is no answer; [`Error::Findings`] when the plugin says that it is not well.
pub(crate) fn status(options: &StatusOptions) -> Result<(), Error> {
    let said = runtime()?.block_on(async { PluginV2::new(&options.endpoint, options.timeout).said().await });
    let said = said.map_err(|why| Error::Findings(format!("the plugin does not answer: {why}")))?;
    let StatusResponse {
        version,
        healthz,
        key_id,
    } = said;
    let [version, healthz, key_id] = [version, healthz, key_id].map(|text| kms::said(&text, MOST_SAID));
    let mut out = io::stdout();
    match options.output {
        Output::Text => writeln!(out, "version: {version}\nhealth:  {healthz}\nkey id:  {key_id}")?,
        Output::Json => writeln!(
            out,
            "{}",
            serde_json::json!({ "version": version, "healthz": healthz, "keyId": key_id })
        )?,
    }
    match (healthz.as_str(), version.as_str(), key_id.as_str()) {
        (_, _, "") => Err(Error::Findings("the plugin tells no key id".to_owned())),
        (HEALTHY, "v2" | "v2beta1", _) => Ok(()),
        (HEALTHY, ..) => Err(Error::Findings(format!(
            "the plugin speaks {version}; an API server wants v2"
        ))),
        _ => Err(Error::Findings(format!("the plugin is not well: {healthz}"))),
    }
}
