//! The permit: the only way to the registry's methods. Made here, and nowhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use purser_types::resource::SECRETS;
use purser_types::{Status, User};

use crate::attributes::{Asked, NonResource, ResourceRequest, UnservedRequest, Verb};
use crate::authorizer::{Answer, Authorizer};
use crate::decision::{Decision, Verdict};
use crate::forbidden::{forbidden, forbidden_path, forbidden_unserved, with_reason};
use crate::objects::{Conditions, DEPENDS, ObjectFacts};

/// The subresource that stands for the metadata of Secrets in rules: with `get`, `list` or `watch` on
/// `secrets/metadata` a Secret is seen without its values, as a row of a table or as `PartialObjectMetadata`.
pub const METADATA: &str = "metadata";

/// Who the server's own controllers are.
pub const INTERNAL_USER: &str = "system:purser";

/// How much of an object its reader may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// All of it.
    Values,
    /// Names, labels, types, sizes.
    Metadata,
    /// Whether all of it depends on the object.
    Depends,
}

/// Who acts as somebody else, and as whom.
#[derive(Debug)]
struct Impersonation {
    requestor: Arc<User>,
    wanted: Arc<User>,
}

/// Proof that a request for objects was allowed, for exactly what it was asked for.
#[derive(Debug, Clone)]
pub struct Permit {
    request: ResourceRequest,
    user: Arc<User>,
    sight: Sight,
    /// On what it depends whether all of an object may be seen, for verbs that do not read.
    sight_conditions: Option<Arc<Conditions>>,
    /// On what the right depends; `None`: it is for all objects.
    conditions: Option<Arc<Conditions>>,
    reason: String,
    /// Who allowed it; `None`: it is internal.
    authorizer: Option<Arc<Authorizer>>,
    /// By whose right its user is who they are; `None`: by their own.
    impersonation: Option<Arc<Impersonation>>,
    /// The count of changes of the policy and of those who decide up to which it is known to hold.
    holds_at: Arc<AtomicU64>,
}

impl Permit {
    /// The same, as long as `requestor` may be `wanted`.
    #[must_use]
    pub fn impersonating(self, requestor: Arc<User>, wanted: Arc<User>) -> Self {
        Self {
            impersonation: Some(Arc::new(Impersonation { requestor, wanted })),
            ..self
        }
    }

    /// What was allowed.
    #[must_use]
    pub fn request(&self) -> &ResourceRequest {
        &self.request
    }

    /// Who may.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Whether answers may carry the values of the object: the caller asked for them and may, or may `get` the
    /// object besides what it asked for, or the resource holds no values worth hiding.
    #[must_use]
    pub fn sees_values(&self) -> bool {
        self.sight == Sight::Values
    }

    /// Whether there is something to ask of each object ([`Permit::for_object`]). **No object may be shown or changed
    /// without that.**
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.conditions.is_some() || self.sight_conditions.is_some()
    }

    /// Whether it is for all objects.
    #[must_use]
    pub fn is_for_all(&self) -> bool {
        self.conditions.is_none()
    }

    /// Whether a `get` would show this object, and does not show the one that this permit is for.
    #[must_use]
    pub fn comes_into_sight(&self, object: &ObjectFacts<'_>) -> bool {
        let conditions = self.sight_conditions.as_ref();
        self.sight == Sight::Metadata && conditions.is_some_and(|conditions| conditions.admit(object))
    }

    /// Whether the annotations of objects are looked at.
    #[must_use]
    pub fn looks_at_annotations(&self) -> bool {
        let both = [&self.conditions, &self.sight_conditions];
        both.into_iter()
            .flatten()
            .any(|conditions| conditions.look_at_annotations())
    }

    /// Whether it is for this object.
    #[must_use]
    pub fn admits(&self, object: &ObjectFacts<'_>) -> bool {
        self.conditions
            .as_ref()
            .is_none_or(|conditions| conditions.admit(object))
    }

    /// The permit for this object, which shows all of it or not; `None`: there is none. A change takes it for the
    /// object as it was and then, of what that gave, for the object as it becomes.
    #[must_use]
    pub fn for_object(&self, object: &ObjectFacts<'_>) -> Option<Self> {
        let sight = match &self.sight_conditions {
            Some(conditions) if self.sight != Sight::Metadata => match conditions.admit(object) {
                true => Sight::Values,
                false => Sight::Metadata,
            },
            _ => self.sight,
        };
        self.admits(object).then(|| Self {
            sight,
            ..self.clone()
        })
    }

    /// What is said of an object that is not there, or that the permit is not for: nobody learns which. Who may do it
    /// to all objects that no rule forbids is told that there is none; others that they may not.
    #[must_use]
    pub fn absent(&self) -> Status {
        match &self.conditions {
            Some(conditions) if !conditions.for_others() => self.refusal(),
            _ => Status::not_found(self.request.resource, &self.request.name),
        }
    }

    /// What is said of an object that the permit is not for, and that is known to whom it is said.
    #[must_use]
    pub fn refusal(&self) -> Status {
        with_reason(forbidden(&self.user, &self.request), DEPENDS)
    }

    /// The permit to do something else with the same object: an apply may have to create it.
    ///
    /// # Errors
    /// [`Denied`] when that is not allowed.
    pub async fn also(&self, verb: Verb) -> Result<Self, Denied> {
        let request = ResourceRequest {
            verb,
            ..self.request.clone()
        };
        match &self.authorizer {
            Some(authorizer) => authorizer.authorize(&self.user, request).await,
            // What is internal is for one duty; nobody with that name may anything.
            None => Arc::new(Authorizer::new()).authorize(&self.user, request).await,
        }
    }

    /// Whether it would be given again, now: rights change while a watch goes on. Costs next to nothing when neither
    /// roles and bindings nor those who decide have changed, unless one of these may change its mind.
    pub async fn holds(&self) -> bool {
        let Some(authorizer) = &self.authorizer else {
            return true;
        };
        let changes = authorizer.changes();
        if self.holds_at.load(Ordering::Relaxed) == changes && !authorizer.wavers() {
            return true;
        }
        let again = match self.sight {
            Sight::Values | Sight::Depends => authorizer.authorize(&self.user, self.request.clone()).await,
            Sight::Metadata => {
                authorizer
                    .authorize_metadata(&self.user, self.request.clone())
                    .await
            }
        };
        let as_much = |again: Self| {
            let (had, has) = (self.conditions.as_deref(), again.conditions.as_deref());
            (again.sees_values() || !self.sees_values()) && Conditions::same(had, has)
        };
        let holds = again.is_ok_and(as_much) && self.may_impersonate(authorizer).await;
        if holds {
            self.holds_at.store(changes, Ordering::Relaxed);
        }
        holds
    }

    async fn may_impersonate(&self, authorizer: &Authorizer) -> bool {
        let Some(acting) = &self.impersonation else {
            return true;
        };
        let deed = self.request.words();
        authorizer
            .impersonate(&acting.requestor, &acting.wanted, Asked::Objects(&deed))
            .await
            .is_ok()
    }

    /// Who allowed it, for questions beyond this permit; `None`: it is internal.
    #[must_use]
    pub fn authorizer(&self) -> Option<&Arc<Authorizer>> {
        self.authorizer.as_ref()
    }

    /// Why it was allowed, for the audit log; empty when there is no more to say than who asked.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// A permit that nobody asked for: for the duties of the server's own controllers, **never** for a request that
    /// came from outside. Its user is [`INTERNAL_USER`].
    #[must_use]
    pub fn internal(request: ResourceRequest) -> Self {
        let user = User {
            name: INTERNAL_USER.to_owned(),
            ..User::default()
        };
        Self {
            request,
            user: Arc::new(user),
            sight: Sight::Values,
            sight_conditions: None,
            conditions: None,
            reason: "internal duty".to_owned(),
            authorizer: None,
            impersonation: None,
            holds_at: Arc::default(),
        }
    }
}

/// The request is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", status.message)]
pub struct Denied {
    /// Why, for the audit log only.
    pub reason: String,
    /// What the client reads.
    pub status: Box<Status>,
}

impl From<Denied> for Status {
    fn from(denied: Denied) -> Self {
        *denied.status
    }
}

impl Authorizer {
    /// The permit for a request that shows objects whole.
    ///
    /// # Errors
    /// [`Denied`], with upstream's sentence.
    pub async fn authorize(
        self: &Arc<Self>,
        user: &Arc<User>,
        request: ResourceRequest,
    ) -> Result<Permit, Denied> {
        let changes = self.changes();
        let answer = self.ask(user, Asked::Objects(&request.words())).await;
        if !answer.gives() {
            return Err(self.denied(user, &request, answer.decision).await);
        }
        let (sight, sight_conditions) = self.sight(user, &request).await;
        let permit = self.permit(user, request, sight, answer, changes);
        Ok(Permit {
            sight_conditions,
            ..permit
        })
    }

    /// The permit for a read that shows metadata alone: [`METADATA`] is enough for it.
    ///
    /// # Errors
    /// [`Denied`], with upstream's sentence.
    pub async fn authorize_metadata(
        self: &Arc<Self>,
        user: &Arc<User>,
        request: ResourceRequest,
    ) -> Result<Permit, Denied> {
        let changes = self.changes();
        let asked = Asked::Objects(&request.words());
        let whole = self.ask(user, asked).await;
        if whole.decision.is_allowed() {
            // Reading verbs show what they were allowed to, and only those ask for metadata alone.
            return Ok(self.permit(user, request, Sight::Values, whole, changes));
        }
        if !has_metadata_right(&request) {
            return match whole.gives() {
                true => Ok(self.permit(user, request, Sight::Values, whole, changes)),
                false => Err(self.denied(user, &request, whole.decision).await),
            };
        }
        let metadata = self.ask(user, Asked::Objects(&metadata_of(&request))).await;
        // A right to the metadata of all objects shows more than one to some objects whole.
        if metadata.decision.is_allowed() || (metadata.gives() && !whole.gives()) {
            return Ok(self.permit(user, request, Sight::Metadata, metadata, changes));
        }
        match whole.gives() {
            true => Ok(self.permit(user, request, Sight::Values, whole, changes)),
            false => Err(refused(whole.decision, forbidden(user, &request))),
        }
    }

    /// `changes` is from before the decision: what changes during one counts as changed.
    fn permit(
        self: &Arc<Self>,
        user: &Arc<User>,
        request: ResourceRequest,
        sight: Sight,
        answer: Answer,
        changes: u64,
    ) -> Permit {
        Permit {
            request,
            user: Arc::clone(user),
            sight,
            sight_conditions: None,
            conditions: answer.conditions.map(Arc::new),
            reason: answer.decision.reason,
            impersonation: None,
            holds_at: Arc::new(AtomicU64::new(changes)),
            authorizer: Some(Arc::clone(self)),
        }
    }

    /// As [`Authorizer::authorize`], for a resource that is not served: who is allowed may learn that.
    ///
    /// # Errors
    /// [`Denied`], with upstream's sentence.
    pub async fn authorize_unserved(&self, user: &User, request: &UnservedRequest<'_>) -> Result<(), Denied> {
        let decision = self.decide(user, Asked::Objects(request)).await;
        match decision.is_allowed() {
            true => Ok(()),
            false => Err(refused(decision, forbidden_unserved(user, request))),
        }
    }

    /// As [`Authorizer::authorize`], for a path: health and version are for everybody.
    ///
    /// # Errors
    /// [`Denied`], with upstream's sentence.
    pub async fn authorize_path(&self, user: &User, request: &NonResource) -> Result<(), Denied> {
        let decision = self.decide_path(user, request).await;
        match decision.is_allowed() {
            true => Ok(()),
            false => Err(refused(decision, forbidden_path(user, request))),
        }
    }

    /// The refusal. Who has the right to metadata and asks for values is told which right is missing.
    async fn denied(&self, user: &User, request: &ResourceRequest, decision: Decision) -> Denied {
        let unforbidden = decision.verdict == Verdict::NoOpinion && has_metadata_right(request);
        let sees_some = unforbidden && self.may_some(user, &metadata_of(request)).await.gives();
        let decision = match sees_some {
            true => Decision::no_opinion(format!(
                "the right to secrets/{METADATA} shows tables and PartialObjectMetadata alone; values take the right \
                 to {} secrets",
                request.verb.as_str()
            )),
            false => decision,
        };
        refused(decision, forbidden(user, request))
    }

    /// Reading verbs show what they were allowed to; any other verb shows a Secret only to who may `get` it as well.
    async fn sight(&self, user: &User, request: &ResourceRequest) -> (Sight, Option<Arc<Conditions>>) {
        if request.resource != &SECRETS || request.verb.reads() {
            return (Sight::Values, None);
        }
        let get = UnservedRequest {
            verb: Verb::Get.as_str(),
            subresource: "",
            selectors: None,
            ..request.words()
        };
        let get = self.may_some(user, &get).await;
        match (get.gives(), get.conditions) {
            (false, _) => (Sight::Metadata, None),
            (true, None) => (Sight::Values, None),
            (true, Some(conditions)) => (Sight::Depends, Some(Arc::new(conditions))),
        }
    }
}

/// What was not allowed: 403 with the reason; 500 when somebody could not say.
///
/// Source: `withAuthorization` in `k8s.io/apiserver/pkg/endpoints/filters/authorization.go`.
fn refused(decision: Decision, forbidden: Status) -> Denied {
    match decision.error {
        Some(error) => Denied {
            reason: "internal error".to_owned(),
            status: Box::new(Status::internal(&error)),
        },
        None => Denied {
            status: Box::new(with_reason(forbidden, &decision.reason)),
            reason: decision.reason,
        },
    }
}

/// Whether a right to metadata alone exists for what is asked.
fn has_metadata_right(request: &ResourceRequest) -> bool {
    request.resource == &SECRETS && request.subresource.is_empty() && request.verb.reads()
}

fn metadata_of(request: &ResourceRequest) -> UnservedRequest<'_> {
    UnservedRequest {
        subresource: METADATA,
        ..request.words()
    }
}

#[cfg(test)]
mod tests;
