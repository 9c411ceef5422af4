//! Errors as answers.

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, Response, StatusCode};
use purser_types::{Status, json, status, yaml};

use super::{Body, Indenter, JSON, YAML, whole};
use crate::negotiate::{Encoding, PROTOBUF, negotiate_error};

const NO_SNIFF: (HeaderName, HeaderValue) = (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

/// `failed` in the form the client reads.
pub(crate) fn failure(failed: &Status, headers: &HeaderMap, pretty: bool) -> Response<Body> {
    let code = StatusCode::from_u16(failed.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let format = negotiate_error(headers);
    let mut document = failed.to_json();
    let content_type = match format.encoding {
        Encoding::Json if pretty || format.pretty => {
            document = Indenter::whole(&document);
            JSON
        }
        Encoding::Json => {
            document.push(b'\n');
            JSON
        }
        Encoding::Protobuf => {
            document = status::protobuf(&document);
            PROTOBUF
        }
        Encoding::Yaml => match json::parse(&document) {
            Ok(parsed) => {
                document.clear();
                yaml::write(&parsed.value, &mut document);
                YAML
            }
            Err(_) => JSON,
        },
    };
    let mut response = whole(code, content_type, Bytes::from(document));
    let retry = failed
        .details
        .as_ref()
        .map_or(0, |details| details.retry_after_seconds);
    if retry > 0 {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(retry));
    }
    if failed.code == 403 {
        response.headers_mut().insert(NO_SNIFF.0, NO_SNIFF.1);
    }
    response
}

/// A plain sentence, as Go's `http.Error` writes it.
pub(crate) fn plain_text(code: StatusCode, sentence: &str) -> Response<Body> {
    let mut response = whole(
        code,
        "text/plain; charset=utf-8",
        Bytes::from(format!("{sentence}\n")),
    );
    response.headers_mut().insert(NO_SNIFF.0, NO_SNIFF.1);
    response
}
