//! What a client that may not reads.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go`.

use purser_types::quote::quote;
use purser_types::status::Details;
use purser_types::{Status, User};

use crate::attributes::{NonResource, ResourceRequest, UnservedRequest};

/// 403: `secrets "a" is forbidden: User "jane" cannot get resource "secrets" in API group "" in the namespace "rec"`.
#[must_use]
pub fn forbidden(user: &User, request: &ResourceRequest) -> Status {
    forbidden_unserved(user, &request.words())
}

/// The same with why, at the end.
pub(crate) fn with_reason(mut status: Status, reason: &str) -> Status {
    if !reason.is_empty() {
        status.message = format!("{}: {}", status.message, escape(reason));
    }
    status
}

/// As [`forbidden`], for a resource that is not served.
pub(crate) fn forbidden_unserved(user: &User, request: &UnservedRequest<'_>) -> Status {
    let what = match request.subresource {
        "" => request.resource.to_owned(),
        subresource => format!("{}/{subresource}", request.resource),
    };
    let place = match request.namespace {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {}", quote(namespace)),
    };
    let subject = match (request.group, request.name) {
        ("", "") => request.resource.to_owned(),
        ("", name) => format!("{} {}", request.resource, quote(name)),
        (group, "") => format!("{}.{group}", request.resource),
        (group, name) => format!("{}.{group} {}", request.resource, quote(name)),
    };
    let why = format!(
        "User {} cannot {} resource {} in API group {} {place}",
        quote(&user.name),
        request.verb,
        quote(&what),
        quote(request.group),
    );
    let details = Details {
        name: request.name.to_owned(),
        group: request.group.to_owned(),
        kind: request.resource.to_owned(),
        ..Details::default()
    };
    Status::new(
        403,
        "Forbidden",
        format!("{subject} is forbidden: {}", escape(&why)),
        Some(details),
    )
}

/// 403: `forbidden: User "jane" cannot get path "/metrics"`.
pub(crate) fn forbidden_path(user: &User, request: &NonResource) -> Status {
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

/// Upstream keeps browsers from taking the sentence for a page.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use purser_types::Resource;
    use purser_types::resource::{NAMESPACES, SECRETS};

    use super::*;
    use crate::attributes::Verb;

    fn message(verb: Verb, resource: &'static Resource, name: &str) -> String {
        let request = ResourceRequest {
            verb,
            resource,
            subresource: String::new(),
            namespace: String::new(),
            name: name.to_owned(),
            selectors: None,
        };
        forbidden(&User::default(), &request).message
    }

    #[test]
    fn a_list_narrowed_to_one_namespace_is_not_in_it() {
        let place = |verb| {
            message(verb, &NAMESPACES, "a")
                .rsplit(" in API group \"\" ")
                .next()
                .map(str::to_owned)
        };
        assert_eq!(place(Verb::Get).unwrap(), "in the namespace \"a\"");
        for verb in [Verb::List, Verb::Watch] {
            assert_eq!(place(verb).unwrap(), "at the cluster scope", "{verb:?}");
        }
    }

    #[test]
    fn the_object_is_quoted_as_go_quotes_it() {
        let message = message(Verb::Get, &SECRETS, "a\"b\n");
        assert!(
            message.starts_with(r#"secrets "a\"b\n" is forbidden: "#),
            "{message}"
        );
    }

    #[test]
    fn names_are_quoted_as_go_quotes_them_and_markup_is_escaped() {
        let user = User {
            name: "a\"b\\c\nd\u{1}\u{85}<é>&".to_owned(),
            ..User::default()
        };
        let request = NonResource {
            verb: "get".to_owned(),
            path: "/x".to_owned(),
        };
        let expected = r#"forbidden: User "a\"b\\c\nd\x01\u0085&lt;é&gt;&amp;" cannot get path "/x""#;
        assert_eq!(forbidden_path(&user, &request).message, expected);
    }
}
