//! What is asked, in the words of RBAC.

use std::sync::Arc;

use purser_types::Resource;
use purser_types::resource::NAMESPACES;

use crate::selectors::Selectors;

/// The verbs of the API, as RBAC spells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Read one.
    Get,
    /// Read all.
    List,
    /// Follow changes.
    Watch,
    /// Make one.
    Create,
    /// Replace one.
    Update,
    /// Change parts of one.
    Patch,
    /// Remove one.
    Delete,
    /// Remove all that match.
    DeleteCollection,
}

impl Verb {
    /// Whether it shows objects and changes none.
    #[must_use]
    pub fn reads(self) -> bool {
        matches!(self, Self::Get | Self::List | Self::Watch)
    }

    /// The word of RBAC rules and audit events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        }
    }
}

/// A request for objects.
#[derive(Debug, Clone)]
pub struct ResourceRequest {
    /// The verb.
    pub verb: Verb,
    /// The resource.
    pub resource: &'static Resource,
    /// `status`, `token`; empty: the object itself.
    pub subresource: String,
    /// The namespace; empty: cluster-scoped, or all namespaces.
    pub namespace: String,
    /// The name; empty: the collection. A list or watch narrowed by `metadata.name=X` carries X.
    pub name: String,
    /// How a list, a watch or a deletion of many is narrowed; `None`: it is not, or cannot be.
    pub selectors: Option<Arc<Selectors>>,
}

impl ResourceRequest {
    /// The request in the words of rules.
    #[must_use]
    pub fn words(&self) -> UnservedRequest<'_> {
        UnservedRequest {
            verb: self.verb.as_str(),
            group: self.resource.group,
            version: self.resource.version,
            resource: self.resource.plural,
            subresource: &self.subresource,
            // A request for a namespace counts as one in it; a list that is narrowed to one names it, and is in none.
            namespace: if self.resource == &NAMESPACES && !matches!(self.verb, Verb::List | Verb::Watch) {
                &self.name
            } else {
                &self.namespace
            },
            name: &self.name,
            selectors: self.selectors.as_deref(),
        }
    }
}

/// A request for objects of a resource that is not served here. It is authorized before it is not found, as
/// upstream does, so that who may nothing learns nothing of what is served.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnservedRequest<'a> {
    /// The verb.
    pub verb: &'a str,
    /// API group, empty for core.
    pub group: &'a str,
    /// API version; RBAC does not look at it.
    pub version: &'a str,
    /// Plural name.
    pub resource: &'a str,
    /// Empty: the object itself.
    pub subresource: &'a str,
    /// Empty: the cluster scope.
    pub namespace: &'a str,
    /// Empty: the collection.
    pub name: &'a str,
    /// How what is asked is narrowed; RBAC does not look at it.
    pub selectors: Option<&'a Selectors>,
}

/// A request for a path that is no object (`/metrics`).
#[derive(Debug, Clone)]
pub struct NonResource {
    /// HTTP method in lower case.
    pub verb: String,
    /// The path.
    pub path: String,
}

/// What is asked: of objects, or of a path.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// A request for objects.
    Objects(&'a UnservedRequest<'a>),
    /// A request for a path.
    Path(&'a NonResource),
}
