//! Rules about single objects, which can be asked only once there is one.

use std::fmt;
use std::sync::Arc;

use crate::decision::{Decision, Verdict};

/// What is said of why a request depends on the object; the same of one that is refused and of one that is not there.
pub(crate) const DEPENDS: &str = "policies allow it for some objects only";

/// What rules may know of an object besides what it is.
#[derive(Debug, Clone, Copy)]
pub struct ObjectFacts<'a> {
    /// Its namespace; of a namespace: its own name. Empty: it is in none.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its labels.
    pub labels: &'a [(&'a str, &'a str)],
    /// Its annotations; empty where nobody looks at them.
    pub annotations: &'a [(&'a str, &'a str)],
}

/// What somebody who decides says of the objects of one request.
pub trait ObjectRules: fmt::Debug + Send + Sync {
    /// What it says of one.
    fn judge(&self, object: &ObjectFacts<'_>) -> Decision;

    /// Whether it looks at annotations, so that objects have to be opened for it.
    fn look_at_annotations(&self) -> bool;
}

/// Rules about the objects of a request, and what may come of asking them.
#[derive(Debug, Clone)]
pub struct OfObjects {
    /// The rules.
    pub rules: Arc<dyn ObjectRules>,
    /// Whether they may allow some object.
    pub may_allow: bool,
    /// Whether they may forbid some object.
    pub may_forbid: bool,
}

/// What somebody says before anybody of the list is heard. What it forbids is forbidden whoever allows it, wherever in
/// the list it stands; what it allows is heard in its turn.
#[derive(Debug)]
pub struct AtOnce {
    /// Of the request.
    pub decision: Decision,
    /// Of its objects, if that is another matter.
    pub objects: Option<OfObjects>,
}

/// Rules that are asked of each object.
#[derive(Debug, Clone)]
struct Asks {
    rules: Arc<dyn ObjectRules>,
    /// Whether what they allow is heard, and not only what they forbid: nobody before them has refused.
    heard: bool,
}

/// On what a right depends that is not given for every object.
#[derive(Debug, Clone)]
pub(crate) struct Conditions {
    rules: Vec<Asks>,
    /// Whether it is given for all objects but those that are forbidden.
    for_others: bool,
    /// The state of the list of those who decide that it is from.
    list: u64,
}

impl Conditions {
    /// Whether the right is given for this object.
    pub(crate) fn admit(&self, object: &ObjectFacts<'_>) -> bool {
        let mut allowed = self.for_others;
        for Asks { rules, heard } in &self.rules {
            match rules.judge(object).verdict {
                Verdict::Deny => return false,
                Verdict::Allow => allowed |= heard,
                Verdict::NoOpinion => {}
            }
        }
        allowed
    }

    /// Whether it is given for objects of which nothing is said.
    pub(crate) fn for_others(&self) -> bool {
        self.for_others
    }

    pub(crate) fn look_at_annotations(&self) -> bool {
        self.rules.iter().any(|asks| asks.rules.look_at_annotations())
    }

    /// Whether both admit the same.
    pub(crate) fn same(one: Option<&Self>, other: Option<&Self>) -> bool {
        let of = |conditions: &Self| {
            let heard: Vec<bool> = conditions.rules.iter().map(|asks| asks.heard).collect();
            (conditions.for_others, conditions.list, heard)
        };
        one.map(of) == other.map(of)
    }
}

/// What those of a list say who speak at once, with their places.
#[derive(Debug)]
pub(crate) struct Foreseen {
    said: Vec<(usize, AtOnce)>,
    list: u64,
}

impl Foreseen {
    /// `list` counts the states of the list.
    pub(crate) fn new(said: Vec<(usize, AtOnce)>, list: u64) -> Self {
        Self { said, list }
    }

    /// The first that forbids the request.
    pub(crate) fn denial(&self) -> Option<(usize, Decision)> {
        let denies = |(_, said): &&(usize, AtOnce)| said.decision.verdict == Verdict::Deny;
        self.said
            .iter()
            .find(denies)
            .map(|(at, said)| (*at, said.decision.clone()))
    }

    /// What the one at a place said of the request.
    pub(crate) fn of(&self, at: usize) -> Option<Decision> {
        let of = self.said.iter().find(|(place, _)| *place == at);
        of.map(|(_, said)| said.decision.clone())
    }

    /// On what a right depends that the list gives.
    pub(crate) fn but_for_forbidden(&self) -> Option<Conditions> {
        self.conditions(true, |_, _| false)
    }

    /// On what a right depends that nobody before this place of the list gives, or refuses.
    pub(crate) fn for_some(&self, before: usize) -> Option<Conditions> {
        let may_allow = |at: usize, objects: &OfObjects| at < before && objects.may_allow;
        let any = self.objects().any(|(at, objects)| may_allow(at, objects));
        any.then(|| self.conditions(false, may_allow)).flatten()
    }

    /// Those that may forbid, and those that are heard.
    fn conditions(&self, for_others: bool, heard: impl Fn(usize, &OfObjects) -> bool) -> Option<Conditions> {
        let asks = self.objects().filter_map(|(at, objects)| {
            let heard = heard(at, objects);
            let rules = || Arc::clone(&objects.rules);
            (heard || objects.may_forbid).then(|| Asks {
                rules: rules(),
                heard,
            })
        });
        let rules: Vec<_> = asks.collect();
        (!rules.is_empty()).then_some(Conditions {
            rules,
            for_others,
            list: self.list,
        })
    }

    fn objects(&self) -> impl Iterator<Item = (usize, &OfObjects)> {
        self.said
            .iter()
            .filter_map(|(at, said)| Some((*at, said.objects.as_ref()?)))
    }
}
