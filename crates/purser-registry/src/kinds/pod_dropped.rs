//! Fields of Pods that belong to features which are off: a client may send them, and they are not kept.
//!
//! Source: `dropDisabledFields` in `pkg/api/pod/util.go`, `pkg/features/kube_features.go` at 1.36.

use purser_types::{Map, Value};

/// What a volume can be projected from, but for features that are off (`ClusterTrustBundleProjection`,
/// `PodCertificateRequest`).
const PROJECTIONS: [&str; 2] = ["clusterTrustBundle", "podCertificate"];
/// What a Pod is scheduled with (`GenericWorkload`).
const GROUP: &str = "schedulingGroup";

/// Drops them from a specification, unless what is stored (`old`) has them already.
pub(super) fn drop_disabled(spec: &mut Map, old: Option<&Map>) {
    if !old.is_some_and(|old| old.contains_key(GROUP)) {
        spec.remove(GROUP);
    }
    for kind in PROJECTIONS {
        if old.is_some_and(|old| projects(old, kind)) {
            continue;
        }
        for volume in items(spec.get_mut("volumes")) {
            let projected = volume.get_mut("projected").and_then(Value::as_map_mut);
            for source in items(projected.and_then(|projected| projected.get_mut("sources"))) {
                source.remove(kind);
            }
        }
    }
}

/// The maps of a list.
fn items(value: Option<&mut Value>) -> impl Iterator<Item = &mut Map> {
    let list = value.and_then(|value| match value {
        Value::List(items) => Some(items),
        _ => None,
    });
    list.into_iter().flatten().filter_map(Value::as_map_mut)
}

/// Whether a volume is projected from such a source.
fn projects(spec: &Map, kind: &str) -> bool {
    let volumes = spec.get("volumes").and_then(Value::as_list).unwrap_or_default();
    volumes.iter().any(|volume| {
        let sources = volume
            .as_map()
            .and_then(|volume| volume.get("projected")?.as_map()?.get("sources")?.as_list());
        sources
            .unwrap_or_default()
            .iter()
            .any(|source| source.as_map().is_some_and(|source| source.contains_key(kind)))
    })
}
