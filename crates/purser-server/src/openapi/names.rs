//! What operations are called: generated clients make methods of it.
//!
//! Source: `GetOperationIDAndTags` in `k8s.io/apiserver/pkg/endpoints/openapi/openapi.go`.

use purser_authz::Verb;
use purser_registry::kinds::Kind;
use purser_types::Resource;

/// `listCoreV1NamespacedSecret`; `everywhere` is the list across namespaces. No two operations have the same.
pub(super) fn operation_id(kind: &Kind, verb: Verb, everywhere: bool) -> String {
    let resource = kind.resource;
    let (word, many) = match verb {
        Verb::Get => ("read", ""),
        Verb::Update => ("replace", ""),
        Verb::DeleteCollection => ("delete", "Collection"),
        other => (other.as_str(), ""),
    };
    let (before, after) = match (resource.namespaced, everywhere) {
        (true, false) => ("Namespaced", ""),
        (true, true) => ("", "ForAllNamespaces"),
        (false, _) => ("", ""),
    };
    let group = group(resource, true);
    let version = capital(resource.version);
    format!("{word}{group}{version}{many}{before}{}{after}", resource.kind)
}

/// `core_v1`, `rbacAuthorization_v1`
pub(super) fn tag(resource: &Resource) -> String {
    format!("{}_{}", group(resource, false), resource.version)
}

/// The group as one word, without the domain that Kubernetes' own groups share.
fn group(resource: &Resource, upper: bool) -> String {
    let name = match resource.group {
        "" => "core",
        named => named.strip_suffix(".k8s.io").unwrap_or(named),
    };
    let words = name.split('.').enumerate();
    words
        .map(|(at, word)| {
            if at > 0 || upper {
                capital(word)
            } else {
                word.to_owned()
            }
        })
        .collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use purser_registry::kinds::{KINDS, lookup};

    use super::*;

    #[test]
    fn operations_are_called_as_upstream_calls_them() {
        let secrets = lookup("", "v1", "secrets").unwrap();
        let namespaces = lookup("", "v1", "namespaces").unwrap();
        let leases = lookup("coordination.k8s.io", "v1", "leases").unwrap();
        for (kind, verb, everywhere, expected) in [
            (secrets, Verb::List, false, "listCoreV1NamespacedSecret"),
            (secrets, Verb::List, true, "listCoreV1SecretForAllNamespaces"),
            (secrets, Verb::Delete, false, "deleteCoreV1NamespacedSecret"),
            (
                secrets,
                Verb::DeleteCollection,
                false,
                "deleteCoreV1CollectionNamespacedSecret",
            ),
            (namespaces, Verb::Get, false, "readCoreV1Namespace"),
            (
                leases,
                Verb::Update,
                false,
                "replaceCoordinationV1NamespacedLease",
            ),
        ] {
            assert_eq!(operation_id(kind, verb, everywhere), expected);
        }
        assert_eq!(tag(secrets.resource), "core_v1");
        assert_eq!(tag(leases.resource), "coordination_v1");
    }

    #[test]
    fn no_two_operations_have_the_same_name() {
        use std::collections::HashSet;

        use super::super::dialect::Dialect;
        use super::super::paths::paths;

        let kinds: Vec<&'static Kind> = KINDS.iter().collect();
        let paths = paths(Dialect::V2, &kinds);
        let operations = paths.values().flat_map(|path| path.as_object().unwrap().values());
        let names: Vec<_> = operations
            .filter_map(|operation| operation["operationId"].as_str())
            .collect();
        let different: HashSet<_> = names.iter().collect();
        assert!(names.len() > 30);
        assert_eq!(different.len(), names.len(), "{names:?}");
    }

    #[test]
    fn the_answer_to_a_deletion_is_described_as_it_is() {
        use super::super::dialect::Dialect;
        use super::super::paths::paths;

        let kinds: Vec<&'static Kind> = KINDS.iter().collect();
        let paths = paths(Dialect::V2, &kinds);
        let answers = |plural: &str| {
            let path = format!("/api/v1/namespaces/{{namespace}}/{plural}/{{name}}");
            paths[&path]["delete"]["responses"]["200"]["schema"]["$ref"].clone()
        };
        assert_eq!(
            answers("serviceaccounts"),
            "#/definitions/io.k8s.api.core.v1.ServiceAccount"
        );
        assert_eq!(
            answers("secrets"),
            "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Status"
        );
    }
}
