//! What may be asked by who presents nothing.

use super::settings::Anonymous;
use purser_types::problems::Problems;

/// All that anybody may ask.
const OPEN: [&str; 5] = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

/// What may be asked by who presents nothing. It only narrows what is open to everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AnonymousAccess {
    /// What is open to everybody.
    #[default]
    Open,
    /// Of that, these paths alone.
    Paths(Vec<String>),
    /// Nothing.
    Closed,
}

impl AnonymousAccess {
    /// Whether a path may be asked.
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        match self {
            Self::Open => true,
            Self::Paths(paths) => paths.iter().any(|open| open == path),
            Self::Closed => false,
        }
    }
}

/// Checks what a file says. Nobody is anonymous here, so nothing can be opened: that is the one thing which is stricter
/// than upstream's rules.
pub(super) fn check(settings: &Anonymous, problems: &mut Problems) -> AnonymousAccess {
    if !settings.enabled {
        if !settings.paths.is_empty() {
            let why = "enabled should be set to true when conditions are defined";
            problems.invalid_as("anonymous.conditions", &shown(&settings.paths), why);
        }
        return AnonymousAccess::Closed;
    }
    for (at, path) in settings.paths.iter().enumerate() {
        if !OPEN.contains(&path.as_str()) {
            let field = format!("anonymous.conditions[{at}].path");
            let why = format!("nobody is anonymous here, but for {}", OPEN.join(", "));
            problems.invalid(&field, path, &why);
        }
    }
    match settings.paths.as_slice() {
        [] => AnonymousAccess::Open,
        paths => AnonymousAccess::Paths(paths.to_vec()),
    }
}

/// As upstream writes the conditions.
fn shown(paths: &[String]) -> String {
    let shown: Vec<String> = paths
        .iter()
        .map(|path| {
            let mut text = Vec::new();
            purser_types::json::write(&purser_types::Value::string(path.as_str()), &mut text);
            format!("{{\"Path\":{}}}", String::from_utf8_lossy(&text))
        })
        .collect();
    format!("[{}]", shown.join(","))
}
