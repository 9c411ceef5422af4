//! `metav1.Status`: how every failure reads to a client, with upstream's reasons, codes and sentences.
//!
//! Source: `k8s.io/apimachinery/pkg/api/errors/errors.go`.

use serde::Serialize;

use crate::json::write_string;
use crate::quote::quote;
use crate::resource::Resource;

/// A failure as a client sees it. It never holds a value of a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The sentence people read.
    pub message: String,
    /// The word machines match on; empty when upstream gives none.
    pub reason: &'static str,
    /// What it is about; `None` writes no `details`.
    pub details: Option<Details>,
    /// HTTP status code.
    pub code: u16,
    /// `metadata.continue`: what goes on with a list whose token expired; empty everywhere else.
    pub continue_token: String,
}

/// `metav1.StatusDetails`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The object's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The API group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The resource's plural name, or the kind.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The object's uid.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Each thing that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// Seconds after which to try again; 0: not said.
    #[serde(skip_serializing_if = "is_zero")]
    pub retry_after_seconds: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// `metav1.StatusCause`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// `FieldValueInvalid` and the like; empty when upstream gives none.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub reason: &'static str,
    /// The sentence.
    pub message: String,
    /// The path of the field.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
}

impl Details {
    /// Details naming an object of a resource.
    #[must_use]
    pub fn of(resource: &Resource, name: &str) -> Self {
        Self {
            name: name.into(),
            group: resource.group.into(),
            kind: resource.plural.into(),
            ..Self::default()
        }
    }
}

impl Status {
    /// A status with these parts.
    #[must_use]
    pub fn new(
        code: u16,
        reason: &'static str,
        message: impl Into<String>,
        details: Option<Details>,
    ) -> Self {
        Self {
            message: message.into(),
            reason,
            details,
            code,
            continue_token: String::new(),
        }
    }

    /// 404: `secrets "a" not found`.
    #[must_use]
    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {} not found", resource.qualified(), quote(name));
        Self::new(404, "NotFound", message, Some(Details::of(resource, name)))
    }

    /// 409: `secrets "a" already exists`.
    #[must_use]
    pub fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} {} already exists", resource.qualified(), quote(name));
        Self::new(409, "AlreadyExists", message, Some(Details::of(resource, name)))
    }

    /// 409: `Operation cannot be fulfilled on secrets "a": …`.
    #[must_use]
    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {}: {why}",
            resource.qualified(),
            quote(name)
        );
        Self::new(409, "Conflict", message, Some(Details::of(resource, name)))
    }

    /// 400 without details.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message, None)
    }

    /// 403: `secrets "a" is forbidden: …` (without a name: `secrets is forbidden: …`).
    #[must_use]
    pub fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        let message = if name.is_empty() {
            format!("{} is forbidden: {why}", resource.qualified())
        } else {
            format!("{} {} is forbidden: {why}", resource.qualified(), quote(name))
        };
        Self::new(403, "Forbidden", message, Some(Details::of(resource, name)))
    }

    /// 422: `Secret "a" is invalid: …` with one cause a field error, as `NewInvalid`.
    #[must_use]
    pub fn invalid(group: &str, kind: &str, name: &str, causes: Vec<Cause>) -> Self {
        let each: Vec<String> = causes
            .iter()
            .map(|cause| format!("{}: {}", cause.field, cause.message))
            .fold(Vec::new(), |mut seen, line| {
                if !seen.contains(&line) {
                    seen.push(line);
                }
                seen
            });
        let list = match each.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let qualified = if group.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{group}")
        };
        let details = Details {
            name: name.into(),
            group: group.into(),
            kind: kind.into(),
            causes,
            ..Details::default()
        };
        Self::new(
            422,
            "Invalid",
            format!("{qualified} {} is invalid: {list}", quote(name)),
            Some(details),
        )
    }

    /// 410: the revision asked for is compacted.
    #[must_use]
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message, None)
    }

    /// 500, `Internal error occurred: …`.
    #[must_use]
    pub fn internal(why: &str) -> Self {
        let details = Details {
            causes: vec![Cause {
                reason: "",
                message: why.into(),
                field: String::new(),
            }],
            ..Details::default()
        };
        Self::new(
            500,
            "InternalError",
            format!("Internal error occurred: {why}"),
            Some(details),
        )
    }

    /// The JSON document, `{"kind":"Status",…}`, as upstream writes it but for its line break at the end.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = head("Failure", &self.continue_token);
        if !self.message.is_empty() {
            member("message", &self.message, &mut out);
        }
        if !self.reason.is_empty() {
            member("reason", self.reason, &mut out);
        }
        if let Some(details) = &self.details {
            details.write(&mut out);
        }
        out.extend_from_slice(b",\"code\":");
        out.extend_from_slice(itoa::Buffer::new().format(self.code).as_bytes());
        out.push(b'}');
        out
    }
}

/// A `Status` in protobuf, from its JSON; empty when that is none.
#[must_use]
pub fn protobuf(document: &[u8]) -> Vec<u8> {
    crate::proto::document_protobuf(&crate::schema::STATUS, document).unwrap_or_default()
}

/// The JSON document of a success, `{"kind":"Status",…,"status":"Success","details":{…}}`: the answer to a deletion.
#[must_use]
pub fn success_json(details: &Details) -> Vec<u8> {
    let mut out = head("Success", "");
    details.write(&mut out);
    out.push(b'}');
    out
}

fn head(status: &str, continue_token: &str) -> Vec<u8> {
    let mut out = br#"{"kind":"Status","apiVersion":"v1","metadata":"#.to_vec();
    object(&[("continue", continue_token)], &mut out, |_| {});
    member("status", status, &mut out);
    out
}

/// Appends `,"name":"value"`.
fn member(name: &str, value: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    write_string(value, out);
}

/// Appends an object of the members that are not empty, and what `rest` appends with a comma before it.
fn object(members: &[(&str, &str)], out: &mut Vec<u8>, rest: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    for (name, value) in members.iter().filter(|(_, value)| !value.is_empty()) {
        member(name, value, out);
    }
    rest(out);
    match out.get_mut(start) {
        // The comma before the first member makes room for the brace.
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.push(b'}');
}

impl Details {
    /// Appends `,"details":{…}`.
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"details\":");
        let members = [
            ("name", &*self.name),
            ("group", &*self.group),
            ("kind", &*self.kind),
            ("uid", &*self.uid),
        ];
        object(&members, out, |out| {
            if !self.causes.is_empty() {
                out.extend_from_slice(b",\"causes\":[");
                for (index, cause) in self.causes.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    let members = [
                        ("reason", cause.reason),
                        ("message", &*cause.message),
                        ("field", &*cause.field),
                    ];
                    object(&members, out, |_| {});
                }
                out.push(b']');
            }
            if self.retry_after_seconds > 0 {
                out.extend_from_slice(b",\"retryAfterSeconds\":");
                out.extend_from_slice(itoa::Buffer::new().format(self.retry_after_seconds).as_bytes());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::SECRETS;

    /// Upstream prints names with `%q`; one out of a URL may hold anything.
    #[test]
    fn names_are_quoted_as_go_quotes_them() {
        let name = "a\"b\n";
        let quoted = r#""a\"b\n""#;
        let messages = [
            Status::not_found(&SECRETS, name).message,
            Status::already_exists(&SECRETS, name).message,
            Status::conflict(&SECRETS, name, "why").message,
            Status::forbidden(&SECRETS, name, "why").message,
            Status::invalid("", "Secret", name, Vec::new()).message,
        ];
        for message in messages {
            assert!(message.contains(quoted), "{message}");
        }
    }
}
