//! The `Content-Type` of bodies.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use purser_types::Status;
use purser_types::decode::BodyFormat;
use purser_types::status::Details;

/// The kinds of patch, by media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatchType {
    /// `application/json-patch+json`
    Json,
    /// `application/merge-patch+json`
    Merge,
    /// `application/strategic-merge-patch+json`
    Strategic,
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

/// How an object is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// As text.
    Text(BodyFormat),
    /// `application/vnd.kubernetes.protobuf`: `kubectl create secret` sends it whatever discovery says.
    Protobuf,
}

/// The format of the object of a create or update.
///
/// # Errors
/// 415 for what is not read.
pub(crate) fn object_format(headers: &HeaderMap) -> Result<Sent, Box<Status>> {
    match media_type(headers) {
        "application/json" => Ok(Sent::Text(BodyFormat::Json)),
        "application/yaml" => Ok(Sent::Text(BodyFormat::Yaml)),
        PROTOBUF => Ok(Sent::Protobuf),
        _ => Err(unsupported(
            &format!("{UNKNOWN_FORMAT}: application/json, application/yaml, {PROTOBUF}"),
            None,
        )),
    }
}

/// The format of the options of a delete.
///
/// # Errors
/// 415 for what is not read. Upstream's sentence names protobuf too; only what is read is named here.
pub(crate) fn options_format(headers: &HeaderMap) -> Result<BodyFormat, Box<Status>> {
    match object_format(headers) {
        Ok(Sent::Text(format)) => Ok(format),
        _ => Err(unsupported(
            &format!("{UNKNOWN_FORMAT}: application/json, application/yaml"),
            None,
        )),
    }
}

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// The kind of a patch.
///
/// # Errors
/// 415, for server-side apply (`application/apply-patch+yaml`) as upstream refuses a kind of patch that a resource
/// does not take, and for any other media type as go-restful does.
pub(crate) fn patch_type(headers: &HeaderMap) -> Result<PatchType, Box<Status>> {
    match media_type(headers) {
        "application/json-patch+json" => Ok(PatchType::Json),
        "application/merge-patch+json" => Ok(PatchType::Merge),
        "application/strategic-merge-patch+json" => Ok(PatchType::Strategic),
        "application/apply-patch+yaml" | "application/apply-patch+cbor" => Err(unsupported(
            &format!(
                "{UNKNOWN_FORMAT}: application/json-patch+json, application/merge-patch+json, \
                 application/strategic-merge-patch+json"
            ),
            None,
        )),
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
        let json = Ok(Sent::Text(BodyFormat::Json));
        assert_eq!(object_format(&HeaderMap::new()), json);
        assert_eq!(object_format(&headers("application/json; charset=utf-8")), json);
        assert_eq!(
            object_format(&headers("application/yaml")),
            Ok(Sent::Text(BodyFormat::Yaml))
        );
        assert_eq!(object_format(&headers(PROTOBUF)), Ok(Sent::Protobuf));
        assert_eq!(
            options_format(&headers(PROTOBUF)).map_err(|status| status.code),
            Err(415)
        );
        assert_eq!(
            object_format(&headers("text/plain")).unwrap_err().message,
            "the body of the request was in an unknown format - accepted media types include: application/json, \
             application/yaml, application/vnd.kubernetes.protobuf"
        );
    }

    #[test]
    fn patches_need_their_media_type() {
        assert_eq!(
            patch_type(&headers("application/merge-patch+json")),
            Ok(PatchType::Merge)
        );
        assert_eq!(
            patch_type(&headers("application/json")).unwrap_err().message,
            "415: Unsupported Media Type"
        );
        let apply = patch_type(&headers("application/apply-patch+yaml")).unwrap_err();
        assert!(apply.message.contains("application/strategic-merge-patch+json"));
    }
}
