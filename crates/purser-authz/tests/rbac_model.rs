//! The policy against a plain reading of roles and bindings: every binding, every subject, every rule, one by one.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use purser_authz::rbac::{Binding, Place, Policy, RoleRef, Rule, Subject};
use purser_authz::{NonResource, UnservedRequest};
use purser_types::User;

/// namespace and name; no namespace: of the cluster.
type Key = (&'static str, &'static str);

const NAMESPACES: &[&str] = &["", "a", "b"];
const NAMES: &[&str] = &["x", "y", "z"];
const PEOPLE: &[&str] = &["jane", "devs", "system:serviceaccount:a:bot", "bot"];
const VERBS: &[&str] = &["get", "list", "*"];
const GROUPS: &[&str] = &["", "apps", "*"];
const RESOURCES: &[&str] = &["secrets", "secrets/status", "*/status", "secrets/*", "*", "pods"];
/// Of rules, and asked for.
const RULE_PATHS: &[&str] = &["*", "/metrics", "/metrics/*", "/health*", "/"];
const PATHS: &[&str] = &[
    "/metrics",
    "/metrics/",
    "/metrics/a",
    "/health",
    "/healthz",
    "/",
    "/api",
];

#[derive(Debug, Clone, Default)]
struct World {
    roles: BTreeMap<Key, Vec<Rule>>,
    bindings: BTreeMap<Key, Binding>,
}

#[derive(Debug, Clone)]
enum Change {
    Role(Key, Option<Vec<Rule>>),
    Binding(Key, Option<Binding>),
}

fn word(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(of).prop_map(str::to_owned)
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let rule = (
        vec(word(VERBS), 0..3),
        vec(word(GROUPS), 0..2),
        vec(word(RESOURCES), 0..3),
        vec(word(NAMES), 0..2),
        vec(word(RULE_PATHS), 0..2),
    );
    let rule = rule.prop_map(|(verbs, groups, resources, names, paths)| Rule {
        verbs,
        groups,
        resources,
        names,
        paths,
    });
    vec(rule, 0..3)
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        word(PEOPLE).prop_map(Subject::User),
        word(PEOPLE).prop_map(Subject::Group),
        (word(NAMESPACES), word(PEOPLE))
            .prop_map(|(namespace, name)| Subject::ServiceAccount { namespace, name }),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    (select(NAMESPACES), select(NAMES))
}

fn binding() -> impl Strategy<Value = Binding> {
    let role = (any::<bool>(), word(NAMES)).prop_map(|(cluster, name)| RoleRef { cluster, name });
    (role, vec(subject(), 0..3)).prop_map(|(role, subjects)| Binding { role, subjects })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (key(), proptest::option::weighted(0.8, rules())).prop_map(|(key, rules)| Change::Role(key, rules)),
        (key(), proptest::option::weighted(0.8, binding()))
            .prop_map(|(key, binding)| Change::Binding(key, binding)),
    ]
}

impl World {
    fn make(&mut self, change: &Change) {
        match change.clone() {
            Change::Role(key, Some(rules)) => drop(self.roles.insert(key, rules)),
            Change::Role(key, None) => drop(self.roles.remove(&key)),
            Change::Binding(key, Some(binding)) => drop(self.bindings.insert(key, binding)),
            Change::Binding(key, None) => drop(self.bindings.remove(&key)),
        }
    }

    fn allows(&self, user: &User, asked: &UnservedRequest<'_>) -> bool {
        self.gives(user, asked.namespace, |rule| says(rule, asked))
    }

    /// Paths are in no namespace.
    fn allows_path(&self, user: &User, asked: &NonResource) -> bool {
        self.gives(user, "", |rule| says_path(rule, asked))
    }

    /// Whether a binding that reaches this namespace gives the user such a rule.
    fn gives(&self, user: &User, wanted: &str, says: impl Fn(&Rule) -> bool) -> bool {
        self.bindings.iter().any(|(&(namespace, _), binding)| {
            let reaches = namespace.is_empty() || namespace == wanted;
            let bound = binding
                .subjects
                .iter()
                .any(|subject| is(subject, user, namespace));
            let of = if binding.role.cluster { "" } else { namespace };
            let role = self
                .roles
                .iter()
                .find(|((role_namespace, name), _)| *role_namespace == of && *name == binding.role.name);
            reaches && bound && role.is_some_and(|(_, rules)| rules.iter().any(&says))
        })
    }
}

fn is(subject: &Subject, user: &User, namespace: &str) -> bool {
    match subject {
        Subject::User(name) => *name == user.name,
        Subject::Group(name) => user.groups.contains(name),
        Subject::ServiceAccount { namespace: own, name } => {
            let of = if own.is_empty() { namespace } else { own };
            !of.is_empty() && user.name == format!("system:serviceaccount:{of}:{name}")
        }
    }
}

fn has(list: &[String], wanted: &str) -> bool {
    list.iter().any(|one| one == "*" || one == wanted)
}

fn says_path(rule: &Rule, asked: &NonResource) -> bool {
    let begins = |path: &String| {
        path.strip_suffix('*')
            .is_some_and(|begin| asked.path.starts_with(begin))
    };
    let path = rule.paths.contains(&asked.path) || rule.paths.iter().any(begins);
    has(&rule.verbs, &asked.verb) && path
}

fn says(rule: &Rule, asked: &UnservedRequest<'_>) -> bool {
    let combined = match asked.subresource {
        "" => asked.resource.to_owned(),
        subresource => format!("{}/{subresource}", asked.resource),
    };
    let any_of = format!("*/{}", asked.subresource);
    let resource =
        has(&rule.resources, &combined) || !asked.subresource.is_empty() && rule.resources.contains(&any_of);
    let name = rule.names.is_empty() || rule.names.iter().any(|name| name == asked.name);
    has(&rule.verbs, asked.verb) && has(&rule.groups, asked.group) && resource && name
}

fn tell(policy: &mut Policy, change: &Change) {
    let at = |&(namespace, name): &Key| Place { namespace, name };
    match change {
        Change::Role(key, Some(rules)) => policy.set_role(at(key), rules.clone()),
        Change::Role(key, None) => policy.remove_role(at(key)),
        Change::Binding(key, Some(binding)) => policy.set_binding(at(key), binding.clone()),
        Change::Binding(key, None) => policy.remove_binding(at(key)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn the_policy_says_what_a_plain_reading_says(
        changes in vec(change(), 1..25),
        groups in btree_map(word(PEOPLE), Just(()), 0..2),
        name in word(PEOPLE),
    ) {
        let user = User { name, groups: groups.into_keys().collect(), ..User::default() };
        let (mut world, mut policy) = (World::default(), Policy::default());
        for change in &changes {
            world.make(change);
            tell(&mut policy, change);
        }
        for verb in ["get", "create"] {
            for path in PATHS {
                let asked = NonResource { verb: verb.to_owned(), path: (*path).to_owned() };
                prop_assert_eq!(
                    policy.allows_path(&user, &asked).is_some(),
                    world.allows_path(&user, &asked),
                    "{:?} in {:?}", asked, &world
                );
            }
        }
        for (namespace, group) in NAMESPACES.iter().flat_map(|namespace| [(namespace, ""), (namespace, "apps")]) {
            for (resource, subresource) in [("secrets", ""), ("secrets", "status"), ("pods", "status"), ("pods", "")] {
                for verb in ["get", "list", "create"] {
                    for name in ["", "x"] {
                        let asked = UnservedRequest { verb, group, resource, subresource, namespace, name, ..UnservedRequest::default() };
                        prop_assert_eq!(
                            policy.allows(&user, &asked).is_some(),
                            world.allows(&user, &asked),
                            "{:?} in {:?}", asked, &world
                        );
                    }
                }
            }
        }
    }
}
