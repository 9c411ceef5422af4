//! Names of kinds, as the file writes them.

use std::fmt;

use purser_types::problems::Problems;

/// `secrets`, `roles.rbac.authorization.k8s.io`; wildcards are `*.` (the core group), `*.apps` and `*.*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResourceName {
    /// The API group; empty: core.
    pub group: String,
    /// The plural name.
    pub resource: String,
}

impl ResourceName {
    pub(super) fn new(group: &str, resource: &str) -> Self {
        Self {
            group: group.to_owned(),
            resource: resource.to_owned(),
        }
    }

    /// As upstream's `schema.ParseGroupResource`.
    pub(super) fn parse(text: &str) -> Self {
        let (resource, group) = text.split_once('.').unwrap_or((text, ""));
        Self::new(group, resource)
    }

    fn is_everything(&self) -> bool {
        self.group == "*" && self.resource == "*"
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.is_everything() || self.group == other.group && (self.resource == "*" || other.resource == "*")
    }
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.resource.as_str(), self.group.as_str()) {
            ("*", "") => f.write_str("*."),
            (resource, "") => f.write_str(resource),
            (resource, group) => write!(f, "{resource}.{group}"),
        }
    }
}

/// Checks the names of one block.
pub(super) fn check(field: &str, texts: &[&str], problems: &mut Problems) -> Vec<ResourceName> {
    let names: Vec<ResourceName> = texts.iter().map(|text| ResourceName::parse(text)).collect();
    let shown = || {
        let quoted: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
        format!("[{}]", quoted.join(","))
    };
    if any_pair(&names, |one, other| one == other) {
        problems.invalid_as(
            field,
            &shown(),
            "the same resource cannot be specified multiple times",
        );
    }
    if any_pair(&names, ResourceName::overlaps) {
        let why = "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as \
                   they will be masked";
        problems.invalid_as(field, &shown(), why);
    }
    for (at, (text, name)) in texts.iter().zip(&names).enumerate() {
        if let Some(why) = wrong(text, name) {
            problems.invalid(&format!("{field}[{at}]"), text, why);
        }
    }
    names
}

/// Whether this is so of any two of them, the one before or behind the other.
fn any_pair(names: &[ResourceName], is_so: impl Fn(&ResourceName, &ResourceName) -> bool) -> bool {
    let mut rest = names;
    while let [one, others @ ..] = rest {
        if others.iter().any(|other| is_so(one, other) || is_so(other, one)) {
            return true;
        }
        rest = others;
    }
    false
}

/// What is wrong with one name.
fn wrong(text: &str, name: &ResourceName) -> Option<&'static str> {
    if text.to_lowercase() != text {
        return Some("resource name should not contain capital letters");
    }
    match text {
        "*" => {
            return Some(
                "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources",
            );
        }
        "apiserveripinfo" | "serviceipallocations" | "servicenodeportallocations" => {
            return Some("resources which do not have REST API/s cannot be encrypted");
        }
        _ => {}
    }
    match name.group.as_str() {
        "events.k8s.io" => Some(
            "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the \
             config file",
        ),
        "extensions" => Some("'extensions' group has been removed and cannot be used for encryption"),
        "*" if name.resource != "*" => Some("encrypting the same resource across groups is not supported"),
        _ => None,
    }
}
