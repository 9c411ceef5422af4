//! How each [`Error`] reads to a client.

use purser_encryption::CommitError;
use purser_store::StoreError;
use purser_types::Status;
use purser_types::status::{Cause, Details};

use crate::error::Error;

/// Seconds after which a client tries again when the store or the cache was not ready.
const RETRY_SECONDS: u32 = 1;

impl From<&Error> for Status {
    fn from(error: &Error) -> Self {
        match error {
            Error::Refused(status) => (**status).clone(),
            Error::WrongPermit | Error::NotServed | Error::Unreadable { .. } | Error::Malformed { .. } => {
                Self::internal(&error.to_string())
            }
            Error::TooLarge { asked, current } => too_large(*asked, *current),
            Error::ListExpired => Self::expired("The resourceVersion for the provided list is too old."),
            Error::ContinueExpired { token } => continue_expired(token),
            Error::WatchExpired { asked, oldest } => {
                Self::expired(format!("too old resource version: {asked} ({oldest})"))
            }
            Error::Contended => unavailable("the object kept changing, try again"),
            Error::Commit(CommitError::Seal(why)) => unavailable(&why.to_string()),
            Error::Commit(CommitError::Store(why)) | Error::Store(why) => store(why),
            Error::Stopping => unavailable("the server is stopping"),
        }
    }
}

/// As `storage.NewTooLargeResourceVersionError`.
fn too_large(asked: u64, current: u64) -> Status {
    let cause = Cause {
        reason: "ResourceVersionTooLarge",
        message: "Too large resource version".to_owned(),
        field: String::new(),
    };
    let details = Details {
        causes: vec![cause],
        retry_after_seconds: RETRY_SECONDS,
        ..Details::default()
    };
    let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
    Status::new(504, "Timeout", message, Some(details))
}

/// As `etcd3.handleCompactedErrorForPaging`.
fn continue_expired(token: &str) -> Status {
    let mut status = Status::expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list \
         without the continue parameter, or use the continue token in this response to retrieve the remainder of \
         the results. Continuing with the provided token results in an inconsistent list - objects that were \
         created, modified, or deleted between the time the first chunk was returned and now may show up in the \
         list.",
    );
    token.clone_into(&mut status.continue_token);
    status
}

fn store(why: &StoreError) -> Status {
    match why {
        StoreError::Compacted { .. } => {
            Status::expired("The resourceVersion for the provided list is too old.")
        }
        StoreError::Future { asked, current } => too_large(*asked, *current),
        StoreError::TooLarge(what) => {
            let message = format!("Request entity too large: {what}");
            Status::new(413, "RequestEntityTooLarge", message, None)
        }
        StoreError::Lagged | StoreError::Unavailable(_) => unavailable(&why.to_string()),
        StoreError::Unsure(_) => unsure(&why.to_string()),
        StoreError::Damaged(_) => Status::internal(&why.to_string()),
    }
}

/// As `NewTimeoutError`, without a time to wait: clients that are told one send the write again by themselves.
fn unsure(why: &str) -> Status {
    let message = format!("Timeout: {why}");
    Status::new(504, "Timeout", message, Some(Details::default()))
}

/// As `NewServiceUnavailable`, with the time to wait.
fn unavailable(why: &str) -> Status {
    let details = Details {
        retry_after_seconds: RETRY_SECONDS,
        ..Details::default()
    };
    Status::new(503, "ServiceUnavailable", why, Some(details))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_list_can_be_gone_on_with() {
        let status = Status::from(&Error::ContinueExpired {
            token: "t".to_owned(),
        });
        assert_eq!((status.code, status.reason), (410, "Expired"));
        let json = String::from_utf8(status.to_json()).unwrap();
        assert!(json.contains(r#""metadata":{"continue":"t"}"#), "{json}");
    }

    #[test]
    fn what_may_pass_says_when_to_try_again() {
        let unavailable = Error::Store(StoreError::Unavailable("closing".to_owned()));
        for error in [
            unavailable,
            Error::Contended,
            Error::Stopping,
            Error::TooLarge { asked: 2, current: 1 },
        ] {
            let status = Status::from(&error);
            assert!(status.code >= 500);
            assert_eq!(
                status.details.map(|details| details.retry_after_seconds),
                Some(RETRY_SECONDS)
            );
        }
    }

    #[test]
    fn a_write_of_which_nothing_was_heard_is_not_to_be_sent_again_unseen() {
        let status = Status::from(&Error::Store(StoreError::Unsure("no answer".to_owned())));
        assert_eq!((status.code, status.reason), (504, "Timeout"));
        assert_eq!(status.details.map(|details| details.retry_after_seconds), Some(0));
        assert!(
            status.message.contains("is not known: no answer"),
            "{}",
            status.message
        );
    }
}
