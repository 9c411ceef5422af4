//! What holders on other machines have in common.

use std::time::{Duration, SystemTime};

use purser_encryption::{OpenError, SealError, kms};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::error::HolderError;

/// Longest call: an API server waits three seconds for a plugin.
pub(super) const LONGEST: Duration = Duration::from_secs(2);
/// The most bytes of an answer.
pub(super) const MOST_BYTES: usize = 256 * 1024;
/// How long values may be sealed after the holder was last well: as upstream trusts plugins.
pub(super) const TRUSTED: Duration = Duration::from_secs(3 * 60);
/// What is wrapped is bound to this and to the key id.
pub(super) const DOMAIN: &str = "purser.dev/kms/v1";
/// The most characters that are repeated of what a holder says.
const MOST_SAID: usize = 200;

/// Why a holder did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is away, or does not let us.
    Unavailable(String),
    /// It does not have such a key.
    NoKey(String),
    /// It is the key that it wraps with.
    InUse(String),
    /// What it was given does not authenticate.
    Damaged,
}

impl From<Refusal> for SealError {
    fn from(refusal: Refusal) -> Self {
        Self::Unavailable(match refusal {
            Refusal::Unavailable(why) => why,
            Refusal::NoKey(key) => format!("it has no key {key}"),
            Refusal::InUse(key) => format!("it wraps with {key}"),
            Refusal::Damaged => "it refuses".to_owned(),
        })
    }
}

impl From<Refusal> for OpenError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unavailable(why) => Self::Unavailable(why),
            Refusal::NoKey(key) => Self::NoKey(key),
            Refusal::InUse(key) => Self::Unavailable(format!("it wraps with {key}")),
            Refusal::Damaged => Self::Damaged,
        }
    }
}

/// As those are told who make keys and destroy them.
pub(super) fn told(refusal: Refusal) -> HolderError {
    match refusal {
        Refusal::NoKey(key) => HolderError::NoSuchKey(key),
        Refusal::InUse(key) => HolderError::InUse(key),
        refusal => HolderError::Holder(SealError::from(refusal).to_string()),
    }
}

/// A time that a holder or a list tells in seconds since 1970; `None`: nobody will see it, and no date can be made of it.
pub(super) fn time_of(seconds: u64) -> Option<SystemTime> {
    /// The end of the year 9999.
    const LAST: u64 = 253_402_300_799;
    let since = (seconds <= LAST).then(|| Duration::from_secs(seconds))?;
    SystemTime::UNIX_EPOCH.checked_add(since)
}

/// What somebody else said, cut, without what a terminal would obey.
pub(super) fn said(text: &str) -> String {
    kms::said(text, MOST_SAID)
}

/// Reads a text that is secret.
pub(super) fn wiped<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(from).map(Zeroizing::new)
}

/// What is repeated of an answer has a bound.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn bounded(refusal: &Refusal) {
    /// Two sentences of a holder's, each as long as its characters may be, and ours around them.
    const MOST: usize = 2 * 4 * MOST_SAID + 200;
    let said = match refusal {
        Refusal::Unavailable(why) | Refusal::NoKey(why) | Refusal::InUse(why) => why.as_str(),
        Refusal::Damaged => "",
    };
    assert!(
        said.len() <= MOST && !said.contains(char::is_control),
        "more is repeated than should be"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_nobody_will_see_is_none() {
        assert_eq!(time_of(1), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1)));
        assert!(time_of(253_402_300_799).is_some());
        for never in [253_402_300_800, u64::MAX / 2, u64::MAX] {
            assert_eq!(time_of(never), None);
        }
    }
}
