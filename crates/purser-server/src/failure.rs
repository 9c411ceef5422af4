//! Why a request is not served.

use http::{HeaderMap, Response, StatusCode};
use purser_types::Status;
use purser_types::status::Details;

use crate::answer::{self, Body};
use crate::encode::EncodeError;

/// Why a request is not served, and how that reads.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A `Status`.
    Status(Box<Status>),
    /// A plain sentence, where upstream sends no `Status`.
    Plain(StatusCode, &'static str),
}

impl Failure {
    /// Go's 404 of paths that nothing is mounted at.
    pub(crate) const NOTHING_HERE: Self = Self::Plain(StatusCode::NOT_FOUND, "404 page not found");
    /// 429 of the limit on requests in flight.
    pub(crate) const TOO_MANY: Self = Self::Plain(
        StatusCode::TOO_MANY_REQUESTS,
        "Too many requests, please try again later.",
    );

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
            Self::Plain(code, sentence) => {
                let mut response = answer::plain_text(*code, sentence);
                if *code == StatusCode::TOO_MANY_REQUESTS {
                    let retry = http::HeaderValue::from_static("1");
                    response.headers_mut().insert(http::header::RETRY_AFTER, retry);
                }
                response
            }
        }
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
