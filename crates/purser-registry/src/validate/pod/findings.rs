//! What is wrong with a Pod, found step by step.

use purser_types::status::Cause;

use crate::validate::causes::{self, CAUSES_MAX};

/// The most bytes of what a sentence shows of more than the field that it is about.
pub(super) const PRINTED_MAX: usize = 1024;

/// What is wrong so far: no more than a refusal tells.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Cause>);

impl Findings {
    /// What was found.
    pub(super) fn into_causes(self) -> Vec<Cause> {
        self.0
    }

    /// Whether nothing more would be told.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= CAUSES_MAX
    }

    /// How much was found so far.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Adds causes.
    pub(super) fn add(&mut self, causes: impl IntoIterator<Item = Cause>) {
        let room = CAUSES_MAX.saturating_sub(self.0.len());
        self.0.extend(causes.into_iter().take(room));
    }

    /// `Invalid value: "x": why`.
    pub(super) fn invalid(&mut self, field: &str, value: &str, why: &str) {
        if !self.is_full() {
            self.0.push(causes::invalid(field, value, why));
        }
    }

    /// `Invalid value: x: why`, the value as it is.
    pub(super) fn invalid_as(&mut self, field: &str, value: &str, why: &str) {
        if !self.is_full() {
            self.0.push(causes::invalid_as(field, value, why));
        }
    }

    /// A value for each reason that there is.
    pub(super) fn each(&mut self, field: &str, value: &str, reasons: &[String]) {
        for why in reasons {
            self.invalid(field, value, why);
        }
    }

    /// `Required value`.
    pub(super) fn required(&mut self, field: &str, what: &str) {
        self.add([causes::required(field, what)]);
    }

    /// A field of text that must not be empty.
    pub(super) fn required_text(&mut self, field: &str, value: &str) {
        if value.is_empty() {
            self.required(field, "");
        }
    }

    /// `Forbidden`.
    pub(super) fn forbidden(&mut self, field: &str, why: &str) {
        self.add([causes::forbidden(field, why)]);
    }

    /// `Unsupported value`, unless it is one of those.
    pub(super) fn one_of(&mut self, field: &str, value: &str, supported: &[&str]) {
        if !supported.contains(&value) {
            self.unsupported(field, value, supported);
        }
    }

    /// `Unsupported value`, whatever it is.
    pub(super) fn unsupported(&mut self, field: &str, value: &str, supported: &[&str]) {
        self.add([causes::not_supported(field, value, supported)]);
    }

    /// As [`Self::one_of`], and it must not be empty.
    pub(super) fn required_one_of(&mut self, field: &str, value: &str, supported: &[&str]) {
        self.add(causes::one_of(field, value, supported));
    }

    /// `Duplicate value`.
    pub(super) fn duplicate(&mut self, field: &str, value: &str) {
        self.add([causes::duplicate(field, value)]);
    }

    /// `Not found`.
    pub(super) fn not_found(&mut self, field: &str, value: &str) {
        self.add([causes::not_found(field, value)]);
    }

    /// A number of at least a least.
    pub(super) fn at_least(&mut self, field: &str, value: i64, least: i64, why: &str) {
        if value < least {
            self.invalid_as(field, &value.to_string(), why);
        }
    }
}
