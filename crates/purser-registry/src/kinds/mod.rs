//! The table of kinds: what is served, with which verbs, and what is special about each.
//!
//! A new kind is one row here, its shape in `purser-types`, and a [`Strategy`].

mod age;
mod certificate;
mod columns;
mod config_map;
mod endpoints;
mod event;
mod lease;
mod limit_range;
mod namespace;
mod pod_defaults;
mod pod_dropped;
mod pod_template;
mod quota;
mod rbac;
mod review;
mod secret;
mod service;
mod service_account;
mod service_columns;
mod strategy;

pub use columns::Column;
pub(crate) use namespace::FINALIZER as NAMESPACE_FINALIZER;
pub use review::user_info;
pub use strategy::{Asked, Strategy};

use std::time::Duration;

use purser_authz::Verb;
use purser_types::resource::{
    CERTIFICATE_SIGNING_REQUESTS, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, CONFIG_MAPS, ENDPOINTS, EVENTS,
    EVENTS_V1, LEASES, LIMIT_RANGES, LOCAL_SUBJECT_ACCESS_REVIEWS, NAMESPACES, POD_TEMPLATES,
    RESOURCE_QUOTAS, ROLE_BINDINGS, ROLES, SECRETS, SELF_SUBJECT_ACCESS_REVIEWS, SELF_SUBJECT_REVIEWS,
    SELF_SUBJECT_RULES_REVIEWS, SERVICE_ACCOUNTS, SERVICES, SUBJECT_ACCESS_REVIEWS, TOKEN_REQUESTS,
    TOKEN_REVIEWS,
};
use purser_types::status::Cause;
use purser_types::time::Timestamp;
use purser_types::{Object, Resource, Value};

use crate::validate::causes::CAUSES_MAX;
use crate::validate::names::NameRule;
use crate::validate::{MetadataRules, generic_create, generic_update};

/// A served kind.
pub struct Kind {
    /// What it is.
    pub resource: &'static Resource,
    /// What may be asked of it, in the order of discovery.
    pub verbs: &'static [Verb],
    /// Served subresources, as discovery names them after the slash.
    pub subresources: &'static [&'static str],
    /// What is special about it.
    pub strategy: &'static dyn Strategy,
    /// What kubectl prints.
    pub columns: &'static [Column],
    /// What every request for it is warned of; `None`: it is not deprecated.
    pub deprecated: Option<&'static str>,
}

const ALL: &[Verb] = &[
    Verb::Create,
    Verb::Delete,
    Verb::DeleteCollection,
    Verb::Get,
    Verb::List,
    Verb::Patch,
    Verb::Update,
    Verb::Watch,
];
/// Namespaces go one by one.
const ALL_BUT_COLLECTION: &[Verb] = &[
    Verb::Create,
    Verb::Delete,
    Verb::Get,
    Verb::List,
    Verb::Patch,
    Verb::Update,
    Verb::Watch,
];

/// Every served kind, in the order of discovery.
pub static KINDS: &[Kind] = &[
    Kind {
        resource: &CONFIG_MAPS,
        verbs: ALL,
        subresources: &[],
        strategy: &config_map::ConfigMaps,
        columns: config_map::COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &ENDPOINTS,
        verbs: ALL,
        subresources: &[],
        strategy: &endpoints::Endpoints,
        columns: endpoints::COLUMNS,
        deprecated: Some(endpoints::DEPRECATED),
    },
    Kind {
        resource: &EVENTS,
        verbs: ALL,
        subresources: &[],
        strategy: &event::Events,
        columns: event::COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &LIMIT_RANGES,
        verbs: ALL,
        subresources: &[],
        strategy: &limit_range::LimitRanges,
        columns: limit_range::COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &NAMESPACES,
        verbs: ALL_BUT_COLLECTION,
        subresources: &["finalize", "status"],
        strategy: &namespace::Namespaces,
        columns: namespace::COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &POD_TEMPLATES,
        verbs: ALL,
        subresources: &[],
        strategy: &pod_template::PodTemplates,
        columns: pod_template::COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &RESOURCE_QUOTAS,
        verbs: ALL,
        subresources: &["status"],
        strategy: &quota::ResourceQuotas,
        columns: quota::COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &SECRETS,
        verbs: ALL,
        subresources: &[],
        strategy: &secret::Secrets,
        columns: secret::COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &SERVICE_ACCOUNTS,
        verbs: ALL,
        subresources: &["token"],
        strategy: &service_account::ServiceAccounts,
        columns: service_account::COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &SERVICES,
        verbs: ALL,
        subresources: &["status"],
        strategy: &service::Services,
        columns: service::COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &CERTIFICATE_SIGNING_REQUESTS,
        verbs: ALL,
        subresources: &["approval", "status"],
        strategy: &certificate::CertificateSigningRequests,
        columns: certificate::COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &CLUSTER_ROLE_BINDINGS,
        verbs: ALL,
        subresources: &[],
        strategy: &rbac::Bindings,
        columns: rbac::CLUSTER_ROLE_BINDING_COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &CLUSTER_ROLES,
        verbs: ALL,
        subresources: &[],
        strategy: &rbac::Roles,
        columns: rbac::ROLE_COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &ROLE_BINDINGS,
        verbs: ALL,
        subresources: &[],
        strategy: &rbac::Bindings,
        columns: rbac::ROLE_BINDING_COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &ROLES,
        verbs: ALL,
        subresources: &[],
        strategy: &rbac::Roles,
        columns: rbac::ROLE_COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &LEASES,
        verbs: ALL,
        subresources: &[],
        strategy: &lease::Leases,
        columns: lease::COLUMNS,
        deprecated: None,
    },
    Kind {
        resource: &EVENTS_V1,
        verbs: ALL,
        subresources: &[],
        strategy: &event::EventsV1,
        columns: event::COLUMNS,
        deprecated: None,
    },
    answered(&SELF_SUBJECT_REVIEWS, &review::SelfReviews),
    answered(&TOKEN_REVIEWS, &review::TokenReviews),
    answered(&LOCAL_SUBJECT_ACCESS_REVIEWS, &review::AccessReviews::Local),
    answered(&SELF_SUBJECT_ACCESS_REVIEWS, &review::AccessReviews::Own),
    answered(&SELF_SUBJECT_RULES_REVIEWS, &review::RulesReviews),
    answered(&SUBJECT_ACCESS_REVIEWS, &review::AccessReviews::Any),
];

/// What the subresource `token` of ServiceAccounts answers. It is at no path of its own, and in no table.
pub static TOKEN_REQUEST: Kind = answered(&TOKEN_REQUESTS, &review::TokenReviews);

/// A kind whose objects are answered and not kept.
const fn answered(resource: &'static Resource, strategy: &'static dyn Strategy) -> Kind {
    Kind {
        resource,
        verbs: &[Verb::Create],
        subresources: &[],
        strategy,
        columns: rbac::ROLE_COLUMNS,
        deprecated: None,
    }
}

/// What may be asked of a subresource: what upstream's subresources of that name answer to.
#[must_use]
pub fn subresource_verbs(name: &str) -> &'static [Verb] {
    match name {
        "approval" | "status" => &[Verb::Get, Verb::Patch, Verb::Update],
        "finalize" => &[Verb::Update],
        _ => &[Verb::Create],
    }
}

/// The kind of a resource.
#[must_use]
pub fn kind(resource: &'static Resource) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.resource == resource)
}

/// The kind that a path names.
#[must_use]
pub fn lookup(group: &str, version: &str, plural: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| {
        let resource = kind.resource;
        resource.group == group && resource.version == version && resource.plural == plural
    })
}

impl Kind {
    /// The cells of a table's row, one a column; `now` is what ages are counted to.
    #[must_use]
    pub fn cells(&self, object: &Object, now: Timestamp) -> Vec<Value> {
        self.columns
            .iter()
            .map(|column| (column.cell)(object, now))
            .collect()
    }

    /// For how long after its last write an object is kept; `None`: until it is deleted.
    #[must_use]
    pub fn lifetime(&self) -> Option<Duration> {
        let seconds = self.strategy.lifetime()?;
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    /// Whether objects are stored as this kind: they are kept, and it is not another's face.
    #[must_use]
    pub fn is_storage(&self) -> bool {
        self.resource.is_kept() && self.resource.face.is_none()
    }

    /// Everything that is wrong with an object about to be created, in upstream's order: what the kind says, or when
    /// it says nothing, the generic layer. [`Strategy::prepare_for_create`] has run and the name is generated.
    #[must_use]
    pub fn causes_on_create(&self, object: &Object) -> Vec<Cause> {
        let mut causes = self.strategy.causes_on_create(self, object);
        if causes.is_empty() {
            causes = generic_create(object);
        }
        causes.truncate(CAUSES_MAX);
        causes
    }

    /// Everything that is wrong with a change, in upstream's order, which repeats some causes as upstream does
    /// (clients read their number). [`Strategy::prepare_for_update`] has run.
    #[must_use]
    pub fn causes_on_update(&self, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = generic_create(new);
        causes.extend(generic_update(new, old));
        causes.extend(self.strategy.causes_on_update(self, new, old));
        causes.truncate(CAUSES_MAX);
        causes
    }
}

impl Kind {
    /// As [`Kind::causes_on_update`], for a change through a subresource.
    #[must_use]
    pub fn causes_through(&self, subresource: &str, new: &Object, old: &Object) -> Vec<Cause> {
        let mut causes = generic_create(new);
        causes.extend(generic_update(new, old));
        causes.extend(self.strategy.causes_through(subresource, self, new, old));
        causes.truncate(CAUSES_MAX);
        causes
    }
}

impl MetadataRules for Kind {
    fn name_rule(&self) -> NameRule {
        self.strategy.name_rule()
    }

    fn core_finalizers(&self) -> bool {
        self.resource.group.is_empty()
    }
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kind")
            .field("resource", &self.resource.plural)
            .finish_non_exhaustive()
    }
}
