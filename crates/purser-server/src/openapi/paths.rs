//! The paths of each kind and their operations.
//!
//! Source: `registerResourceHandlers` in `k8s.io/apiserver/pkg/endpoints/installer.go`.

use purser_authz::Verb;
use purser_registry::kinds::{Kind, subresource_verbs};
use purser_types::resource::TOKEN_REQUESTS;
use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::known::{DELETE_OPTIONS, PATCH, STATUS, WATCH_EVENT};
use super::names::{self, Reach};
use super::operation::{ANY, Operation, SERVED, STREAMED, item};
use super::parameters::{CHOOSING, DELETING, FORCING, LISTING, NAME, NAMESPACE, PRETTY, Parameter, WRITING};
use super::schema::list_name;

const PATCHES: &[&str] = &[
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
];

const MANY: &[Verb] = &[Verb::List, Verb::Create, Verb::DeleteCollection];
const ONE: &[Verb] = &[Verb::Get, Verb::Update, Verb::Patch, Verb::Delete];

/// Where the kinds of a group and version are.
pub(super) fn root(group: &str, version: &str) -> String {
    if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group}/{version}")
    }
}

/// The paths of `kinds`.
pub(super) fn paths(dialect: Dialect, kinds: &[&'static Kind]) -> Map<String, Value> {
    let mut paths = Map::new();
    for kind in kinds {
        let resource = kind.resource;
        let root = root(resource.group, resource.version);
        let (place, reach) = if resource.namespaced {
            let everywhere = format!("/{}", resource.plural);
            let reach = Reach {
                everywhere: true,
                named: false,
            };
            add(
                dialect,
                &mut paths,
                &root,
                &everywhere,
                operations(kind, &[Verb::List], reach),
            );
            (
                format!("/namespaces/{{namespace}}/{}", resource.plural),
                Reach::default(),
            )
        } else {
            (format!("/{}", resource.plural), Reach::default())
        };
        add(dialect, &mut paths, &root, &place, operations(kind, MANY, reach));
        let one = format!("{place}/{{name}}");
        let named = Reach { named: true, ..reach };
        add(dialect, &mut paths, &root, &one, operations(kind, ONE, named));
        for subresource in kind.subresources {
            let part = part(kind, subresource, named);
            paths.insert(format!("{root}{one}/{subresource}"), item(dialect, part));
        }
    }
    paths
}

/// Adds a path on which something is served, and the old path on which it is watched when it is read.
fn add(
    dialect: Dialect,
    paths: &mut Map<String, Value>,
    root: &str,
    place: &str,
    (operations, watch): (Vec<Operation>, Option<Operation>),
) {
    if !operations.is_empty() {
        paths.insert(format!("{root}{place}"), item(dialect, operations));
    }
    if let Some(watch) = watch {
        paths.insert(format!("{root}/watch{place}"), item(dialect, vec![watch]));
    }
}

/// Those of `verbs` that the kind serves, and how the same place is watched.
fn operations(kind: &'static Kind, verbs: &[Verb], reach: Reach) -> (Vec<Operation>, Option<Operation>) {
    let served = verbs.iter().filter(|verb| kind.verbs.contains(verb));
    let watched = kind.verbs.contains(&Verb::Watch);
    let operations = served.map(|verb| operation(kind, *verb, reach)).collect();
    (operations, watched.then(|| operation(kind, Verb::Watch, reach)))
}

/// The operations of a subresource, whose names end in its: `readCoreV1NamespaceStatus`.
fn part(kind: &'static Kind, subresource: &str, reach: Reach) -> Vec<Operation> {
    let of_part = |verb: &Verb| {
        let mut operation = operation(kind, *verb, reach);
        operation.id.push_str(&names::capital(subresource));
        operation.description = format!("{} of {}", operation.description, subresource);
        if subresource == "token" {
            let request = TOKEN_REQUESTS.message.openapi;
            operation.body = Some((request.to_owned(), true));
            request.clone_into(&mut operation.answer);
            operation.action = Some(("post", &TOKEN_REQUESTS));
        }
        operation
    };
    subresource_verbs(subresource).iter().map(of_part).collect()
}

fn operation(kind: &'static Kind, verb: Verb, reach: Reach) -> Operation {
    let resource = kind.resource;
    let object = || resource.message.openapi.to_owned();
    let (body, consumes) = match verb {
        Verb::Create | Verb::Update => (Some((object(), true)), ANY),
        Verb::Patch => (Some((PATCH.to_owned(), true)), PATCHES),
        Verb::Delete | Verb::DeleteCollection => (Some((DELETE_OPTIONS.to_owned(), false)), ANY),
        Verb::Get | Verb::List | Verb::Watch => (None, ANY),
    };
    let answer = match verb {
        Verb::List => list_name(resource),
        Verb::Watch => WATCH_EVENT.to_owned(),
        Verb::Delete if !kind.strategy.returns_deleted() => STATUS.to_owned(),
        Verb::DeleteCollection => STATUS.to_owned(),
        _ => object(),
    };
    Operation {
        method: method(verb),
        id: names::operation_id(kind, verb, reach),
        tag: names::tag(resource),
        description: format!("{} {}", description(verb), resource.kind),
        parameters: parameters(kind, verb, reach),
        consumes,
        body,
        produces: if matches!(verb, Verb::List | Verb::Watch) {
            STREAMED
        } else {
            SERVED
        },
        answer,
        codes: codes(verb),
        action: Some((action(verb, reach), resource)),
    }
}

fn parameters(kind: &Kind, verb: Verb, reach: Reach) -> Vec<Parameter> {
    let mut parameters = vec![PRETTY];
    if reach.named {
        parameters.push(NAME);
    }
    if kind.resource.namespaced && !reach.everywhere {
        parameters.push(NAMESPACE);
    }
    let own: &[&[Parameter]] = match verb {
        Verb::Get => &[],
        Verb::List | Verb::Watch => &[LISTING],
        Verb::Create | Verb::Update => &[WRITING],
        Verb::Patch => &[WRITING, FORCING],
        Verb::Delete => &[DELETING],
        Verb::DeleteCollection => &[DELETING, CHOOSING],
    };
    parameters.extend(own.iter().copied().flatten());
    parameters
}

fn method(verb: Verb) -> &'static str {
    match verb {
        Verb::Get | Verb::List | Verb::Watch => "get",
        Verb::Create => "post",
        Verb::Update => "put",
        Verb::Patch => "patch",
        Verb::Delete | Verb::DeleteCollection => "delete",
    }
}

fn description(verb: Verb) -> &'static str {
    match verb {
        Verb::Get => "Read a",
        Verb::List => "List or watch objects of kind",
        Verb::Watch => "Watch, in the old way: ask for a list with watch=true instead. Kind",
        Verb::Create => "Create a",
        Verb::Update => "Replace a",
        Verb::Patch => "Change a",
        Verb::Delete => "Delete a",
        Verb::DeleteCollection => "Delete objects of kind",
    }
}

fn action(verb: Verb, reach: Reach) -> &'static str {
    match verb {
        Verb::Create => "post",
        Verb::Update => "put",
        Verb::Watch if reach.named => "watch",
        Verb::Watch => "watchlist",
        other => other.as_str(),
    }
}

fn codes(verb: Verb) -> &'static [(&'static str, &'static str)] {
    const OK: (&str, &str) = ("200", "OK");
    const CREATED: (&str, &str) = ("201", "Created");
    const ACCEPTED: (&str, &str) = ("202", "Accepted");
    match verb {
        Verb::Get | Verb::List | Verb::Watch | Verb::DeleteCollection => &[OK],
        Verb::Create => &[OK, CREATED, ACCEPTED],
        Verb::Update | Verb::Patch => &[OK, CREATED],
        Verb::Delete => &[OK, ACCEPTED],
    }
}
