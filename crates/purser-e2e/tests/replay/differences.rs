//! The list of differences that may be.

use serde::Deserialize;

/// `data/differences.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Differences {
    /// Members that are left out of every comparison.
    #[serde(default, rename = "mask")]
    pub(crate) masks: Vec<Mask>,
    /// Rows that list what a server serves: only what we list, too, is compared.
    #[serde(default, rename = "subset")]
    subsets: Vec<Subset>,
    /// Rows that differ.
    #[serde(default, rename = "difference")]
    pub(crate) listed: Vec<Listed>,
}

/// A member that is left out of every comparison.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mask {
    pub(crate) member: String,
    pub(crate) reason: String,
}

/// Rows whose lists may be a part of upstream's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subset {
    rows: Vec<String>,
    /// The member by which entries are known; entries that are texts are known by themselves.
    identity: String,
    #[serde(rename = "reason")]
    _reason: String,
}

/// Why a row may differ.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Ours is the better answer, and clients cope.
    Better,
    /// Upstream's is the right answer, and ours is to become it.
    NotYet,
    /// Of a part of the API that Purser does not serve.
    OutOfScope,
}

/// Rows that differ, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    /// Each is a row's `NUMBER name`, or a name, or numbers `FROM-TO`; `*` stands for anything.
    pub(crate) rows: Vec<String>,
    pub(crate) kind: Kind,
    pub(crate) reason: String,
    /// The places that may differ (`*` stands for anything); without it, every place.
    #[serde(default)]
    paths: Vec<String>,
}

impl Differences {
    /// Reads the list.
    pub(crate) fn read(text: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|error| panic!("differences.toml: {error}"))
    }

    /// By which member entries of the row's lists are known, when ours may list fewer.
    pub(crate) fn subset_of(&self, number: usize, name: &str) -> Option<&str> {
        let is_named = |subset: &&Subset| subset.rows.iter().any(|pattern| names(pattern, number, name));
        self.subsets
            .iter()
            .find(is_named)
            .map(|subset| subset.identity.as_str())
    }
}

impl Listed {
    /// Which of its patterns names the row.
    pub(crate) fn pattern_for(&self, number: usize, name: &str) -> Option<usize> {
        self.rows.iter().position(|pattern| names(pattern, number, name))
    }

    /// Whether that place may differ.
    pub(crate) fn covers(&self, path: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|pattern| matches(pattern, path))
    }
}

fn names(pattern: &str, number: usize, name: &str) -> bool {
    let range = pattern
        .split_once('-')
        .and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    if let Some((from, to)) = range {
        return (from..=to).contains(&number);
    }
    matches(pattern, name) || matches(pattern, &format!("{number} {name}"))
}

/// Whether a text is the pattern, `*` standing for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|text| {
            let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            rest.is_empty() || starts.into_iter().any(|at| matches(rest, &text[at..]))
        }),
    }
}

#[test]
fn patterns_name_rows_by_number_name_and_range() {
    assert!(names("296 method", 296, "method") && !names("297 method", 296, "method"));
    assert!(names("token *", 300, "token get") && !names("token *", 300, "a token"));
    assert!(names("334-345", 340, "x") && !names("334-345", 346, "x"));
    assert!(matches("answer.rows*.cells", "answer.rows[1].cells") && !matches("answer", "answer.rows"));
}
