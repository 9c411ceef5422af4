//! What a request asks for, read from its method and path.
//!
//! The rules are those of `k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`: authorization, audit and
//! metrics all speak in these words, so they have to be the same.

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;
use purser_authz::{Selectors, UnservedRequest};
use purser_types::selector::FieldSelector;

use crate::query::Query;

/// A request in the words of the API.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestInfo<'p> {
    /// Whether the path names a resource of the API (it may still be one that does not exist).
    pub(crate) is_resource: bool,
    /// The decoded path.
    pub(crate) path: &'p str,
    /// `get`, `list`, … for resources; the lower-case method for other paths; empty for an unknown method.
    pub(crate) verb: Cow<'static, str>,
    /// API group, empty for core.
    pub(crate) group: &'p str,
    /// API version.
    pub(crate) version: &'p str,
    /// Namespace, empty for cluster-scoped resources and lists across namespaces.
    pub(crate) namespace: &'p str,
    /// Plural name of the resource.
    pub(crate) resource: &'p str,
    /// Subresource, empty for the object itself.
    pub(crate) subresource: &'p str,
    /// Name of the object; also the one a field selector narrows a list or watch to.
    pub(crate) name: Cow<'p, str>,
    /// Whether the path itself names an object.
    pub(crate) named: bool,
    /// Whether the path goes on after the subresource.
    pub(crate) beyond: bool,
    /// How a list, a watch or a deletion of many is narrowed.
    pub(crate) selectors: Option<Arc<Selectors>>,
}

/// What stands after a namespace's name without being a resource of its own.
const NAMESPACE_SUBRESOURCES: [&str; 2] = ["status", "finalize"];

impl<'p> RequestInfo<'p> {
    /// Reads `method` and the decoded `path`.
    pub(crate) fn read(method: &Method, path: &'p str, query: &Query<'_>) -> Self {
        let mut info = Self {
            path,
            verb: lower(method),
            ..Self::default()
        };
        let mut parts = path.trim_matches('/').split('/');
        let prefix = parts.next().unwrap_or_default();
        let rest: Vec<&'p str> = parts.collect();
        let (group, rest) = match (prefix, rest.as_slice()) {
            ("api", [_, _, ..]) => ("", rest.as_slice()),
            ("apis", [group, rest @ ..]) if rest.len() >= 2 => (*group, rest),
            _ => return info,
        };
        let [version, rest @ ..] = rest else { return info };
        info.is_resource = true;
        info.group = group;
        info.version = version;
        info.verb = verb_of(method);
        let rest = match rest {
            ["watch", rest @ ..] if !rest.is_empty() => {
                info.verb = Cow::Borrowed("watch");
                rest
            }
            rest => rest,
        };
        info.place(rest);
        info.narrow(query);
        info
    }

    /// What is asked of a resource, for who decides.
    pub(crate) fn words(&self) -> UnservedRequest<'_> {
        UnservedRequest {
            verb: &self.verb,
            group: self.group,
            version: self.version,
            resource: self.resource,
            subresource: self.subresource,
            namespace: self.namespace,
            name: &self.name,
            selectors: self.selectors.as_deref(),
        }
    }

    /// Reads namespace, resource, name and subresource.
    fn place(&mut self, rest: &[&'p str]) {
        let parts = match rest {
            ["namespaces", namespace, after @ ..] => {
                self.namespace = namespace;
                match after.first() {
                    Some(next) if !NAMESPACE_SUBRESOURCES.contains(next) => after,
                    _ => rest,
                }
            }
            _ => rest,
        };
        self.resource = parts.first().copied().unwrap_or_default();
        self.name = Cow::Borrowed(parts.get(1).copied().unwrap_or_default());
        self.subresource = parts.get(2).copied().unwrap_or_default();
        self.named = !self.name.is_empty();
        self.beyond = parts.len() > 3;
    }

    /// A get without a name is a list or a watch, a delete without one is a deletecollection.
    fn narrow(&mut self, query: &Query<'_>) {
        if self.named {
            return;
        }
        match self.verb.as_ref() {
            "get" => {
                let watch = query.get("watch").is_some_and(Query::truth);
                self.verb = Cow::Borrowed(if watch { "watch" } else { "list" });
                self.name = name_selected(query);
            }
            "watch" => self.name = name_selected(query),
            "delete" => self.verb = Cow::Borrowed("deletecollection"),
            _ => return,
        }
        let (fields, labels) = (query.text("fieldSelector"), query.text("labelSelector"));
        if !fields.is_empty() || !labels.is_empty() {
            self.selectors = Selectors::of(fields, labels);
        }
    }
}

/// The name that `fieldSelector=metadata.name=X` narrows a list to; such a list is authorized as a named one.
fn name_selected(query: &Query<'_>) -> Cow<'static, str> {
    let selected = query
        .get("fieldSelector")
        .filter(|selector| !selector.is_empty())
        .and_then(|selector| FieldSelector::parse(selector).ok())
        .and_then(|selector| selector.exact("metadata.name").map(str::to_owned))
        .filter(|name| is_path_segment(name));
    selected.map_or(Cow::Borrowed(""), Cow::Owned)
}

/// Whether `name` can be one segment of a path.
fn is_path_segment(name: &str) -> bool {
    name != "." && name != ".." && !name.contains(['/', '%'])
}

fn verb_of(method: &Method) -> Cow<'static, str> {
    Cow::Borrowed(match *method {
        Method::POST => "create",
        Method::GET | Method::HEAD => "get",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "",
    })
}

fn lower(method: &Method) -> Cow<'static, str> {
    match *method {
        Method::GET => Cow::Borrowed("get"),
        Method::POST => Cow::Borrowed("post"),
        Method::HEAD => Cow::Borrowed("head"),
        _ => Cow::Owned(method.as_str().to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'p>(method: &str, path: &'p str, query: &str) -> RequestInfo<'p> {
        RequestInfo::read(&method.parse().unwrap(), path, &Query::parse(query))
    }

    fn words(info: &RequestInfo<'_>) -> String {
        let RequestInfo {
            verb,
            group,
            namespace,
            resource,
            subresource,
            name,
            ..
        } = info;
        format!("{verb}|{group}|{namespace}|{resource}|{subresource}|{name}")
    }

    #[test]
    fn paths_read_as_upstream_reads_them() {
        for (method, path, query, expected) in [
            ("GET", "/api/v1/namespaces/a/secrets/b", "", "get||a|secrets||b"),
            ("GET", "/api/v1/namespaces/a/secrets", "", "list||a|secrets||"),
            (
                "GET",
                "/api/v1/namespaces/a/secrets",
                "watch=1",
                "watch||a|secrets||",
            ),
            (
                "GET",
                "/api/v1/namespaces/a/secrets",
                "watch=false",
                "list||a|secrets||",
            ),
            ("GET", "/api/v1/secrets", "", "list|||secrets||"),
            ("GET", "/api/v1/namespaces", "", "list|||namespaces||"),
            ("GET", "/api/v1/namespaces/a", "", "get||a|namespaces||a"),
            (
                "PUT",
                "/api/v1/namespaces/a/finalize",
                "",
                "update||a|namespaces|finalize|a",
            ),
            ("GET", "/api/v1/namespaces/a/", "", "get||a|namespaces||a"),
            (
                "DELETE",
                "/api/v1/namespaces/a/secrets",
                "",
                "deletecollection||a|secrets||",
            ),
            (
                "POST",
                "/api/v1/namespaces/a/serviceaccounts/b/token",
                "",
                "create||a|serviceaccounts|token|b",
            ),
            (
                "GET",
                "/api/v1/watch/namespaces/a/secrets",
                "",
                "watch||a|secrets||",
            ),
            (
                "GET",
                "/api/v1/watch/namespaces/a/secrets/b",
                "",
                "watch||a|secrets||b",
            ),
            ("GET", "/api/v1//secrets", "", "get|||||secrets"),
            (
                "GET",
                "/apis/g.example.com/v1/things/x",
                "",
                "get|g.example.com||things||x",
            ),
            ("TRACE", "/api/v1/namespaces/a/secrets", "", "||a|secrets||"),
        ] {
            let info = read(method, path, query);
            assert!(info.is_resource, "{path}");
            assert_eq!(words(&info), expected, "{method} {path}?{query}");
        }
    }

    #[test]
    fn a_list_narrowed_to_a_name_carries_it() {
        let info = read(
            "GET",
            "/api/v1/namespaces/a/secrets",
            "fieldSelector=metadata.name%3Db",
        );
        assert_eq!(words(&info), "list||a|secrets||b");
        assert!(!info.named);
        let info = read(
            "GET",
            "/api/v1/namespaces/a/secrets",
            "fieldSelector=metadata.name%3Db/c&watch",
        );
        assert_eq!(words(&info), "watch||a|secrets||");
    }

    #[test]
    fn other_paths_are_no_resources() {
        for path in [
            "/",
            "/api",
            "/api/v1",
            "/apis",
            "/apis/g",
            "/apis/g/v1",
            "/healthz",
            "/openapi/v3/api/v1",
        ] {
            let info = read("GET", path, "");
            assert!(!info.is_resource, "{path}");
            assert_eq!(info.verb, "get");
        }
    }
}
