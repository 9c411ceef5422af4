//! In which form an answer is to be, and in which form a body came.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/negotiation` and go-restful's route matching, whose two
//! different refusals clients see.

mod accept;
mod content_type;

pub(crate) use accept::{Clause, clauses as parse_accept};
pub(crate) use content_type::{PatchType, Sent, object_format, options_format, patch_type};

use http::HeaderMap;
use http::header::ACCEPT;
use purser_types::Status;
use purser_types::status::Details;

/// How bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// The version of the `meta.k8s.io` group a table or metadata is asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetaVersion {
    /// `v1`
    V1,
    /// `v1beta1`
    V1Beta1,
}

impl MetaVersion {
    /// `meta.k8s.io/v1`
    pub(crate) fn api_version(self) -> &'static str {
        match self {
            Self::V1 => "meta.k8s.io/v1",
            Self::V1Beta1 => "meta.k8s.io/v1beta1",
        }
    }
}

/// What of an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All of it.
    Object,
    /// `PartialObjectMetadata`, or its list.
    Metadata(MetaVersion),
    /// `Table`.
    Table(MetaVersion),
}

/// The outcome of negotiation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    /// How bytes are written.
    pub(crate) encoding: Encoding,
    /// What is written.
    pub(crate) shape: Shape,
    /// `pretty=1` in the media type.
    pub(crate) pretty: bool,
}

impl Format {
    /// The format of a client that has no wish.
    pub(crate) const JSON: Self = Self {
        encoding: Encoding::Json,
        shape: Shape::Object,
        pretty: false,
    };
}

/// What an endpoint can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// One object.
    Object,
    /// A collection, which can also be watched.
    Collection,
    /// A watch: JSON frames only.
    Watch,
    /// Documents and errors: no tables.
    Plain,
}

/// The media types served, in the order they are preferred and named in refusals.
const SERVED: [(&str, Encoding); 2] = [("json", Encoding::Json), ("yaml", Encoding::Yaml)];

/// The format the client wants, as its `Accept` header says.
///
/// # Errors
/// 406, when nothing that is served suits it.
pub(crate) fn negotiate(headers: &HeaderMap, endpoint: Endpoint) -> Result<Format, Box<Status>> {
    let Some(header) = header_text(headers) else {
        return Ok(Format::JSON);
    };
    if matches!(header, "" | "application/json" | "*/*") {
        return Ok(Format::JSON);
    }
    if !route_matches(header) {
        return Err(no_representation(endpoint));
    }
    parse_accept(header)
        .iter()
        .find_map(|clause| fit(clause, endpoint))
        .ok_or_else(|| not_acceptable(endpoint))
}

/// As [`negotiate`] for an error, which is written as JSON when nothing else suits.
pub(crate) fn negotiate_error(headers: &HeaderMap) -> Format {
    negotiate(headers, Endpoint::Plain).unwrap_or(Format::JSON)
}

/// The header as text; several headers are read as their first, as Go's `Header.Get` does.
fn header_text(headers: &HeaderMap) -> Option<&str> {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok())
}

/// Whether any clause, its parameters aside, names what is served: go-restful's choice of a route.
fn route_matches(header: &str) -> bool {
    header.split(',').any(|clause| {
        let media = clause.split(';').next().unwrap_or_default().trim();
        media == "*/*" || matches!(media, "application/json" | "application/yaml")
    })
}

fn fit(clause: &Clause<'_>, endpoint: Endpoint) -> Option<Format> {
    SERVED
        .iter()
        .filter(|(subtype, _)| clause.covers("application", subtype))
        .find_map(|(_, encoding)| {
            if endpoint == Endpoint::Watch && *encoding != Encoding::Json {
                return None;
            }
            if clause
                .param("stream")
                .is_some_and(|stream| !stream.is_empty() && stream != "watch")
            {
                return None;
            }
            let shape = shape(clause, endpoint)?;
            Some(Format {
                encoding: *encoding,
                shape,
                pretty: clause.param("pretty") == Some("1"),
            })
        })
}

fn shape(clause: &Clause<'_>, endpoint: Endpoint) -> Option<Shape> {
    let (kind, group, version) = (clause.param("as"), clause.param("g"), clause.param("v"));
    if kind.is_none() && group.is_none() && version.is_none() {
        return Some(Shape::Object);
    }
    if endpoint == Endpoint::Plain || group != Some("meta.k8s.io") {
        return None;
    }
    let version = match version? {
        "v1" => MetaVersion::V1,
        "v1beta1" => MetaVersion::V1Beta1,
        _ => return None,
    };
    match kind? {
        "Table" => Some(Shape::Table(version)),
        "PartialObjectMetadata" if endpoint != Endpoint::Collection => Some(Shape::Metadata(version)),
        "PartialObjectMetadataList" if endpoint != Endpoint::Object => Some(Shape::Metadata(version)),
        _ => None,
    }
}

/// go-restful's refusal. Upstream names protobuf too; only what is served is named here.
fn no_representation(endpoint: Endpoint) -> Box<Status> {
    let stream = match endpoint {
        Endpoint::Collection | Endpoint::Watch => ", application/json;stream=watch",
        Endpoint::Object | Endpoint::Plain => "",
    };
    let message = format!(
        "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml{stream}"
    );
    Box::new(Status::new(
        406,
        "NotAcceptable",
        message,
        Some(Details::default()),
    ))
}

/// The serializer's refusal.
fn not_acceptable(endpoint: Endpoint) -> Box<Status> {
    let served = match endpoint {
        Endpoint::Watch => "application/json;stream=watch",
        _ => "application/json, application/yaml",
    };
    let message = format!("only the following media types are accepted: {served}");
    Box::new(Status::new(406, "NotAcceptable", message, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(value: &str, endpoint: Endpoint) -> Result<Format, String> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, value.parse().unwrap());
        negotiate(&headers, endpoint).map_err(|status| status.message)
    }

    fn table(version: MetaVersion) -> Format {
        Format {
            shape: Shape::Table(version),
            ..Format::JSON
        }
    }

    #[test]
    fn the_best_clause_that_is_served_wins() {
        let yaml = Format {
            encoding: Encoding::Yaml,
            ..Format::JSON
        };
        for (header, expected) in [
            ("", Format::JSON),
            ("application/json", Format::JSON),
            ("application/yaml", yaml),
            ("application/yaml;q=0.5, application/json;q=0.9", Format::JSON),
            (
                "application/vnd.kubernetes.protobuf, application/json",
                Format::JSON,
            ),
            ("text/html, */*;q=0.8", Format::JSON),
            (
                "application/json;pretty=1",
                Format {
                    pretty: true,
                    ..Format::JSON
                },
            ),
            (
                "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
                table(MetaVersion::V1),
            ),
            (
                "application/json;as=Table;v=v9;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io",
                table(MetaVersion::V1Beta1),
            ),
        ] {
            assert_eq!(accept(header, Endpoint::Object), Ok(expected), "{header}");
        }
    }

    #[test]
    fn refusals_read_as_upstreams_two_do() {
        let restful = "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml";
        assert_eq!(
            accept("application/xml", Endpoint::Object),
            Err(restful.to_owned())
        );
        assert_eq!(
            accept("application/vnd.kubernetes.protobuf", Endpoint::Plain),
            Err(restful.to_owned())
        );
        // go-restful compares words; only the whole wildcard is one to it.
        assert_eq!(
            accept("application/*", Endpoint::Object),
            Err(restful.to_owned())
        );
        let serializer = "only the following media types are accepted: application/json, application/yaml";
        assert_eq!(
            accept(
                "application/json;as=Table;v=v9;g=meta.k8s.io",
                Endpoint::Collection
            ),
            Err(serializer.to_owned())
        );
        assert!(accept("application/yaml", Endpoint::Watch).is_err());
    }

    #[test]
    fn metadata_is_asked_for_one_or_for_a_list() {
        let one = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
        let list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        let metadata = Format {
            shape: Shape::Metadata(MetaVersion::V1),
            ..Format::JSON
        };
        assert_eq!(accept(one, Endpoint::Object), Ok(metadata));
        assert_eq!(accept(list, Endpoint::Collection), Ok(metadata));
        assert_eq!(accept(one, Endpoint::Watch), Ok(metadata));
    }
}
