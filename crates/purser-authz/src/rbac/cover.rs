//! Nobody gives what they do not have: whether rules that one has cover rules that one wants to give.
//!
//! Source: `k8s.io/component-helpers/auth/rbac/validation/policy_comparator.go` and `policy_compact.go`.

use std::collections::{BTreeMap, HashSet};

use super::rule::{Rule, path_matches};

const ALL: &str = "*";

/// What of `wanted` no single rule of `owned` covers, put together by resource, as upstream prints it to who tries;
/// empty: all is covered. Two rules together cover nothing that neither covers alone, once `wanted` is taken apart
/// into single verbs, groups, resources and names. A rule of more than `MAX_PARTS` is not taken apart, nor one whose
/// parts are beyond `MAX_WORK`: one rule covers it whole, or it is not covered.
pub fn uncovered<'r>(owned: impl IntoIterator<Item = &'r Rule>, wanted: &[Rule]) -> Vec<Rule> {
    let owned: Vec<Owned<'_>> = owned.into_iter().map(Owned::from).collect();
    let is_covered = |part: &Rule| owned.iter().any(|rule| rule.covers(part));
    let mut room = MAX_PARTS.min(MAX_WORK / owned.len().max(1));
    let parts = wanted.iter().filter(|rule| !is_covered(rule)).flat_map(|rule| {
        match room.checked_sub(parts_of(rule)) {
            Some(left) => {
                room = left;
                apart(rule)
            }
            None => vec![rule.clone()],
        }
    });
    compact(parts.filter(|part| !is_covered(part)))
}

/// Most parts that rules are taken apart into: four lists of a few hundred words each have more than memory holds.
const MAX_PARTS: usize = 1 << 16;

/// Most times that a part is held against a rule: whoever may give roles to themselves can come to own many rules.
const MAX_WORK: usize = 1 << 22;

/// How many parts [`apart`] makes.
fn parts_of(rule: &Rule) -> usize {
    let objects = [rule.groups.len(), rule.resources.len(), rule.names.len().max(1)];
    let objects = objects.into_iter().fold(rule.verbs.len(), usize::saturating_mul);
    objects.saturating_add(rule.paths.len().saturating_mul(rule.verbs.len()))
}

/// The rule as many rules of one verb, group, resource and name each.
fn apart(rule: &Rule) -> Vec<Rule> {
    let mut parts = Vec::new();
    for group in &rule.groups {
        for resource in &rule.resources {
            for verb in &rule.verbs {
                let part = Rule {
                    verbs: vec![verb.clone()],
                    groups: vec![group.clone()],
                    resources: vec![resource.clone()],
                    ..Rule::default()
                };
                if rule.names.is_empty() {
                    parts.push(part);
                    continue;
                }
                parts.extend(rule.names.iter().map(|name| Rule {
                    names: vec![name.clone()],
                    ..part.clone()
                }));
            }
        }
    }
    for path in &rule.paths {
        parts.extend(rule.verbs.iter().map(|verb| Rule {
            verbs: vec![verb.clone()],
            paths: vec![path.clone()],
            ..Rule::default()
        }));
    }
    parts
}

/// A rule that one has, so that a word of it is found at once.
struct Owned<'r> {
    verbs: HashSet<&'r str>,
    groups: HashSet<&'r str>,
    resources: HashSet<&'r str>,
    names: HashSet<&'r str>,
    paths: &'r [String],
}

impl<'r> From<&'r Rule> for Owned<'r> {
    fn from(rule: &'r Rule) -> Self {
        let words = |list: &'r [String]| list.iter().map(String::as_str).collect();
        Self {
            verbs: words(&rule.verbs),
            groups: words(&rule.groups),
            resources: words(&rule.resources),
            names: words(&rule.names),
            paths: &rule.paths,
        }
    }
}

impl Owned<'_> {
    fn covers(&self, part: &Rule) -> bool {
        let names = self.names.is_empty() || !part.names.is_empty() && has_each(&self.names, &part.names);
        let covers_path = |path: &String| self.paths.iter().any(|rule| path_matches(rule, path));
        names
            && has_all_or_each(&self.verbs, &part.verbs)
            && has_all_or_each(&self.groups, &part.groups)
            && covers_resources(&self.resources, &part.resources)
            && part.paths.iter().all(covers_path)
    }
}

fn has_each(owned: &HashSet<&str>, wanted: &[String]) -> bool {
    wanted.iter().all(|one| owned.contains(one.as_str()))
}

fn has_all_or_each(owned: &HashSet<&str>, wanted: &[String]) -> bool {
    owned.contains(ALL) || has_each(owned, wanted)
}

fn covers_resources(owned: &HashSet<&str>, wanted: &[String]) -> bool {
    let any_of = |resource: &str| match resource.split_once('/') {
        Some((_, subresource)) => owned.contains(format!("*/{subresource}").as_str()),
        None => false,
    };
    let covered = |resource: &String| owned.contains(resource.as_str()) || any_of(resource);
    owned.contains(ALL) || wanted.iter().all(covered)
}

/// One rule for all verbs of a resource, where nothing else is said.
fn compact(parts: impl Iterator<Item = Rule>) -> Vec<Rule> {
    let mut simple: BTreeMap<(Vec<String>, Vec<String>), Vec<String>> = BTreeMap::new();
    let mut rules = Vec::new();
    for part in parts {
        if part.names.is_empty() && part.paths.is_empty() {
            simple
                .entry((part.groups, part.resources))
                .or_default()
                .extend(part.verbs);
        } else {
            rules.push(part);
        }
    }
    rules.extend(simple.into_iter().map(|((groups, resources), verbs)| Rule {
        verbs,
        groups,
        resources,
        ..Rule::default()
    }));
    rules
}

#[cfg(test)]
mod tests {
    use super::super::rule::tests::rule;
    use super::*;

    fn paths(verbs: &str, paths: &[&str]) -> Rule {
        Rule {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
            ..rule(verbs, "", "", "")
        }
    }

    #[test]
    fn what_one_has_may_be_given_and_no_more() {
        let everything = rule("*", "*", "*", "");
        for (owned, wanted, covered) in [
            (
                rule("get list", "core", "secrets", ""),
                rule("get", "core", "secrets", ""),
                true,
            ),
            (
                rule("get", "core", "secrets", ""),
                rule("get list", "core", "secrets", ""),
                false,
            ),
            // A wildcard is more than all that exists today.
            (
                rule("get list watch", "core", "secrets", ""),
                rule("*", "core", "secrets", ""),
                false,
            ),
            (
                rule("get", "core", "secrets", ""),
                rule("get", "*", "secrets", ""),
                false,
            ),
            (
                rule("get", "core", "secrets configmaps", ""),
                rule("get", "core", "*", ""),
                false,
            ),
            // Names: some do not cover all; all cover some.
            (
                rule("get", "core", "secrets", "a"),
                rule("get", "core", "secrets", ""),
                false,
            ),
            (
                rule("get", "core", "secrets", ""),
                rule("get", "core", "secrets", "a"),
                true,
            ),
            (
                rule("get", "core", "secrets", "a b"),
                rule("get", "core", "secrets", "a"),
                true,
            ),
            (
                rule("get", "core", "secrets", "a"),
                rule("get", "core", "secrets", "a b"),
                false,
            ),
            // Subresources.
            (
                rule("get", "core", "*/status", ""),
                rule("get", "core", "secrets/status", ""),
                true,
            ),
            (
                rule("get", "core", "secrets", ""),
                rule("get", "core", "secrets/status", ""),
                false,
            ),
            (
                rule("get", "core", "secrets/status", ""),
                rule("get", "core", "*/status", ""),
                false,
            ),
            (
                rule("get", "core", "secrets/*", ""),
                rule("get", "core", "secrets/status", ""),
                false,
            ),
            (
                everything.clone(),
                rule("get", "core", "secrets/status", "a"),
                true,
            ),
            // Objects and paths are two worlds.
            (everything, paths("get", &["/metrics"]), false),
            (paths("*", &["*"]), rule("get", "core", "secrets", ""), false),
            (paths("get", &["/a*"]), paths("get", &["/a/b", "/ab*"]), true),
            (paths("get", &["/a/*"]), paths("get", &["/a*"]), false),
            (paths("get", &["/a/*"]), paths("get", &["*"]), false),
        ] {
            let missing = uncovered([&owned], std::slice::from_ref(&wanted));
            assert_eq!(missing.is_empty(), covered, "{owned:?} {wanted:?}");
        }
    }

    #[test]
    fn a_rule_of_too_many_parts_is_covered_whole_or_not_at_all() {
        let many: String = (0..2_000).map(|number| format!("a{number} ")).collect();
        let wanted = rule(&many, &many, &many, &many);
        let begun = std::time::Instant::now();
        let owned = [rule("*", "*", "secrets", ""), rule("*", "*", &many, "")];
        assert!(uncovered(&owned, std::slice::from_ref(&wanted)).is_empty());
        assert_eq!(
            uncovered(&owned[..1], std::slice::from_ref(&wanted)),
            std::slice::from_ref(&wanted)
        );
        assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    }

    #[test]
    fn many_long_rules_hold_up_nobody() {
        let names =
            |prefix: &str| -> String { (0..20_000).map(|number| format!("{prefix}{number} ")).collect() };
        let owned: Vec<Rule> = (0..50)
            .map(|number| rule("get", "core", "secrets", &names(&format!("o{number}-"))))
            .collect();
        let wanted = rule("get list", "core", "secrets", &names("w"));
        let begun = std::time::Instant::now();
        assert!(!uncovered(&owned, std::slice::from_ref(&wanted)).is_empty());
        // A second in a build that is not optimized; as long as a minute when each word is looked for along each list.
        assert!(begun.elapsed() < std::time::Duration::from_secs(10));
    }

    #[test]
    fn several_rules_cover_together_what_can_be_taken_apart() {
        let owned = [
            rule("get", "core", "secrets", ""),
            rule("list", "core", "secrets", ""),
            rule("get list", "core", "configmaps", ""),
        ];
        assert!(uncovered(&owned, &[rule("get list", "core", "secrets configmaps", "")]).is_empty());
        assert_eq!(
            uncovered(&owned, &[rule("get watch delete", "core", "secrets", "")]),
            [rule("watch delete", "core", "secrets", "")]
        );
    }
}
