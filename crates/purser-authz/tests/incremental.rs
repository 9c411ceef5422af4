//! A change of one role or binding leaves all others as they are: rules stay where they are in memory, untouched.

use purser_authz::UnservedRequest;
use purser_authz::rbac::{Binding, Place, Policy, RoleRef, Rule, Subject};
use purser_types::User;

const ROLES: usize = 200;
const BINDINGS: usize = 1_000;

fn role(number: usize) -> RoleRef {
    RoleRef {
        cluster: true,
        name: format!("role-{number}"),
    }
}

fn rules(verb: &str) -> Vec<Rule> {
    vec![Rule {
        verbs: vec![verb.to_owned()],
        groups: vec![String::new()],
        resources: vec!["secrets".to_owned()],
        ..Rule::default()
    }]
}

fn bind(policy: &mut Policy, name: &str, number: usize, user: &str) {
    let place = Place { namespace: "", name };
    let subjects = vec![Subject::User(user.to_owned())];
    policy.set_binding(
        place,
        Binding {
            role: role(number),
            subjects,
        },
    );
}

fn policy() -> Policy {
    let mut policy = Policy::default();
    for number in 0..ROLES {
        let name = &role(number).name;
        policy.set_role(Place { namespace: "", name }, rules("get"));
    }
    for number in 0..BINDINGS {
        bind(
            &mut policy,
            &format!("binding-{number}"),
            number % ROLES,
            &format!("user-{number}"),
        );
    }
    policy
}

/// Where the rules of each role are.
fn places(policy: &Policy) -> Vec<*const Rule> {
    let all = (0..ROLES).filter_map(|number| policy.rules("", &role(number)));
    let places: Vec<_> = all.map(<[Rule]>::as_ptr).collect();
    assert_eq!(places.len(), ROLES, "every role is there");
    places
}

fn may(policy: &Policy, user: &str, verb: &str) -> bool {
    let user = User {
        name: user.to_owned(),
        ..User::default()
    };
    let asked = UnservedRequest {
        verb,
        resource: "secrets",
        ..UnservedRequest::default()
    };
    policy.allows(&user, &asked).is_some()
}

#[test]
fn a_change_of_a_binding_rebuilds_no_rule() {
    let mut policy = policy();
    let before = places(&policy);
    bind(&mut policy, "new", 7, "jane");
    assert!(may(&policy, "jane", "get"));
    assert_eq!(places(&policy), before);
    bind(&mut policy, "binding-3", 8, "jane");
    policy.remove_binding(Place {
        namespace: "",
        name: "new",
    });
    assert!(may(&policy, "jane", "get") && !may(&policy, "user-3", "get"));
    assert_eq!(places(&policy), before);
}

#[test]
fn a_change_of_a_role_rebuilds_no_other() {
    let mut policy = policy();
    let before = places(&policy);
    let name = &role(7).name;
    policy.set_role(Place { namespace: "", name }, rules("list"));
    assert!(
        may(&policy, "user-7", "list") && !may(&policy, "user-7", "get") && may(&policy, "user-8", "get")
    );
    let after = places(&policy);
    let moved = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after);
    assert!(moved.count() <= 1);
}
