//! Questions about who somebody is and what they may do. Nothing of them is kept.
//!
//! Source: `pkg/registry/authorization` and `pkg/registry/authentication/selfsubjectreview`.

use futures_util::future::BoxFuture;
use purser_authz::rbac::Rule;
use purser_authz::{Authorizer, Decision, NonResource, UnservedRequest, Verdict, aggregate};
use purser_types::object::set;
use purser_types::status::Cause;
use purser_types::{Key, Map, Object, Status, User, Value};

use super::strategy::{Asked, Strategy};
use crate::validate::read::{message, text, texts};
use crate::validate::review;

/// Whether somebody may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccessReviews {
    /// Anybody, anything.
    Any,
    /// Anybody, in one namespace.
    Local,
    /// The caller.
    Own,
}

impl Strategy for AccessReviews {
    fn validate(&self, object: &Object) -> Vec<Cause> {
        match self {
            Self::Any => review::any(object),
            Self::Local => review::local(object),
            Self::Own => review::own(object),
        }
    }

    fn answer<'a>(
        &'a self,
        asked: &'a Asked<'_>,
        mut object: Object,
    ) -> BoxFuture<'a, Result<Object, Status>> {
        Box::pin(async move {
            let authorizer = asked.authorizer()?;
            let spec = message(&object.body, "spec");
            let somebody = match self {
                Self::Any | Self::Local => Some(user_of(spec)),
                Self::Own => None,
            };
            let user = somebody.as_ref().unwrap_or_else(|| asked.permit.user());
            let decision = decide(authorizer, user, spec).await;
            let ignored = review::ignored(message(spec, "resourceAttributes"));
            object.set("status", Some(Value::Map(access_status(&decision, &ignored))));
            Ok(object)
        })
    }
}

/// `SubjectAccessReviewStatus`; `ignored`: what of the question did not count.
fn access_status(decision: &Decision, ignored: &str) -> Map {
    // Source: `BuildEvaluationError` in `pkg/registry/authorization/util`.
    let ignored = (!ignored.is_empty()).then(|| ignored.to_owned());
    let errors = aggregate(decision.error.iter().cloned().chain(ignored).collect());
    let mut status = Map::new();
    set(&mut status, "allowed", Some(Value::Bool(decision.is_allowed())));
    let denied = decision.verdict == Verdict::Deny;
    set(&mut status, "denied", denied.then_some(Value::Bool(true)));
    set(&mut status, "reason", some_text(&decision.reason));
    set(&mut status, "evaluationError", errors.map(Value::string));
    status
}

async fn decide(authorizer: &Authorizer, user: &User, spec: &Map) -> Decision {
    let Some(asked) = spec.get("resourceAttributes").and_then(Value::as_map) else {
        let path = message(spec, "nonResourceAttributes");
        let asked = NonResource {
            verb: text(path, "verb").to_owned(),
            path: text(path, "path").to_owned(),
        };
        return authorizer.decide(user, purser_authz::Asked::Path(&asked)).await;
    };
    let selectors = review::narrowed(asked);
    let asked = UnservedRequest {
        verb: text(asked, "verb"),
        group: text(asked, "group"),
        version: text(asked, "version"),
        resource: text(asked, "resource"),
        subresource: text(asked, "subresource"),
        namespace: text(asked, "namespace"),
        name: text(asked, "name"),
        selectors: selectors.as_deref(),
    };
    authorizer
        .decide(user, purser_authz::Asked::Objects(&asked))
        .await
}

fn user_of(spec: &Map) -> User {
    let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
    let extra = message(spec, "extra").keys();
    User {
        name: text(spec, "user").to_owned(),
        uid: text(spec, "uid").to_owned(),
        groups: owned(texts(spec, "groups")),
        extra: extra
            .map(|key| (key.to_string(), owned(texts(message(spec, "extra"), key))))
            .collect(),
    }
}

/// What the caller may do in a namespace.
pub(super) struct RulesReviews;

impl Strategy for RulesReviews {
    /// The answer repeats nothing of the question, as upstream's.
    fn answer<'a>(&'a self, asked: &'a Asked<'_>, object: Object) -> BoxFuture<'a, Result<Object, Status>> {
        Box::pin(async move { rules(asked, &object) })
    }
}

fn rules(asked: &Asked<'_>, object: &Object) -> Result<Object, Status> {
    let namespace = text(message(&object.body, "spec"), "namespace");
    if namespace.is_empty() {
        return Err(Status::bad_request("no namespace on request"));
    }
    let listed = asked.authorizer()?.listed(asked.permit.user(), namespace);
    let some = |of: fn(&Rule) -> &Vec<String>, written: fn(&Rule) -> Value| {
        let rules = listed.rules.iter().filter(|rule| !of(rule).is_empty());
        Some(Value::List(rules.map(written).collect()))
    };
    let mut status = Map::new();
    set(
        &mut status,
        "resourceRules",
        some(|rule| &rule.resources, resource_rule),
    );
    set(
        &mut status,
        "nonResourceRules",
        some(|rule| &rule.paths, path_rule),
    );
    let incomplete = listed.incomplete.is_some();
    set(&mut status, "incomplete", Some(Value::Bool(incomplete)));
    let why = listed.incomplete.unwrap_or_default();
    set(&mut status, "evaluationError", some_text(&why));
    let mut answer = Object::new(object.resource);
    answer.set("status", Some(Value::Map(status)));
    Ok(answer)
}

fn resource_rule(rule: &Rule) -> Value {
    lists([
        ("verbs", &rule.verbs),
        ("apiGroups", &rule.groups),
        ("resources", &rule.resources),
        ("resourceNames", &rule.names),
    ])
}

fn path_rule(rule: &Rule) -> Value {
    lists([("verbs", &rule.verbs), ("nonResourceURLs", &rule.paths)])
}

fn lists<const N: usize>(lists: [(&'static str, &Vec<String>); N]) -> Value {
    let mut map = Map::new();
    for (field, list) in lists {
        set(&mut map, field, some_texts(list));
    }
    Value::Map(map)
}

/// Who the caller is.
pub(super) struct SelfReviews;

impl Strategy for SelfReviews {
    /// The answer repeats nothing of the question, as upstream's.
    fn answer<'a>(&'a self, asked: &'a Asked<'_>, object: Object) -> BoxFuture<'a, Result<Object, Status>> {
        Box::pin(async move {
            let mut status = Map::new();
            set(
                &mut status,
                "userInfo",
                Some(Value::Map(user_info(asked.permit.user()))),
            );
            let mut answer = Object::new(object.resource);
            answer.set_meta_str("creationTimestamp", &asked.now.to_string());
            answer.set("status", Some(Value::Map(status)));
            Ok(answer)
        })
    }
}

/// Tokens, and whose they are. Who serves requests answers: here nothing is known of tokens.
pub(super) struct TokenReviews;

impl Strategy for TokenReviews {}

/// `authentication.k8s.io/v1` `UserInfo`.
#[must_use]
pub fn user_info(user: &User) -> Map {
    let extra = user.extra.iter();
    let extra: Map = extra
        .map(|(key, values)| {
            let values = values.iter().map(Value::string).collect();
            (Key::Owned(key.clone()), Value::List(values))
        })
        .collect();
    let mut info = Map::new();
    set(&mut info, "username", some_text(&user.name));
    set(&mut info, "uid", some_text(&user.uid));
    set(&mut info, "groups", some_texts(&user.groups));
    set(
        &mut info,
        "extra",
        (!extra.is_empty()).then_some(Value::Map(extra)),
    );
    info
}

fn some_text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| Value::string(text))
}

fn some_texts(list: &[String]) -> Option<Value> {
    (!list.is_empty()).then(|| Value::List(list.iter().map(Value::string).collect()))
}
