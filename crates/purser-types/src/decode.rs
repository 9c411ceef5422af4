//! A request's body as an object, with upstream's refusals.
//!
//! Sources: `apimachinery/pkg/runtime/serializer/json`, `apiserver/pkg/endpoints/handlers/{create,rest}.go`.

use std::borrow::Cow;
use std::fmt::Display;

use crate::conform::{ConformError, Finding, conform_node};
use crate::json;
use crate::node::Node;
use crate::object::Object;
use crate::proto;
use crate::quote::quote;
use crate::resource::{self, Resource};
use crate::schema::Message;
use crate::status::Status;
use crate::value::Map;
use crate::yaml;

/// What happens to fields that are unknown or appear twice (`?fieldValidation=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldValidation {
    /// Dropped silently.
    Ignore,
    /// Dropped, with a warning each; upstream's default.
    #[default]
    Warn,
    /// The request is refused.
    Strict,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// `application/json`
    Json,
    /// `application/yaml`
    Yaml,
    /// `application/vnd.kubernetes.protobuf`: fields that are not known are ignored whatever the validation asks, as
    /// upstream does.
    Protobuf,
}

/// Reads a body as an object of `resource`, with the warnings to send along.
///
/// # Errors
/// With upstream's 400 when the body cannot be read, is of another kind or version, or does not fit the schema.
pub fn object(
    resource: &'static Resource,
    format: BodyFormat,
    body: &[u8],
    validation: FieldValidation,
) -> Result<(Object, Vec<String>), Status> {
    let unrecognized = |error: &dyn Display| unrecognized(resource, error, body);
    let (node, duplicates) = match format {
        BodyFormat::Json => {
            let parsed = json::read(body);
            (
                parsed.map_err(|error| unrecognized(&format!("{NO_VERSION}{error}")))?,
                Vec::new(),
            )
        }
        BodyFormat::Yaml => {
            let document = yaml::read(body).map_err(|error| unrecognized(&error))?;
            (document.node, document.duplicates)
        }
        BodyFormat::Protobuf => return Ok((protobuf(resource, body)?, Vec::new())),
    };
    let kind = TypeMeta::of(&node, resource).map_err(|error| unrecognized(&error))?;
    let refused = |error: &dyn Display| kind.refused(resource, error);
    if !kind.is(resource) {
        return Err(misplaced(&kind, resource, node));
    }
    let (body, findings) = conform_node(resource.message, node).map_err(|error| refused(&error))?;
    let warnings = match validation {
        FieldValidation::Ignore => Vec::new(),
        FieldValidation::Warn => warnings(&duplicates, &findings),
        FieldValidation::Strict if duplicates.is_empty() && findings.is_empty() => Vec::new(),
        FieldValidation::Strict => return Err(refused(&strict_error(&duplicates, &findings))),
    };
    Ok((Object { resource, body }, warnings))
}

fn protobuf(resource: &'static Resource, body: &[u8]) -> Result<Object, Status> {
    let sent = proto::Sent::open(body).map_err(|error| unrecognized(resource, &error, body))?;
    let kind = TypeMeta::named(sent.api_version, sent.kind, resource)
        .map_err(|error| unrecognized(resource, &error, body))?;
    if !kind.is(resource) {
        return Err(misplaced(&kind, resource, Node::Null));
    }
    let body = sent
        .body(resource.message)
        .map_err(|error| kind.refused(resource, &error))?;
    Ok(Object { resource, body })
}

/// Reads a protobuf body that is no stored object (`DeleteOptions`): its apiVersion, its kind and its fields.
///
/// # Errors
/// With the sentence of upstream's decoder.
pub fn protobuf_document(message: &'static Message, body: &[u8]) -> Result<(String, String, Map), String> {
    let sent = proto::Sent::open(body)?;
    Ok((
        sent.api_version.to_owned(),
        sent.kind.to_owned(),
        sent.body(message)?,
    ))
}

const NO_VERSION: &str = "couldn't get version/kind; json parse error: ";

/// The most bytes of a body that a refusal repeats.
const SUMMARY: usize = 30;

fn unrecognized(resource: &Resource, error: &dyn Display, body: &[u8]) -> Status {
    let kind = resource.kind;
    let summary = summary(body);
    Status::bad_request(format!(
        "the object provided is unrecognized (must be of type {kind}): {error} ({summary})"
    ))
}

/// The start of a body: as text if it is an object, else in hexadecimal. Unlike upstream it ends where the values of
/// a Secret may begin (`data`, `stringData`), because refusals end up in logs.
fn summary(body: &[u8]) -> String {
    if body.is_empty() {
        return "<empty>".to_owned();
    }
    let shown = body.get(..SUMMARY).unwrap_or(body);
    let end = [b"data".as_slice(), b"Data"]
        .iter()
        .filter_map(|name| memchr::memmem::find(shown, name))
        .min();
    let shown = shown.get(..end.unwrap_or(shown.len())).unwrap_or(shown);
    let text = if body.starts_with(b"{") {
        String::from_utf8_lossy(shown).into_owned()
    } else {
        shown.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    if shown.len() < body.len() {
        format!("{text} ...")
    } else {
        text
    }
}

/// What a body says it is, or what the request's path implies.
struct TypeMeta {
    group: String,
    version: String,
    kind: String,
}

impl TypeMeta {
    fn of(node: &Node<'_>, resource: &Resource) -> Result<Self, String> {
        let (mut api_version, mut kind) = ("", "");
        match node {
            Node::Null => {}
            Node::Object(members) => {
                for (key, value) in members {
                    // Here upstream matches names whatever their case.
                    if key.as_str().eq_ignore_ascii_case("apiVersion") {
                        string("apiVersion", value, &mut api_version)?;
                    } else if key.as_str().eq_ignore_ascii_case("kind") {
                        string("kind", value, &mut kind)?;
                    }
                }
            }
            other => {
                let (found, wanted) = (other.kind().to_owned(), GO_TYPE.to_owned());
                return Err(no_version(&ConformError::Type {
                    found,
                    place: String::new(),
                    wanted,
                }));
            }
        }
        Self::named(api_version, kind, resource)
    }

    fn named(api_version: &str, mut kind: &str, resource: &Resource) -> Result<Self, String> {
        let (mut group, mut version) = match api_version.split('/').collect::<Vec<_>>().as_slice() {
            [version] => ("", *version),
            [group, version] => (*group, *version),
            _ => return Err(format!("unexpected GroupVersion string: {api_version}")),
        };
        if kind.is_empty() {
            kind = resource.kind;
        }
        if version.is_empty() && (group.is_empty() || group == resource.group) {
            (group, version) = (resource.group, resource.version);
        }
        Ok(Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
        })
    }

    /// The refusal of a body of this type.
    fn refused(&self, resource: &Resource, error: &dyn Display) -> Status {
        let Self { version, kind, .. } = self;
        let wanted = resource.kind;
        Status::bad_request(format!(
            "{kind} in version {} cannot be handled as a {wanted}: {error}",
            quote(version)
        ))
    }

    fn is(&self, resource: &Resource) -> bool {
        self.group == resource.group && self.version == resource.version && self.kind == resource.kind
    }

    fn api_version(&self) -> Cow<'_, str> {
        if self.group.is_empty() {
            Cow::Borrowed(&self.version)
        } else {
            Cow::Owned(format!("{}/{}", self.group, self.version))
        }
    }
}

/// Go's name of the struct into which upstream reads kind and version.
const GO_TYPE: &str =
    r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;

fn no_version(error: &dyn Display) -> String {
    format!("{NO_VERSION}{error}")
}

fn string<'a>(name: &str, value: &'a Node<'_>, into: &mut &'a str) -> Result<(), String> {
    match value {
        Node::Null => {}
        Node::String(text) => *into = text.as_str(),
        other => {
            let place = format!(".{name}");
            let error = ConformError::Type {
                found: other.kind().to_owned(),
                place,
                wanted: "string".to_owned(),
            };
            return Err(no_version(&error));
        }
    }
    Ok(())
}

/// Kinds of core/v1 that upstream's scheme knows besides those served: they are refused as what they are.
const OTHER_KINDS: [&str; 8] = [
    "Binding",
    "ComponentStatus",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "ReplicationController",
    "Status",
];

/// The refusal of an object of another kind or version.
fn misplaced(found: &TypeMeta, wanted: &'static Resource, node: Node<'_>) -> Status {
    let mut faces = resource::ALL
        .iter()
        .filter(|other| std::ptr::eq(other.stored_as(), wanted.stored_as()));
    let Some(face) = faces.find(|face| found.is(face)) else {
        return found.refused(wanted, &other_kind(found, wanted, node));
    };
    // The other face converts, so upstream reads it, and only then looks at the version.
    match conform_node(face.message, node) {
        Err(error) => found.refused(wanted, &error),
        Ok(_) => Status::bad_request(format!(
            "the API version in the data ({}) does not match the expected API version ({})",
            found.api_version(),
            wanted.api_version()
        )),
    }
}

/// Why an object of another kind is refused.
fn other_kind(found: &TypeMeta, wanted: &Resource, node: Node<'_>) -> String {
    let other = resource::ALL.iter().find(|other| found.is(other));
    let is_core = found.group.is_empty() && found.version == "v1";
    let is_list = resource::ALL.iter().any(|other| {
        found.group == other.group && found.version == other.version && found.kind == other.list_kind
    });
    if other.is_none() && !is_list && !(is_core && OTHER_KINDS.contains(&found.kind.as_str())) {
        return format!(
            "no kind {} is registered for version {} in scheme \"pkg/api/legacyscheme/scheme.go:30\"",
            quote(&found.kind),
            quote(&found.api_version())
        );
    }
    // Upstream reads the body as what it says before it finds that it does not convert.
    if let Some(error) = other.and_then(|other| conform_node(other.message, node).err()) {
        return error.to_string();
    }
    let package = wanted
        .group
        .split('.')
        .next()
        .filter(|group| !group.is_empty())
        .unwrap_or("core");
    format!(
        "converting ({}.{}) to ({package}.{}): unknown conversion",
        found.version, found.kind, wanted.kind
    )
}

/// Duplicate keys of a YAML body come first and as one error of several lines.
pub(crate) fn strict_error(duplicates: &[yaml::Duplicate], findings: &[Finding]) -> String {
    let mut errors = Vec::new();
    if !duplicates.is_empty() {
        let lines: Vec<String> = duplicates
            .iter()
            .map(|duplicate| format!("\n  {duplicate}"))
            .collect();
        errors.push(format!("yaml: unmarshal errors:{}", lines.concat()));
    }
    errors.extend(findings.iter().map(Finding::to_string));
    format!("strict decoding error: {}", errors.join(", "))
}

fn warnings(duplicates: &[yaml::Duplicate], findings: &[Finding]) -> Vec<String> {
    duplicates
        .iter()
        .map(yaml::Duplicate::to_string)
        .chain(findings.iter().map(Finding::to_string))
        .collect()
}
