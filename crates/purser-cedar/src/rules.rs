//! Checked policies, sorted by what they have to know.

use std::collections::HashSet;

use cedar_policy::pst;
use cedar_policy::{Effect, Policy, PolicySet};

use crate::error::Error;
use crate::facts::{self, Facts};
use crate::guard::{self, Side};
use crate::model::is_group;
use crate::place::Place;

/// A checked policy.
#[derive(Debug)]
pub(crate) struct Rule {
    /// With its id.
    pub(crate) policy: Policy,
    /// Where it is.
    pub(crate) place: Place,
}

/// All policies.
#[derive(Debug)]
pub(crate) struct Rules {
    count: usize,
    groups: HashSet<String>,
    /// One for each of [`UNKNOWN`].
    splits: Vec<Split>,
}

/// All policies for requests of which the same is unknown.
#[derive(Debug, Default)]
pub(crate) struct Split {
    /// Those that can be asked at once.
    pub(crate) forbids: PolicySet,
    pub(crate) permits: PolicySet,
    /// What can be asked at once of the others.
    pub(crate) forbid_guards: PolicySet,
    pub(crate) permit_guards: PolicySet,
    /// The others.
    pub(crate) of_objects: OfObjects,
}

/// Policies that have to know the object.
#[derive(Debug, Default)]
pub(crate) struct OfObjects {
    pub(crate) forbids: PolicySet,
    pub(crate) permits: PolicySet,
    /// What they look at.
    pub(crate) facts: Facts,
}

/// What may be unknown: everything is known; a named object, a named object of any namespace, a collection of one
/// namespace, one of all.
const UNKNOWN: [Facts; 5] = {
    let object = Facts::LABELS.and(Facts::ANNOTATIONS);
    [
        Facts::NONE,
        object,
        object.and(Facts::NAMESPACE),
        object.and(Facts::NAME),
        object.and(Facts::NAME).and(Facts::NAMESPACE),
    ]
};

impl Rules {
    /// Sorts them.
    ///
    /// # Errors
    /// [`Error::Model`], when the library does not take what it gave.
    pub(crate) fn new(rules: &[Rule]) -> Result<Self, Error> {
        let splits = UNKNOWN.map(|unknown| Split::of(rules, unknown));
        Ok(Self {
            count: rules.len(),
            groups: rules.iter().flat_map(groups_of).collect(),
            splits: splits.into_iter().collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The groups that they name.
    pub(crate) fn groups(&self) -> &HashSet<String> {
        &self.groups
    }

    /// How they are sorted for this, and the number of that.
    pub(crate) fn split(&self, unknown: Facts) -> (usize, &Split) {
        // INVARIANT: requests leave nothing else unknown; where they did, least is known in the last.
        let at = UNKNOWN.iter().position(|known| *known == unknown);
        let at = at.unwrap_or(UNKNOWN.len() - 1);
        (at, self.at(at))
    }

    /// By number.
    pub(crate) fn at(&self, split: usize) -> &Split {
        static NOTHING: std::sync::LazyLock<Split> = std::sync::LazyLock::new(Split::default);
        self.splits.get(split).unwrap_or(&NOTHING)
    }
}

impl Split {
    fn of(rules: &[Rule], unknown: Facts) -> Result<Self, Error> {
        let mut split = Self::default();
        for Rule { policy, .. } in rules {
            let parsed = policy.to_pst().map_err(broken)?;
            let facts = facts::of_policy(parsed.body());
            let forbids = policy.effect() == Effect::Forbid;
            if !facts.meets(unknown) {
                let set = if forbids {
                    &mut split.forbids
                } else {
                    &mut split.permits
                };
                set.add(policy.clone()).map_err(broken)?;
                continue;
            }
            let guard = |side| {
                let guard = guard::of(parsed.body(), unknown, side).map_err(broken)?;
                Policy::from_pst(pst::Policy::Static(guard)).map_err(broken)
            };
            if forbids {
                // What is forbidden whatever the object is does not wait for one.
                split.forbids.add(guard(Side::Below)?).map_err(broken)?;
            }
            let of_objects = &mut split.of_objects;
            let (guards, set) = match forbids {
                true => (&mut split.forbid_guards, &mut of_objects.forbids),
                false => (&mut split.permit_guards, &mut of_objects.permits),
            };
            guards.add(guard(Side::Above)?).map_err(broken)?;
            set.add(policy.clone()).map_err(broken)?;
            of_objects.facts = of_objects.facts.and(facts);
        }
        Ok(split)
    }
}

impl OfObjects {
    pub(crate) fn is_empty(&self) -> bool {
        self.forbids.is_empty() && self.permits.is_empty()
    }
}

fn groups_of(rule: &Rule) -> Vec<String> {
    let named = rule.policy.entity_literals();
    let groups = named.iter().filter(|named| is_group(named));
    groups.map(|group| group.id().unescaped().to_owned()).collect()
}

fn broken(error: impl std::fmt::Display) -> Error {
    Error::Model(error.to_string())
}
