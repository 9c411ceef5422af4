//! Questions about who somebody is and what they may do. Nothing of them is kept.
//!
//! Source: `pkg/registry/authorization` and `pkg/registry/authentication/selfsubjectreview`.

use purser_authz::rbac::Rule;
use purser_authz::{Allowed, Authorizer, NonResource, UnservedRequest};
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

    fn answer(&self, asked: &Asked<'_>, mut object: Object) -> Result<Object, Status> {
        let authorizer = asked.authorizer()?;
        let spec = message(&object.body, "spec");
        let somebody = match self {
            Self::Any | Self::Local => Some(user_of(spec)),
            Self::Own => None,
        };
        let user = somebody.as_ref().unwrap_or_else(|| asked.permit.user());
        let allowed = decide(authorizer, user, spec);
        let mut status = Map::new();
        set(&mut status, "allowed", Some(Value::Bool(allowed.is_some())));
        let reason = allowed.map(|allowed| allowed.reason).unwrap_or_default();
        set(&mut status, "reason", some_text(&reason));
        set(
            &mut status,
            "evaluationError",
            some_text(&review::ignored(message(spec, "resourceAttributes"))),
        );
        object.set("status", Some(Value::Map(status)));
        Ok(object)
    }
}

fn decide(authorizer: &Authorizer, user: &User, spec: &Map) -> Option<Allowed> {
    let Some(asked) = spec.get("resourceAttributes").and_then(Value::as_map) else {
        let path = message(spec, "nonResourceAttributes");
        let asked = NonResource {
            verb: text(path, "verb").to_owned(),
            path: text(path, "path").to_owned(),
        };
        return authorizer.gives_path(user, &asked);
    };
    let asked = UnservedRequest {
        verb: text(asked, "verb"),
        group: text(asked, "group"),
        resource: text(asked, "resource"),
        subresource: text(asked, "subresource"),
        namespace: text(asked, "namespace"),
        name: text(asked, "name"),
    };
    authorizer.allows(user, &asked)
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
    fn answer(&self, asked: &Asked<'_>, object: Object) -> Result<Object, Status> {
        let namespace = text(message(&object.body, "spec"), "namespace");
        if namespace.is_empty() {
            return Err(Status::bad_request("no namespace on request"));
        }
        let rules = asked.authorizer()?.rules_of(asked.permit.user(), namespace);
        let some = |of: fn(&Rule) -> &Vec<String>, written: fn(&Rule) -> Value| {
            let rules = rules.iter().filter(|rule| !of(rule).is_empty());
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
        set(&mut status, "incomplete", Some(Value::Bool(false)));
        let mut answer = Object::new(object.resource);
        answer.set("status", Some(Value::Map(status)));
        Ok(answer)
    }
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
    fn answer(&self, asked: &Asked<'_>, object: Object) -> Result<Object, Status> {
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
