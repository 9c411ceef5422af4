//! What `/version` tells.

use serde::Serialize;

/// `version.Info`, of the API level served.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    major: &'static str,
    minor: &'static str,
    emulation_major: &'static str,
    emulation_minor: &'static str,
    min_compatibility_major: &'static str,
    min_compatibility_minor: &'static str,
    /// `v1.36.0+purser.0.1.0`
    pub git_version: String,
    git_commit: String,
    git_tree_state: &'static str,
    build_date: String,
    go_version: &'static str,
    compiler: &'static str,
    platform: String,
}

impl Version {
    /// Kubernetes 1.36, served by Purser `own` built from `commit` (empty: not known).
    #[must_use]
    pub fn new(own: &str, commit: &str) -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Self {
            major: "1",
            minor: "36",
            emulation_major: "1",
            emulation_minor: "36",
            min_compatibility_major: "1",
            min_compatibility_minor: "35",
            git_version: format!("v1.36.0+purser.{own}"),
            git_commit: commit.to_owned(),
            git_tree_state: "clean",
            build_date: "1970-01-01T00:00:00Z".to_owned(),
            // Clients insist on a text here; there is no Go.
            go_version: "none",
            compiler: "rustc",
            platform: format!("{}/{architecture}", std::env::consts::OS),
        }
    }

    /// The document.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_apis_with_our_own_as_build_metadata() {
        let document: serde_json::Value = serde_json::from_str(&Version::new("0.1.0", "").json()).unwrap();
        assert_eq!(document["gitVersion"], "v1.36.0+purser.0.1.0");
        assert_eq!(
            (document["major"].as_str(), document["minor"].as_str()),
            (Some("1"), Some("36"))
        );
    }
}
