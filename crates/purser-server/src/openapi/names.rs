//! What operations are called: generated clients make methods of it.
//!
//! Source: `GetOperationIDAndTags` in `k8s.io/apiserver/pkg/endpoints/openapi/openapi.go`.

use purser_authz::Verb;
use purser_registry::kinds::Kind;
use purser_types::Resource;

/// Which objects a path reaches.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach {
    /// Those of all namespaces.
    pub(super) everywhere: bool,
    /// One, by its name.
    pub(super) named: bool,
}

/// `listCoreV1NamespacedSecret`. No two operations have the same.
pub(super) fn operation_id(kind: &Kind, verb: Verb, reach: Reach) -> String {
    let resource = kind.resource;
    let (word, before, after) = match verb {
        Verb::Get => ("read", "", ""),
        Verb::Update => ("replace", "", ""),
        Verb::DeleteCollection => ("delete", "Collection", ""),
        Verb::Watch if !reach.named => ("watch", "", "List"),
        other => (other.as_str(), "", ""),
    };
    let (scope, all) = match (resource.namespaced, reach.everywhere) {
        (true, false) => ("Namespaced", ""),
        (true, true) => ("", "ForAllNamespaces"),
        (false, _) => ("", ""),
    };
    let group = capital(&group(resource.group));
    let version = capital(resource.version);
    format!(
        "{word}{group}{version}{before}{scope}{}{after}{all}",
        resource.kind
    )
}

/// `core_v1`, `rbacAuthorization_v1`
pub(super) fn tag(resource: &Resource) -> String {
    format!("{}_{}", group(resource.group), resource.version)
}

/// A group as one word, without the domain that Kubernetes' own groups share: `core`, `rbacAuthorization`.
pub(super) fn group(group: &str) -> String {
    let name = match group {
        "" => "core",
        named => named.strip_suffix(".k8s.io").unwrap_or(named),
    };
    let mut words = name.split('.');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &capital(word))
}

/// The word with a capital.
pub(super) fn capital(word: &str) -> String {
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
        let leases = lookup("coordination.k8s.io", "v1", "leases").unwrap();
        let everywhere = Reach {
            everywhere: true,
            named: false,
        };
        for (kind, verb, reach, expected) in [
            (
                secrets,
                Verb::List,
                Reach::default(),
                "listCoreV1NamespacedSecret",
            ),
            (
                secrets,
                Verb::List,
                everywhere,
                "listCoreV1SecretForAllNamespaces",
            ),
            (
                secrets,
                Verb::Watch,
                everywhere,
                "watchCoreV1SecretListForAllNamespaces",
            ),
            (
                leases,
                Verb::Watch,
                Reach::default(),
                "watchCoordinationV1NamespacedLeaseList",
            ),
        ] {
            assert_eq!(operation_id(kind, verb, reach), expected);
        }
        assert_eq!(tag(secrets.resource), "core_v1");
        assert_eq!(group("rbac.authorization.k8s.io"), "rbacAuthorization");
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
