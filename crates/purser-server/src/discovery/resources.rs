//! What of each kind discovery tells.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_registry::kinds::{self, Kind};
use purser_types::Resource;
use sha2::{Digest, Sha256};

/// The order of groups, as upstream ranks them: clients that look for a resource by its bare name take the first.
const ORDER: [&str; 7] = [
    "",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "rbac.authorization.k8s.io",
    "coordination.k8s.io",
];

/// The served groups and versions, core first.
pub(crate) fn group_versions(kinds: &[Kind]) -> Vec<(&'static str, &'static str)> {
    let mut versions: Vec<_> = kinds
        .iter()
        .map(|kind| (kind.resource.group, kind.resource.version))
        .collect();
    let rank = |group: &str| {
        ORDER
            .iter()
            .position(|known| *known == group)
            .unwrap_or(ORDER.len())
    };
    versions.sort_unstable_by_key(|(group, version)| (rank(group), *group, *version));
    versions.dedup();
    versions
}

/// The verbs of a kind, as words.
pub(super) fn verbs(kind: &Kind) -> Vec<&'static str> {
    let mut verbs: Vec<_> = kind.verbs.iter().map(|verb| verb.as_str()).collect();
    verbs.sort_unstable();
    verbs
}

/// The verbs of a subresource, as words.
pub(super) fn subresource_verbs(name: &str) -> Vec<&'static str> {
    kinds::subresource_verbs(name)
        .iter()
        .map(|verb| verb.as_str())
        .collect()
}

/// How clients notice that objects are stored in another version. Source:
/// `k8s.io/apiserver/pkg/endpoints/discovery/storageversionhash.go`.
pub(super) fn storage_version_hash(resource: &'static Resource) -> String {
    let resource = resource.stored_as();
    let text = format!("{}/{}/{}", resource.group, resource.version, resource.kind);
    let digest = Sha256::digest(text.as_bytes());
    STANDARD.encode(digest.get(..8).unwrap_or_default())
}
