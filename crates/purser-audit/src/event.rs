//! The event as it is written: `audit.k8s.io/v1` `Event`, fields in the order of upstream's struct.
//!
//! Source: `k8s.io/apiserver/pkg/apis/audit/v1/types.go`.

use std::collections::BTreeMap;
use std::time::SystemTime;

use purser_types::status::Details;
use purser_types::time::MicroTime;
use purser_types::{Status, User};
use serde::{Serialize, Serializer};

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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event<'a> {
    pub(crate) kind: &'static str,
    pub(crate) api_version: &'static str,
    pub(crate) level: &'static str,
    #[serde(rename = "auditID")]
    pub(crate) audit_id: &'a str,
    pub(crate) stage: Stage,
    #[serde(rename = "requestURI")]
    pub(crate) request_uri: &'a str,
    pub(crate) verb: &'a str,
    pub(crate) user: UserInfo<'a>,
    #[serde(rename = "sourceIPs", skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) source_ips: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) user_agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) object_ref: Option<&'a ObjectReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_status: Option<&'a ResponseStatus>,
    #[serde(serialize_with = "micro_time")]
    pub(crate) request_received_timestamp: SystemTime,
    #[serde(serialize_with = "micro_time")]
    pub(crate) stage_timestamp: SystemTime,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: &'a BTreeMap<&'static str, String>,
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
        let details = status
            .details
            .clone()
            .map(|details| if quotes { without_causes(details) } else { details });
        Self {
            metadata: BTreeMap::new(),
            status: "Failure",
            message: if quotes {
                String::new()
            } else {
                status.message.clone()
            },
            reason: status.reason,
            details,
            code: status.code,
        }
    }
}

fn without_causes(details: Details) -> Details {
    Details {
        causes: Vec::new(),
        ..details
    }
}

fn micro_time<S: Serializer>(instant: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&MicroTime::from(*instant))
}
