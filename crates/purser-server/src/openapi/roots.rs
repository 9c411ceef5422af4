//! The paths that tell what is served.

use serde_json::{Map, Value};

use super::dialect::Dialect;
use super::names;
use super::operation::{JSON_ONLY, Operation, SERVED, item};
use super::paths::root;
use super::served::{API_GROUP, API_GROUP_LIST, API_RESOURCE_LIST, API_VERSIONS, VERSION_INFO};

/// A path that is only read.
struct Root {
    path: String,
    id: String,
    tag: String,
    description: &'static str,
    answer: &'static str,
    media: &'static [&'static str],
}

/// `/api/`, `/apis/` and `/version/`, each with the name of the document of version 3 it is in.
pub(super) fn fixed(dialect: Dialect) -> Vec<(&'static str, Map<String, Value>)> {
    let fixed = |path: &str, id: &str, tag: &str, description, answer, media| {
        let root = Root {
            path: format!("/{path}/"),
            id: id.to_owned(),
            tag: tag.to_owned(),
            description,
            answer,
            media,
        };
        root.written(dialect)
    };
    vec![
        (
            "api",
            fixed(
                "api",
                "getCoreAPIVersions",
                "core",
                "The versions of the core group",
                API_VERSIONS,
                SERVED,
            ),
        ),
        (
            "apis",
            fixed(
                "apis",
                "getAPIVersions",
                "apis",
                "The groups that are served",
                API_GROUP_LIST,
                SERVED,
            ),
        ),
        (
            "version",
            fixed(
                "version",
                "getCodeVersion",
                "version",
                "Which server this is",
                VERSION_INFO,
                JSON_ONLY,
            ),
        ),
    ]
}

/// `/apis/GROUP/`
pub(super) fn group(dialect: Dialect, group: &str) -> Map<String, Value> {
    let root = Root {
        path: format!("/apis/{group}/"),
        id: format!("get{}APIGroup", names::capital(&names::group(group))),
        tag: names::group(group),
        description: "The versions of the group",
        answer: API_GROUP,
        media: SERVED,
    };
    root.written(dialect)
}

/// `/api/v1/`, `/apis/GROUP/VERSION/`
pub(super) fn version(dialect: Dialect, group: &str, version: &str) -> Map<String, Value> {
    let name = names::group(group);
    let root = Root {
        path: format!("{}/", root(group, version)),
        id: format!(
            "get{}{}APIResources",
            names::capital(&name),
            names::capital(version)
        ),
        tag: format!("{name}_{version}"),
        description: "The resources that are served",
        answer: API_RESOURCE_LIST,
        media: SERVED,
    };
    root.written(dialect)
}

impl Root {
    fn written(self, dialect: Dialect) -> Map<String, Value> {
        let operation = Operation {
            method: "get",
            id: self.id,
            tag: self.tag,
            description: self.description.to_owned(),
            parameters: Vec::new(),
            consumes: self.media,
            body: None,
            produces: self.media,
            answer: self.answer.to_owned(),
            codes: &[("200", "OK")],
            action: None,
        };
        Map::from_iter([(self.path, item(dialect, vec![operation]))])
    }
}
