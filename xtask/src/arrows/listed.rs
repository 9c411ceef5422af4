//! What the file of arrows says.

use serde::Deserialize;

/// The file: crates from the top down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    #[serde(rename = "crate")]
    crates: Vec<Crate>,
}

/// One crate, what it is for and what it may name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) job: String,
    arrows: Vec<String>,
    /// What its tests may name besides.
    #[serde(default)]
    tests: Vec<String>,
}

impl Listed {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// A sentence with the place that is not understood.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| format!("the list of arrows: {error}"))
    }

    /// The crates, from the top down.
    pub(crate) fn crates(&self) -> &[Crate] {
        &self.crates
    }

    /// Their names, from the top down.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.crates.iter().map(|one| one.name.as_str())
    }

    /// How far down the list a crate is; 0 is the top.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.crates.iter().position(|one| one.name == name)
    }

    /// Whether code of `from` may name `to`.
    pub(crate) fn allows(&self, from: &str, to: &str) -> bool {
        self.crates
            .iter()
            .any(|one| one.name == from && one.arrows.iter().any(|arrow| arrow == to))
    }

    /// Whether tests of `from` may name `to` though its code may not.
    pub(crate) fn allows_tests(&self, from: &str, to: &str) -> bool {
        self.crates
            .iter()
            .any(|one| one.name == from && one.tests.iter().any(|arrow| arrow == to))
    }

    /// Listed arrows that do not point down the list, one sentence each.
    pub(crate) fn upward(&self) -> Vec<String> {
        let mut upward = Vec::new();
        for (at, one) in self.crates.iter().enumerate() {
            for to in one.arrows.iter().chain(&one.tests) {
                match self.position(to) {
                    Some(below) if below > at => {}
                    Some(_) => upward.push(format!("{} → {to} points up", one.name)),
                    None => upward.push(format!("{} → {to} points at nothing", one.name)),
                }
            }
        }
        upward
    }
}
