//! The decision.

use std::fmt;
use std::sync::Arc;

use cedar_policy::{AuthorizationError, Authorizer, Entities, PolicyId, PolicySet, Request};
use purser_authz::{ObjectFacts, Verdict};
use purser_types::User;

use crate::error::Error;
use crate::facts::Facts;
use crate::model::{Asking, Terms, What};
use crate::rules::{Rules, Split};

/// Policies, ready to decide.
#[derive(Debug)]
pub struct Engine {
    rules: Rules,
    terms: Terms,
}

/// What policies say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The verdict.
    pub verdict: Verdict,
    /// The policy by whose word; of several, the first by name. `None`: no policy says anything, or it went wrong.
    pub by: Option<String>,
    /// What went wrong; it is forbidden then.
    pub error: Option<String>,
}

/// What policies say of a request.
#[derive(Debug)]
pub struct Opinion {
    /// What can be said without an object.
    pub said: Said,
    /// What has to be asked of each object besides, if anything. Not when the request is forbidden.
    pub objects: Option<Objects>,
}

/// What policies say of the objects of one request.
#[derive(Clone)]
pub struct Objects {
    engine: Arc<Engine>,
    asking: Asking,
    group: String,
    resource: String,
    subresource: String,
    split: usize,
    /// Whether a policy may allow some object.
    pub may_allow: bool,
    /// Whether a policy may forbid some object.
    pub may_forbid: bool,
}

/// Verbs that show or change stored objects.
const OF_OBJECTS: [&str; 8] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
];

/// Verbs whose requests may be about all namespaces when they name none, or make what they do not name.
const OF_COLLECTIONS: [&str; 4] = ["list", "watch", "create", "deletecollection"];

impl Engine {
    /// For these policies.
    ///
    /// # Errors
    /// [`Error::Model`], never for want of care in policies.
    pub(crate) fn new(rules: Rules) -> Result<Self, Error> {
        Ok(Self {
            rules,
            terms: Terms::new()?,
        })
    }

    /// How many policies there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What policies say of a request for which there is no object yet.
    #[must_use]
    pub fn decide(self: &Arc<Self>, user: &User, verb: &str, what: &What<'_>) -> Opinion {
        match self.try_decide(user, verb, what) {
            Ok(opinion) => opinion,
            Err(error) => Opinion {
                said: Said::broken(&error),
                objects: None,
            },
        }
    }

    fn try_decide(self: &Arc<Self>, user: &User, verb: &str, what: &What<'_>) -> Result<Opinion, Error> {
        let asking = self.terms.asking(user, verb, what, self.rules.groups())?;
        let (request, entities) = self.terms.request(&asking, what, None)?;
        let (at, split) = self.rules.split(unknown(verb, what));
        let said = said(&request, &entities, &split.forbids, &split.permits);
        let objects = match what {
            _ if said.verdict == Verdict::Deny || split.of_objects.is_empty() => None,
            What::Resource {
                group,
                resource,
                subresource,
                ..
            } if is_of_objects(verb) => Some(Objects {
                engine: Arc::clone(self),
                may_allow: any(&request, &entities, &split.permit_guards),
                may_forbid: any(&request, &entities, &split.forbid_guards),
                group: (*group).to_owned(),
                resource: (*resource).to_owned(),
                subresource: (*subresource).to_owned(),
                split: at,
                asking,
            }),
            What::Resource { .. } | What::Path(_) => None,
        };
        Ok(Opinion {
            said,
            objects: objects.filter(|objects| objects.may_allow || objects.may_forbid),
        })
    }

    /// What policies say with an object at hand: all of them, at once.
    #[must_use]
    pub fn decide_with(&self, user: &User, verb: &str, what: &What<'_>, object: &ObjectFacts<'_>) -> Said {
        let (_, split) = self.rules.split(Facts::NONE);
        let asked = self.terms.asking(user, verb, what, self.rules.groups());
        asked
            .and_then(|asking| self.terms.request(&asking, what, Some(object)))
            .map_or_else(
                |error| Said::broken(&error),
                |(request, entities)| said(&request, &entities, &split.forbids, &split.permits),
            )
    }
}

impl Objects {
    /// What policies that look at objects say of one.
    #[must_use]
    pub fn judge(&self, object: &ObjectFacts<'_>) -> Said {
        let what = What::Resource {
            group: &self.group,
            resource: &self.resource,
            subresource: &self.subresource,
            namespace: object.namespace,
            name: object.name,
        };
        let split = self.split();
        let request = self.engine.terms.request(&self.asking, &what, Some(object));
        request.map_or_else(
            |error| Said::broken(&error),
            |(request, entities)| {
                let (forbids, permits) = (&split.of_objects.forbids, &split.of_objects.permits);
                said(&request, &entities, forbids, permits)
            },
        )
    }

    /// Whether policies look at annotations, so that objects have to be opened to be judged.
    #[must_use]
    pub fn look_at_annotations(&self) -> bool {
        self.split().of_objects.facts.meets(Facts::ANNOTATIONS)
    }

    fn split(&self) -> &Split {
        self.engine.rules.at(self.split)
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects")
            .field("may_allow", &self.may_allow)
            .field("may_forbid", &self.may_forbid)
            .finish_non_exhaustive()
    }
}

/// Whether a verb shows or changes stored objects.
pub(crate) fn is_of_objects(verb: &str) -> bool {
    OF_OBJECTS.contains(&verb)
}

/// What is not known of objects when a request arrives.
fn unknown(verb: &str, what: &What<'_>) -> Facts {
    let What::Resource { namespace, name, .. } = what else {
        return Facts::NONE;
    };
    let of_object = Facts::LABELS.and(Facts::ANNOTATIONS);
    if !is_of_objects(verb) {
        return of_object;
    }
    let nameless = if name.is_empty() { Facts::NAME } else { Facts::NONE };
    let anywhere = match namespace.is_empty() && OF_COLLECTIONS.contains(&verb) {
        true => Facts::NAMESPACE,
        false => Facts::NONE,
    };
    of_object.and(nameless).and(anywhere)
}

/// Whether a policy of a set holds, or cannot be evaluated.
fn any(request: &Request, entities: &Entities, set: &PolicySet) -> bool {
    let answer = (!set.is_empty()).then(|| Authorizer::new().is_authorized(request, set, entities));
    answer.is_some_and(|answer| {
        let said = answer.diagnostics();
        said.reason().next().is_some() || said.errors().next().is_some()
    })
}

fn policy_of(error: &AuthorizationError) -> &PolicyId {
    match error {
        AuthorizationError::PolicyEvaluationError(error) => error.policy_id(),
    }
}

/// What forbids and permits say. A forbid that cannot be evaluated forbids; a permit that cannot says nothing.
fn said(request: &Request, entities: &Entities, forbids: &PolicySet, permits: &PolicySet) -> Said {
    let of = |set: &PolicySet| Authorizer::new().is_authorized(request, set, entities);
    if !forbids.is_empty() {
        let answer = of(forbids);
        let failed = answer.diagnostics().errors().map(policy_of).next();
        if let Some(id) = answer.diagnostics().reason().chain(failed).min() {
            return Said::of(Verdict::Deny, id);
        }
    }
    if !permits.is_empty()
        && let Some(id) = of(permits).diagnostics().reason().min()
    {
        return Said::of(Verdict::Allow, id);
    }
    Said {
        verdict: Verdict::NoOpinion,
        by: None,
        error: None,
    }
}

impl Said {
    fn of(verdict: Verdict, id: &PolicyId) -> Self {
        Self {
            verdict,
            by: Some(AsRef::<str>::as_ref(id).to_owned()),
            error: None,
        }
    }

    fn broken(error: &Error) -> Self {
        Self {
            verdict: Verdict::Deny,
            by: None,
            error: Some(error.to_string()),
        }
    }

    /// Why, as reviews, the audit log and whoever is refused read it; empty when no policy says anything.
    #[must_use]
    pub fn reason(&self) -> String {
        match (self.verdict, &self.by) {
            (Verdict::Allow, Some(id)) => format!("allowed by Cedar policy {id:?}"),
            (Verdict::Deny, Some(id)) => format!("forbidden by Cedar policy {id:?}"),
            (Verdict::Deny, None) => "Cedar policies cannot be evaluated".to_owned(),
            (Verdict::Allow | Verdict::NoOpinion, _) => String::new(),
        }
    }
}
