//! Policies as one of those who decide.

use std::future::ready;
use std::sync::Arc;

use futures_core::future::BoxFuture;
use purser_authz::{Asked, AtOnce, Decider, Decision, ObjectFacts, ObjectRules, OfObjects};
use purser_types::User;

use crate::engine::{Engine, Objects, Opinion, Said};
use crate::model::What;

/// Who decides by policies. They speak at once: what they forbid is forbidden whoever allows it.
#[derive(Debug)]
pub struct CedarDecider {
    engine: Arc<Engine>,
}

impl CedarDecider {
    /// By these policies.
    #[must_use]
    pub fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }

    fn opinion(&self, user: &User, asked: Asked<'_>) -> Opinion {
        match asked {
            Asked::Objects(asked) => {
                let what = What::Resource {
                    group: asked.group,
                    resource: asked.resource,
                    subresource: asked.subresource,
                    namespace: asked.namespace,
                    name: asked.name,
                };
                self.engine.decide(user, asked.verb, &what)
            }
            Asked::Path(asked) => self.engine.decide(user, &asked.verb, &What::Path(&asked.path)),
        }
    }
}

impl Decider for CedarDecider {
    fn decide<'a>(&'a self, user: &'a User, asked: Asked<'a>) -> BoxFuture<'a, Decision> {
        Box::pin(ready(decision(self.opinion(user, asked).said)))
    }

    fn speaks_at_once(&self) -> bool {
        true
    }

    fn at_once(&self, user: &User, asked: Asked<'_>) -> Option<AtOnce> {
        let Opinion { said, objects } = self.opinion(user, asked);
        Some(AtOnce {
            decision: decision(said),
            objects: objects.map(|objects| OfObjects {
                may_allow: objects.may_allow,
                may_forbid: objects.may_forbid,
                rules: Arc::new(objects),
            }),
        })
    }

    fn wavers(&self) -> bool {
        false
    }

    fn unlisted(&self) -> &'static str {
        "Cedar policies cannot be listed as rules"
    }
}

impl ObjectRules for Objects {
    fn judge(&self, object: &ObjectFacts<'_>) -> Decision {
        decision(Self::judge(self, object))
    }

    fn look_at_annotations(&self) -> bool {
        Self::look_at_annotations(self)
    }
}

fn decision(said: Said) -> Decision {
    let decision = Decision {
        verdict: said.verdict,
        reason: said.reason(),
        error: None,
    };
    match said.error {
        Some(error) => decision.failing(error),
        None => decision,
    }
}
