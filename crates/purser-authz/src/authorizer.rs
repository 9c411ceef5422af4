//! The decision: an ordered list of those who decide, of whom the first that allows or forbids is heard.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;
use purser_types::User;

use crate::attributes::{Asked, NonResource, UnservedRequest};
use crate::decider::{Member, Tally};
use crate::decision::{Decision, Undecided, Verdict, aggregate};
use crate::rbac::{Policy, Rule};
use crate::webhook::{Counted, WebhookNumbers};

/// The group that may do everything, as upstream's.
pub const MASTERS: &str = "system:masters";

/// Paths that everybody may ask for, with everything below them (upstream's `--authorization-always-allow-paths` and
/// its role `system:public-info-viewer`).
const PUBLIC_PATHS: [&str; 4] = ["/livez", "/readyz", "/healthz", "/version"];

/// Who may do what.
///
/// The group [`MASTERS`] first, whatever the list is, then the list in its order: the first that allows or forbids is
/// heard. What nobody allows is refused.
///
/// Source: `newForConfig` in `pkg/kubeapiserver/authorizer/reload.go` and `union.go` of `k8s.io/apiserver`.
#[derive(Debug)]
pub struct Authorizer {
    policy: RwLock<Policy>,
    list: ArcSwap<List>,
    /// Counts the changes of the policy and of the list, so that who holds a permit for long notices.
    changes: AtomicU64,
    /// How often each member that there ever was decided; a member that comes back goes on counting.
    tallies: Mutex<BTreeMap<(&'static str, String), Arc<Tally>>>,
    /// What was counted about each webhook that there ever was.
    webhooks: Mutex<BTreeMap<String, Arc<WebhookNumbers>>>,
}

#[derive(Debug)]
struct List {
    members: Vec<(Member, Arc<Tally>)>,
    wavers: bool,
}

/// Every rule that somebody has in a namespace, as far as those who decide can list them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The rules.
    pub rules: Vec<Rule>,
    /// Why these are not all; `None`: they are.
    pub incomplete: Option<String>,
}

/// Whether a decision says why: reasons cost more than decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Say {
    Why,
    Nothing,
}

impl Default for Authorizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Authorizer {
    /// RBAC alone, which knows no role and no binding yet: allows [`MASTERS`].
    #[must_use]
    pub fn new() -> Self {
        let nobody = List {
            members: Vec::new(),
            wavers: false,
        };
        let authorizer = Self {
            policy: RwLock::default(),
            list: ArcSwap::from_pointee(nobody),
            changes: AtomicU64::new(0),
            tallies: Mutex::default(),
            webhooks: Mutex::default(),
        };
        authorizer.set_members(vec![Member::rbac("rbac")]);
        authorizer
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

    /// Who decides from now on, in this order. Permits that are held are looked at anew.
    pub fn set_members(&self, members: Vec<Member>) {
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = members.into_iter().map(|member| {
            let tally = tallies.entry((member.kind, member.name.clone())).or_default();
            let tally = Arc::clone(tally);
            (member, tally)
        });
        let members: Vec<_> = counted.collect();
        let wavers = |(member, _): &(Member, _)| member.decider.as_ref().is_some_and(|one| one.wavers());
        let wavers = members.iter().any(wavers);
        self.list.store(Arc::new(List { members, wavers }));
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// How often who of the list has decided how: type, name, `allowed` or `denied`, and the count since the start.
    #[must_use]
    pub fn tallies(&self) -> Vec<(&'static str, String, &'static str, u64)> {
        let tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = tallies.iter().flat_map(|((kind, name), tally)| {
            let counts = tally.counts().into_iter();
            counts.map(move |(decision, count)| (*kind, name.clone(), decision, count))
        });
        counts.collect()
    }

    /// Where is counted what happens with the webhook of this name.
    #[must_use]
    pub fn webhook_numbers(&self, name: &str) -> Arc<WebhookNumbers> {
        let mut webhooks = self.webhooks.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(webhooks.entry(name.to_owned()).or_default())
    }

    /// What was counted about each webhook, by its name.
    #[must_use]
    pub fn webhooks(&self) -> Vec<(String, Counted)> {
        let webhooks = self.webhooks.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = webhooks.iter();
        counted
            .map(|(name, numbers)| (name.clone(), numbers.read()))
            .collect()
    }

    /// Grows with every change of the policy or of the list.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Whether somebody of the list may come to decide otherwise without a change of the list.
    pub(crate) fn wavers(&self) -> bool {
        self.list.load().wavers
    }

    /// What the list says, and why. What is open to everybody is nobody's right, and not said here.
    pub async fn decide(&self, user: &User, asked: Asked<'_>) -> Decision {
        self.ask(user, asked, Say::Why).await
    }

    /// As [`Authorizer::decide`], without saying why.
    pub async fn may(&self, user: &User, asked: &UnservedRequest<'_>) -> bool {
        let decision = self.ask(user, Asked::Objects(asked), Say::Nothing).await;
        decision.is_allowed()
    }

    /// Whether `user` may ask for this path: some are open to everybody.
    pub(crate) async fn decide_path(&self, user: &User, asked: &NonResource) -> Decision {
        match is_public(&asked.path) {
            true => Decision::allow(""),
            false => self.decide(user, Asked::Path(asked)).await,
        }
    }

    async fn ask(&self, user: &User, asked: Asked<'_>, say: Say) -> Decision {
        if is_master(user) {
            return Decision::allow("");
        }
        let list = self.list.load_full();
        let mut undecided = Undecided::default();
        for (member, tally) in &list.members {
            let decision = match &member.decider {
                None => self.by_policy(user, asked, say),
                Some(decider) => decider.decide(user, asked).await,
            };
            tally.count(decision.verdict);
            if decision.verdict != Verdict::NoOpinion {
                return decision;
            }
            undecided.add(decision);
        }
        undecided.together()
    }

    fn by_policy(&self, user: &User, asked: Asked<'_>, say: Say) -> Decision {
        self.read(|policy| {
            let allowance = match asked {
                Asked::Objects(asked) => policy.allows(user, asked),
                Asked::Path(asked) => policy.allows_path(user, asked),
            };
            match (allowance, say) {
                (Some(_), Say::Nothing) => Decision::allow(""),
                (Some(allowance), Say::Why) => Decision::allow(allowance.to_string()),
                (None, Say::Nothing) => Decision::no_opinion(""),
                (None, Say::Why) => {
                    let namespace = match asked {
                        Asked::Objects(asked) => asked.namespace,
                        Asked::Path(_) => "",
                    };
                    Decision::no_opinion(policy.missing(user, namespace))
                }
            }
        })
    }

    /// Every rule that roles and bindings give `user` in a namespace, whoever decides; empty: in the whole cluster.
    /// Nobody gives what they do not have by these. What [`MASTERS`] may besides is no rule.
    #[must_use]
    pub fn rules_of(&self, user: &User, namespace: &str) -> Vec<Rule> {
        self.read(|policy| policy.rules_of(user, namespace).cloned().collect())
    }

    /// What a review of rules answers. Source: `RulesFor` of the union and of each authorizer.
    #[must_use]
    pub fn listed(&self, user: &User, namespace: &str) -> Listed {
        let list = self.list.load_full();
        let mut listed = Listed {
            rules: Vec::new(),
            incomplete: None,
        };
        let mut errors = Vec::new();
        for (member, _) in &list.members {
            match &member.decider {
                None => listed.rules.extend(self.rules_of(user, namespace)),
                Some(decider) => errors.push(decider.unlisted().to_owned()),
            }
        }
        listed.incomplete = aggregate(errors);
        listed
    }
}

/// Whether `user` is of [`MASTERS`].
fn is_master(user: &User) -> bool {
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
