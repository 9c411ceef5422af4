//! What is sent back: bodies, headers, errors.

mod body;
mod failure;
mod gzip;
mod head;
mod live;
mod pretty;
mod warning;
mod wiped;

pub use body::{Body, BodyError};
pub(crate) use body::{FrameSender, frames};
pub(crate) use failure::{failure, plain_text};
pub(crate) use gzip::{Gzip, THRESHOLD_BYTES, accepts_gzip, compress, compress_over, mark_gzip};
pub(crate) use head::head_alone;
pub(crate) use live::{Live, Warden, live};
pub(crate) use pretty::{Indenter, wants_pretty};
pub(crate) use warning::Warnings;
pub(crate) use wiped::{shared, wiped};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};

/// `application/json`
pub(crate) const JSON: &str = "application/json";
/// `application/yaml`
pub(crate) const YAML: &str = "application/yaml";
/// The frames of a watch in protobuf.
pub(crate) const PROTOBUF_FRAMES: &str = "application/vnd.kubernetes.protobuf;stream=watch";

/// Answers to authenticated requests are nobody else's.
pub(crate) const PRIVATE: &str = "no-cache, private";

/// An answer with a body that is all there.
pub(crate) fn whole(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Body> {
    respond(status, content_type, Body::whole(body))
}

/// An answer with these parts.
pub(crate) fn respond(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(PRIVATE));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
