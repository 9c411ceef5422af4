//! The names of what is served: group, version, kind, resource, and where it is stored.

mod answered;

pub use self::answered::{
    LOCAL_SUBJECT_ACCESS_REVIEWS, SELF_SUBJECT_ACCESS_REVIEWS, SELF_SUBJECT_REVIEWS,
    SELF_SUBJECT_RULES_REVIEWS, SUBJECT_ACCESS_REVIEWS, TOKEN_REQUESTS, TOKEN_REVIEWS,
};

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
    /// Kind of a list, `SecretList`; empty: there are no lists.
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
    /// The directory under the storage prefix, `secrets` or `services/specs`; empty: objects are answered and not kept.
    pub directory: &'static str,
    /// The shape of an object.
    pub message: &'static Message,
    /// How it shows what is stored for another resource; `None`: it is stored as itself.
    pub face: Option<&'static Face>,
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

    /// The resource as which objects are stored: this one, unless it is another's face.
    #[must_use]
    pub fn stored_as(&'static self) -> &'static Self {
        self.face.map_or(self, |face| face.of)
    }

    /// Whether objects are kept. Those that are not are questions: the answer is the object with its status.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !self.directory.is_empty()
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

/// How a resource shows what is stored for another: the same objects under other names of fields.
///
/// An event is written and read as `v1` and as `events.k8s.io/v1`, and kept once, as `v1`. The first is the resource
/// itself, the second a face of it. Everything above the stored bytes deals in objects of the face that a request
/// names; only [`crate::proto`] turns them into what is stored and back.
#[derive(Debug)]
pub struct Face {
    /// The resource as which objects are stored.
    pub of: &'static Resource,
    /// Top-level fields with another name: as stored, and here.
    pub renamed: &'static [(&'static str, &'static str)],
}

impl Face {
    /// The name that a top-level field has here, given as it is stored.
    #[must_use]
    pub fn shown_field(&self, field: &'static str) -> &'static str {
        let named = self.renamed.iter().find(|(stored, _)| *stored == field);
        named.map_or(field, |(_, here)| *here)
    }

    /// The name of a selectable field (`regarding.name`) as objects are stored (`involvedObject.name`).
    #[must_use]
    pub fn stored_field(&self, field: &str) -> String {
        let (first, rest) = field
            .split_once('.')
            .map_or((field, None), |(first, rest)| (first, Some(rest)));
        let stored = self
            .renamed
            .iter()
            .find(|(_, here)| *here == first)
            .map_or(first, |(stored, _)| *stored);
        rest.map_or_else(|| stored.to_owned(), |rest| format!("{stored}.{rest}"))
    }
}

/// Every resource that is known.
pub static ALL: &[&Resource] = &[
    &CONFIG_MAPS,
    &ENDPOINTS,
    &EVENTS,
    &LIMIT_RANGES,
    &NAMESPACES,
    &POD_TEMPLATES,
    &RESOURCE_QUOTAS,
    &SECRETS,
    &SERVICE_ACCOUNTS,
    &SERVICES,
    &CERTIFICATE_SIGNING_REQUESTS,
    &LEASES,
    &EVENTS_V1,
    &CLUSTER_ROLE_BINDINGS,
    &CLUSTER_ROLES,
    &ROLE_BINDINGS,
    &ROLES,
    &SELF_SUBJECT_REVIEWS,
    &TOKEN_REVIEWS,
    &LOCAL_SUBJECT_ACCESS_REVIEWS,
    &SELF_SUBJECT_ACCESS_REVIEWS,
    &SELF_SUBJECT_RULES_REVIEWS,
    &SUBJECT_ACCESS_REVIEWS,
];

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
    face: None,
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
    face: None,
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
    face: None,
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
    face: None,
};

/// certificates.k8s.io/v1 CertificateSigningRequest.
pub static CERTIFICATE_SIGNING_REQUESTS: Resource = Resource {
    group: "certificates.k8s.io",
    version: "v1",
    kind: "CertificateSigningRequest",
    list_kind: "CertificateSigningRequestList",
    plural: "certificatesigningrequests",
    singular: "certificatesigningrequest",
    short_names: &["csr"],
    categories: &[],
    namespaced: false,
    directory: "certificatesigningrequests",
    message: &schema::CERTIFICATE_SIGNING_REQUEST,
    face: None,
};

/// coordination.k8s.io/v1 Lease.
pub static LEASES: Resource = Resource {
    group: "coordination.k8s.io",
    version: "v1",
    kind: "Lease",
    list_kind: "LeaseList",
    plural: "leases",
    singular: "lease",
    short_names: &[],
    categories: &[],
    namespaced: true,
    directory: "leases",
    message: &schema::LEASE,
    face: None,
};

/// rbac.authorization.k8s.io/v1 Role.
pub static ROLES: Resource = Resource {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    kind: "Role",
    list_kind: "RoleList",
    plural: "roles",
    singular: "role",
    short_names: &[],
    categories: &[],
    namespaced: true,
    directory: "roles",
    message: &schema::ROLE,
    face: None,
};

/// rbac.authorization.k8s.io/v1 ClusterRole.
pub static CLUSTER_ROLES: Resource = Resource {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    kind: "ClusterRole",
    list_kind: "ClusterRoleList",
    plural: "clusterroles",
    singular: "clusterrole",
    short_names: &[],
    categories: &[],
    namespaced: false,
    directory: "clusterroles",
    message: &schema::CLUSTER_ROLE,
    face: None,
};

/// rbac.authorization.k8s.io/v1 RoleBinding.
pub static ROLE_BINDINGS: Resource = Resource {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    kind: "RoleBinding",
    list_kind: "RoleBindingList",
    plural: "rolebindings",
    singular: "rolebinding",
    short_names: &[],
    categories: &[],
    namespaced: true,
    directory: "rolebindings",
    message: &schema::ROLE_BINDING,
    face: None,
};

/// rbac.authorization.k8s.io/v1 ClusterRoleBinding.
pub static CLUSTER_ROLE_BINDINGS: Resource = Resource {
    group: "rbac.authorization.k8s.io",
    version: "v1",
    kind: "ClusterRoleBinding",
    list_kind: "ClusterRoleBindingList",
    plural: "clusterrolebindings",
    singular: "clusterrolebinding",
    short_names: &[],
    categories: &[],
    namespaced: false,
    directory: "clusterrolebindings",
    message: &schema::CLUSTER_ROLE_BINDING,
    face: None,
};

/// core/v1 Event.
pub static EVENTS: Resource = Resource {
    group: "",
    version: "v1",
    kind: "Event",
    list_kind: "EventList",
    plural: "events",
    singular: "event",
    short_names: &["ev"],
    categories: &[],
    namespaced: true,
    directory: "events",
    message: &schema::EVENT,
    face: None,
};

/// events.k8s.io/v1 Event, the other face of [`EVENTS`].
pub static EVENTS_V1: Resource = Resource {
    group: "events.k8s.io",
    version: "v1",
    kind: "Event",
    list_kind: "EventList",
    plural: "events",
    singular: "event",
    short_names: &["ev"],
    categories: &[],
    namespaced: true,
    directory: "events",
    message: &schema::EVENT_V1,
    face: Some(&EVENT_FACE),
};

static EVENT_FACE: Face = Face {
    of: &EVENTS,
    renamed: &[
        ("involvedObject", "regarding"),
        ("message", "note"),
        ("source", "deprecatedSource"),
        ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"),
        ("count", "deprecatedCount"),
        ("reportingComponent", "reportingController"),
    ],
};

/// core/v1 LimitRange.
pub static LIMIT_RANGES: Resource = Resource {
    group: "",
    version: "v1",
    kind: "LimitRange",
    list_kind: "LimitRangeList",
    plural: "limitranges",
    singular: "limitrange",
    short_names: &["limits"],
    categories: &[],
    namespaced: true,
    directory: "limitranges",
    message: &schema::LIMIT_RANGE,
    face: None,
};

/// core/v1 PodTemplate.
pub static POD_TEMPLATES: Resource = Resource {
    group: "",
    version: "v1",
    kind: "PodTemplate",
    list_kind: "PodTemplateList",
    plural: "podtemplates",
    singular: "podtemplate",
    short_names: &[],
    categories: &[],
    namespaced: true,
    directory: "podtemplates",
    message: &schema::POD_TEMPLATE,
    face: None,
};

/// core/v1 ResourceQuota.
pub static RESOURCE_QUOTAS: Resource = Resource {
    group: "",
    version: "v1",
    kind: "ResourceQuota",
    list_kind: "ResourceQuotaList",
    plural: "resourcequotas",
    singular: "resourcequota",
    short_names: &["quota"],
    categories: &[],
    namespaced: true,
    directory: "resourcequotas",
    message: &schema::RESOURCE_QUOTA,
    face: None,
};

/// core/v1 Service.
pub static SERVICES: Resource = Resource {
    group: "",
    version: "v1",
    kind: "Service",
    list_kind: "ServiceList",
    plural: "services",
    singular: "service",
    short_names: &["svc"],
    categories: &["all"],
    namespaced: true,
    directory: "services/specs",
    message: &schema::SERVICE,
    face: None,
};

/// core/v1 Endpoints.
pub static ENDPOINTS: Resource = Resource {
    group: "",
    version: "v1",
    kind: "Endpoints",
    list_kind: "EndpointsList",
    plural: "endpoints",
    singular: "endpoints",
    short_names: &["ep"],
    categories: &[],
    namespaced: true,
    directory: "services/endpoints",
    message: &schema::ENDPOINTS,
    face: None,
};

/// core/v1 RangeAllocation. No kind that is served: what is given out of a range is kept as one.
pub static RANGE_ALLOCATIONS: Resource = Resource {
    group: "",
    version: "v1",
    kind: "RangeAllocation",
    list_kind: "RangeAllocationList",
    plural: "rangeallocations",
    singular: "rangeallocation",
    short_names: &[],
    categories: &[],
    namespaced: false,
    directory: "ranges",
    message: &schema::RANGE_ALLOCATION,
    face: None,
};
