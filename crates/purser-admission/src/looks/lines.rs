//! `key = value` and `key: value` within a text: environment files, properties, YAML, JSON.

use super::{keys, random};

/// A line longer than this is data, not configuration.
const LINE_MAX: usize = 2048;

/// Whether the line gives a telling key a value that looks random.
pub(super) fn telling_pair(line: &str) -> Option<&'static str> {
    if line.len() > LINE_MAX {
        return None;
    }
    let line = line.trim().trim_end_matches([',', ';']);
    if line.starts_with(['#', '/', ';']) {
        return None;
    }
    let at = line.find(['=', ':'])?;
    let key = line.get(..at)?.trim().trim_matches(['"', '\'', '-', ' ']);
    let key = key.strip_prefix("export ").unwrap_or(key);
    let value = line.get(at.saturating_add(1)..)?.trim().trim_matches(['"', '\'']);
    (keys::is_telling(key) && random::looks_random(value)).then_some("a credential")
}
