//! What is wrong with a file of settings, worded as upstream words it.
//!
//! Sources: `k8s.io/apimachinery/pkg/util/validation/field/errors.go`, `k8s.io/apimachinery/pkg/util/errors`.

use std::fmt;

use crate::quote::quote;

/// What is wrong with what, in the order in which it was found. Displays as upstream's aggregate: the sentence, or several in
/// brackets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<String>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown: Vec<&str> = Vec::new();
        for problem in &self.0 {
            if !shown.contains(&problem.as_str()) {
                shown.push(problem);
            }
        }
        match shown.as_slice() {
            [one] => f.write_str(one),
            several => write!(f, "[{}]", several.join(", ")),
        }
    }
}

impl Problems {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `field: Required value`, with what is required when there is something to say.
    pub fn required(&mut self, field: &str, what: &str) {
        self.tell(field, "Required value", what);
    }

    /// `field: Invalid value: "x": why`.
    pub fn invalid(&mut self, field: &str, value: &str, why: &str) {
        self.invalid_as(field, &quote(value), why);
    }

    /// `field: Invalid value: x: why`, the value written as it is.
    pub fn invalid_as(&mut self, field: &str, value: &str, why: &str) {
        self.tell(field, &format!("Invalid value: {value}"), why);
    }

    /// `field: Unsupported value: "x": supported values: "a", "b"`.
    pub fn unsupported(&mut self, field: &str, value: &str, supported: &[&str]) {
        let supported: Vec<String> = supported.iter().map(|one| quote(one)).collect();
        let why = format!("supported values: {}", supported.join(", "));
        self.tell(field, &format!("Unsupported value: {}", quote(value)), &why);
    }

    /// A sentence of its own.
    pub fn say(&mut self, sentence: impl Into<String>) {
        self.0.push(sentence.into());
    }

    /// `field: Duplicate value: "x"`.
    pub fn duplicate(&mut self, field: &str, value: &str) {
        self.tell(field, &format!("Duplicate value: {}", quote(value)), "");
    }

    /// `field: Too many: N: must have at most MAX items`.
    pub fn too_many(&mut self, field: &str, count: usize, most: usize) {
        let why = format!("must have at most {most} items");
        self.tell(field, &format!("Too many: {count}"), &why);
    }

    fn tell(&mut self, field: &str, what: &str, why: &str) {
        self.0.push(match why {
            "" => format!("{field}: {what}"),
            why => format!("{field}: {what}: {why}"),
        });
    }
}
