//! What a `resourceVersion` of a request says.

use purser_types::Status;

use crate::error::Error;
use crate::registry::Registry;

/// A parsed `resourceVersion`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revision {
    /// Not given: the latest.
    Latest,
    /// `0`: whatever is at hand.
    Any,
    /// This one.
    At(u64),
}

/// Reads a `resourceVersion`; the error is the sentence.
pub(crate) fn parse(text: &str) -> Result<Revision, String> {
    if text.is_empty() {
        return Ok(Revision::Latest);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(0) if digits => Ok(Revision::Any),
        Ok(revision) if digits => Ok(Revision::At(revision)),
        _ => {
            let why = if digits {
                "value out of range"
            } else {
                "invalid syntax"
            };
            Err(format!(
                "resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: {why}"
            ))
        }
    }
}

/// As [`parse`], for a get or a watch. Upstream answers 500 here; the same sentence with 400 tells a client not to
/// try again.
pub(crate) fn parse_for_read(text: &str) -> Result<Revision, Error> {
    parse(text).map_err(|why| Status::bad_request(why).into())
}

/// As [`parse`], for a list.
pub(crate) fn parse_for_list(text: &str) -> Result<Revision, Error> {
    parse(text).map_err(|why| Status::bad_request(format!("invalid resource version: {why}")).into())
}

impl Registry {
    /// Waits until the caches are where `revision` says.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when they are not in time, and the store's.
    pub(crate) async fn reach(&self, revision: Revision) -> Result<(), Error> {
        match revision {
            Revision::Latest => self.caches.reach_latest().await,
            Revision::Any => Ok(()),
            Revision::At(revision) => self.caches.reach(revision).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_unsigned_numbers() {
        assert_eq!(parse(""), Ok(Revision::Latest));
        assert_eq!(parse("0"), Ok(Revision::Any));
        assert_eq!(parse("17"), Ok(Revision::At(17)));
        let invalid =
            "resourceVersion: Invalid value: \"x\": strconv.ParseUint: parsing \"x\": invalid syntax";
        assert_eq!(parse("x"), Err(invalid.to_owned()));
        assert!(parse("+1").unwrap_err().ends_with("invalid syntax"));
        assert!(
            parse("99999999999999999999")
                .unwrap_err()
                .ends_with("value out of range")
        );
    }
}
