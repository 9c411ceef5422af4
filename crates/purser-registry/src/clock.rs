//! Time and identities, passed in so that a test can hold them still.

use std::time::SystemTime;

use uuid::Uuid;

/// What time it is.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> SystemTime;
}

/// Where uids and generated names come from.
pub trait Ids: Send + Sync + 'static {
    /// A fresh uid, an RFC 4122 version 4 UUID in lower case.
    fn uuid(&self) -> String;

    /// Five characters to append to a `generateName`, of [`SUFFIX_ALPHABET`].
    fn name_suffix(&self) -> String;
}

/// The letters of generated names: no vowels and nothing that reads as one, so that no word appears.
/// Source: `k8s.io/apimachinery/pkg/util/rand`.
pub const SUFFIX_ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// How many letters are appended to a `generateName`. Source: `k8s.io/apiserver/pkg/storage/names`.
pub const SUFFIX_LENGTH: usize = 5;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Identities from the system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&self) -> String {
        Uuid::new_v4().hyphenated().to_string()
    }

    fn name_suffix(&self) -> String {
        let letters = SUFFIX_ALPHABET.len() as u128;
        // 122 random bits choose 27^5 (24 bits) names with a bias far below 2^-90.
        let mut left = Uuid::new_v4().as_u128();
        (0..SUFFIX_LENGTH)
            .map(|_| {
                let letter = usize::try_from(left % letters).unwrap_or(0);
                left /= letters;
                char::from(SUFFIX_ALPHABET.get(letter).copied().unwrap_or(b'x'))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_has_five_letters_of_the_alphabet() {
        let suffix = RandomIds.name_suffix();
        assert_eq!(suffix.len(), SUFFIX_LENGTH);
        assert!(suffix.bytes().all(|letter| SUFFIX_ALPHABET.contains(&letter)));
    }

    #[test]
    fn uids_are_version_4_in_lower_case() {
        let uid = RandomIds.uuid();
        assert_eq!(uid.len(), 36);
        assert_eq!(uid, uid.to_lowercase());
        assert_eq!(uid.as_bytes()[14], b'4');
    }
}
