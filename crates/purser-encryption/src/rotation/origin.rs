//! Where values that are kept aside come from.

use purser_store::{Keyspace, Revision};

/// What the server's own records that are such values are called; the key of the place follows.
const NAME: &str = "quarantine";
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
    /// What the keys of all of them begin with, ending in a slash; the key of the place follows.
    #[must_use]
    pub fn tree(keyspace: &Keyspace) -> String {
        keyspace.record(NAME) + "/"
    }

    /// What the key of a value that is kept aside says; `None`: it is another key.
    #[must_use]
    pub fn of(keyspace: &Keyspace, key: &'k str) -> Option<Self> {
        // The slash behind the name is the place's.
        let aside = key.strip_prefix(keyspace.own())?.strip_prefix(NAME)?;
        let (place, revision) = aside.rsplit_once(AT)?;
        let revision = revision.parse().ok()?;
        let origin = Self { place, revision };
        // There is one way to write it.
        (origin.key(keyspace) == key).then_some(origin)
    }

    /// The key that the value is kept under.
    #[must_use]
    pub fn key(&self, keyspace: &Keyspace) -> String {
        let place = self.place.trim_start_matches('/');
        format!("{}{place}{AT}{}", Self::tree(keyspace), self.revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_the_quarantine_says_place_and_revision() {
        for place in ["/registry/secrets/a/b", "/registry/roles/a/x@7", "/registry/x/"] {
            let origin = Origin { place, revision: 42 };
            for keyspace in [Keyspace::default(), "/a/b".parse().unwrap()] {
                assert_eq!(Origin::of(&keyspace, &origin.key(&keyspace)), Some(origin));
            }
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
            "/a/purser/quarantine/a@7",
        ] {
            assert_eq!(Origin::of(&Keyspace::default(), other), None, "{other}");
        }
    }
}
