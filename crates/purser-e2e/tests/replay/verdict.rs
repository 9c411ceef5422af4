//! Holds differences against the list, and says what does not fit.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compare::{Difference, differences};
use crate::differences::{Differences, Kind};
use crate::recording::Row;
use crate::send::Recorded;

/// How many places of one row are shown.
const PLACES: usize = 8;
/// How many characters of a value are shown.
const SHOWN: usize = 300;

/// What was found so far.
pub(crate) struct Verdict<'a> {
    list: &'a Differences,
    hidden: Vec<String>,
    hidden_used: BTreeSet<String>,
    patterns_used: BTreeSet<(usize, usize)>,
    same: usize,
    listed: BTreeMap<Kind, usize>,
    unlisted: Vec<String>,
    stale: Vec<String>,
    only: Option<String>,
}

impl<'a> Verdict<'a> {
    pub(crate) fn new(list: &'a Differences) -> Self {
        Self {
            list,
            hidden: list.masks.iter().map(|mask| mask.member.clone()).collect(),
            hidden_used: BTreeSet::new(),
            patterns_used: BTreeSet::new(),
            same: 0,
            listed: BTreeMap::new(),
            unlisted: Vec::new(),
            stale: Vec::new(),
            only: std::env::var("PURSER_REPLAY_ONLY").ok(),
        }
    }

    /// Compares one answer.
    pub(crate) fn judge(&mut self, number: usize, row: &Row, ours: &Recorded) {
        let subset = self.list.subset_of(number, &row.name);
        let found = differences(row, ours, subset, &self.hidden, &mut self.hidden_used);
        let entry = self
            .list
            .listed
            .iter()
            .enumerate()
            .find_map(|(at, listed)| Some((at, listed.pattern_for(number, &row.name)?, listed)));
        let Some((at, pattern, listed)) = entry else {
            if found.is_empty() {
                self.same += 1;
            } else {
                self.unlisted
                    .push(show(number, row, &found.iter().collect::<Vec<_>>()));
            }
            return;
        };
        self.patterns_used.insert((at, pattern));
        let beyond: Vec<&Difference> = found
            .iter()
            .filter(|difference| !listed.covers(&difference.path))
            .collect();
        if !beyond.is_empty() {
            self.unlisted.push(show(number, row, &beyond));
        } else if found.is_empty() {
            self.stale.push(format!(
                "{number} {} is listed ({}) and no longer differs",
                row.name, listed.reason
            ));
        } else {
            *self.listed.entry(listed.kind).or_default() += 1;
        }
    }

    /// Prints the sum, and fails on what does not fit the list.
    pub(crate) fn finish(mut self) {
        for (at, listed) in self.list.listed.iter().enumerate() {
            for (pattern, text) in listed.rows.iter().enumerate() {
                if !self.patterns_used.contains(&(at, pattern)) {
                    self.stale.push(format!(
                        "the pattern {text:?} names no row (or an earlier entry has it)"
                    ));
                }
            }
        }
        for mask in self
            .list
            .masks
            .iter()
            .filter(|mask| !self.hidden_used.contains(&mask.member))
        {
            self.stale.push(format!(
                "{} is masked ({}) and no longer differs anywhere",
                mask.member, mask.reason
            ));
        }
        let limit = std::env::var("PURSER_REPLAY_SHOW")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(40);
        let wanted = |text: &&String| self.only.as_deref().is_none_or(|only| text.contains(only));
        for text in self.unlisted.iter().filter(wanted).take(limit) {
            println!("{text}");
        }
        self.stale.iter().for_each(|text| println!("- {text}"));
        let listed: usize = self.listed.values().sum();
        println!(
            "{} the same, {listed} differ as listed {:?}, {} differ and are not listed, {} entries are stale",
            self.same,
            self.listed,
            self.unlisted.len(),
            self.stale.len()
        );
        assert!(
            self.unlisted.is_empty() && self.stale.is_empty(),
            "the answers and data/differences.toml do not fit"
        );
    }
}

fn show(number: usize, row: &Row, found: &[&Difference]) -> String {
    let path: String = row.path.chars().take(140).collect();
    let mut text = format!(
        "≠ {number} {}  ({}) {} {path}",
        row.name, row.identity, row.method
    );
    if let Some(body) = &row.body {
        text.push_str(&format!(
            "\n    sent {}",
            body.chars().take(SHOWN).collect::<String>()
        ));
    }
    for difference in found.iter().take(PLACES) {
        text.push_str(&format!(
            "\n    {}\n      expected {}\n      actual   {}",
            difference.path,
            shown(difference.expected.as_ref()),
            shown(difference.actual.as_ref())
        ));
    }
    if found.len() > PLACES {
        text.push_str(&format!("\n    and {} more places", found.len() - PLACES));
    }
    text
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(
        || "∅".to_owned(),
        |value| value.to_string().chars().take(SHOWN).collect(),
    )
}
