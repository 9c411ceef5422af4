//! The decision: an ordered list of those who decide, of whom the first that allows or forbids is heard.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;
use purser_types::User;

use crate::attributes::{Asked, NonResource, UnservedRequest};
use crate::decider::{Member, Tally};
use crate::decision::{Decision, Undecided, Verdict, aggregate};
use crate::objects::{Conditions, DEPENDS, Foreseen};
use crate::rbac::{Policy, Rule};
use crate::reloads::Reloads;
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
    /// How often the list was taken anew from its file.
    pub(crate) reloads: Reloads,
}

#[derive(Debug)]
struct List {
    members: Vec<(Member, Arc<Tally>)>,
    wavers: bool,
    /// Whether somebody of it speaks at once.
    at_once: bool,
    /// Which list it is, from 1.
    number: u64,
}

/// What a list says, and on what it depends.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What can be said of the request. That it is allowed holds for those objects alone that the conditions admit.
    pub(crate) decision: Decision,
    /// On what a right depends. INVARIANT: never of what is forbidden.
    pub(crate) conditions: Option<Conditions>,
}

impl Answer {
    /// Whether the right is given, for some objects at least.
    pub(crate) fn gives(&self) -> bool {
        self.decision.is_allowed() || self.conditions.is_some()
    }
}

impl From<Decision> for Answer {
    fn from(decision: Decision) -> Self {
        Self {
            decision,
            conditions: None,
        }
    }
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
            at_once: false,
            number: 0,
        };
        let authorizer = Self {
            policy: RwLock::default(),
            list: ArcSwap::from_pointee(nobody),
            changes: AtomicU64::new(0),
            tallies: Mutex::default(),
            webhooks: Mutex::default(),
            reloads: Reloads::default(),
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
        let at_once =
            |(member, _): &(Member, _)| member.decider.as_ref().is_some_and(|one| one.speaks_at_once());
        let at_once = members.iter().any(at_once);
        // INVARIANT: under the lock of the tallies, so that no two lists have one number.
        let number = self.list.load().number.saturating_add(1);
        self.list.store(Arc::new(List {
            members,
            wavers,
            at_once,
            number,
        }));
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

    /// How often the list was taken anew from a changed file, `success` and `failure`, and when last in seconds since
    /// 1970, 0 for never.
    #[must_use]
    pub fn reloads(&self) -> [(&'static str, u64, u64); 2] {
        self.reloads.read()
    }

    /// Grows with every change of the policy or of the list.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// Whether somebody of the list may come to decide otherwise without a change of the list.
    pub(crate) fn wavers(&self) -> bool {
        self.list.load().wavers
    }

    /// What the list says, and why. What is open to everybody is nobody's right, and not said here. A right that is
    /// given for some objects only is none here; one that is given for all but some is.
    pub async fn decide(&self, user: &User, asked: Asked<'_>) -> Decision {
        self.ask(user, asked).await.decision
    }

    /// As [`Authorizer::decide`], with on what it depends.
    pub(crate) async fn ask(&self, user: &User, asked: Asked<'_>) -> Answer {
        self.answer(user, asked, Say::Why).await
    }

    /// Whether `user` has a right for all objects.
    pub async fn may(&self, user: &User, asked: &UnservedRequest<'_>) -> bool {
        let answer = self.answer(user, Asked::Objects(asked), Say::Nothing).await;
        answer.decision.is_allowed() && answer.conditions.is_none()
    }

    /// Whether `user` has a right, and on what it depends; without saying why.
    pub(crate) async fn may_some(&self, user: &User, asked: &UnservedRequest<'_>) -> Answer {
        self.answer(user, Asked::Objects(asked), Say::Nothing).await
    }

    /// Whether `user` may ask for this path: some are open to everybody.
    pub(crate) async fn decide_path(&self, user: &User, asked: &NonResource) -> Decision {
        match is_public(&asked.path) {
            true => Decision::allow(""),
            false => self.decide(user, Asked::Path(asked)).await,
        }
    }

    async fn answer(&self, user: &User, asked: Asked<'_>, say: Say) -> Answer {
        if is_master(user) {
            return Decision::allow("").into();
        }
        let list = self.list.load_full();
        let foreseen = list.at_once.then(|| list.foresee(user, asked));
        if let Some((at, denied)) = foreseen.as_ref().and_then(Foreseen::denial) {
            list.count(at, Verdict::Deny);
            return denied.into();
        }
        let mut undecided = Undecided::default();
        for (at, (member, tally)) in list.members.iter().enumerate() {
            let decision = match (&member.decider, &foreseen) {
                (None, _) => self.by_policy(user, asked, say),
                (Some(decider), None) => decider.decide(user, asked).await,
                (Some(decider), Some(foreseen)) => match foreseen.of(at) {
                    Some(decision) => decision,
                    None => decider.decide(user, asked).await,
                },
            };
            tally.count(decision.verdict);
            match decision.verdict {
                Verdict::Allow => {
                    return Answer {
                        decision,
                        conditions: foreseen.and_then(|foreseen| foreseen.but_for_forbidden()),
                    };
                }
                Verdict::Deny => {
                    let some = foreseen.and_then(|foreseen| foreseen.for_some(at));
                    return some.map_or_else(|| decision.into(), depends);
                }
                Verdict::NoOpinion => undecided.add(decision),
            }
        }
        let some = foreseen.and_then(|foreseen| foreseen.for_some(list.members.len()));
        some.map_or_else(|| undecided.together().into(), depends)
    }

    fn by_policy(&self, user: &User, asked: Asked<'_>, say: Say) -> Decision {
        self.read(|policy| {
            let allowance = match asked {
                Asked::Objects(asked) => policy.allows(user, asked),
                Asked::Path(asked) => policy.allows_path(user, asked),
            };
            match (allowance, say) {
                (Some(_), Say::Nothing) => Decision::allow(""),
                (Some(allowance), Say::Why) => Decision::allow(allowance.reason()),
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

impl List {
    /// What those say who speak at once.
    fn foresee(&self, user: &User, asked: Asked<'_>) -> Foreseen {
        let said = self.members.iter().enumerate().filter_map(|(at, (member, _))| {
            let said = member.decider.as_ref()?.at_once(user, asked)?;
            Some((at, said))
        });
        Foreseen::new(said.collect(), self.number)
    }

    fn count(&self, at: usize, verdict: Verdict) {
        if let Some((_, tally)) = self.members.get(at) {
            tally.count(verdict);
        }
    }
}

/// The answer to what is allowed for some objects only.
fn depends(conditions: Conditions) -> Answer {
    Answer {
        decision: Decision::no_opinion(DEPENDS),
        conditions: Some(conditions),
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
