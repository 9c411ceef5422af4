//! The permit: the only way to the registry's methods. Made here, and nowhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use purser_types::{Status, User};

use crate::attributes::{ResourceRequest, Verb};
use crate::authorizer::Authorizer;

/// Who the server's own controllers are.
pub const INTERNAL_USER: &str = "system:purser";

/// How much of an object its reader may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// All of it.
    Values,
    /// Names, labels, types, sizes.
    Metadata,
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
    /// The count of changes of the policy up to which it is known to hold.
    holds_at: Arc<AtomicU64>,
}

impl Permit {
    pub(crate) fn new(
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
            holds_at: Arc::new(AtomicU64::new(authorizer.changes())),
            authorizer: Some(Arc::clone(authorizer)),
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
        let holds = again.is_ok_and(|again| again.sees_values() || !self.sees_values());
        if holds {
            self.holds_at.store(changes, Ordering::Relaxed);
        }
        holds
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

#[cfg(test)]
mod tests {
    use purser_types::resource::SECRETS;

    use super::*;

    #[test]
    fn an_internal_permit_says_so() {
        let permit = Permit::internal(ResourceRequest {
            verb: Verb::Create,
            resource: &SECRETS,
            subresource: String::new(),
            namespace: "n".to_owned(),
            name: "a".to_owned(),
        });
        assert_eq!(
            (permit.user().name.as_str(), permit.reason()),
            (INTERNAL_USER, "internal duty")
        );
        assert!(permit.user().groups.is_empty() && permit.sees_values());
    }
}
