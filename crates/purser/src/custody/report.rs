//! What is told, for machines and for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use purser_encryption::rotation::{Report, SealedBy, Survey, Tally};
use serde::{Deserialize, Serialize};

use super::certificate::Signed;
use super::destroying::Destroyed;
use super::manifest::Manifest;

/// The ranges out of which Services are given addresses and ports, as a resource.
const RANGES: &str = "(ranges)";
/// What is to be sealed whatever a configuration says, as a resource.
const SECRETS: &str = "secrets";
/// What is kept aside, as a resource.
const ASIDE: &str = "(kept aside)";

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
    /// What is kept aside; `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quarantine: Option<Resource>,
    /// The backups that need keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    backups: Vec<Manifest>,
    /// Why nobody knows which backups there are; `None`: it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    backups_unknown: Option<String>,
    /// Of a cluster of kube-apiservers: what else there is to know; `None`: it is a store of Purser's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cluster: Option<Vec<String>>,
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
    /// How these were.
    #[serde(skip)]
    pub(super) destroyed: Vec<Destroyed>,
    /// Old key files.
    pub(super) kept_keys: Vec<String>,
    /// Old keys that key holders may still have.
    #[serde(default)]
    pub(super) held_keys: Vec<String>,
    /// Why these are kept, a sentence each.
    #[serde(default)]
    pub(super) kept_for: Vec<String>,
}

impl Told {
    /// What a survey found, what the store's history is sealed with, and which backups there are.
    pub(super) fn new(
        survey: &Survey,
        history: &BTreeMap<SealedBy, u64>,
        backups: Result<Vec<Manifest>, String>,
    ) -> Self {
        let unreadable = survey.unopened.iter().map(|one| Unreadable {
            key: one.key.clone(),
            reason: format!("cannot be decrypted: {}", one.why),
        });
        let (backups, backups_unknown) = match backups {
            Ok(backups) => (backups, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Self {
            revision: survey.revision,
            resources: survey
                .trees
                .iter()
                .map(|(name, tally)| Resource::new(name, tally))
                .collect(),
            unreadable: unreadable.collect(),
            history: history
                .iter()
                .map(|(by, values)| Sealed::new(by, *values, None))
                .collect(),
            quarantine: Some(Resource::new(ASIDE, &survey.aside)).filter(|aside| aside.values > 0),
            backups,
            backups_unknown,
            cluster: None,
            rotation: None,
            erasure: None,
        }
    }

    /// The same, of a cluster of kube-apiservers: its configuration says what is sealed, and its history is its own.
    /// What else there is to know is said in `notes`.
    pub(super) fn of_cluster(self, notes: Vec<String>) -> Self {
        Self {
            cluster: Some(notes),
            ..self
        }
    }

    /// What needs the key with this id, in words; nothing: it can go.
    pub(super) fn needs(&self, id: &str) -> Vec<String> {
        let of = |sealed: &[Sealed]| -> u64 {
            let by = sealed.iter().filter(|sealed| sealed.key == id);
            by.map(|sealed| sealed.values).sum()
        };
        let values = self
            .resources
            .iter()
            .map(|resource| of(&resource.sealed_by))
            .sum::<u64>();
        let aside = self.quarantine.as_ref().map_or(0, |aside| of(&aside.sealed_by));
        let counts = [
            (values, "values"),
            (of(&self.history), "values in history"),
            (aside, "values that are kept aside"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let backups = self.backups.iter().filter(|backup| backup.needs(id));
        counts
            .map(|(count, what)| format!("{count} {what}"))
            .chain(backups.map(|backup| format!("the backup {}", backup.name)))
            .collect()
    }

    /// Why no key at all may be destroyed: something may need any of them. Nothing: those may go that nothing needs.
    pub(super) fn obstacles(&self) -> Vec<String> {
        let unreadable: u64 = self.resources.iter().map(|resource| resource.unreadable).sum();
        let aside = self.quarantine.iter().flat_map(|aside| &aside.sealed_by);
        let unknown: u64 = aside
            .filter(|sealed| sealed.is_unknown())
            .map(|sealed| sealed.values)
            .sum();
        let counts = [
            (
                unreadable,
                "values cannot be opened, and may need any key: restore what they need, delete them, or put them aside \
                 with `purser at-rest quarantine add`",
            ),
            (
                unknown,
                "values that are kept aside do not say which key they need: destroy them with `purser at-rest \
                 quarantine discard`, or keep all keys",
            ),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        counts
            .map(|(count, what)| format!("{count} {what}"))
            .chain(self.backups_unknown.clone())
            .collect()
    }

    /// How many values there are, and how many history has.
    pub(super) fn counts(&self) -> (u64, u64) {
        let values = self.resources.iter().map(|resource| resource.values).sum();
        (values, self.history.iter().map(|sealed| sealed.values).sum())
    }

    /// The ids of all keys that values and history are sealed with.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        let of_values = self.resources.iter().chain(&self.quarantine);
        of_values
            .flat_map(|resource| &resource.sealed_by)
            .chain(&self.history)
            .map(|sealed| sealed.key.clone())
            .collect()
    }

    /// How many values are kept aside.
    pub(super) fn aside(&self) -> u64 {
        self.quarantine.as_ref().map_or(0, |aside| aside.values)
    }

    /// What of it is wrong: a sentence each; none: everything is as it should be.
    pub(super) fn findings(&self) -> Vec<String> {
        let sum = |of: fn(&Resource) -> u64| self.resources.iter().map(of).sum::<u64>();
        let aside = self.quarantine.as_ref().map_or(0, |aside| aside.in_the_clear);
        // What is in the clear is told once.
        let unbound = sum(|resource| resource.unbound.saturating_sub(resource.in_the_clear));
        let clear = sum(match self.cluster {
            None => |resource| match resource.resource.as_str() {
                // They hold no object's data, and kube-apiserver would not read them otherwise.
                RANGES => 0,
                _ => resource.in_the_clear,
            },
            // A cluster's configuration says what is to be sealed; what is not is told as stale. Secrets always are to be.
            Some(_) => |resource| match resource.resource.as_str() {
                SECRETS => resource.in_the_clear,
                _ => 0,
            },
        });
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
            (aside, "kept aside and in the clear: anybody who gets at the store reads them"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} values are {what}"))
        .chain(self.backups_unknown.clone())
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
        for one in self.quarantine.iter().flat_map(|aside| &aside.sealed_by) {
            let _ = writeln!(out, "kept aside: {} values sealed by {}", one.values, one.who());
        }
        for one in &self.backups {
            let keys: Vec<String> = one.keys.iter().map(ToString::to_string).collect();
            let _ = writeln!(out, "backup {}: needs {}", one.name, keys.join(", "));
        }
        if let Some(why) = &self.backups_unknown {
            let _ = writeln!(out, "{why}");
        }
        for note in self.cluster.iter().flatten() {
            let _ = writeln!(out, "{note}");
        }
        if let Some(rotated) = &self.rotation {
            let said = match &self.cluster {
                None => rotated.said(),
                Some(_) => rotated.said_of_cluster(),
            };
            let _ = writeln!(out, "{said}");
            for why in &rotated.kept_for {
                let _ = writeln!(out, "{why}");
            }
        }
        out
    }
}

impl Resource {
    fn new(name: &str, tally: &Tally) -> Self {
        let by = tally.by.iter();
        Self {
            resource: name.to_owned(),
            values: tally.values,
            stale: tally.stale,
            in_the_clear: tally.clear,
            unreadable: tally.unopened,
            unbound: tally.unbound,
            sealed_by: by
                .map(|(by, count)| Sealed::new(by, count.values, Some(count.oldest)))
                .collect(),
        }
    }
}

impl Sealed {
    fn new(by: &SealedBy, values: u64, oldest_revision: Option<u64>) -> Self {
        Self {
            provider: by.provider.clone(),
            key: by.key.clone(),
            values,
            oldest_revision,
        }
    }

    fn is_unknown(&self) -> bool {
        let by = SealedBy {
            provider: self.provider.clone(),
            key: self.key.clone(),
        };
        by.is_unknown()
    }

    fn who(&self) -> String {
        match self.key.as_str() {
            "" => self.provider.clone(),
            key => format!("{} {key}", self.provider),
        }
    }
}

impl Rotated {
    /// Of a cluster, whose keys are its configuration's.
    pub(super) fn of_cluster(report: &Report) -> Self {
        Self {
            made_key: None,
            sealed_anew: report.rewritten,
            left_alone: report.fresh + report.overtaken,
            unreadable: report.unopened,
            destroyed_keys: Vec::new(),
            destroyed: Vec::new(),
            kept_keys: Vec::new(),
            held_keys: Vec::new(),
            kept_for: Vec::new(),
        }
    }

    fn said_of_cluster(&self) -> String {
        format!(
            "sealed anew {}, left alone {}, unreadable {}; keys are the configuration's: none was made or destroyed",
            self.sealed_anew, self.left_alone, self.unreadable
        )
    }

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
            ids(&[&self.kept_keys[..], &self.held_keys].concat()),
        )
    }
}

/// Columns of the same width, with three spaces between them.
pub(super) fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
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
