//! What a kind decides for itself; the generic parts of an operation ask.

use futures_util::future::BoxFuture;
use purser_authz::rbac::Grant;
use purser_authz::{Authorizer, Permit};
use purser_types::status::Cause;
use purser_types::time::Timestamp;
use purser_types::{Map, Object, Status};

use crate::lasting::Lasting;
use crate::services::Held;
use crate::validate::names::NameRule;
use crate::validate::{MetadataRules, metadata_create, metadata_update};

/// What an answer to an object that is not kept may depend on, besides the object.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Who asks.
    pub permit: &'a Permit,
    /// When.
    pub now: Timestamp,
}

impl Asked<'_> {
    /// Who decides.
    ///
    /// # Errors
    /// 500: the server itself asks nothing.
    pub(super) fn authorizer(&self) -> Result<&Authorizer, Status> {
        let authorizer = self.permit.authorizer();
        authorizer
            .map(AsRef::as_ref)
            .ok_or_else(|| Status::internal("nobody decides about the server itself"))
    }
}

/// What is special about a kind. The defaults are those of most kinds.
///
/// Source: `rest.RESTCreateStrategy` and `rest.RESTUpdateStrategy` in `k8s.io/apiserver/pkg/registry/rest`.
pub trait Strategy: Send + Sync {
    /// Sets defaults and drops what a client may not set, after decoding.
    fn prepare_for_create(&self, object: &mut Object) {
        let _ = object;
    }

    /// As [`Strategy::prepare_for_create`], for a change: also puts back what only subresources may change.
    fn prepare_for_update(&self, object: &mut Object, old: &Object) {
        let _ = old;
        self.prepare_for_create(object);
    }

    /// Fills in what depends on who asks and when, after the object was prepared. The permit says through which
    /// subresource a change comes.
    fn stamp(&self, asked: &Asked<'_>, object: &mut Object, old: Option<&Object>) {
        let _ = (asked, object, old);
    }

    /// What is wrong with the kind's own fields. Most callers want
    /// [`Kind::causes_on_create`](super::Kind::causes_on_create), which adds the rules of metadata.
    fn validate(&self, object: &Object) -> Vec<Cause> {
        let _ = object;
        Vec::new()
    }

    /// What is wrong with the change of the kind's own fields; it does not repeat [`Strategy::validate`].
    /// Most callers want [`Kind::causes_on_update`](super::Kind::causes_on_update).
    fn validate_update(&self, object: &Object, old: &Object) -> Vec<Cause> {
        let _ = (object, old);
        Vec::new()
    }

    /// Everything that is wrong with an object about to be created, in upstream's order: its metadata, then its own
    /// fields.
    fn causes_on_create(&self, rules: &dyn MetadataRules, object: &Object) -> Vec<Cause> {
        let mut causes = metadata_create(rules, object);
        causes.extend(self.validate(object));
        causes
    }

    /// Everything that is wrong with a change, in upstream's order, which repeats some causes as upstream does.
    fn causes_on_update(&self, rules: &dyn MetadataRules, new: &Object, old: &Object) -> Vec<Cause> {
        let mut change = metadata_update(rules, new, old);
        change.extend(self.validate_update(new, old));
        let whole = self.causes_on_create(rules, new);
        let (mut first, second) = if self.validates_whole_first() {
            (whole, change)
        } else {
            (change, whole)
        };
        first.extend(second);
        first
    }

    /// As [`Strategy::prepare_for_update`], for a change through a subresource. Through `status`: it changes nothing
    /// but the status, and metadata.
    fn prepare_through(&self, subresource: &str, object: &mut Object, old: &Object) {
        let _ = subresource;
        keep_all_but_status(object, old);
    }

    /// Everything that is wrong with a change through a subresource.
    fn causes_through(
        &self,
        subresource: &str,
        rules: &dyn MetadataRules,
        new: &Object,
        old: &Object,
    ) -> Vec<Cause> {
        let _ = subresource;
        metadata_update(rules, new, old)
    }

    /// Whether who holds the permit may write this object, where that takes rights beyond that to the request;
    /// `None`: it takes none. Asked after defaults are set and before the object is judged.
    fn allows<'a>(
        &'a self,
        permit: &'a Permit,
        object: &'a Object,
        old: Option<&'a Object>,
    ) -> Option<BoxFuture<'a, Result<(), Status>>> {
        let _ = (permit, object, old);
        None
    }

    /// As [`Strategy::allows`], asked once the object is found to be right: what upstream's admission plugins judge.
    fn admits<'a>(
        &'a self,
        permit: &'a Permit,
        object: &'a Object,
        old: Option<&'a Object>,
    ) -> Option<BoxFuture<'a, Result<(), Status>>> {
        let _ = (permit, object, old);
        None
    }

    /// The answer to an object of a kind that is not kept, on which [`Strategy::validate`] had nothing to say.
    ///
    /// # Errors
    /// The refusal.
    fn answer<'a>(&'a self, asked: &'a Asked<'_>, object: Object) -> BoxFuture<'a, Result<Object, Status>> {
        let _ = (asked, object);
        Box::pin(async { Err(Status::internal("objects of this kind are kept")) })
    }

    /// What it gives to whom, for the authorizer; `None`: nothing of this kind does.
    fn grant(&self, object: &Object) -> Option<Box<Grant>> {
        let _ = object;
        None
    }

    /// What deserves a `Warning` header though it is kept. Never a value.
    fn warnings(&self, object: &Object) -> Vec<String> {
        let _ = object;
        Vec::new()
    }

    /// As [`Strategy::warnings`], for a change of what is stored.
    fn warnings_on_update(&self, object: &Object, old: &Object) -> Vec<String> {
        let _ = old;
        self.warnings(object)
    }

    /// What the object holds of what is given out once, and of what quotas count besides objects; `None`: nothing of
    /// this kind does.
    fn held(&self, object: &Object) -> Option<Box<Held>> {
        let _ = object;
        None
    }

    /// What it says of tokens that do not end; `None`: nothing of this kind does.
    fn lasting(&self, object: &Object) -> Option<Box<Lasting>> {
        let _ = object;
        None
    }

    /// The value of a field that selectors may name, beyond `metadata.name` and `metadata.namespace`.
    fn own_field(&self, object: &Object, field: &str) -> Option<String> {
        let _ = (object, field);
        None
    }

    /// Which fields selectors may name.
    fn selectable_fields(&self) -> &'static [&'static str] {
        &["metadata.name", "metadata.namespace"]
    }

    /// Which names objects may have.
    fn name_rule(&self) -> NameRule {
        NameRule::DnsSubdomain
    }

    /// Whether `metadata.generation` counts the changes of the specification.
    fn generation(&self) -> bool {
        false
    }

    /// Whether an update without `resourceVersion` replaces whatever is there.
    fn allow_unconditional_update(&self) -> bool {
        true
    }

    /// Whether an update of what is not there creates it.
    fn allow_create_on_update(&self) -> bool {
        false
    }

    /// Whether objects go with their owners, and can take their dependents along or let them live.
    fn is_collected(&self) -> bool {
        true
    }

    /// For how many seconds after its last write an object is kept; `None`: until it is deleted.
    fn lifetime(&self) -> Option<i64> {
        None
    }

    /// Whether the deletion of an object is answered with the object as it was, not with a `Status`.
    ///
    /// Source: `ReturnDeletedObject` of a kind's storage upstream.
    fn returns_deleted(&self) -> bool {
        false
    }

    /// Whether an update checks the whole object before the change: the order of causes is upstream's, per kind.
    fn validates_whole_first(&self) -> bool {
        false
    }
}

/// Puts everything back but the status and metadata.
pub(super) fn keep_all_but_status(object: &mut Object, old: &Object) {
    let mut body: Map = old
        .body
        .iter()
        .map(|(field, value)| (field.clone(), value.duplicate()))
        .collect();
    for field in ["metadata", "status"] {
        match object.body.remove_entry(field) {
            Some((field, value)) => drop(body.insert(field, value)),
            None => drop(body.remove(field)),
        }
    }
    object.body = body;
}
