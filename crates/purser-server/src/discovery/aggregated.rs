//! Aggregated discovery, `apidiscovery.k8s.io`: everything in two documents.

use http::header::{ACCEPT, CONTENT_TYPE, Entry};
use http::{HeaderMap, HeaderValue, Response};
use purser_registry::kinds::Kind;

use super::resources::{group_versions, subresource_verbs, verbs};
use super::{Members, Tagged, array, asks_for, make_public, protobuf};
use crate::answer::{Body, JSON, YAML};
use crate::negotiate::{Clause, Encoding, PROTOBUF, SERVED, parse_accept};

/// One version of a document, in each form.
struct Version {
    name: &'static str,
    json: Tagged,
    yaml: Tagged,
    protobuf: Tagged,
}

/// The two versions of one document.
pub(super) struct Aggregated([Version; 2]);

impl Version {
    fn new(name: &'static str, items: &str) -> Self {
        let text = Members::default()
            .put("kind", "APIGroupDiscoveryList")
            .put("apiVersion", format!("apidiscovery.k8s.io/{name}"))
            .put_raw("metadata", "{}")
            .put_raw("items", items)
            .end();
        let mut yaml = Vec::new();
        if let Ok(parsed) = purser_types::json::parse(text.as_bytes()) {
            purser_types::yaml::write(&parsed.value, &mut yaml);
        }
        Self {
            name,
            protobuf: Tagged::of(protobuf::document(&text).unwrap_or_default()),
            yaml: Tagged::of(yaml),
            json: Tagged::of(format!("{text}\n")),
        }
    }

    fn answer(&self, encoding: Encoding, headers: &HeaderMap) -> Response<Body> {
        let (tagged, media_type) = match encoding {
            Encoding::Json => (&self.json, JSON),
            Encoding::Yaml => (&self.yaml, YAML),
            Encoding::Protobuf => (&self.protobuf, PROTOBUF),
        };
        let mut response = tagged.answer(headers, media_type);
        make_public(&mut response);
        let name = self.name;
        let full = format!("{media_type};g=apidiscovery.k8s.io;v={name};as=APIGroupDiscoveryList");
        if let (Entry::Occupied(mut content_type), Ok(full)) = (
            response.headers_mut().entry(CONTENT_TYPE),
            HeaderValue::from_str(&full),
        ) {
            content_type.insert(full);
        }
        response
    }
}

impl Aggregated {
    /// The core group's kinds, or all others'.
    pub(super) fn new(kinds: &[Kind], core: bool) -> Self {
        let groups: Vec<_> = group_versions(kinds)
            .into_iter()
            .filter(|(group, _)| group.is_empty() == core)
            .collect();
        let items = array(
            groups
                .iter()
                .map(|(group, version)| group_item(kinds, group, version)),
        );
        Self(["v2", "v2beta1"].map(|name| Version::new(name, &items)))
    }

    /// The document, when the client prefers it to the plain one.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        let accept = headers.get(ACCEPT)?.to_str().ok()?;
        if !accept.contains("APIGroupDiscoveryList") {
            return None;
        }
        for clause in parse_accept(accept) {
            for version in &self.0 {
                if let Some(encoding) = asks_for(&clause, version.name) {
                    return Some(version.answer(encoding, headers));
                }
            }
            if is_plain(&clause) {
                return None;
            }
        }
        None
    }
}

fn is_plain(clause: &Clause<'_>) -> bool {
    clause.param("as").is_none()
        && SERVED
            .iter()
            .any(|(subtype, _)| clause.covers("application", subtype))
}

fn group_item(kinds: &[Kind], group: &str, version: &str) -> String {
    let metadata = if group.is_empty() {
        "{}".to_owned()
    } else {
        Members::default().put("name", group).end()
    };
    let resources = kinds
        .iter()
        .filter(|kind| kind.resource.group == group && kind.resource.version == version)
        .map(resource_item);
    let version = Members::default()
        .put("version", version)
        .put_raw("resources", &array(resources))
        .put("freshness", "Current")
        .end();
    Members::default()
        .put_raw("metadata", &metadata)
        .put_raw("versions", &array([version]))
        .end()
}

/// The kind of an answer; upstream leaves out the group and version where they are the resource's own.
fn response_kind(group: &str, version: &str, kind: &str) -> String {
    Members::default()
        .put("group", group)
        .put("version", version)
        .put("kind", kind)
        .end()
}

fn resource_item(kind: &Kind) -> String {
    let resource = kind.resource;
    let mut item = Members::default()
        .put("resource", resource.plural)
        .put_raw("responseKind", &response_kind("", "", resource.kind))
        .put(
            "scope",
            if resource.namespaced {
                "Namespaced"
            } else {
                "Cluster"
            },
        )
        .put("singularResource", resource.singular)
        .put("verbs", verbs(kind))
        .put_some("shortNames", resource.short_names)
        .put_some("categories", resource.categories);
    if !kind.subresources.is_empty() {
        let items = kind.subresources.iter().map(|name| {
            let kind = match *name {
                "token" => response_kind("authentication.k8s.io", "v1", "TokenRequest"),
                _ => response_kind("", "", resource.kind),
            };
            Members::default()
                .put("subresource", *name)
                .put_raw("responseKind", &kind)
                .put("verbs", subresource_verbs(name))
                .end()
        });
        item = item.put_raw("subresources", &array(items));
    }
    item.end()
}
