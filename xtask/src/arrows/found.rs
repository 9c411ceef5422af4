//! The arrows that the workspace's manifests hold.

use std::fmt;

use serde_json::Value;

use crate::command::{cargo, output};

/// Which code an arrow is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The crate itself, or its build script.
    Normal,
    /// Its tests only.
    Tests,
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Normal => "code",
            Self::Tests => "tests",
        })
    }
}

/// One crate of the workspace names another.
#[derive(Debug)]
pub(crate) struct Arrow {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) kind: Kind,
}

/// The names of the workspace's crates, and the arrows between them.
///
/// # Errors
///
/// A sentence when cargo cannot say.
pub(crate) fn all() -> Result<(Vec<String>, Vec<Arrow>), String> {
    let text = output(&mut cargo(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = list(&metadata, "packages");
    let crates: Vec<String> = packages.iter().map(|package| text_of(package, "name")).collect();
    let mut arrows = Vec::new();
    for package in packages {
        for dependency in list(package, "dependencies") {
            let to = text_of(dependency, "name");
            if crates.contains(&to) && dependency.get("path").is_some_and(Value::is_string) {
                let tests = dependency.get("kind").and_then(Value::as_str) == Some("dev");
                let kind = if tests { Kind::Tests } else { Kind::Normal };
                arrows.push(Arrow {
                    from: text_of(package, "name"),
                    to,
                    kind,
                });
            }
        }
    }
    Ok((crates, arrows))
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value
        .get(member)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text_of(value: &Value, member: &str) -> String {
    value
        .get(member)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
