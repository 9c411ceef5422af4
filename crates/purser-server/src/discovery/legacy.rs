//! Discovery as it always was: one document a group and version.

use purser_registry::kinds::Kind;

use super::resources::{storage_version_hash, subresource_verbs, verbs};
use super::{Members, array};

/// `APIVersions`, at `/api`.
pub(super) fn api_versions(address: &str) -> String {
    let here = Members::default()
        .put("clientCIDR", "0.0.0.0/0")
        .put("serverAddress", address)
        .end();
    Members::default()
        .put("kind", "APIVersions")
        .put("versions", vec!["v1"])
        .put_raw("serverAddressByClientCIDRs", &array([here]))
        .end()
}

/// `APIGroupList`, at `/apis`.
pub(super) fn group_list(versions: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    let groups = versions.map(|(group, version)| group_members(Members::default(), group, version).end());
    Members::default()
        .put("kind", "APIGroupList")
        .put("apiVersion", "v1")
        .put_raw("groups", &array(groups))
        .end()
}

/// `APIGroup`, at `/apis/GROUP`.
pub(super) fn group_document(group: &str, version: &str) -> String {
    let head = Members::default().put("kind", "APIGroup").put("apiVersion", "v1");
    group_members(head, group, version).end()
}

fn group_members(head: Members, group: &str, version: &str) -> Members {
    let one = Members::default()
        .put("groupVersion", format!("{group}/{version}"))
        .put("version", version)
        .end();
    head.put("name", group)
        .put_raw("versions", &array([one.clone()]))
        .put_raw("preferredVersion", &one)
}

/// `APIResourceList`, at `/api/v1` and `/apis/GROUP/VERSION`.
pub(super) fn resource_list(kinds: &[Kind], group: &str, version: &str) -> String {
    let mut head = Members::default().put("kind", "APIResourceList");
    let mut name = version.to_owned();
    if !group.is_empty() {
        // Upstream leaves apiVersion out of the core group's document.
        head = head.put("apiVersion", "v1");
        name = format!("{group}/{version}");
    }
    let mut rows: Vec<(String, String)> = kinds
        .iter()
        .filter(|kind| kind.resource.group == group && kind.resource.version == version)
        .flat_map(rows_of)
        .collect();
    rows.sort();
    head.put("groupVersion", name)
        .put_raw("resources", &array(rows.into_iter().map(|(_, row)| row)))
        .end()
}

fn rows_of(kind: &Kind) -> Vec<(String, String)> {
    let resource = kind.resource;
    let mut own = Members::default()
        .put("name", resource.plural)
        .put("singularName", resource.singular)
        .put("namespaced", resource.namespaced)
        .put("kind", resource.kind)
        .put("verbs", verbs(kind))
        .put_some("shortNames", resource.short_names)
        .put_some("categories", resource.categories);
    if resource.is_kept() {
        own = own.put("storageVersionHash", storage_version_hash(resource));
    }
    let mut rows = vec![(resource.plural.to_owned(), own.end())];
    for subresource in kind.subresources {
        let name = format!("{}/{subresource}", resource.plural);
        let mut row = Members::default()
            .put("name", name.as_str())
            .put("singularName", "")
            .put("namespaced", resource.namespaced);
        row = match *subresource {
            "token" => row
                .put("group", "authentication.k8s.io")
                .put("version", "v1")
                .put("kind", "TokenRequest"),
            _ => row.put("kind", resource.kind),
        };
        rows.push((name, row.put("verbs", subresource_verbs(subresource)).end()));
    }
    rows
}
