//! Answers to HEAD.

use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Response, StatusCode};
use http_body::Body as _;

use super::Body;

/// The head of `response` alone, which still says how long the body is. HTTP/1 leaves the body out by itself; HTTP/2
/// would send it, and the client would end the stream.
pub(crate) fn head_alone(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    if let (Some(length), false) = (body.size_hint().exact(), head.status == StatusCode::NOT_MODIFIED) {
        head.headers
            .entry(CONTENT_LENGTH)
            .or_insert_with(|| HeaderValue::from(length));
    }
    Response::from_parts(head, Body::empty())
}
