//! What is asked, in the words of RBAC.

use purser_types::Resource;

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
}

/// A request for objects of a resource that is not served here. It is authorized before it is not found, as
/// upstream does, so that who may nothing learns nothing of what is served.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnservedRequest<'a> {
    /// The verb.
    pub verb: &'a str,
    /// API group, empty for core.
    pub group: &'a str,
    /// Plural name.
    pub resource: &'a str,
    /// Empty: the object itself.
    pub subresource: &'a str,
    /// Empty: the cluster scope.
    pub namespace: &'a str,
    /// Empty: the collection.
    pub name: &'a str,
}

/// A request for a path that is no object (`/metrics`).
#[derive(Debug, Clone)]
pub struct NonResource {
    /// HTTP method in lower case.
    pub verb: String,
    /// The path.
    pub path: String,
}
