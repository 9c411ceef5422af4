//! What `purser at-rest quarantine` and `purser at-rest backups` have done: here, or by a server that runs.
//!
//! ```text
//! GET  /purser/at-rest/quarantine                           what is kept aside
//! POST /purser/at-rest/quarantine/all-unreadable            puts aside what cannot be opened
//! POST /purser/at-rest/quarantine/values/RESOURCE/[NS/]NAME puts one value aside
//! POST /purser/at-rest/quarantine/restore-readable          puts back what can be opened again
//! POST /purser/at-rest/quarantine/restore/ID                puts one back
//! POST /purser/at-rest/quarantine/discard/ID                destroys one
//! GET  /purser/at-rest/backups                              which backups need which keys
//! POST /purser/at-rest/backups/record/NAME                  notes one
//! POST /purser/at-rest/backups/release/NAME                 lets one go
//! ```
//!
//! What is named stands in the path, so that the audit log has it and RBAC can be about it.

use serde::{Deserialize, Serialize};

use super::Custody;
use super::manifest::Manifest;
use super::quarantine::{Moved, Refused, Value};
use crate::error::Error;

/// Where values are kept aside.
const QUARANTINE: &str = "/purser/at-rest/quarantine";
const ALL_UNREADABLE: &str = "/purser/at-rest/quarantine/all-unreadable";
const VALUES: &str = "/purser/at-rest/quarantine/values/*";
const RESTORE_READABLE: &str = "/purser/at-rest/quarantine/restore-readable";
const RESTORE: &str = "/purser/at-rest/quarantine/restore/*";
const DISCARD: &str = "/purser/at-rest/quarantine/discard/*";
const BACKUPS: &str = "/purser/at-rest/backups";
const RECORD: &str = "/purser/at-rest/backups/record/*";
const RELEASE: &str = "/purser/at-rest/backups/release/*";

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chore {
    /// Tell what is kept aside.
    Listed,
    /// Put what cannot be opened aside.
    AllAside,
    /// Put the value of an object aside.
    Aside { resource: String, name: String },
    /// Put what can be opened again back.
    ReadableBack,
    /// Put the value of this id back.
    Back(String),
    /// Destroy the value of this id.
    Discarded(String),
    /// Tell which backups are known.
    Backups,
    /// Note one.
    Record(String),
    /// Let one go.
    Release(String),
}

/// What came of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Done {
    /// Values that were moved, or are kept aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) values: Option<Vec<Value>>,
    /// Backups that were noted, or are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) backups: Option<Vec<Manifest>>,
    /// What was not done, a sentence each.
    #[serde(default)]
    pub(super) refused: Vec<String>,
}

impl Chore {
    /// The pages on which they are asked for.
    pub(super) const PATHS: &'static [&'static str] = &[
        QUARANTINE,
        ALL_UNREADABLE,
        VALUES,
        RESTORE_READABLE,
        RESTORE,
        DISCARD,
        BACKUPS,
        RECORD,
        RELEASE,
    ];

    /// What a `GET` at this path asks for.
    pub(super) fn told_at(path: &str) -> Option<Self> {
        match path {
            QUARANTINE => Some(Self::Listed),
            BACKUPS => Some(Self::Backups),
            _ => None,
        }
    }

    /// What a `POST` at this path asks for.
    pub(super) fn done_at(path: &str) -> Option<Self> {
        let below = |page: &str| Some(path.strip_prefix(page.strip_suffix('*')?)?.to_owned());
        if path == ALL_UNREADABLE {
            return Some(Self::AllAside);
        }
        if path == RESTORE_READABLE {
            return Some(Self::ReadableBack);
        }
        if let Some((resource, name)) = below(VALUES).as_deref().and_then(|named| named.split_once('/')) {
            let (resource, name) = (resource.to_owned(), name.to_owned());
            return Some(Self::Aside { resource, name });
        }
        None.or_else(|| below(RESTORE).map(Self::Back))
            .or_else(|| below(DISCARD).map(Self::Discarded))
            .or_else(|| below(RECORD).map(Self::Record))
            .or_else(|| below(RELEASE).map(Self::Release))
    }

    /// Whether it only tells.
    pub(super) fn is_told(&self) -> bool {
        matches!(self, Self::Listed | Self::Backups)
    }

    /// Where it is asked for.
    pub(super) fn path(&self) -> String {
        let below = |page: &str, what: &str| format!("{}{what}", page.trim_end_matches('*'));
        match self {
            Self::Listed => QUARANTINE.to_owned(),
            Self::AllAside => ALL_UNREADABLE.to_owned(),
            Self::Aside { resource, name } => below(VALUES, &format!("{resource}/{name}")),
            Self::ReadableBack => RESTORE_READABLE.to_owned(),
            Self::Back(id) => below(RESTORE, id),
            Self::Discarded(id) => below(DISCARD, id),
            Self::Backups => BACKUPS.to_owned(),
            Self::Record(name) => below(RECORD, name),
            Self::Release(name) => below(RELEASE, name),
        }
    }
}

impl Done {
    fn of_values(moved: Moved) -> Self {
        Self {
            values: Some(moved.values),
            refused: moved.refused,
            ..Self::default()
        }
    }

    fn of_backups(backups: Vec<Manifest>) -> Self {
        Self {
            backups: Some(backups),
            ..Self::default()
        }
    }

    /// That it was refused, for this reason.
    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self {
            refused: vec![why.into()],
            ..Self::default()
        }
    }

    /// Both together.
    pub(super) fn join(mut self, other: Self) -> Self {
        let (values, backups) = (other.values, other.backups);
        self.values = both(self.values, values);
        self.backups = both(self.backups, backups);
        self.refused.extend(other.refused);
        self
    }
}

fn both<T>(one: Option<Vec<T>>, other: Option<Vec<T>>) -> Option<Vec<T>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.into_iter().chain(other).collect()),
        (one, other) => one.or(other),
    }
}

impl Custody {
    /// Does it.
    ///
    /// # Errors
    /// Why not.
    pub(super) async fn see_to(&self, chore: &Chore) -> Result<Done, Refused> {
        let moved = match chore {
            Chore::Listed => self.kept_aside().await?,
            Chore::AllAside => self.put_all_aside().await?,
            Chore::Aside { resource, name } => self.put_aside(resource, name).await?,
            Chore::ReadableBack => self.put_readable_back().await?,
            Chore::Back(id) => self.put_back(id).await?,
            Chore::Discarded(id) => self.discard(id).await?,
            Chore::Backups => return known(self.manifests().await),
            Chore::Record(name) => return known(self.record(name).await.map(|one| vec![one])),
            Chore::Release(name) => return known(self.release(name).await.map(|()| Vec::new())),
        };
        Ok(Done::of_values(moved))
    }
}

fn known(backups: Result<Vec<Manifest>, Error>) -> Result<Done, Refused> {
    backups.map(Done::of_backups).map_err(|error| match error {
        Error::Findings(why) | Error::Usage(why) => Refused::Conflict(why),
        error => Refused::Failed(error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_at_a_path_is_what_leads_there() {
        let id = || "roles/a/x@7@42".to_owned();
        let aside = Chore::Aside {
            resource: "secrets".to_owned(),
            name: "a/b".to_owned(),
        };
        for chore in [
            Chore::AllAside,
            aside,
            Chore::ReadableBack,
            Chore::Back(id()),
            Chore::Discarded(id()),
            Chore::Record("a".to_owned()),
            Chore::Release("a".to_owned()),
        ] {
            assert_eq!(Chore::done_at(&chore.path()).as_ref(), Some(&chore));
            assert_eq!(Chore::told_at(&chore.path()), None);
            assert!(!chore.is_told());
        }
        for chore in [Chore::Listed, Chore::Backups] {
            assert_eq!(Chore::told_at(&chore.path()).as_ref(), Some(&chore));
            assert_eq!(Chore::done_at(&chore.path()), None);
            assert!(chore.is_told());
        }
        for path in ["/purser/at-rest/quarantine/values/secrets", "/purser/at-rest", ""] {
            assert_eq!(Chore::done_at(path), None, "{path}");
        }
    }
}
