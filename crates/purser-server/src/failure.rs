//! Why a request is not served.

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use purser_types::Status;
use purser_types::status::Details;

use crate::answer::{self, Body};
use crate::encode::EncodeError;
use crate::fair::TooMany;

/// Why a request is not served, and how that reads.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A `Status`.
    Status(Box<Status>),
    /// A plain sentence, where upstream sends no `Status`.
    Plain(StatusCode, &'static str),
    /// 429: there is no seat for it.
    TooMany(TooMany),
}

impl Failure {
    /// Go's 404 of paths that nothing is mounted at.
    pub(crate) const NOTHING_HERE: Self = Self::Plain(StatusCode::NOT_FOUND, "404 page not found");

    /// 404 of a path below a served group.
    pub(crate) fn no_resource() -> Self {
        let message = "the server could not find the requested resource";
        Status::new(404, "NotFound", message, Some(Details::default())).into()
    }

    /// 405.
    pub(crate) fn no_method() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Status::new(405, "MethodNotAllowed", message, Some(Details::default())).into()
    }

    /// 504 of a request that took too long.
    pub(crate) fn timeout() -> Self {
        let message = "Timeout: request did not complete within the allotted timeout";
        Status::new(504, "Timeout", message, Some(Details::default())).into()
    }

    /// 413.
    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("Request entity too large: limit is {limit}");
        Status::new(413, "RequestEntityTooLarge", message, None).into()
    }

    /// The answer.
    pub(crate) fn answer(&self, headers: &HeaderMap, pretty: bool) -> Response<Body> {
        match self {
            Self::Status(status) => answer::failure(status, headers, pretty),
            Self::Plain(code, sentence) => answer::plain_text(*code, sentence),
            Self::TooMany(TooMany { retry_after }) => {
                let sentence = "Too many requests, please try again later.";
                let mut response = answer::plain_text(StatusCode::TOO_MANY_REQUESTS, sentence);
                let headers = response.headers_mut();
                headers.insert(RETRY_AFTER, HeaderValue::from(*retry_after));
                response
            }
        }
    }
}

impl From<TooMany> for Failure {
    fn from(too_many: TooMany) -> Self {
        Self::TooMany(too_many)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl From<Box<Status>> for Failure {
    fn from(status: Box<Status>) -> Self {
        Self::Status(status)
    }
}

impl From<purser_registry::Error> for Failure {
    fn from(error: purser_registry::Error) -> Self {
        Status::from(&error).into()
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Registry(error) => error.into(),
            EncodeError::Decode(error) => {
                tracing::error!(%error, "a stored object cannot be decoded");
                Status::internal("the stored object cannot be decoded").into()
            }
        }
    }
}
