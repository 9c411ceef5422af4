//! Which kind it is whose objects have such a storage key, in a cluster of kube-apiservers.
//!
//! A kind that is built in has the directory of its name, with a few exceptions; a custom one, and those that define custom
//! ones and aggregated APIs, `GROUP/RESOURCE`. Sources: `SpecialDefaultResourcePrefixes` of `pkg/kubeapiserver` and
//! `test/integration/etcd/data.go` of Kubernetes; `crdConversionRESTOptionsGetter` of the API extensions server.

use purser_store::Keyspace;

/// What is kept at a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept<'k> {
    /// An object of this kind.
    Kind { group: &'k str, resource: &'k str },
    /// What kube-apiserver keeps in the clear, whatever a configuration says: it is no object of its API. Its directory.
    Clear(&'k str),
    /// An object of a kind that is built into another version than those that are known here. Its directory.
    Unknown(&'k str),
    /// A record of a server of Purser.
    Own,
}

/// Ranges of addresses, and who serves the API. Source: `NewLegacyRESTStorage` and `createLeaseReconciler` of
/// `pkg/controlplane` of Kubernetes, which make their storage without transformers.
const CLEAR: [&str; 3] = ["masterleases", "peerserverleases", "ranges"];

/// Directories that do not have the resource's name.
const RENAMED: [(&str, &str); 3] = [
    ("controllers", "replicationcontrollers"),
    ("ingress", "ingresses"),
    ("minions", "nodes"),
];

/// Kinds that are built in, by group.
const BUILT_IN: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "configmaps",
            "events",
            "limitranges",
            "namespaces",
            "nodes",
            "persistentvolumeclaims",
            "persistentvolumes",
            "pods",
            "podtemplates",
            "replicationcontrollers",
            "resourcequotas",
            "secrets",
            "serviceaccounts",
        ],
    ),
    (
        "admissionregistration.k8s.io",
        &[
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings",
            "mutatingwebhookconfigurations",
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "validatingwebhookconfigurations",
        ],
    ),
    (
        "apps",
        &[
            "controllerrevisions",
            "daemonsets",
            "deployments",
            "replicasets",
            "statefulsets",
        ],
    ),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("batch", &["cronjobs", "jobs"]),
    (
        "certificates.k8s.io",
        &[
            "certificatesigningrequests",
            "clustertrustbundles",
            "podcertificaterequests",
        ],
    ),
    ("coordination.k8s.io", &["leasecandidates", "leases"]),
    ("discovery.k8s.io", &["endpointslices"]),
    (
        "flowcontrol.apiserver.k8s.io",
        &["flowschemas", "prioritylevelconfigurations"],
    ),
    ("internal.apiserver.k8s.io", &["storageversions"]),
    (
        "networking.k8s.io",
        &[
            "ingressclasses",
            "ingresses",
            "ipaddresses",
            "networkpolicies",
            "servicecidrs",
        ],
    ),
    ("node.k8s.io", &["runtimeclasses"]),
    ("policy", &["poddisruptionbudgets"]),
    (
        "rbac.authorization.k8s.io",
        &["clusterrolebindings", "clusterroles", "rolebindings", "roles"],
    ),
    (
        "resource.k8s.io",
        &[
            "deviceclasses",
            "devicetaintrules",
            "resourceclaims",
            "resourceclaimtemplates",
            "resourceslices",
        ],
    ),
    ("scheduling.k8s.io", &["priorityclasses"]),
    (
        "storage.k8s.io",
        &[
            "csidrivers",
            "csinodes",
            "csistoragecapacities",
            "storageclasses",
            "volumeattachments",
            "volumeattributesclasses",
        ],
    ),
    ("storagemigration.k8s.io", &["storageversionmigrations"]),
];

impl<'k> Kept<'k> {
    /// What is kept at `key`.
    pub(crate) fn at(keyspace: &Keyspace, key: &'k str) -> Self {
        let Some(path) = key
            .strip_prefix(keyspace.objects())
            .filter(|_| !keyspace.is_own(key))
        else {
            return Self::Own;
        };
        let mut parts = path.split('/');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        match (first, second) {
            (group, resource) if group.contains('.') => Self::Kind { group, resource },
            ("services", "specs") => Self::core("services"),
            ("services", "endpoints") => Self::core("endpoints"),
            (clear, _) if CLEAR.contains(&clear) => Self::Clear(clear),
            (directory, _) => Self::built_in(directory),
        }
    }

    fn core(resource: &'k str) -> Self {
        Self::Kind { group: "", resource }
    }

    fn built_in(directory: &'k str) -> Self {
        let renamed = RENAMED.iter().find(|(renamed, _)| *renamed == directory);
        let resource = renamed.map_or(directory, |(_, resource)| resource);
        let group = BUILT_IN
            .iter()
            .find(|(_, resources)| resources.contains(&resource));
        match group {
            Some((group, _)) => Self::Kind { group, resource },
            None => Self::Unknown(directory),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storage_key_tells_the_kind_as_kube_apiserver_has_it() {
        let kind = |group, resource| Kept::Kind { group, resource };
        for (key, kept) in [
            ("/registry/secrets/a/b", kind("", "secrets")),
            ("/registry/services/specs/a/b", kind("", "services")),
            ("/registry/services/endpoints/a/b", kind("", "endpoints")),
            ("/registry/minions/a", kind("", "nodes")),
            ("/registry/controllers/a/b", kind("", "replicationcontrollers")),
            ("/registry/ingress/a/b", kind("networking.k8s.io", "ingresses")),
            ("/registry/deployments/a/b", kind("apps", "deployments")),
            (
                "/registry/example.com/widgets/a/b",
                kind("example.com", "widgets"),
            ),
            (
                "/registry/apiextensions.k8s.io/customresourcedefinitions/widgets.example.com",
                kind("apiextensions.k8s.io", "customresourcedefinitions"),
            ),
            ("/registry/ranges/serviceips", Kept::Clear("ranges")),
            ("/registry/masterleases/10.0.0.1", Kept::Clear("masterleases")),
            ("/registry/novelties/a/b", Kept::Unknown("novelties")),
            ("/purser/witness", Kept::Own),
        ] {
            assert_eq!(Kept::at(&Keyspace::default(), key), kept, "{key}");
        }
    }
}
