//! Fields that somebody else owns.
//!
//! Source: `k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go`.

use purser_types::Status;
use purser_types::quote::quote;
use purser_types::status::{Cause, Details};

use crate::managed::{Entry, Operation, Path};

/// The most conflicts that one refusal lists.
const LISTED_MAX: usize = 1000;

/// A field that a configuration changes, and whose it is. It says nothing about values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conflict {
    /// The manager as sentences name it.
    pub(super) manager: String,
    /// The field.
    pub(super) path: Path,
}

impl Conflict {
    /// The conflicts with an entry at these paths.
    pub(super) fn with(entry: &Entry, paths: Vec<Path>) -> impl Iterator<Item = Self> {
        let manager = named(entry);
        paths.into_iter().map(move |path| Self {
            manager: manager.clone(),
            path,
        })
    }

    fn field(&self) -> String {
        self.path.iter().map(ToString::to_string).collect()
    }
}

/// How a sentence names a manager.
fn named(entry: &Entry) -> String {
    let mut name = quote(&entry.manager);
    if !entry.subresource.is_empty() {
        name.push_str(" with subresource ");
        name.push_str(&quote(&entry.subresource));
    }
    if entry.operation == Operation::Update {
        name.push_str(" using ");
        name.push_str(&entry.api_version);
    }
    name
}

/// 409 with a cause for each conflict. They are grouped by manager, in the order of the managers.
pub(super) fn refused(conflicts: &[Conflict]) -> Status {
    let causes = conflicts.iter().take(LISTED_MAX).map(|conflict| Cause {
        reason: "FieldManagerConflict",
        message: format!("conflict with {}", conflict.manager),
        field: conflict.field(),
    });
    let details = Details {
        causes: causes.collect(),
        ..Details::default()
    };
    Status::new(409, "Conflict", sentence(conflicts), Some(details))
}

fn sentence(conflicts: &[Conflict]) -> String {
    if let [only] = conflicts {
        return format!(
            "Apply failed with 1 conflict: conflict with {}: {}",
            only.manager,
            only.field()
        );
    }
    let mut lines = Vec::new();
    for group in conflicts.chunk_by(|a, b| a.manager == b.manager) {
        lines.extend(
            group
                .first()
                .map(|first| format!("conflicts with {}:", first.manager)),
        );
        lines.extend(group.iter().map(|conflict| format!("- {}", conflict.field())));
    }
    lines.truncate(LISTED_MAX);
    format!(
        "Apply failed with {} conflicts: {}",
        conflicts.len(),
        lines.join("\n")
    )
}
