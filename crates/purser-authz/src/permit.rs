//! The permit: the only way to the registry's methods. Made here, and nowhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use purser_types::resource::SECRETS;
use purser_types::{Status, User};

use crate::attributes::{NonResource, ResourceRequest, UnservedRequest, Verb};
use crate::authorizer::{Allowed, Authorizer};
use crate::forbidden::{forbidden, forbidden_path, forbidden_unserved, with_reason};
use crate::impersonation::Deed;

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
    reason: String,
    /// Who allowed it; `None`: it is internal.
    authorizer: Option<Arc<Authorizer>>,
    /// By whose right its user is who they are; `None`: by their own.
    impersonation: Option<Arc<Impersonation>>,
    /// The count of changes of the policy up to which it is known to hold.
    holds_at: Arc<AtomicU64>,
}

impl Permit {
    fn new(
        authorizer: &Arc<Authorizer>,
        user: &Arc<User>,
        request: ResourceRequest,
        sight: Sight,
        reason: String,
    ) -> Self {
        Self {
            request,
            user: Arc::clone(user),
            sight,
            reason,
            impersonation: None,
            holds_at: Arc::new(AtomicU64::new(authorizer.changes())),
            authorizer: Some(Arc::clone(authorizer)),
        }
    }

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

    /// The permit to do something else with the same object: an apply may have to create it.
    ///
    /// # Errors
    /// [`Denied`] when that is not allowed.
    pub fn also(&self, verb: Verb) -> Result<Self, Denied> {
        let request = ResourceRequest {
            verb,
            ..self.request.clone()
        };
        match &self.authorizer {
            Some(authorizer) => authorizer.authorize(&self.user, request),
            // What is internal is for one duty; nobody with that name may anything.
            None => Arc::new(Authorizer::new()).authorize(&self.user, request),
        }
    }

    /// Whether it would be given again, now: rights change while a watch goes on. Costs next to nothing when no role
    /// and no binding has changed.
    #[must_use]
    pub fn holds(&self) -> bool {
        let Some(authorizer) = &self.authorizer else {
            return true;
        };
        let changes = authorizer.changes();
        if self.holds_at.load(Ordering::Relaxed) == changes {
            return true;
        }
        let again = match self.sight {
            Sight::Values => authorizer.authorize(&self.user, self.request.clone()),
            Sight::Metadata => authorizer.authorize_metadata(&self.user, self.request.clone()),
        };
        let holds = again.is_ok_and(|again| again.sees_values() || !self.sees_values())
            && self.may_impersonate(authorizer);
        if holds {
            self.holds_at.store(changes, Ordering::Relaxed);
        }
        holds
    }

    fn may_impersonate(&self, authorizer: &Authorizer) -> bool {
        let deed = self.request.words();
        self.impersonation.as_ref().is_none_or(|acting| {
            authorizer
                .impersonate(&acting.requestor, &acting.wanted, Deed::Objects(&deed))
                .is_ok()
        })
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
    pub fn authorize(self: &Arc<Self>, user: &Arc<User>, request: ResourceRequest) -> Result<Permit, Denied> {
        let Some(allowed) = self.allows(user, &request.words()) else {
            return Err(self.denied(user, &request));
        };
        let sight = match self.sees_values(user, &request) {
            true => Sight::Values,
            false => Sight::Metadata,
        };
        Ok(Permit::new(self, user, request, sight, allowed.reason))
    }

    /// The permit for a read that shows metadata alone: [`METADATA`] is enough for it.
    ///
    /// # Errors
    /// [`Denied`], with upstream's sentence.
    pub fn authorize_metadata(
        self: &Arc<Self>,
        user: &Arc<User>,
        request: ResourceRequest,
    ) -> Result<Permit, Denied> {
        if !has_metadata_right(&request) || self.may(user, &request.words()) {
            return self.authorize(user, request);
        }
        let Some(allowed) = self.allows(user, &metadata_of(&request)) else {
            return Err(self.denied(user, &request));
        };
        Ok(Permit::new(self, user, request, Sight::Metadata, allowed.reason))
    }

    /// As [`Authorizer::authorize`], for a resource that is not served: who is allowed may learn that.
    ///
    /// # Errors
    /// [`Denied`], with upstream's sentence.
    pub fn authorize_unserved(&self, user: &User, request: &UnservedRequest<'_>) -> Result<Allowed, Denied> {
        self.allows(user, request).ok_or_else(|| Denied {
            reason: String::new(),
            status: Box::new(forbidden_unserved(user, request)),
        })
    }

    /// As [`Authorizer::authorize`], for a path: health and version are for everybody.
    ///
    /// # Errors
    /// [`Denied`], with upstream's sentence.
    pub fn authorize_path(&self, user: &User, request: &NonResource) -> Result<Allowed, Denied> {
        self.allows_path(user, request).ok_or_else(|| Denied {
            reason: String::new(),
            status: Box::new(forbidden_path(user, request)),
        })
    }

    /// The refusal. Who has the right to metadata and asks for values is told which right is missing.
    fn denied(&self, user: &User, request: &ResourceRequest) -> Denied {
        let reason = match has_metadata_right(request) && self.may(user, &metadata_of(request)) {
            true => format!(
                "the right to secrets/{METADATA} shows tables and PartialObjectMetadata alone; values take the right \
                 to {} secrets",
                request.verb.as_str()
            ),
            false => String::new(),
        };
        Denied {
            status: Box::new(with_reason(forbidden(user, request), &reason)),
            reason,
        }
    }

    /// Reading verbs show what they were allowed to; any other verb shows a Secret only to who may `get` it as well.
    fn sees_values(&self, user: &User, request: &ResourceRequest) -> bool {
        let hides = request.resource == &SECRETS;
        let get = UnservedRequest {
            verb: Verb::Get.as_str(),
            subresource: "",
            ..request.words()
        };
        !hides || request.verb.reads() || self.may(user, &get)
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
