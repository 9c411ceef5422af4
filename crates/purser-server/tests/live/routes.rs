//! Every route that the server knows, taken from the table of kinds and from what the server says of itself.

use std::collections::BTreeSet;

use purser_authz::Verb;
use purser_registry::kinds::{KINDS, Kind, subresource_verbs};
use serde_json::Value;

use crate::harness::Client;

/// Method and path, `{namespace}` and `{name}` standing for any; a watch ends in `?watch=true`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Route {
    /// The path comes first in lists.
    pub(crate) path: String,
    pub(crate) method: &'static str,
}

/// The routes of objects, by the table of kinds.
pub(crate) fn of_objects() -> BTreeSet<Route> {
    KINDS.iter().flat_map(of_kind).collect()
}

fn of_kind(kind: &Kind) -> Vec<Route> {
    let resource = kind.resource;
    let root = match resource.group {
        "" => format!("/api/{}", resource.version),
        group => format!("/apis/{group}/{}", resource.version),
    };
    let mut routes = Vec::new();
    let mut many = |place: &str, verbs: &[Verb]| {
        for verb in verbs.iter().filter(|verb| kind.verbs.contains(verb)) {
            let path = format!("{root}{place}");
            match verb {
                Verb::Watch => routes.extend([
                    route("GET", &format!("{path}?watch=true")),
                    route("GET", &format!("{root}/watch{place}")),
                ]),
                verb => routes.push(route(method(*verb), &path)),
            }
        }
    };
    let mut place = format!("/{}", resource.plural);
    if resource.namespaced {
        many(&place, &[Verb::List, Verb::Watch]);
        place = format!("/namespaces/{{namespace}}{place}");
    }
    many(
        &place,
        &[Verb::List, Verb::Watch, Verb::Create, Verb::DeleteCollection],
    );
    place.push_str("/{name}");
    many(&place, &[Verb::Get, Verb::Update, Verb::Patch, Verb::Delete]);
    if kind.verbs.contains(&Verb::Watch) {
        routes.push(route("GET", &format!("{root}/watch{place}")));
    }
    for subresource in kind.subresources {
        let path = format!("{root}{place}/{subresource}");
        let verbs = subresource_verbs(subresource).iter();
        routes.extend(verbs.map(|verb| route(method(*verb), &path)));
    }
    routes
}

fn route(method: &'static str, path: &str) -> Route {
    Route {
        path: path.to_owned(),
        method,
    }
}

fn method(verb: Verb) -> &'static str {
    match verb {
        Verb::Get | Verb::List | Verb::Watch => "GET",
        Verb::Create => "POST",
        Verb::Update => "PUT",
        Verb::Patch => "PATCH",
        Verb::Delete | Verb::DeleteCollection => "DELETE",
    }
}

/// The routes of documents: what the server lists at `/` and at `/openapi/v3`.
pub(crate) async fn of_documents(admin: &mut Client) -> BTreeSet<Route> {
    let index = admin.get("/").await.json();
    let listed = index["paths"].as_array().unwrap().iter();
    let mut paths: Vec<String> = listed.map(|path| path.as_str().unwrap().to_owned()).collect();
    let openapi = admin.get("/openapi/v3").await.json();
    let groups = openapi["paths"].as_object().unwrap().keys();
    paths.extend(groups.map(|group| format!("/openapi/v3/{group}")));
    paths.push("/".to_owned());
    paths.iter().map(|path| route("GET", path)).collect()
}

/// The routes that `/openapi/v2` describes; it writes documents with a slash at their end.
pub(crate) async fn described(admin: &mut Client) -> BTreeSet<Route> {
    let document = admin.get("/openapi/v2").await.json();
    let paths = document["paths"].as_object().unwrap();
    let routes = paths.iter().flat_map(|(path, item)| {
        let path = path.trim_end_matches('/');
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter();
        let served = methods.filter(|method| item[method.to_lowercase()] != Value::Null);
        served.map(|method| route(method, path)).collect::<Vec<_>>()
    });
    routes.collect()
}
