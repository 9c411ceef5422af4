//! The event as it is written: `audit.k8s.io/v1` `Event`, fields in the order of upstream's struct.
//!
//! Source: `k8s.io/apiserver/pkg/apis/audit/v1/types.go`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::SystemTime;

use purser_types::status::Details;
use purser_types::time::MicroTime;
use purser_types::{Status, User};
use serde::{Serialize, Serializer};

use crate::bounds;

/// Where in a request's life an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Stage {
    /// The request was read and its user is known.
    RequestReceived,
    /// The head of a long answer (a watch) went out, or a request was turned away before it had a user.
    ResponseStarted,
    /// The answer is complete.
    ResponseComplete,
    /// The server failed.
    Panic,
}

/// What a request is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReference {
    /// Plural name, `secrets`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource: String,
    /// Empty: cluster-scoped, or all namespaces.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Empty: the collection.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The object's uid, when the request carried it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Empty: core.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_group: String,
    /// `v1`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// The resource version that the request carried.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
    /// `status`, `token`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subresource: String,
}

impl ObjectReference {
    /// It with each of its texts bounded.
    pub(crate) fn bounded(&self) -> Self {
        Self {
            resource: bounds::name(&self.resource),
            namespace: bounds::name(&self.namespace),
            name: bounds::name(&self.name),
            uid: bounds::name(&self.uid),
            api_group: bounds::name(&self.api_group),
            api_version: bounds::name(&self.api_version),
            resource_version: bounds::name(&self.resource_version),
            subresource: bounds::name(&self.subresource),
        }
    }
}

/// An event, to be written as one line.
pub(crate) struct Event<'a> {
    pub(crate) audit_id: &'a str,
    pub(crate) stage: Stage,
    /// What every event of a request says of it, as [`About::write`] has written it.
    pub(crate) about: &'a [u8],
    /// As whom the request goes on, as [`Impersonated::write`] has written it.
    pub(crate) impersonated: &'a [u8],
    pub(crate) object_ref: Option<&'a ObjectReference>,
    pub(crate) response_status: Option<&'a ResponseStatus>,
    pub(crate) received: SystemTime,
    pub(crate) now: SystemTime,
    pub(crate) annotations: &'a Annotations,
}

impl Event<'_> {
    /// Appends the event and a line feed.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(
            b"{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\"",
        );
        member("auditID", self.audit_id, out);
        member("stage", &self.stage, out);
        out.extend_from_slice(self.about);
        out.extend_from_slice(self.impersonated);
        if let Some(object) = self.object_ref {
            member("objectRef", object, out);
        }
        if let Some(status) = self.response_status {
            member("responseStatus", status, out);
        }
        member("requestReceivedTimestamp", &Micro(self.received), out);
        member("stageTimestamp", &Micro(self.now), out);
        if !self.annotations.0.is_empty() {
            member("annotations", self.annotations, out);
        }
        out.extend_from_slice(b"}\n");
    }
}

/// What every event of a request says of it.
pub(crate) struct About<'a> {
    pub(crate) uri: &'a str,
    pub(crate) verb: &'a str,
    pub(crate) user: UserInfo<'a>,
    pub(crate) source_ips: &'a [IpAddr],
    pub(crate) user_agent: &'a str,
}

impl About<'_> {
    /// Appends the members, each with a comma before it.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        member("requestURI", self.uri, out);
        member("verb", self.verb, out);
        member("user", &self.user, out);
        if !self.source_ips.is_empty() {
            member("sourceIPs", self.source_ips, out);
        }
        if !self.user_agent.is_empty() {
            member("userAgent", self.user_agent, out);
        }
    }
}

/// As whom a request goes on.
pub(crate) struct Impersonated<'a> {
    pub(crate) user: UserInfo<'a>,
    /// The verb that allowed it, when it was a constrained one.
    pub(crate) constraint: &'a str,
}

impl Impersonated<'_> {
    /// Appends the members, each with a comma before it.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        member("impersonatedUser", &self.user, out);
        if !self.constraint.is_empty() {
            let metadata = BTreeMap::from([("impersonationConstraint", self.constraint)]);
            member("authenticationMetadata", &metadata, out);
        }
    }
}

/// Facts by key, sorted by it.
#[derive(Default)]
pub(crate) struct Annotations(Vec<(&'static str, Cow<'static, str>)>);

impl Annotations {
    /// Notes a fact, in place of what was noted under its key.
    pub(crate) fn insert(&mut self, key: &'static str, value: Cow<'static, str>) {
        match self.0.binary_search_by_key(&key, |(known, _)| known) {
            Ok(at) => {
                if let Some((_, known)) = self.0.get_mut(at) {
                    *known = value;
                }
            }
            Err(at) => self.0.insert(at, (key, value)),
        }
    }
}

impl Serialize for Annotations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A time as Kubernetes writes it, with microseconds.
struct Micro(SystemTime);

impl Serialize for Micro {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&MicroTime::from(self.0))
    }
}

fn member(name: &str, value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    // What is written here has no keys that are not text, and memory takes everything.
    let _infallible = serde_json::to_writer(out, value);
}

#[derive(Default, Serialize)]
pub(crate) struct UserInfo<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    username: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    uid: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    groups: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<&'a BTreeMap<String, Vec<String>>>,
}

impl<'a> UserInfo<'a> {
    pub(crate) fn of(user: &'a User) -> Self {
        let extra = (!user.extra.is_empty()).then_some(&user.extra);
        Self {
            username: &user.name,
            uid: &user.uid,
            groups: &user.groups,
            extra,
        }
    }
}

/// `metav1.Status` as events carry it: free of everything that may quote an object.
#[derive(Debug, Serialize)]
pub(crate) struct ResponseStatus {
    metadata: BTreeMap<(), ()>,
    #[serde(skip_serializing_if = "str::is_empty")]
    status: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
    code: u16,
}

impl ResponseStatus {
    /// An answer that is not a `Status`.
    pub(crate) fn code(code: u16) -> Self {
        Self {
            metadata: BTreeMap::new(),
            status: "",
            message: String::new(),
            reason: "",
            details: None,
            code,
        }
    }

    /// An answer that is one. The sentences of 400 and 422 quote what the client sent (`Invalid value: "…"`), which
    /// upstream's events repeat; here they and their causes are left out.
    pub(crate) fn failure(status: &Status) -> Self {
        let quotes = matches!(status.code, 400 | 422);
        let details = status.details.as_ref();
        Self {
            metadata: BTreeMap::new(),
            status: "Failure",
            message: if quotes {
                String::new()
            } else {
                bounds::bounded(status.message.as_bytes(), bounds::MAX_TEXT).into_owned()
            },
            reason: status.reason,
            details: details.map(|details| bounds::details(details, quotes)),
            code: status.code,
        }
    }
}
