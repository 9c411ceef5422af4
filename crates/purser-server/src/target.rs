//! What serves a request: the table of paths.

use http::Method;
use purser_authz::Verb;
use purser_registry::kinds::{KINDS, Kind, lookup, subresource_verbs};

use crate::health::Probe;
use crate::request_info::RequestInfo;

/// What serves a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'p> {
    /// Objects of a kind.
    Objects(&'static Kind, Verb),
    /// The path names a resource that is not there.
    NoResource,
    /// The resource is there, but not for this method.
    NoMethod(Option<&'static Kind>),
    /// `/livez` and its like, or one check of it.
    Probe(Probe, Option<&'p str>),
    /// `/version`
    Version,
    /// `/api`
    Api,
    /// `/apis`
    Apis,
    /// `/apis/GROUP`
    Group(&'p str),
    /// `/api/v1`, `/apis/GROUP/VERSION`
    Resources(&'p str, &'p str),
    /// `/openapi/v2`
    OpenApiV2,
    /// `/openapi/v3`
    OpenApiV3,
    /// `/openapi/v3/…`
    OpenApiGroup(&'p str),
    /// `/.well-known/openid-configuration`
    OpenIdConfiguration,
    /// `/openid/v1/jwks`
    TokenKeys,
    /// `/metrics`
    Metrics,
    /// `/purser/…`
    Page,
    /// `/`
    Index,
    /// Nothing: Go's plain `404 page not found`.
    Nothing,
}

impl<'p> Target<'p> {
    /// What serves `info`.
    pub(crate) fn of(method: &Method, info: &RequestInfo<'p>) -> Self {
        if info.path.starts_with("//") || info.path.starts_with("/apis//") {
            // Upstream finds no handler whose path starts so, though authorization reads it as core objects.
            Self::Nothing
        } else if info.is_resource {
            objects(method, info)
        } else {
            document(method, info.path)
        }
    }

    /// The kind it is about.
    pub(crate) fn kind(&self) -> Option<&'static Kind> {
        match self {
            Self::Objects(kind, _) => Some(*kind),
            Self::NoMethod(kind) => *kind,
            _ => None,
        }
    }

    /// Whether it may not be served without being put on record. Probes and metrics tell nothing of objects but the
    /// names of those that cannot be read, and they are how it is noticed that the record is not written.
    pub(crate) fn needs_record(&self) -> bool {
        !matches!(self, Self::Probe(..) | Self::Metrics)
    }

    /// Whether it goes on for as long as the client likes.
    pub(crate) fn is_long(&self) -> bool {
        matches!(self, Self::Objects(_, Verb::Watch))
    }
}

/// Whether any kind is of this group; upstream's answers differ for groups it does not know at all.
fn group_is_served(group: &str) -> bool {
    KINDS.iter().any(|kind| kind.resource.group == group)
}

fn objects<'p>(method: &Method, info: &RequestInfo<'p>) -> Target<'p> {
    let Some(kind) = lookup(info.group, info.version, info.resource) else {
        let known = info.group.is_empty() || group_is_served(info.group);
        return if known {
            Target::NoResource
        } else {
            Target::Nothing
        };
    };
    if info.beyond || !place_exists(kind, info) || !subresource_exists(kind, info) {
        return Target::NoResource;
    }
    match verb(method, kind, info) {
        Some(verb) => Target::Objects(kind, verb),
        None => Target::NoMethod(Some(kind)),
    }
}

/// Whether the kind lives where the path puts it.
fn place_exists(kind: &Kind, info: &RequestInfo<'_>) -> bool {
    if !kind.resource.is_kept() && info.named {
        return false;
    }
    if kind.resource.namespaced {
        let everywhere = !info.named && kind.verbs.contains(&Verb::List);
        return !info.namespace.is_empty() || everywhere;
    }
    // `/api/v1/namespaces/x` reads as the namespace x within x.
    info.namespace.is_empty() || (info.resource == "namespaces" && info.name == info.namespace && info.named)
}

fn subresource_exists(kind: &Kind, info: &RequestInfo<'_>) -> bool {
    info.subresource.is_empty() || kind.subresources.contains(&info.subresource)
}

fn verb(method: &Method, kind: &Kind, info: &RequestInfo<'_>) -> Option<Verb> {
    let verb = match (info.verb.as_ref(), method) {
        (_, &Method::HEAD) => None,
        ("watch", &Method::GET) => Some(Verb::Watch),
        ("watch", _) => None,
        ("get", _) if info.named => Some(Verb::Get),
        ("list", _) => Some(Verb::List),
        // Only what makes something beside an object takes its name.
        ("create", _) if info.named != info.subresource.is_empty() => Some(Verb::Create),
        ("update", _) if info.named => Some(Verb::Update),
        ("patch", _) if info.named => Some(Verb::Patch),
        ("delete", _) if info.named => Some(Verb::Delete),
        ("deletecollection", _) => Some(Verb::DeleteCollection),
        _ => None,
    }?;
    let everywhere = kind.resource.namespaced && info.namespace.is_empty();
    let reads = matches!(verb, Verb::List | Verb::Watch);
    let verbs = match info.subresource {
        "" => kind.verbs,
        subresource => subresource_verbs(subresource),
    };
    let served = verbs.contains(&verb);
    (served && (reads || !everywhere)).then_some(verb)
}

fn document<'p>(method: &Method, path: &'p str) -> Target<'p> {
    let parts: Vec<&str> = path
        .trim_start_matches('/')
        .trim_end_matches('/')
        .split('/')
        .collect();
    let target = match parts.as_slice() {
        [""] if path == "/" => Target::Index,
        ["livez", rest @ ..] => probe(Probe::Live, rest),
        ["readyz", rest @ ..] => probe(Probe::Ready, rest),
        ["healthz", rest @ ..] => probe(Probe::Health, rest),
        ["version"] => Target::Version,
        [".well-known", "openid-configuration"] => Target::OpenIdConfiguration,
        ["openid", "v1", "jwks"] => Target::TokenKeys,
        ["metrics"] => Target::Metrics,
        ["purser", _, ..] => Target::Page,
        ["api"] => Target::Api,
        ["api", version] => Target::Resources("", version),
        ["apis"] => Target::Apis,
        ["apis", group] => Target::Group(group),
        ["apis", group, version] => Target::Resources(group, version),
        ["openapi", "v2"] => Target::OpenApiV2,
        ["openapi", "v3"] => Target::OpenApiV3,
        ["openapi", "v3", ..] => Target::OpenApiGroup(
            path.trim_end_matches('/')
                .strip_prefix("/openapi/v3/")
                .unwrap_or_default(),
        ),
        _ => Target::Nothing,
    };
    match target {
        Target::Nothing | Target::Probe(..) | Target::Page => target,
        other if method == Method::GET || method == Method::HEAD => other,
        _ => Target::NoMethod(None),
    }
}

fn probe<'p>(probe: Probe, rest: &[&'p str]) -> Target<'p> {
    match rest {
        [] => Target::Probe(probe, None),
        [check] => Target::Probe(probe, Some(check)),
        _ => Target::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;

    fn target(method: &str, path: &str) -> String {
        let method: Method = method.parse().unwrap();
        let info = RequestInfo::read(&method, path, &Query::default());
        match Target::of(&method, &info) {
            Target::Objects(kind, verb) => format!("{} {}", verb.as_str(), kind.resource.plural),
            Target::NoResource => "404".to_owned(),
            Target::NoMethod(_) => "405".to_owned(),
            Target::Nothing => "404 page".to_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn methods_and_paths_are_served_or_refused_as_recorded() {
        let ns = "/api/v1/namespaces/rec";
        for (method, path, expected) in [
            ("GET", format!("{ns}/secrets/sd"), "get secrets"),
            ("GET", format!("{ns}/secrets"), "list secrets"),
            ("POST", format!("{ns}/secrets"), "create secrets"),
            ("DELETE", format!("{ns}/secrets"), "deletecollection secrets"),
            ("POST", format!("{ns}/secrets/sd"), "405"),
            ("PUT", format!("{ns}/secrets"), "405"),
            ("PATCH", format!("{ns}/secrets"), "405"),
            ("OPTIONS", format!("{ns}/secrets"), "405"),
            ("HEAD", format!("{ns}/secrets"), "405"),
            ("TRACE", format!("{ns}/secrets"), "405"),
            ("GET", format!("{ns}/secrets/sd/status"), "404"),
            ("GET", format!("{ns}/status"), "get namespaces"),
            ("PATCH", format!("{ns}/status"), "patch namespaces"),
            ("DELETE", format!("{ns}/status"), "405"),
            ("PUT", format!("{ns}/finalize"), "update namespaces"),
            ("GET", format!("{ns}/finalize"), "405"),
            ("POST", format!("{ns}/finalize"), "405"),
            ("GET", format!("{ns}/nopes"), "404"),
            ("GET", "/api/v1/secrets/x".to_owned(), "404"),
            ("GET", "/api/v1/secrets".to_owned(), "list secrets"),
            ("POST", "/api/v1/secrets".to_owned(), "405"),
            ("DELETE", "/api/v1/secrets".to_owned(), "405"),
            ("GET", format!("{ns}/"), "get namespaces"),
            ("DELETE", ns.to_owned(), "delete namespaces"),
            ("DELETE", "/api/v1/namespaces".to_owned(), "405"),
            ("GET", "/api/v1//secrets".to_owned(), "404"),
            ("GET", "//api/v1/secrets".to_owned(), "404 page"),
            ("GET", "//version".to_owned(), "404 page"),
            ("GET", "/apis//v1/secrets".to_owned(), "404 page"),
            // go-restful's `{namespace}` matches nothing too: what is asked and authorized is all namespaces.
            ("GET", "/api/v1/namespaces//secrets".to_owned(), "list secrets"),
            ("GET", "/api/v1/namespaces//secrets/a".to_owned(), "404"),
            ("POST", "/api/v1/namespaces//secrets".to_owned(), "405"),
            (
                "GET",
                "/api/v1/watch/namespaces/rec/secrets".to_owned(),
                "watch secrets",
            ),
            (
                "GET",
                "/api/v1/watch/namespaces/rec/secrets/a".to_owned(),
                "watch secrets",
            ),
            ("POST", "/api/v1/watch/namespaces/rec/secrets".to_owned(), "405"),
            ("GET", "/apis/none.example.com/v1/things".to_owned(), "404 page"),
            ("GET", "/nope".to_owned(), "404 page"),
            ("POST", "/version".to_owned(), "405"),
            ("GET", "/readyz/ping".to_owned(), "Probe(Ready, Some(\"ping\"))"),
            ("GET", "/openapi/v3/api/v1".to_owned(), "OpenApiGroup(\"api/v1\")"),
            ("GET", "/api/v2".to_owned(), "Resources(\"\", \"v2\")"),
            ("GET", "/".to_owned(), "Index"),
        ] {
            assert_eq!(target(method, &path), expected, "{method} {path}");
        }
    }
}
