//! Labels. Their values come from closed sets, so that no client can grow the number of series.

use std::fmt;
use std::hash::{Hash, Hasher};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelSetEncoder, LabelValueEncoder};
use purser_types::Resource as ServedResource;

use crate::request_info::RequestInfo;

/// What a request is counted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    verb: &'static str,
    group: &'static str,
    version: &'static str,
    resource: &'static str,
    subresource: &'static str,
    scope: &'static str,
    component: &'static str,
}

/// Only what tells most of them apart: they are looked up twice with each request.
impl Hash for RequestLabels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.verb.hash(state);
        self.resource.hash(state);
    }
}

impl RequestLabels {
    /// The labels of a request; `resource` is the served one it names.
    pub(crate) fn of(info: &RequestInfo<'_>, resource: Option<&'static ServedResource>) -> Self {
        let (group, version, plural) = match resource {
            Some(served) => (served.group, served.version, served.plural),
            None => ("", "", if info.is_resource { "other" } else { "" }),
        };
        Self {
            verb: verb(info),
            group,
            version,
            resource: plural,
            subresource: subresource(info),
            scope: scope(info),
            component: "apiserver",
        }
    }

    /// The labels of a patch with such a media type: server-side apply is counted apart, as upstream does.
    pub(crate) fn patching(self, media_type: &[u8]) -> Self {
        match (self.verb, media_type) {
            ("PATCH", b"application/apply-patch+yaml") => Self {
                verb: "APPLY",
                ..self
            },
            _ => self,
        }
    }

    #[cfg(test)]
    pub(crate) fn resource(&self) -> &'static str {
        self.resource
    }

    #[cfg(test)]
    pub(crate) fn verb(&self) -> &'static str {
        self.verb
    }
}

fn verb(info: &RequestInfo<'_>) -> &'static str {
    match info.verb.as_ref() {
        "get" => "GET",
        "list" => "LIST",
        "watch" => "WATCH",
        "create" | "post" => "POST",
        "update" | "put" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        "deletecollection" => "DELETECOLLECTION",
        "head" => "HEAD",
        _ => "OTHER",
    }
}

fn subresource(info: &RequestInfo<'_>) -> &'static str {
    if !info.is_resource {
        let first = info
            .path
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default();
        return [
            "/livez", "/readyz", "/healthz", "/version", "/metrics", "/openapi", "/api", "/apis",
        ]
        .into_iter()
        .find(|known| known.strip_prefix('/') == Some(first))
        .unwrap_or("other");
    }
    match info.subresource {
        "" => "",
        "approval" => "approval",
        "status" => "status",
        "finalize" => "finalize",
        "token" => "token",
        _ => "other",
    }
}

fn scope(info: &RequestInfo<'_>) -> &'static str {
    match (
        info.is_resource,
        info.named || info.verb == "create",
        info.namespace.is_empty(),
    ) {
        (false, ..) => "",
        (_, true, _) => "resource",
        (_, false, false) => "namespace",
        (_, false, true) => "cluster",
    }
}

/// [`RequestLabels`] with the HTTP code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CodeLabels {
    request: RequestLabels,
    code: u16,
}

impl CodeLabels {
    pub(super) fn new(request: RequestLabels, code: u16) -> Self {
        Self { request, code }
    }
}

impl EncodeLabelSet for CodeLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        #[derive(EncodeLabelSet)]
        struct Code {
            code: CodeText,
        }
        self.request.encode(encoder)?;
        Code {
            code: CodeText(self.code),
        }
        .encode(encoder)
    }
}

struct CodeText(u16);

impl EncodeLabelValue for CodeText {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        use fmt::Write as _;
        write!(encoder, "{}", self.0)
    }
}

/// `group`, `kind`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct GroupKind {
    pub(super) group: &'static str,
    pub(super) kind: &'static str,
}

/// `resource`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Resource {
    pub(super) resource: String,
}
