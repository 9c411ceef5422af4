//! `PartialObjectMetadata` and its list: which of them goes with what is answered.

use purser_registry::kinds::lookup;
use purser_types::Status;

use super::Endpoint;

/// Of one object.
pub(super) const OF_ONE: &str = "PartialObjectMetadata";
/// Of a list.
pub(super) const OF_LIST: &str = "PartialObjectMetadataList";

/// Whether the kind asked for is of a list where the answer is one object, or the other way round. A watch is asked
/// for in either way.
pub(super) fn miscounts(asked: Option<&str>, endpoint: Endpoint) -> bool {
    matches!(
        (asked, endpoint),
        (Some(OF_ONE), Endpoint::Collection) | (Some(OF_LIST), Endpoint::Object)
    )
}

/// The refusal, which names Go's type of the answer. Upstream makes a change before it refuses to show it; here
/// nothing is done.
///
/// Source: `asPartialObjectMetadata` in `k8s.io/apiserver/pkg/endpoints/handlers/response.go`.
pub(crate) fn miscounted(group: &str, resource: &str, endpoint: Endpoint) -> Box<Status> {
    let kind = lookup(group, "v1", resource).map(|kind| kind.resource);
    let of_one = kind.map_or("", |resource| resource.kind);
    let of_list = kind.map_or("", |resource| resource.list_kind);
    // Events of both faces are those of the core group to upstream.
    let package = match group {
        "" | "events.k8s.io" => "core",
        named => named.split('.').next().unwrap_or(named),
    };
    let message = match endpoint {
        Endpoint::Collection => {
            format!("you requested {OF_ONE}, but the requested object is a list (*{package}.{of_list})")
        }
        _ => format!("you requested {OF_LIST}, but the requested object is not a list (*{package}.{of_one})"),
    };
    Box::new(Status::new(406, "NotAcceptable", message, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_gos_type() {
        assert_eq!(
            miscounted("", "secrets", Endpoint::Collection).message,
            "you requested PartialObjectMetadata, but the requested object is a list (*core.SecretList)"
        );
        assert_eq!(
            miscounted("coordination.k8s.io", "leases", Endpoint::Object).message,
            "you requested PartialObjectMetadataList, but the requested object is not a list (*coordination.Lease)"
        );
    }
}
