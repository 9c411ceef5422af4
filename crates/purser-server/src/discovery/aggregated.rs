//! Aggregated discovery, `apidiscovery.k8s.io`: everything in two documents.

use http::header::ACCEPT;
use http::{HeaderMap, Response};
use purser_registry::kinds::Kind;

use super::resources::{group_versions, subresource_verbs, verbs};
use super::{Members, Tagged, array, asks_for};
use crate::answer::Body;
use crate::negotiate::{Clause, parse_accept};

const V2: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const V2_BETA1: &str = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

/// The two versions of one document.
pub(super) struct Aggregated {
    v2: Tagged,
    v2beta1: Tagged,
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
        let document = |version: &str| {
            let text = Members::default()
                .put("kind", "APIGroupDiscoveryList")
                .put("apiVersion", format!("apidiscovery.k8s.io/{version}"))
                .put_raw("metadata", "{}")
                .put_raw("items", &items)
                .end();
            Tagged::of(format!("{text}\n"))
        };
        Self {
            v2: document("v2"),
            v2beta1: document("v2beta1"),
        }
    }

    /// The document, when the client prefers it to the plain one.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        let accept = headers.get(ACCEPT)?.to_str().ok()?;
        if !accept.contains("APIGroupDiscoveryList") {
            return None;
        }
        for clause in parse_accept(accept) {
            if asks_for(&clause, "v2") {
                return Some(self.v2.answer(headers, V2));
            }
            if asks_for(&clause, "v2beta1") {
                return Some(self.v2beta1.answer(headers, V2_BETA1));
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
        && (clause.covers("application", "json") || clause.covers("application", "yaml"))
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
                .put("verbs", subresource_verbs(name).to_vec())
                .end()
        });
        item = item.put_raw("subresources", &array(items));
    }
    item.end()
}
