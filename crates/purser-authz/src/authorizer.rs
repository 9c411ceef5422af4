//! The decision: an ordered list of those who decide, of whom the first that allows or forbids is heard.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use purser_types::User;

use crate::attributes::{NonResource, UnservedRequest};
use crate::rbac::{Policy, Rule};

/// The group that may do everything, as upstream's.
pub const MASTERS: &str = "system:masters";

/// Paths that everybody may ask for, with everything below them (upstream's `--authorization-always-allow-paths` and
/// its role `system:public-info-viewer`).
const PUBLIC_PATHS: [&str; 4] = ["/livez", "/readyz", "/healthz", "/version"];

/// Who may do what.
///
/// The group [`MASTERS`] first, then RBAC. What nobody allows is refused.
#[derive(Debug, Default)]
pub struct Authorizer {
    policy: RwLock<Policy>,
    /// Counts the changes of the policy, so that who holds a permit for long notices.
    changes: AtomicU64,
}

/// Why somebody may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// For reviews and the audit log; empty when there is no more to say than who asked.
    pub reason: String,
}

impl Authorizer {
    /// Knows no role and no binding yet: allows [`MASTERS`] alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the policy; all that `change` does takes effect at once.
    pub fn change(&self, change: impl FnOnce(&mut Policy)) {
        change(&mut self.policy.write().unwrap_or_else(PoisonError::into_inner));
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// Reads the policy.
    pub fn read<T>(&self, look: impl FnOnce(&Policy) -> T) -> T {
        look(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Grows with every change of the policy.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Whether `user` may do this with objects of any kind, served or not.
    #[must_use]
    pub fn allows(&self, user: &User, asked: &UnservedRequest<'_>) -> Option<Allowed> {
        if is_master(user) {
            return Some(no_more_to_say());
        }
        self.read(|policy| {
            let allowance = policy.allows(user, asked)?;
            Some(Allowed {
                reason: allowance.to_string(),
            })
        })
    }

    /// As [`Authorizer::allows`], without saying why: reasons cost more than decisions.
    pub(crate) fn may(&self, user: &User, asked: &UnservedRequest<'_>) -> bool {
        is_master(user) || self.read(|policy| policy.allows(user, asked).is_some())
    }

    /// Whether `user` may ask for this path.
    #[must_use]
    pub fn allows_path(&self, user: &User, asked: &NonResource) -> Option<Allowed> {
        if is_public(&asked.path) {
            return Some(no_more_to_say());
        }
        self.gives_path(user, asked)
    }

    /// As [`Authorizer::allows_path`], by rights alone: what is open to everybody is nobody's right.
    #[must_use]
    pub fn gives_path(&self, user: &User, asked: &NonResource) -> Option<Allowed> {
        if is_master(user) {
            return Some(no_more_to_say());
        }
        self.read(|policy| {
            let allowance = policy.allows_path(user, asked)?;
            Some(Allowed {
                reason: allowance.to_string(),
            })
        })
    }

    /// Every rule that `user` has in a namespace; empty: in the whole cluster. What [`MASTERS`] may besides is no rule.
    #[must_use]
    pub fn rules_of(&self, user: &User, namespace: &str) -> Vec<Rule> {
        self.read(|policy| policy.rules_of(user, namespace).cloned().collect())
    }
}

fn no_more_to_say() -> Allowed {
    Allowed {
        reason: String::new(),
    }
}

/// Whether `user` is of [`MASTERS`].
pub(crate) fn is_master(user: &User) -> bool {
    user.groups.iter().any(|group| group == MASTERS)
}

fn is_public(path: &str) -> bool {
    let below = |public: &str| match path.strip_prefix(public) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    };
    let climbs = path.split('/').any(|part| part == "..");
    !climbs && PUBLIC_PATHS.iter().any(|public| below(public))
}
