//! Every role and binding, indexed by who is bound.

use std::collections::{BTreeMap, HashMap};

use purser_types::User;
use purser_types::quote::quote;
use purser_types::user::SERVICE_ACCOUNT_PREFIX;

use super::binding::{Binding, Grant, RoleRef};
use super::decision::Allowance;
use super::rule::Rule;
use super::subject::Subject;
use crate::attributes::{NonResource, UnservedRequest};
use crate::decision::aggregate;

/// The most missing roles that one refusal names.
const MISSING_MAX: usize = 16;

/// Where a role or a binding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Its namespace; empty: a ClusterRole, a ClusterRoleBinding.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// namespace → name → what is there. Two levels, so that text that is only borrowed finds its entry; hashed, for a
/// search among thousands of names costs more than the decision.
type Placed<T> = HashMap<String, HashMap<String, T>>;

/// The roles one subject is given in one namespace, and by which bindings. A role is judged once, however many
/// bindings give it.
type Given = BTreeMap<RoleRef, BTreeMap<String, Subject>>;

/// name of a user or group → namespace → what is given there.
type BySubject = HashMap<String, HashMap<String, Given>>;

/// Every role and binding. The invariant: `users` and `groups` say what `bindings` says.
#[derive(Debug, Default)]
pub struct Policy {
    roles: Placed<Vec<Rule>>,
    bindings: Placed<Binding>,
    users: BySubject,
    groups: BySubject,
}

impl Policy {
    /// Takes in a role or a binding as it is now.
    pub fn set(&mut self, place: Place<'_>, grant: &Grant) {
        match grant {
            Grant::Role(rules) => self.set_role(place, rules.clone()),
            Grant::Binding(binding) => self.set_binding(place, binding.clone()),
        }
    }

    /// Takes in a role as it is now.
    pub fn set_role(&mut self, place: Place<'_>, rules: Vec<Rule>) {
        put(&mut self.roles, place, rules);
    }

    /// Forgets a role. Its bindings stay, and give nothing.
    pub fn remove_role(&mut self, place: Place<'_>) {
        take(&mut self.roles, place);
    }

    /// Takes in a binding as it is now.
    pub fn set_binding(&mut self, place: Place<'_>, binding: Binding) {
        self.remove_binding(place);
        for subject in &binding.subjects {
            if let Some((index, key)) = self.index_of(subject, place.namespace) {
                let places = index.entry(key).or_default();
                let given = places.entry(place.namespace.to_owned()).or_default();
                let bindings = given.entry(binding.role.clone()).or_default();
                bindings
                    .entry(place.name.to_owned())
                    .or_insert_with(|| subject.clone());
            }
        }
        put(&mut self.bindings, place, binding);
    }

    /// Forgets a binding.
    pub fn remove_binding(&mut self, place: Place<'_>) {
        let Some(binding) = take(&mut self.bindings, place) else {
            return;
        };
        for subject in &binding.subjects {
            if let Some((index, key)) = self.index_of(subject, place.namespace) {
                forget(index, &key, place, &binding.role);
            }
        }
    }

    /// The rules of a role that is there.
    #[must_use]
    pub fn rules(&self, namespace: &str, role: &RoleRef) -> Option<&[Rule]> {
        let namespace = if role.cluster { "" } else { namespace };
        self.roles.get(namespace)?.get(&role.name).map(Vec::as_slice)
    }

    /// Whether a rule allows `user` what is asked, and which binding gives it.
    #[must_use]
    pub fn allows(&self, user: &User, asked: &UnservedRequest<'_>) -> Option<Allowance<'_>> {
        self.given(user, asked.namespace)
            .find(|(_, rules)| rules.iter().any(|rule| rule.allows(asked)))
            .map(|(allowance, _)| allowance)
    }

    /// As [`Policy::allows`], for a path.
    #[must_use]
    pub fn allows_path(&self, user: &User, asked: &NonResource) -> Option<Allowance<'_>> {
        self.given(user, "")
            .find(|(_, rules)| rules.iter().any(|rule| rule.allows_path(asked)))
            .map(|(allowance, _)| allowance)
    }

    /// Which roles that `user` is bound to are not there, as the reason of what is not allowed; empty: all are.
    ///
    /// Source: `RBACAuthorizer.Authorize`, with the errors of `VisitRulesFor`.
    #[must_use]
    pub fn missing(&self, user: &User, namespace: &str) -> String {
        let mut missing = Vec::new();
        for (namespace, given) in self.places(user, namespace) {
            let lost = given.keys().filter(|role| self.rules(namespace, role).is_none());
            missing.extend(lost.take(MISSING_MAX).map(|role| {
                let kind = if role.cluster { "clusterrole" } else { "role" };
                format!("{kind}.rbac.authorization.k8s.io {} not found", quote(&role.name))
            }));
        }
        missing.truncate(MISSING_MAX);
        aggregate(missing).map_or_else(String::new, |missing| format!("RBAC: {missing}"))
    }

    /// Every rule that `user` has in a namespace: those of the cluster, and the namespace's own. Empty: the cluster's.
    pub fn rules_of<'p, 'q>(
        &'p self,
        user: &'q User,
        namespace: &'q str,
    ) -> impl Iterator<Item = &'p Rule> + use<'p, 'q> {
        self.given(user, namespace).flat_map(|(_, rules)| rules)
    }

    /// What `user` is given, the cluster's bindings first. Bindings of roles that are not there give nothing.
    fn given<'p, 'q>(
        &'p self,
        user: &'q User,
        namespace: &'q str,
    ) -> impl Iterator<Item = (Allowance<'p>, &'p [Rule])> + use<'p, 'q> {
        let places = self.places(user, namespace);
        places.flat_map(move |(namespace, given)| self.with_rules(namespace, given))
    }

    /// The roles that `user` is given, there or not, the cluster's bindings first.
    fn places<'p, 'q>(
        &'p self,
        user: &'q User,
        namespace: &'q str,
    ) -> impl Iterator<Item = (&'p str, &'p Given)> + use<'p, 'q> {
        let inner = Some(namespace).filter(|namespace| !namespace.is_empty());
        std::iter::once("").chain(inner).flat_map(move |namespace| {
            let own = self.users.get(&user.name);
            let groups = user.groups.iter().filter_map(|group| self.groups.get(group));
            let places = own.into_iter().chain(groups);
            let given = places.filter_map(move |places| places.get_key_value(namespace));
            given.map(|(namespace, given)| (namespace.as_str(), given))
        })
    }

    fn with_rules<'p>(
        &'p self,
        namespace: &'p str,
        given: &'p Given,
    ) -> impl Iterator<Item = (Allowance<'p>, &'p [Rule])> {
        given.iter().filter_map(move |(role, bindings)| {
            let rules = self.rules(namespace, role)?;
            let (binding, subject) = bindings.first_key_value()?;
            let allowance = Allowance {
                namespace,
                binding,
                role,
                subject,
            };
            Some((allowance, rules))
        })
    }

    /// The index that a subject of a binding in `namespace` is found by, and under which name. A ServiceAccount of no
    /// namespace is nobody.
    fn index_of(&mut self, subject: &Subject, namespace: &str) -> Option<(&mut BySubject, String)> {
        match subject {
            Subject::User(name) => Some((&mut self.users, name.clone())),
            Subject::Group(name) => Some((&mut self.groups, name.clone())),
            Subject::ServiceAccount { namespace: own, name } => {
                let of = if own.is_empty() { namespace } else { own };
                (!of.is_empty()).then(|| (&mut self.users, format!("{SERVICE_ACCOUNT_PREFIX}{of}:{name}")))
            }
        }
    }
}

fn put<T>(placed: &mut Placed<T>, place: Place<'_>, value: T) {
    let names = placed.entry(place.namespace.to_owned()).or_default();
    names.insert(place.name.to_owned(), value);
}

fn take<T>(placed: &mut Placed<T>, place: Place<'_>) -> Option<T> {
    let names = placed.get_mut(place.namespace)?;
    let taken = names.remove(place.name);
    if names.is_empty() {
        placed.remove(place.namespace);
    }
    taken
}

/// Takes one binding out of the index, and what is empty without it.
fn forget(index: &mut BySubject, key: &str, place: Place<'_>, role: &RoleRef) -> Option<()> {
    let places = index.get_mut(key)?;
    let given = places.get_mut(place.namespace)?;
    let bindings = given.get_mut(role)?;
    bindings.remove(place.name);
    if bindings.is_empty() {
        given.remove(role);
    }
    if given.is_empty() {
        places.remove(place.namespace);
    }
    if places.is_empty() {
        index.remove(key);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::rule::tests::rule;
    use super::*;

    fn user(name: &str, groups: &[&str]) -> User {
        User {
            name: name.to_owned(),
            groups: groups.iter().map(|&group| group.to_owned()).collect(),
            ..User::default()
        }
    }

    fn at<'a>(namespace: &'a str, name: &'a str) -> Place<'a> {
        Place { namespace, name }
    }

    fn binding(cluster: bool, role: &str, subject: Subject) -> Binding {
        Binding {
            role: RoleRef {
                cluster,
                name: role.to_owned(),
            },
            subjects: vec![subject],
        }
    }

    fn reading(namespace: &str) -> UnservedRequest<'_> {
        UnservedRequest {
            verb: "get",
            resource: "secrets",
            namespace,
            name: "db",
            ..UnservedRequest::default()
        }
    }

    fn reason(policy: &Policy, user: &User, asked: &UnservedRequest<'_>) -> Option<String> {
        policy.allows(user, asked).map(|allowance| allowance.to_string())
    }

    #[test]
    fn a_role_binding_gives_in_its_namespace_alone() {
        let mut policy = Policy::default();
        let jane = user("jane", &["devs"]);
        policy.set_role(at("rec", "reader"), vec![rule("get", "core", "secrets", "")]);
        policy.set_binding(
            at("rec", "readers"),
            binding(false, "reader", Subject::User("jane".to_owned())),
        );
        assert_eq!(
            reason(&policy, &jane, &reading("rec")).unwrap(),
            "RBAC: allowed by RoleBinding \"readers/rec\" of Role \"reader\" to User \"jane\""
        );
        for elsewhere in ["", "other"] {
            assert_eq!(reason(&policy, &jane, &reading(elsewhere)), None, "{elsewhere:?}");
        }
        assert_eq!(reason(&policy, &user("john", &["jane"]), &reading("rec")), None);
    }

    #[test]
    fn a_cluster_role_is_given_everywhere_or_in_one_namespace() {
        let mut policy = Policy::default();
        policy.set_role(at("", "reader"), vec![rule("get", "core", "secrets", "")]);
        let devs = user("jane", &["devs"]);
        policy.set_binding(
            at("", "all"),
            binding(true, "reader", Subject::Group("devs".to_owned())),
        );
        assert_eq!(
            reason(&policy, &devs, &reading("any")).unwrap(),
            "RBAC: allowed by ClusterRoleBinding \"all\" of ClusterRole \"reader\" to Group \"devs\""
        );
        policy.remove_binding(at("", "all"));
        policy.set_binding(
            at("rec", "some"),
            binding(true, "reader", Subject::Group("devs".to_owned())),
        );
        assert!(policy.allows(&devs, &reading("rec")).is_some());
        assert!(policy.allows(&devs, &reading("any")).is_none());
    }

    #[test]
    fn a_service_account_without_a_namespace_is_of_the_bindings() {
        let mut policy = Policy::default();
        let bot = user("system:serviceaccount:rec:bot", &[]);
        policy.set_role(at("", "reader"), vec![rule("get", "core", "secrets", "")]);
        let subject = Subject::ServiceAccount {
            namespace: String::new(),
            name: "bot".to_owned(),
        };
        policy.set_binding(at("", "nobody"), binding(true, "reader", subject.clone()));
        assert!(policy.allows(&bot, &reading("rec")).is_none());
        policy.set_binding(at("other", "bots"), binding(true, "reader", subject.clone()));
        assert!(policy.allows(&bot, &reading("other")).is_none());
        policy.set_binding(at("rec", "bots"), binding(true, "reader", subject));
        assert!(policy.allows(&bot, &reading("rec")).is_some());
    }

    #[test]
    fn what_is_replaced_or_removed_gives_nothing_any_more() {
        let mut policy = Policy::default();
        let (jane, john) = (user("jane", &[]), user("john", &[]));
        let readers = at("rec", "readers");
        policy.set_binding(
            readers,
            binding(false, "reader", Subject::User("jane".to_owned())),
        );
        assert!(
            policy.allows(&jane, &reading("rec")).is_none(),
            "the role is not there yet"
        );
        policy.set_role(at("rec", "reader"), vec![rule("get", "core", "secrets", "")]);
        assert!(policy.allows(&jane, &reading("rec")).is_some());

        policy.set_binding(
            readers,
            binding(false, "reader", Subject::User("john".to_owned())),
        );
        assert!(policy.allows(&jane, &reading("rec")).is_none());
        assert!(policy.allows(&john, &reading("rec")).is_some());

        policy.set_role(at("rec", "reader"), vec![rule("list", "core", "secrets", "")]);
        assert!(policy.allows(&john, &reading("rec")).is_none());
        policy.remove_role(at("rec", "reader"));
        assert_eq!(
            policy.missing(&john, "rec"),
            "RBAC: role.rbac.authorization.k8s.io \"reader\" not found"
        );
        assert_eq!(policy.missing(&john, "other") + &policy.missing(&jane, "rec"), "");
        policy.remove_binding(readers);
        assert!(policy.users.is_empty() && policy.groups.is_empty());
        assert!(policy.roles.is_empty() && policy.bindings.is_empty());
    }

    #[test]
    fn two_bindings_of_one_role_stand_for_each_other() {
        let mut policy = Policy::default();
        let jane = user("jane", &[]);
        policy.set_role(at("", "reader"), vec![rule("get", "core", "secrets", "")]);
        for name in ["one", "two"] {
            policy.set_binding(
                at("", name),
                binding(true, "reader", Subject::User("jane".to_owned())),
            );
        }
        policy.remove_binding(at("", "one"));
        assert!(reason(&policy, &jane, &reading("x")).unwrap().contains("\"two\""));
    }
}
