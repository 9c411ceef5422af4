//! What became of a request that was not answered as it should be.

use std::error::Error;

use purser_store::StoreError;
use tonic::{Code, Status};

use crate::connect::NotConnected;

/// The most characters of etcd's sentence that are repeated.
const MAX_SENTENCE: usize = 200;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The revision asked for is forgotten.
    Compacted,
    /// The revision asked for is not there yet.
    Future,
    /// etcd does not take as much.
    TooLarge(String),
    /// This client does not take as much.
    AnswerTooLarge,
    /// Nothing was done; another member may do it.
    NotTaken(String),
    /// Nothing was done, nor would another member do it now.
    Refused(String),
    /// Whether it was done is not known.
    Unknown(String),
    /// The cluster says that its members do not hold the same.
    Damaged(String),
}

impl Fault {
    /// Whether a request that only reads may be tried with another member.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::NotTaken(_) | Self::Unknown(_))
    }

    /// The sentence.
    pub(crate) fn why(&self) -> &str {
        match self {
            Self::Compacted => "the revision is compacted",
            Self::Future => "the revision is in the future",
            Self::AnswerTooLarge => "the answer is larger than is taken",
            Self::TooLarge(why)
            | Self::NotTaken(why)
            | Self::Refused(why)
            | Self::Unknown(why)
            | Self::Damaged(why) => why,
        }
    }
}

/// For requests that name no revision, and write nothing.
impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::TooLarge(why) => Self::TooLarge(why),
            Fault::Damaged(why) => Self::Damaged(why),
            fault => Self::Unavailable(fault.why().to_owned()),
        }
    }
}

/// Source: `api/v3rpc/rpctypes/error.go`; sentences are what tells etcd's errors apart.
impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        if let Some(unsent) = not_connected(&status) {
            return Self::NotTaken(unsent.to_string());
        }
        let said = status.message();
        let is = |part: &str| said.contains(part);
        let why = || sentence(&status);
        match status.code() {
            Code::OutOfRange if is("required revision has been compacted") => Self::Compacted,
            Code::OutOfRange if is("required revision is a future revision") => Self::Future,
            Code::OutOfRange if is("decoded message length too large") => Self::AnswerTooLarge,
            Code::InvalidArgument if is("request is too large") || is("too many operations") => {
                Self::TooLarge(why())
            }
            Code::ResourceExhausted if is("larger than max") => Self::TooLarge(why()),
            Code::ResourceExhausted if is("database space exceeded") => {
                Self::Refused(format!("etcd has no space left (its alarm NOSPACE): {}", why()))
            }
            Code::Unavailable if is("no leader") || is("not supported for learner") || is("not capable") => {
                Self::NotTaken(why())
            }
            Code::DataLoss => Self::Damaged(why()),
            Code::ResourceExhausted
            | Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::Unimplemented
            | Code::NotFound => Self::Refused(why()),
            _ => Self::Unknown(why()),
        }
    }
}

/// What says that the request was never sent.
fn not_connected(status: &Status) -> Option<&NotConnected> {
    let mut cause: Option<&(dyn Error + 'static)> = status.source();
    while let Some(error) = cause {
        if let Some(unsent) = error.downcast_ref::<NotConnected>() {
            return Some(unsent);
        }
        cause = error.source();
    }
    None
}

/// What a member says, as far as it is repeated; with the cause that it does not say.
fn sentence(status: &Status) -> String {
    let mut said = status.message().to_owned();
    let mut cause = status.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    clip(&said)
}

/// What is repeated of another's sentence: on one line, and not much of it.
pub(crate) fn clip(said: &str) -> String {
    let plain = said
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.take(MAX_SENTENCE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_etcd_are_told_apart() {
        let fault = |code, said: &str| Fault::from(Status::new(code, said));
        let revision = "etcdserver: mvcc: required revision";
        assert_eq!(
            fault(Code::OutOfRange, &format!("{revision} has been compacted")),
            Fault::Compacted
        );
        assert_eq!(
            fault(Code::OutOfRange, &format!("{revision} is a future revision")),
            Fault::Future
        );
        for (code, said) in [
            (Code::Unavailable, "etcdserver: request timed out"),
            (Code::Unavailable, "etcdserver: leader changed"),
            (Code::Unavailable, "etcdserver: server stopped"),
            (Code::DeadlineExceeded, "context deadline exceeded"),
            (Code::Unknown, "transport error"),
        ] {
            assert!(matches!(fault(code, said), Fault::Unknown(_)), "{said}");
        }
        for (code, said) in [
            (
                Code::ResourceExhausted,
                "etcdserver: mvcc: database space exceeded",
            ),
            (Code::ResourceExhausted, "etcdserver: too many requests"),
            (Code::PermissionDenied, "etcdserver: permission denied"),
        ] {
            assert!(matches!(fault(code, said), Fault::Refused(_)), "{said}");
        }
        assert!(matches!(
            fault(Code::Unavailable, "etcdserver: no leader"),
            Fault::NotTaken(_)
        ));
        assert!(matches!(
            fault(Code::DataLoss, "etcdserver: corrupt cluster"),
            Fault::Damaged(_)
        ));
        assert!(matches!(
            fault(
                Code::ResourceExhausted,
                "grpc: received message larger than max (9 vs. 1)"
            ),
            Fault::TooLarge(_)
        ));
    }

    #[test]
    fn sentences_of_others_are_cut_and_stay_on_one_line() {
        let said = clip(&format!("a\nb\u{1b}{}", "x".repeat(1_000)));
        assert!(said.starts_with("a b x"));
        assert_eq!(said.chars().count(), MAX_SENTENCE);
    }
}
