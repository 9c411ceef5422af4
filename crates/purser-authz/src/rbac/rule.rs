//! One rule of a role, and what it matches.

use std::fmt;

use purser_types::quote::quote;

use crate::attributes::{NonResource, UnservedRequest};

/// What stands for everything.
const ALL: &str = "*";

/// One `PolicyRule`: all of its lists have to match.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// Verbs; `*` is all.
    pub verbs: Vec<String>,
    /// API groups, empty text for core; `*` is all.
    pub groups: Vec<String>,
    /// `secrets`, `secrets/status`, `*/status`; `*` is all, subresources included.
    pub resources: Vec<String>,
    /// Names; none is all.
    pub names: Vec<String>,
    /// Paths that are no objects; a `*` at the end matches what follows.
    pub paths: Vec<String>,
}

impl Rule {
    /// Whether it allows what is asked of an object or a collection.
    #[must_use]
    pub fn allows(&self, asked: &UnservedRequest<'_>) -> bool {
        // Names first: where there are any, they settle most.
        (self.names.is_empty() || has(&self.names, asked.name))
            && has_or_all(&self.verbs, asked.verb)
            && has_or_all(&self.groups, asked.group)
            && self.names_resource(asked.resource, asked.subresource)
    }

    /// Whether it allows what is asked of a path.
    #[must_use]
    pub fn allows_path(&self, asked: &NonResource) -> bool {
        has_or_all(&self.verbs, &asked.verb) && self.paths.iter().any(|rule| path_matches(rule, &asked.path))
    }

    fn names_resource(&self, resource: &str, subresource: &str) -> bool {
        self.resources.iter().any(|named| {
            let whole = match named.strip_prefix(resource) {
                Some("") => subresource.is_empty(),
                Some(rest) => !subresource.is_empty() && rest.strip_prefix('/') == Some(subresource),
                None => false,
            };
            let of_any = || !subresource.is_empty() && named.strip_prefix("*/") == Some(subresource);
            named == ALL || whole || of_any()
        })
    }
}

impl fmt::Display for Rule {
    /// As upstream prints what somebody may not give: `{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [
            ("APIGroups", &self.groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.paths),
            ("ResourceNames", &self.names),
            ("Verbs", &self.verbs),
        ];
        let there = lists.iter().filter(|(_, list)| !list.is_empty());
        let parts: Vec<String> = there
            .map(|(name, list)| {
                let quoted: Vec<String> = list.iter().map(|one| quote(one)).collect();
                format!("{name}:[{}]", quoted.join(" "))
            })
            .collect();
        write!(f, "{{{}}}", parts.join(", "))
    }
}

fn has(list: &[String], wanted: &str) -> bool {
    list.iter().any(|one| one == wanted)
}

fn has_or_all(list: &[String], wanted: &str) -> bool {
    list.iter().any(|one| one == ALL || one == wanted)
}

/// `/a/*` matches `/a/` and what is below; `/a*` what begins so.
pub(super) fn path_matches(rule: &str, path: &str) -> bool {
    rule == ALL || rule == path || rule.ends_with(ALL) && path.starts_with(rule.trim_end_matches(ALL))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// `rule("get list", "core", "secrets", "")`; the group `core` is the empty one.
    pub(crate) fn rule(verbs: &str, groups: &str, resources: &str, names: &str) -> Rule {
        let core = |group: String| if group == "core" { String::new() } else { group };
        Rule {
            verbs: words(verbs),
            groups: words(groups).into_iter().map(core).collect(),
            resources: words(resources),
            names: words(names),
            paths: Vec::new(),
        }
    }

    fn asked<'a>(verb: &'a str, resource: &'a str, name: &'a str) -> UnservedRequest<'a> {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        UnservedRequest {
            verb,
            resource,
            subresource,
            name,
            ..UnservedRequest::default()
        }
    }

    #[test]
    fn a_resource_and_its_subresources_are_named_apart() {
        for (named, resource, expected) in [
            ("secrets", "secrets", true),
            ("secrets", "secrets/status", false),
            ("secrets/status", "secrets/status", true),
            ("secrets/status", "secrets", false),
            ("*/status", "secrets/status", true),
            ("*/status", "secrets", false),
            ("*/status", "secrets/token", false),
            // Upstream knows no such wildcard: it is the name of a subresource that nobody has.
            ("secrets/*", "secrets", false),
            ("secrets/*", "secrets/status", false),
            ("*/*", "secrets/status", false),
            ("*", "secrets", true),
            ("*", "secrets/status", true),
        ] {
            let rule = rule("get", "core", named, "");
            assert_eq!(
                rule.allows(&asked("get", resource, "")),
                expected,
                "{named} {resource}"
            );
        }
    }

    #[test]
    fn a_rule_with_names_does_not_allow_what_names_nothing() {
        let rule = rule("get list create deletecollection", "core", "secrets", "a b");
        assert!(rule.allows(&asked("get", "secrets", "a")));
        assert!(rule.allows(&asked("list", "secrets", "b")));
        for verb in ["list", "create", "deletecollection"] {
            assert!(!rule.allows(&asked(verb, "secrets", "")), "{verb}");
        }
        assert!(!rule.allows(&asked("get", "secrets", "c")));
    }

    #[test]
    fn the_core_group_is_named_by_the_empty_text() {
        let everything = rule("*", "*", "*", "");
        assert!(everything.allows(&asked("anything", "secrets", "")));
        assert!(!rule("get", "apps", "secrets", "").allows(&asked("get", "secrets", "")));
        assert!(!Rule::default().allows(&asked("get", "secrets", "")));
    }

    #[test]
    fn paths_match_whole_or_by_their_beginning() {
        for (rule, path, expected) in [
            ("*", "/anything", true),
            ("/healthz", "/healthz", true),
            ("/healthz", "/healthz/", false),
            ("/healthz/*", "/healthz/", true),
            ("/healthz/*", "/healthz", false),
            ("/healthz*", "/healthzx", true),
            ("/*/x", "/a/x", false),
        ] {
            assert_eq!(path_matches(rule, path), expected, "{rule} {path}");
        }
        // What allows every resource allows no path.
        let asked = NonResource {
            verb: "get".to_owned(),
            path: "/metrics".to_owned(),
        };
        assert!(!super::tests::rule("*", "*", "*", "").allows_path(&asked));
    }
}
