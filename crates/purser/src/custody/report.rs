//! What is told, for machines and for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use purser_encryption::rotation::{SealedBy, Survey, Tally};
use serde::{Deserialize, Serialize};

use super::certificate::Signed;

/// What a store's values are sealed with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    /// The store's revision when it was looked at.
    pub(super) revision: u64,
    resources: Vec<Resource>,
    unreadable: Vec<Unreadable>,
    /// What was written since the oldest revision that is kept.
    history: Vec<Sealed>,
    /// What a rotation did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rotation: Option<Rotated>,
    /// The certificate of an erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) erasure: Option<Signed>,
}

/// The values of a resource.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    resource: String,
    values: u64,
    stale: u64,
    in_the_clear: u64,
    unreadable: u64,
    unbound: u64,
    sealed_by: Vec<Sealed>,
}

/// The values of a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sealed {
    provider: String,
    key: String,
    values: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_revision: Option<u64>,
}

/// A value that cannot be opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Unreadable {
    key: String,
    reason: String,
}

/// What a rotation did.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rotated {
    /// The key that it made; `None`: an earlier one was taken up again, or the keys are a configuration's.
    pub(super) made_key: Option<String>,
    pub(super) sealed_anew: u64,
    pub(super) left_alone: u64,
    pub(super) unreadable: u64,
    pub(super) destroyed_keys: Vec<String>,
    pub(super) kept_keys: Vec<String>,
}

impl Told {
    /// What a survey found, and what the store's history is sealed with.
    pub(super) fn new(survey: &Survey, history: &BTreeMap<SealedBy, u64>) -> Self {
        let sealed = |by: &SealedBy, values, oldest_revision| Sealed {
            provider: by.provider.clone(),
            key: by.key.clone(),
            values,
            oldest_revision,
        };
        let resource = |(name, tally): (&String, &Tally)| Resource {
            resource: name.clone(),
            values: tally.values,
            stale: tally.stale,
            in_the_clear: tally.clear,
            unreadable: tally.unopened,
            unbound: tally.unbound,
            sealed_by: tally
                .by
                .iter()
                .map(|(by, count)| sealed(by, count.values, Some(count.oldest)))
                .collect(),
        };
        let unreadable = survey.unopened.iter().map(|one| Unreadable {
            key: one.key.clone(),
            reason: format!("cannot be decrypted: {}", one.why),
        });
        Self {
            revision: survey.revision,
            resources: survey.trees.iter().map(resource).collect(),
            unreadable: unreadable.collect(),
            history: history
                .iter()
                .map(|(by, values)| sealed(by, *values, None))
                .collect(),
            rotation: None,
            erasure: None,
        }
    }

    /// How many values there are, and how many history has.
    pub(super) fn counts(&self) -> (u64, u64) {
        let values = self.resources.iter().map(|resource| resource.values).sum();
        (values, self.history.iter().map(|sealed| sealed.values).sum())
    }

    /// The ids of all keys that values and history are sealed with.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        let of_values = self.resources.iter().flat_map(|resource| &resource.sealed_by);
        of_values
            .chain(&self.history)
            .map(|sealed| sealed.key.clone())
            .collect()
    }

    /// What of it is wrong: a sentence each; none: everything is as it should be.
    pub(super) fn findings(&self) -> Vec<String> {
        let sum = |of: fn(&Resource) -> u64| self.resources.iter().map(of).sum::<u64>();
        let clear = sum(|resource| resource.in_the_clear);
        // What is in the clear is told once.
        let unbound = sum(|resource| resource.unbound).saturating_sub(clear);
        [
            (clear, "in the clear: anybody who gets at the store reads them"),
            (
                sum(|resource| resource.stale),
                "not sealed with the key of now: `purser at-rest rotate` seals them anew",
            ),
            (
                sum(|resource| resource.unreadable),
                "unreadable: restore the keys that they name",
            ),
            (
                unbound,
                "not bound to their places: who can write to the store can put one into another's place unnoticed; \
                 aesgcm and kms bind them",
            ),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} values are {what}"))
        .collect()
    }

    /// A table for people.
    pub(super) fn table(&self) -> String {
        let mut rows = vec![["RESOURCE", "SEALED BY", "VALUES", "STALE", "OLDEST"].map(str::to_owned)];
        for resource in &self.resources {
            let (mut name, mut stale) = (resource.resource.clone(), resource.stale.to_string());
            for by in &resource.sealed_by {
                rows.push([
                    std::mem::take(&mut name),
                    by.who(),
                    by.values.to_string(),
                    std::mem::take(&mut stale),
                    by.oldest_revision
                        .map(|oldest| oldest.to_string())
                        .unwrap_or_default(),
                ]);
            }
        }
        let mut out = aligned(&rows);
        // Writing to a text does not fail.
        for one in &self.unreadable {
            let _ = writeln!(out, "{}: {}", one.key, one.reason);
        }
        for one in &self.history {
            let _ = writeln!(out, "history: {} values sealed by {}", one.values, one.who());
        }
        if let Some(rotated) = &self.rotation {
            let _ = writeln!(out, "{}", rotated.said());
        }
        out
    }
}

impl Sealed {
    fn who(&self) -> String {
        match self.key.as_str() {
            "" => self.provider.clone(),
            key => format!("{} {key}", self.provider),
        }
    }
}

impl Rotated {
    /// In a sentence.
    fn said(&self) -> String {
        let ids = |ids: &[String]| match ids.is_empty() {
            true => "none".to_owned(),
            false => ids.join(", "),
        };
        format!(
            "made key: {}; sealed anew {}, left alone {}; destroyed keys: {}; old keys kept: {}",
            self.made_key.as_deref().unwrap_or("none"),
            self.sealed_anew,
            self.left_alone,
            ids(&self.destroyed_keys),
            ids(&self.kept_keys),
        )
    }
}

/// Columns of the same width, with three spaces between them.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        out.push_str(cells.join("   ").trim_end());
        out.push('\n');
    }
    out
}
