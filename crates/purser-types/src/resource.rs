//! The names of what is served: group, version, kind, resource, and where it is stored.

use crate::schema::{self, Message};

/// A served resource. Two are the same when they are the same static.
#[derive(Debug)]
pub struct Resource {
    /// API group, empty for core.
    pub group: &'static str,
    /// API version, `v1`.
    pub version: &'static str,
    /// Kind, `Secret`.
    pub kind: &'static str,
    /// Kind of a list, `SecretList`.
    pub list_kind: &'static str,
    /// Plural lower-case name, `secrets`.
    pub plural: &'static str,
    /// Singular lower-case name, `secret`.
    pub singular: &'static str,
    /// What kubectl also accepts, `cm`.
    pub short_names: &'static [&'static str],
    /// Named groups of resources (`all`).
    pub categories: &'static [&'static str],
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// The directory under the storage prefix, `secrets` or `services/specs`.
    pub directory: &'static str,
    /// The shape of an object.
    pub message: &'static Message,
}

impl Resource {
    /// `v1`, or `group/v1`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `secrets`, or `roles.rbac.authorization.k8s.io`: how errors name it.
    #[must_use]
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_owned()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
}

/// core/v1 Secret.
pub static SECRETS: Resource = Resource {
    group: "",
    version: "v1",
    kind: "Secret",
    list_kind: "SecretList",
    plural: "secrets",
    singular: "secret",
    short_names: &[],
    categories: &[],
    namespaced: true,
    directory: "secrets",
    message: &schema::SECRET,
};

/// core/v1 ConfigMap.
pub static CONFIG_MAPS: Resource = Resource {
    group: "",
    version: "v1",
    kind: "ConfigMap",
    list_kind: "ConfigMapList",
    plural: "configmaps",
    singular: "configmap",
    short_names: &["cm"],
    categories: &[],
    namespaced: true,
    directory: "configmaps",
    message: &schema::CONFIG_MAP,
};

/// core/v1 Namespace.
pub static NAMESPACES: Resource = Resource {
    group: "",
    version: "v1",
    kind: "Namespace",
    list_kind: "NamespaceList",
    plural: "namespaces",
    singular: "namespace",
    short_names: &["ns"],
    categories: &[],
    namespaced: false,
    directory: "namespaces",
    message: &schema::NAMESPACE,
};

/// core/v1 ServiceAccount.
pub static SERVICE_ACCOUNTS: Resource = Resource {
    group: "",
    version: "v1",
    kind: "ServiceAccount",
    list_kind: "ServiceAccountList",
    plural: "serviceaccounts",
    singular: "serviceaccount",
    short_names: &["sa"],
    categories: &[],
    namespaced: true,
    directory: "serviceaccounts",
    message: &schema::SERVICE_ACCOUNT,
};
