//! Where values that are kept aside come from.

use purser_store::Revision;

/// Between the place and the revision that wrote the value there.
const AT: char = '@';

/// Where a value comes from that is kept aside since it could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'k> {
    /// The storage key of its place.
    pub place: &'k str,
    /// The revision that wrote it there. Place and revision are unique.
    pub revision: Revision,
}

impl<'k> Origin<'k> {
    /// What the keys of all of them begin with; the key of the place follows.
    pub const TREE: &'static str = "/purser/quarantine/";

    /// What the key of a value that is kept aside says; `None`: it is another key.
    #[must_use]
    pub fn of(key: &'k str) -> Option<Self> {
        // The slash is the place's too.
        let (place, revision) = key.strip_prefix(Self::TREE.trim_end_matches('/'))?.rsplit_once(AT)?;
        let revision = revision.parse().ok()?;
        let origin = Self { place, revision };
        // There is one way to write it.
        (origin.key() == key).then_some(origin)
    }

    /// The key that the value is kept under.
    #[must_use]
    pub fn key(&self) -> String {
        let place = self.place.trim_start_matches('/');
        format!("{}{place}{AT}{}", Self::TREE, self.revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_the_quarantine_says_place_and_revision() {
        for place in ["/registry/secrets/a/b", "/registry/roles/a/x@7", "/registry/x/"] {
            let origin = Origin { place, revision: 42 };
            assert_eq!(Origin::of(&origin.key()), Some(origin));
        }
        for other in [
            "/purser/witness",
            "/purser/quarantine",
            "/purser/quarantine/registry/secrets/a/b",
            "/purser/quarantine/registry/secrets/a/b@",
            "/purser/quarantine/registry/secrets/a/b@+7",
            "/purser/quarantine/registry/secrets/a/b@07",
            "/purser/quarantine//registry/secrets/a/b@7",
            "/purser/quarantine/registry/secrets/a/b@99999999999999999999",
            "/purser/quarantines/registry/secrets/a/b@7",
            "/registry/purser/quarantine/a@7",
        ] {
            assert_eq!(Origin::of(other), None, "{other}");
        }
    }
}
