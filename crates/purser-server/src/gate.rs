//! What is refused for its head alone, before it is a request of the API.

use http::header::HOST;
use http::{Method, Request, StatusCode, Version};

use crate::failure::Failure;

/// What a header takes besides its name and value, as HTTP/2 counts it (RFC 9113, section 6.5.2).
const HEADER_OVERHEAD: usize = 32;

/// Why a request with this head is not served, when it is not. `most`: the bytes that a head may have, counted as
/// HTTP/2 counts them; the library bounds what it buffers of HTTP/1, and takes a head that comes at once.
pub(crate) fn refusal<B>(request: &Request<B>, most: usize) -> Option<Failure> {
    let refuse = |code, sentence| Some(Failure::Plain(code, sentence));
    if request.method() == Method::CONNECT {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "this is not a proxy");
    }
    let named = request.headers().contains_key(HOST) || request.uri().authority().is_some();
    if request.version() == Version::HTTP_11 && !named {
        return refuse(
            StatusCode::BAD_REQUEST,
            "400 Bad Request: missing required Host header",
        );
    }
    if request.headers().get_all(HOST).iter().nth(1).is_some() {
        return refuse(StatusCode::BAD_REQUEST, "400 Bad Request: too many Host headers");
    }
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |path| path.as_str().len());
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + HEADER_OVERHEAD);
    if headers.fold(target, usize::saturating_add) > most {
        return refuse(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "431 Request Header Fields Too Large",
        );
    }
    None
}
