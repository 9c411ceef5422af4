//! The parameters of operations.

use serde_json::{Value, json};

use super::dialect::{Dialect, put, schema};

/// A parameter: its name, where it is, its type, and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    place: &'static str,
    ty: &'static str,
    doc: &'static str,
}

const fn query(name: &'static str, ty: &'static str, doc: &'static str) -> Parameter {
    Parameter {
        name,
        place: "query",
        ty,
        doc,
    }
}

const fn in_path(name: &'static str, doc: &'static str) -> Parameter {
    Parameter {
        name,
        place: "path",
        ty: "string",
        doc,
    }
}

/// `{name}`
pub(super) const NAME: Parameter = in_path("name", "The name of the object.");
/// `{namespace}`
pub(super) const NAMESPACE: Parameter = in_path("namespace", "The namespace the object is in.");
/// Of every operation on objects.
pub(super) const PRETTY: Parameter = query(
    "pretty",
    "string",
    "Whether JSON is indented; by default it is for browsers and command-line tools.",
);

const BOOKMARKS: Parameter = query(
    "allowWatchBookmarks",
    "boolean",
    "Whether a watch sends bookmarks.",
);
const CONTINUE: Parameter = query("continue", "string", "The token of the page before.");
const DRY_RUN: Parameter = query("dryRun", "string", "All: do everything but keep the change.");
const FIELD_SELECTOR: Parameter = query("fieldSelector", "string", "Only objects whose fields are so.");
const GRACE: Parameter = query(
    "gracePeriodSeconds",
    "integer",
    "Seconds until the object is gone.",
);
const IGNORE_UNREADABLE: Parameter = query(
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    "boolean",
    "Remove an object that cannot be read, without a look at its finalizers; takes the verb unsafe-delete-ignore-read-errors.",
);
const LABEL_SELECTOR: Parameter = query("labelSelector", "string", "Only objects whose labels are so.");
const LIMIT: Parameter = query("limit", "integer", "At most so many objects a page.");
const ORPHAN: Parameter = query(
    "orphanDependents",
    "boolean",
    "Deprecated: use propagationPolicy.",
);
const PROPAGATION: Parameter = query(
    "propagationPolicy",
    "string",
    "What happens to dependents: Orphan, Background or Foreground.",
);
const RESOURCE_VERSION: Parameter = query(
    "resourceVersion",
    "string",
    "The revision to list at or to watch from.",
);
const RESOURCE_VERSION_MATCH: Parameter = query(
    "resourceVersionMatch",
    "string",
    "How resourceVersion is meant: Exact or NotOlderThan.",
);
const INITIAL_EVENTS: Parameter = query(
    "sendInitialEvents",
    "boolean",
    "Whether a watch begins with what is there, and says with a bookmark that this was all.",
);
const SHARD: Parameter = query(
    "shardSelector",
    "string",
    "A part of the objects; passed over here.",
);
const TIMEOUT: Parameter = query("timeoutSeconds", "integer", "How long a watch lasts.");
const WATCH: Parameter = query("watch", "boolean", "Follow the changes instead of listing.");

/// Of lists and watches.
pub(super) const LISTING: &[Parameter] = &[
    BOOKMARKS,
    CONTINUE,
    FIELD_SELECTOR,
    LABEL_SELECTOR,
    LIMIT,
    RESOURCE_VERSION,
    RESOURCE_VERSION_MATCH,
    INITIAL_EVENTS,
    SHARD,
    TIMEOUT,
    WATCH,
];
/// Of creates and updates.
pub(super) const WRITING: &[Parameter] = &[
    DRY_RUN,
    query(
        "fieldManager",
        "string",
        "In whose name the fields are set; apply-patch has to name one.",
    ),
    query(
        "fieldValidation",
        "string",
        "What to do about unknown and duplicate fields: Ignore, Warn or Strict.",
    ),
];
/// Of patches, besides [`WRITING`].
pub(super) const FORCING: &[Parameter] = &[query(
    "force",
    "boolean",
    "Take fields from their managers; only for apply-patch.",
)];
/// Of deletions of one object.
pub(super) const DELETING: &[Parameter] = &[DRY_RUN, GRACE, IGNORE_UNREADABLE, ORPHAN, PROPAGATION];
/// Of deletions of a collection, besides [`DELETING`].
pub(super) const CHOOSING: &[Parameter] = &[
    CONTINUE,
    FIELD_SELECTOR,
    LABEL_SELECTOR,
    LIMIT,
    RESOURCE_VERSION,
    RESOURCE_VERSION_MATCH,
    INITIAL_EVENTS,
    SHARD,
    TIMEOUT,
];

/// Parameters as documents list them: by name.
pub(super) fn list(dialect: Dialect, parameters: &[Parameter]) -> Vec<Value> {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable_by_key(|parameter| (parameter.name, parameter.place));
    sorted
        .iter()
        .map(|parameter| parameter.written(dialect))
        .collect()
}

impl Parameter {
    fn written(&self, dialect: Dialect) -> Value {
        let mut written = json!({ "name": self.name, "in": self.place, "description": self.doc });
        if self.place == "path" {
            put(&mut written, "required", json!(true));
        }
        match dialect {
            Dialect::V2 => {
                put(&mut written, "type", json!(self.ty));
                put(&mut written, "uniqueItems", json!(true));
            }
            Dialect::V3 => {
                let mut ty = schema(self.ty, "");
                put(&mut ty, "uniqueItems", json!(true));
                put(&mut written, "schema", ty);
            }
        }
        written
    }
}
