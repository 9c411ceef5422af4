//! The `Content-Type` of bodies.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use purser_types::Status;
use purser_types::decode::BodyFormat;
use purser_types::status::Details;

use super::PROTOBUF;

/// The kinds of patch, by media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatchType {
    /// `application/json-patch+json`
    Json,
    /// `application/merge-patch+json`
    Merge,
    /// `application/strategic-merge-patch+json`
    Strategic,
    /// `application/apply-patch+yaml`: server-side apply.
    Apply,
}

/// The media type without parameters; `application/json` when there is none.
fn media_type(headers: &HeaderMap) -> &str {
    let text = headers
        .get(CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or("?"))
        .unwrap_or_default();
    match text.split(';').next().unwrap_or_default().trim() {
        "" => "application/json",
        media => media,
    }
}

/// The format of the object of a create or update, or of the options of a delete.
///
/// # Errors
/// 415 for what is not read: CBOR too, as upstream with its gate `CBORServingAndStorage` off, its default.
pub(crate) fn body_format(headers: &HeaderMap) -> Result<BodyFormat, Box<Status>> {
    // Go's `mime.ParseMediaType` minds no case here; the kinds of patch are compared as they come.
    match media_type(headers).to_ascii_lowercase().as_str() {
        "application/json" => Ok(BodyFormat::Json),
        "application/yaml" => Ok(BodyFormat::Yaml),
        PROTOBUF => Ok(BodyFormat::Protobuf),
        _ => Err(unsupported(
            &format!("{UNKNOWN_FORMAT}: application/json, application/yaml, {PROTOBUF}"),
            None,
        )),
    }
}

/// The kind of a patch.
///
/// # Errors
/// 415 as go-restful refuses, for `application/apply-patch+cbor` too, as upstream with CBOR off.
pub(crate) fn patch_type(headers: &HeaderMap) -> Result<PatchType, Box<Status>> {
    match media_type(headers) {
        "application/json-patch+json" => Ok(PatchType::Json),
        "application/merge-patch+json" => Ok(PatchType::Merge),
        "application/strategic-merge-patch+json" => Ok(PatchType::Strategic),
        "application/apply-patch+yaml" => Ok(PatchType::Apply),
        _ => Err(unsupported(
            "415: Unsupported Media Type",
            Some(Details::default()),
        )),
    }
}

const UNKNOWN_FORMAT: &str =
    "the body of the request was in an unknown format - accepted media types include";

fn unsupported(message: &str, details: Option<Details>) -> Box<Status> {
    Box::new(Status::new(415, "UnsupportedMediaType", message, details))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, value.parse().unwrap());
        headers
    }

    #[test]
    fn bodies_are_json_unless_they_say_otherwise() {
        let json = Ok(BodyFormat::Json);
        assert_eq!(body_format(&HeaderMap::new()), json);
        assert_eq!(body_format(&headers("Application/JSON; charset=utf-8")), json);
        assert_eq!(body_format(&headers("application/yaml")), Ok(BodyFormat::Yaml));
        assert_eq!(body_format(&headers(PROTOBUF)), Ok(BodyFormat::Protobuf));
        for refused in ["text/plain", "application/cbor"] {
            assert_eq!(
                body_format(&headers(refused)).unwrap_err().message,
                "the body of the request was in an unknown format - accepted media types include: \
                 application/json, application/yaml, application/vnd.kubernetes.protobuf"
            );
        }
    }

    #[test]
    fn patches_need_their_media_type() {
        assert_eq!(
            patch_type(&headers("application/merge-patch+json")),
            Ok(PatchType::Merge)
        );
        for refused in [
            "application/json",
            PROTOBUF,
            "application/cbor",
            "application/apply-patch+cbor",
        ] {
            assert_eq!(
                patch_type(&headers(refused)).unwrap_err().message,
                "415: Unsupported Media Type"
            );
        }
        let apply = patch_type(&headers("application/apply-patch+yaml"));
        assert_eq!(apply, Ok(PatchType::Apply));
    }
}
