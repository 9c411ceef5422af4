//! Which objects a list, watch or deletecollection is about.

use purser_types::Status;
use purser_types::resource::Face;
use purser_types::selector::{FieldSelector, LabelSelector};
use purser_types::time::Timestamp;

use crate::cache::{Scope, Snapshot};
use crate::error::Error;
use crate::index::Index;
use crate::keys::Keys;
use crate::kinds::Kind;
use crate::options::ListOptions;

/// The fields every kind can be selected by.
const METADATA_FIELDS: [&str; 2] = ["metadata.name", "metadata.namespace"];

/// A collection narrowed by selectors.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    /// The namespace; empty: all, or cluster-scoped.
    pub(crate) namespace: String,
    /// The one name that can match, when the permit or the field selector says so.
    pub(crate) name: Option<String>,
    labels: LabelSelector,
    fields: FieldSelector,
    /// How the kind that is asked for names the fields of what is stored.
    face: Option<&'static Face>,
    /// What had expired by then is gone.
    now: Timestamp,
}

impl Selection {
    /// What `options` select of a collection. A `name` is what the permit is narrowed to; empty: nothing.
    ///
    /// # Errors
    /// 400 for selectors that cannot be read and for fields the kind has not.
    pub(crate) fn new(
        kind: &Kind,
        namespace: &str,
        name: &str,
        options: &ListOptions,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let labels = LabelSelector::parse(&options.label_selector)
            .map_err(|error| Status::bad_request(error.to_string()))?;
        let fields = FieldSelector::parse(&options.field_selector)
            .map_err(|error| Status::bad_request(error.to_string()))?;
        let known = kind.strategy.selectable_fields();
        if let Some(unknown) = fields
            .requirements()
            .iter()
            .find(|one| !known.contains(&one.field.as_str()))
        {
            return Err(Status::bad_request(unknown_field(kind, &unknown.field)).into());
        }
        let selected = fields.exact("metadata.name");
        if !name.is_empty() && !fields.is_everything() && selected != Some(name) {
            let why = "fieldSelector metadata.name doesn't match requested name";
            return Err(Status::bad_request(why).into());
        }
        let named = if name.is_empty() { selected } else { Some(name) };
        let namespace = if kind.resource.namespaced {
            namespace.to_owned()
        } else {
            String::new()
        };
        Ok(Self {
            namespace,
            name: named.map(str::to_owned),
            labels,
            fields,
            face: kind.resource.face,
            now,
        })
    }

    /// Whether everything of the collection matches, so that what remains can be counted.
    pub(crate) fn is_everything(&self) -> bool {
        self.name.is_none() && self.labels.is_everything() && self.fields.is_everything()
    }

    /// Whether an object matches. One that cannot be read matches nothing.
    pub(crate) fn matches(&self, index: &Index) -> bool {
        index.unreadable.is_none()
            && !index.is_expired(self.now)
            && self.names(index)
            && self.fields.matches(|field| {
                Some(match self.face {
                    None => index.field(field),
                    Some(face) => index.field(&face.stored_field(field)),
                })
            })
            && self.labels.matches(|key| index.label(key))
    }

    /// Whether the selection would include the object if only its name mattered.
    pub(crate) fn names(&self, index: &Index) -> bool {
        (self.namespace.is_empty() || *self.namespace == *index.namespace)
            && self.name.as_deref().is_none_or(|name| *name == *index.name)
    }

    /// A state narrowed to the one object that can match, if there is only one.
    pub(crate) fn narrow(&self, snapshot: Snapshot, keys: &Keys, kind: &Kind) -> Snapshot {
        match &self.name {
            Some(name) if !kind.resource.namespaced || !self.namespace.is_empty() => {
                snapshot.only(&format!("{}{name}", keys.scope(kind.resource, &self.namespace)))
            }
            _ => snapshot,
        }
    }

    /// The narrowest scope of events that holds all that match.
    pub(crate) fn scope(&self, kind: &Kind) -> Scope {
        match &self.name {
            Some(name) if !kind.resource.namespaced || !self.namespace.is_empty() => {
                Scope::Object(self.namespace.as_str().into(), name.as_str().into())
            }
            _ if self.namespace.is_empty() => Scope::All,
            _ => Scope::Namespace(self.namespace.as_str().into()),
        }
    }
}

/// Upstream words this twice: kinds with fields of their own have a conversion function of their own.
fn unknown_field(kind: &Kind, field: &str) -> String {
    if kind.strategy.selectable_fields() == METADATA_FIELDS {
        format!("{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
    } else {
        format!("field label not supported: {field}")
    }
}
