//! In which form an answer is to be, and in which form a body came.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/negotiation` and go-restful's route matching, whose two
//! different refusals clients see.

mod accept;
mod content_type;
mod metadata;

pub(crate) use accept::{Clause, clauses as parse_accept};
pub(crate) use content_type::{PatchType, body_format, patch_type};
pub(crate) use metadata::miscounted;

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
    /// `application/vnd.kubernetes.protobuf`.
    Protobuf,
}

/// The media type of protobuf.
pub(crate) const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

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
    /// Whether metadata of a list is asked for where there is one object, or of an object where there is a list.
    pub(crate) miscounts: bool,
}

impl Format {
    /// The format of a client that has no wish.
    pub(crate) const JSON: Self = Self {
        encoding: Encoding::Json,
        shape: Shape::Object,
        pretty: false,
        miscounts: false,
    };
}

/// What an endpoint can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// One object.
    Object,
    /// A collection, which can also be watched.
    Collection,
    /// A watch: frames of JSON or protobuf.
    Watch,
    /// A watch that says where what is there ends, so that it stands for a list: no tables.
    ///
    /// Source: `watchListEndpointRestrictions` in `k8s.io/apiserver/pkg/endpoints/handlers/get.go`.
    WatchList,
    /// Documents and errors: no tables.
    Plain,
    /// What is no API object: no protobuf either.
    Text,
}

impl Endpoint {
    /// Whether frames are sent, not one answer.
    pub(crate) fn is_watch(self) -> bool {
        matches!(self, Self::Watch | Self::WatchList)
    }
}

/// The media types served, in the order they are preferred and named in refusals.
pub(crate) const SERVED: [(&str, Encoding); 3] = [
    ("json", Encoding::Json),
    ("yaml", Encoding::Yaml),
    ("vnd.kubernetes.protobuf", Encoding::Protobuf),
];

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
    if !route_matches(header, endpoint) {
        return Err(no_representation(endpoint));
    }
    let format = parse_accept(header)
        .iter()
        .find_map(|clause| fit(clause, endpoint));
    match format {
        None => Err(not_acceptable(SERVED_NAMES)),
        // YAML is chosen, and has no frames.
        Some(Format {
            encoding: Encoding::Yaml,
            ..
        }) if endpoint.is_watch() => Err(not_acceptable(STREAM_NAMES)),
        Some(format) => Ok(format),
    }
}

/// As [`negotiate`] for an error, which is written as indented JSON when nothing else suits.
pub(crate) fn negotiate_error(headers: &HeaderMap) -> Format {
    negotiate(headers, Endpoint::Plain).unwrap_or(Format {
        pretty: true,
        ..Format::JSON
    })
}

/// Checks that an endpoint that has nothing but JSON suits the client.
///
/// # Errors
/// 406 of go-restful, which names what there is.
pub(crate) fn json_route(headers: &HeaderMap) -> Result<(), Box<Status>> {
    let served = |header: &str| {
        header.is_empty()
            || header.split(',').any(|clause| {
                let media = clause.split(';').next().unwrap_or_default().trim();
                matches!(media, "*/*" | JSON_NAME)
            })
    };
    match header_text(headers) {
        Some(header) if !served(header) => Err(no_route(JSON_NAME)),
        _ => Ok(()),
    }
}

/// The header as text; several headers are read as their first, as Go's `Header.Get` does.
fn header_text(headers: &HeaderMap) -> Option<&str> {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok())
}

/// Whether any clause, its parameters aside, names what is served: go-restful's choice of a route.
fn route_matches(header: &str, endpoint: Endpoint) -> bool {
    header.split(',').any(|clause| {
        let media = clause.split(';').next().unwrap_or_default().trim();
        matches!(media, "*/*" | "application/json" | "application/yaml")
            || (media == PROTOBUF && endpoint != Endpoint::Text)
    })
}

fn fit(clause: &Clause<'_>, endpoint: Endpoint) -> Option<Format> {
    SERVED
        .iter()
        .filter(|(subtype, _)| clause.covers("application", subtype))
        .find_map(|(_, encoding)| {
            if endpoint == Endpoint::Text && *encoding == Encoding::Protobuf {
                return None;
            }
            let asks = |name| clause.param(name).filter(|value| !value.is_empty());
            if asks("stream").is_some_and(|stream| stream != "watch" || *encoding == Encoding::Yaml) {
                return None;
            }
            if asks("sv").is_some_and(|version| version != "v1") {
                return None;
            }
            // `Table` has no protobuf.
            let shape = shape(clause, endpoint)
                .filter(|shape| !matches!(shape, Shape::Table(_)) || *encoding != Encoding::Protobuf)?;
            Some(Format {
                encoding: *encoding,
                shape,
                pretty: clause.param("pretty") == Some("1"),
                miscounts: metadata::miscounts(clause.param("as"), endpoint),
            })
        })
}

fn shape(clause: &Clause<'_>, endpoint: Endpoint) -> Option<Shape> {
    let (kind, group, version) = (clause.param("as"), clause.param("g"), clause.param("v"));
    if kind.is_none() && group.is_none() && version.is_none() {
        return Some(Shape::Object);
    }
    if matches!(endpoint, Endpoint::Plain | Endpoint::Text) || group != Some("meta.k8s.io") {
        return None;
    }
    let version = match version? {
        "v1" => MetaVersion::V1,
        "v1beta1" => MetaVersion::V1Beta1,
        _ => return None,
    };
    match kind? {
        "Table" if endpoint != Endpoint::WatchList => Some(Shape::Table(version)),
        metadata::OF_ONE | metadata::OF_LIST => Some(Shape::Metadata(version)),
        _ => None,
    }
}

const JSON_NAME: &str = "application/json";
/// The media types of answers, as refusals name them.
const SERVED_NAMES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
/// Those of watches.
const STREAM_NAMES: &str = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

/// go-restful's refusal.
fn no_representation(endpoint: Endpoint) -> Box<Status> {
    let served = match endpoint {
        Endpoint::Collection | Endpoint::Watch | Endpoint::WatchList => {
            format!("{SERVED_NAMES}, {STREAM_NAMES}")
        }
        Endpoint::Object | Endpoint::Plain => SERVED_NAMES.to_owned(),
        Endpoint::Text => "application/json, application/yaml".to_owned(),
    };
    no_route(&served)
}

fn no_route(served: &str) -> Box<Status> {
    let message = format!("406: Not Acceptable\n\nAvailable representations: {served}");
    Box::new(Status::new(
        406,
        "NotAcceptable",
        message,
        Some(Details::default()),
    ))
}

/// The serializer's refusal.
fn not_acceptable(served: &str) -> Box<Status> {
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
        let [yaml, protobuf] = [Encoding::Yaml, Encoding::Protobuf].map(|encoding| Format {
            encoding,
            ..Format::JSON
        });
        for (header, expected) in [
            ("", Format::JSON),
            ("application/json", Format::JSON),
            ("application/yaml", yaml),
            ("application/yaml;q=0.5, application/json;q=0.9", Format::JSON),
            ("application/vnd.kubernetes.protobuf, application/json", protobuf),
            ("application/vnd.kubernetes.protobuf;stream=watch", protobuf),
            (
                "application/json, application/vnd.kubernetes.protobuf",
                Format::JSON,
            ),
            (
                "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io, application/json",
                Format::JSON,
            ),
            (
                "application/cbor, application/vnd.kubernetes.protobuf, */*",
                protobuf,
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
        let restful = format!("406: Not Acceptable\n\nAvailable representations: {SERVED_NAMES}");
        // go-restful compares words; only the whole wildcard is one to it. CBOR is off, as upstream's gate is.
        for refused in ["application/xml", "application/cbor", "application/*"] {
            assert_eq!(accept(refused, Endpoint::Object), Err(restful.clone()));
        }
        assert_eq!(
            accept("application/xml", Endpoint::Collection),
            Err(format!("{restful}, {STREAM_NAMES}"))
        );
        assert!(accept("application/vnd.kubernetes.protobuf", Endpoint::Text).is_err());
        let serializer = format!("only the following media types are accepted: {SERVED_NAMES}");
        assert_eq!(
            accept(
                "application/json;as=Table;v=v9;g=meta.k8s.io",
                Endpoint::Collection
            ),
            Err(serializer)
        );
        assert_eq!(
            accept("application/yaml, application/json", Endpoint::Watch),
            Err(format!(
                "only the following media types are accepted: {STREAM_NAMES}"
            ))
        );
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
        assert_eq!(accept(list, Endpoint::Watch), Ok(metadata));
        // The clause is taken, whatever else would do, and refused when the answer is made.
        let wrong = Ok(Format {
            miscounts: true,
            ..metadata
        });
        assert_eq!(
            accept(&format!("{one},application/json"), Endpoint::Collection),
            wrong
        );
        assert_eq!(accept(list, Endpoint::Object), wrong);
    }
}
