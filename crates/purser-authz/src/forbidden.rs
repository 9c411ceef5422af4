//! What a client that may not reads.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go`.

use purser_types::resource::NAMESPACES;
use purser_types::status::Details;
use purser_types::{Status, User};

use crate::attributes::{NonResource, ResourceRequest};

/// 403: `secrets "a" is forbidden: User "jane" cannot get resource "secrets" in API group "" in the namespace "rec"`.
#[must_use]
pub fn forbidden(user: &User, request: &ResourceRequest) -> Status {
    let resource = request.resource;
    let mut what = resource.plural.to_owned();
    if !request.subresource.is_empty() {
        what = format!("{what}/{}", request.subresource);
    }
    // A request for a namespace counts as one in it.
    let namespace = if resource == &NAMESPACES {
        &request.name
    } else {
        &request.namespace
    };
    let place = match namespace.as_str() {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {}", quote(namespace)),
    };
    let why = format!(
        "User {} cannot {} resource {} in API group {} {place}",
        quote(&user.name),
        request.verb.as_str(),
        quote(&what),
        quote(resource.group),
    );
    Status::forbidden(resource, &request.name, &escape(&why))
}

/// 403: `forbidden: User "jane" cannot get path "/metrics"`.
#[must_use]
pub fn forbidden_path(user: &User, request: &NonResource) -> Status {
    let why = format!(
        "User {} cannot {} path {}",
        quote(&user.name),
        request.verb,
        quote(&request.path)
    );
    Status::new(
        403,
        "Forbidden",
        format!("forbidden: {}", escape(&why)),
        Some(Details::default()),
    )
}

/// Go's `%q`.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Upstream keeps browsers from taking the sentence for a page.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
