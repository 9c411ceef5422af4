//! Who may act as somebody else.
//!
//! Modes are tried from the narrowest to the widest, and the first that allows is taken. In a constrained mode the
//! right to be somebody (`impersonate:user-info`) goes with the right to do this while being so
//! (`impersonate-on:user-info:list`); the old verb `impersonate` alone gives everything that the somebody may do.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/filters/impersonation` at 1.36 (KEP-5284).

use std::collections::BTreeMap;

use purser_types::names::dns1123_subdomain;
use purser_types::quote::quote;
use purser_types::user::{
    ANONYMOUS, AUTHENTICATED, NODE_PREFIX, NODES, SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS, UNAUTHENTICATED,
};
use purser_types::{Status, User};

use crate::attributes::{Asked, NonResource, UnservedRequest};
use crate::authorizer::{Authorizer, MASTERS};
use crate::decision::Decision;
use crate::forbidden::{forbidden_path, forbidden_unserved, with_reason};

const AUTHENTICATION: &str = "authentication.k8s.io";
/// Where a ServiceAccount's token says on which node its Pod runs.
const NODE_NAME: &str = "authentication.kubernetes.io/node-name";
/// From so many groups or values on, the right to all of them is asked for first.
const MANY: usize = 4;

/// Somebody as whom a request goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impersonated {
    /// Who decides from here on; nothing is left of who asks.
    pub user: User,
    /// The verb of the constrained mode that allowed it; empty: the old verb `impersonate` did.
    pub constraint: String,
}

/// How somebody is impersonated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    AssociatedNode,
    ArbitraryNode,
    ServiceAccount,
    UserInfo,
    Old,
}

/// In the order in which they are tried.
const MODES: [Mode; 5] = [
    Mode::AssociatedNode,
    Mode::ArbitraryNode,
    Mode::ServiceAccount,
    Mode::UserInfo,
    Mode::Old,
];

impl Mode {
    /// The name of a constrained mode.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::AssociatedNode => Some("associated-node"),
            Self::ArbitraryNode => Some("arbitrary-node"),
            Self::ServiceAccount => Some("serviceaccount"),
            Self::UserInfo => Some("user-info"),
            Self::Old => None,
        }
    }

    fn verb(self) -> String {
        self.name()
            .map_or_else(|| "impersonate".to_owned(), |name| format!("impersonate:{name}"))
    }

    /// Whether `wanted` can be impersonated so by `requestor`.
    fn applies(self, requestor: &User, wanted: &User) -> bool {
        let nothing_but_name = wanted.uid.is_empty() && wanted.groups.is_empty() && wanted.extra.is_empty();
        let node = node(&wanted.name);
        let account = service_account(&wanted.name);
        match self {
            Self::AssociatedNode => nothing_but_name && runs_on(requestor, node),
            Self::ArbitraryNode => nothing_but_name && node.is_some(),
            Self::ServiceAccount => nothing_but_name && account.is_some(),
            Self::UserInfo => node.is_none() && account.is_none(),
            Self::Old => true,
        }
    }
}

/// Whether `requestor` is a ServiceAccount in a Pod on this node.
fn runs_on(requestor: &User, node: Option<&str>) -> bool {
    let at = requestor.extra.get(NODE_NAME).map(Vec::as_slice);
    match (node, at) {
        (Some(node), Some([at])) => at == node && service_account(&requestor.name).is_some(),
        _ => false,
    }
}

/// The node whose user this is.
fn node(user: &str) -> Option<&str> {
    user.strip_prefix(NODE_PREFIX)
        .filter(|name| dns1123_subdomain(name).is_empty())
}

/// The namespace and name of the ServiceAccount whose user this is.
fn service_account(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(SERVICE_ACCOUNT_PREFIX)?.split_once(':')?;
    let named =
        purser_types::names::dns1123_label(namespace).is_empty() && dns1123_subdomain(name).is_empty();
    named.then_some((namespace, name))
}

impl Authorizer {
    /// Whether `requestor` may do this as `wanted`, who is as the request names them.
    ///
    /// # Errors
    /// 403, with the sentence of the first mode that was tried.
    pub async fn impersonate(
        &self,
        requestor: &User,
        wanted: &User,
        deed: Asked<'_>,
    ) -> Result<Impersonated, Box<Status>> {
        let mut first = None;
        for mode in MODES {
            if !mode.applies(requestor, wanted) {
                continue;
            }
            let check = Check {
                authorizer: self,
                requestor,
                mode,
                verb: mode.verb(),
            };
            match check.all(wanted, deed).await {
                Ok(user) => {
                    let constraint = mode.name().map_or_else(String::new, |_| check.verb);
                    return Ok(Impersonated { user, constraint });
                }
                Err(refused) => first = first.or(Some(refused)),
            }
        }
        // The old mode applies to everybody, so there is a refusal.
        Err(first.unwrap_or_else(|| Box::new(Status::internal("all impersonation modes failed"))))
    }
}

/// What one mode asks.
struct Check<'a> {
    authorizer: &'a Authorizer,
    requestor: &'a User,
    mode: Mode,
    verb: String,
}

impl Check<'_> {
    async fn all(&self, wanted: &User, deed: Asked<'_>) -> Result<User, Box<Status>> {
        if let Some(name) = self.mode.name() {
            self.deed(name, deed).await?;
        }
        let mut user = wanted.clone();
        self.name(wanted, &mut user).await?;
        if !wanted.uid.is_empty() {
            self.may(&self.right("uids", AUTHENTICATION, &wanted.uid)).await?;
        }
        self.groups(&wanted.groups).await?;
        self.extra(&wanted.extra).await?;
        if user.name == ANONYMOUS {
            ensure(&mut user, UNAUTHENTICATED);
        } else if !user.groups.iter().any(|group| group == UNAUTHENTICATED) {
            ensure(&mut user, AUTHENTICATED);
        }
        Ok(user)
    }

    /// The right to do this while being somebody else.
    async fn deed(&self, mode: &str, deed: Asked<'_>) -> Result<(), Box<Status>> {
        let on = |verb: &str| format!("impersonate-on:{mode}:{verb}");
        match deed {
            Asked::Objects(asked) => {
                let verb = on(asked.verb);
                let asked = UnservedRequest {
                    verb: &verb,
                    ..*asked
                };
                self.may(&asked).await
            }
            Asked::Path(asked) => {
                let asked = NonResource {
                    verb: on(&asked.verb),
                    path: asked.path.clone(),
                };
                let decision = self.authorizer.decide(self.requestor, Asked::Path(&asked)).await;
                heard(decision, || forbidden_path(self.requestor, &asked))
            }
        }
    }

    /// The right to the name; nodes and ServiceAccounts have the groups that go with theirs.
    async fn name(&self, wanted: &User, user: &mut User) -> Result<(), Box<Status>> {
        let mut right = self.right("users", self.group(), &wanted.name);
        if let Some(node) = node(&wanted.name).filter(|_| self.mode != Mode::Old) {
            // Rights of who runs on the node are to whatever node that is.
            let name = if self.mode == Mode::AssociatedNode {
                "*"
            } else {
                node
            };
            right = self.right("nodes", self.group(), name);
            user.groups = vec![NODES.to_owned()];
        }
        if let Some((namespace, name)) = service_account(&wanted.name) {
            right = UnservedRequest {
                namespace,
                ..self.right("serviceaccounts", self.group(), name)
            };
            if wanted.groups.is_empty() {
                user.groups = vec![
                    SERVICE_ACCOUNTS.to_owned(),
                    format!("{SERVICE_ACCOUNTS}:{namespace}"),
                ];
            }
        }
        self.may(&right).await
    }

    async fn groups(&self, groups: &[String]) -> Result<(), Box<Status>> {
        if self.mode != Mode::Old {
            if groups.iter().any(String::is_empty) {
                let why = "impersonating the empty string group is not allowed";
                return Err(self.refusal(&self.group_right(""), why));
            }
            if groups.iter().any(|group| group == MASTERS) {
                let why = "impersonating the system:masters group is not allowed";
                return Err(self.refusal(&self.group_right(MASTERS), why));
            }
            if groups.len() >= MANY && self.may(&self.group_right("*")).await.is_ok() {
                return Ok(());
            }
        }
        for group in groups {
            self.may(&self.group_right(group)).await?;
        }
        Ok(())
    }

    fn group_right<'s>(&'s self, name: &'s str) -> UnservedRequest<'s> {
        self.right("groups", self.group(), name)
    }

    async fn extra(&self, extra: &BTreeMap<String, Vec<String>>) -> Result<(), Box<Status>> {
        if self.mode != Mode::Old {
            if let Some(why) = extra.iter().find_map(|(key, values)| wrong_extra(key, values)) {
                return Err(self.refusal(&self.extra_right("", ""), &why));
            }
            let values: usize = extra.values().map(Vec::len).sum();
            let many = extra.len() >= MANY || values >= MANY;
            if many && self.may(&self.extra_right("*", "*")).await.is_ok() {
                return Ok(());
            }
        }
        for (key, values) in extra {
            for value in values {
                self.may(&self.extra_right(key, value)).await?;
            }
        }
        Ok(())
    }

    fn extra_right<'s>(&'s self, key: &'s str, value: &'s str) -> UnservedRequest<'s> {
        UnservedRequest {
            subresource: key,
            ..self.right("userextras", AUTHENTICATION, value)
        }
    }

    /// Where users and groups are: the old verb is on those of core.
    fn group(&self) -> &'static str {
        match self.mode {
            Mode::Old => "",
            _ => AUTHENTICATION,
        }
    }

    fn right<'s>(&'s self, resource: &'s str, group: &'s str, name: &'s str) -> UnservedRequest<'s> {
        UnservedRequest {
            verb: &self.verb,
            group,
            version: "v1",
            resource,
            name,
            ..UnservedRequest::default()
        }
    }

    async fn may(&self, asked: &UnservedRequest<'_>) -> Result<(), Box<Status>> {
        let decision = self
            .authorizer
            .decide(self.requestor, Asked::Objects(asked))
            .await;
        heard(decision, || forbidden_unserved(self.requestor, asked))
    }

    fn refusal(&self, asked: &UnservedRequest<'_>, why: &str) -> Box<Status> {
        Box::new(with_reason(forbidden_unserved(self.requestor, asked), why))
    }
}

/// 403 of what is not allowed, with what went wrong and why. Source: `checkAuthorization` of the filter.
fn heard(decision: Decision, forbidden: impl FnOnce() -> Status) -> Result<(), Box<Status>> {
    if decision.is_allowed() {
        return Ok(());
    }
    let why = match (decision.error, decision.reason) {
        (Some(error), reason) if reason.is_empty() => error,
        (Some(error), reason) => format!("{error}: {reason}"),
        (None, reason) => reason,
    };
    Err(Box::new(with_reason(forbidden(), &why)))
}

fn ensure(user: &mut User, group: &str) {
    if !user.groups.iter().any(|known| known == group) {
        user.groups.push(group.to_owned());
    }
}

/// What constrained modes have against an entry of `extra`.
fn wrong_extra(key: &str, values: &[String]) -> Option<String> {
    let not_allowed = |what: &str| Some(format!("impersonating {what} is not allowed"));
    if key.is_empty() {
        return not_allowed("the empty string key in extra");
    }
    if let Some(why) = wrong_key(key) {
        return Some(format!(
            "impersonating an invalid key in extra is not allowed: {why}"
        ));
    }
    if key.chars().any(char::is_uppercase) {
        let key = quote(key);
        return Some(format!(
            "impersonating a non-lowercase key in extra is not allowed: {key}"
        ));
    }
    if values.is_empty() {
        return not_allowed("empty values in extra");
    }
    if values.iter().any(String::is_empty) {
        return not_allowed("the empty string value in extra");
    }
    None
}

/// As `IsDomainPrefixedPath` of `k8s.io/apimachinery/pkg/util/validation`, whose first complaint is enough.
fn wrong_key(key: &str) -> Option<String> {
    let invalid = |value: &str, why: &str| Some(format!("extra.key: Invalid value: {}: {why}", quote(value)));
    let Some((host, path)) = key
        .split_once('/')
        .filter(|(host, path)| !host.is_empty() && !path.is_empty())
    else {
        return invalid(key, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    };
    if let Some(why) = dns1123_subdomain(host).first() {
        return invalid(host, why);
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
    match path.bytes().all(fits) {
        true => None,
        false => invalid(path, "Invalid path"),
    }
}

#[cfg(test)]
mod tests;
