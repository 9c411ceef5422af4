//! What a decision costs with 10,000 bindings and 2,000 roles, and what a change does among few and among many.

use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::FutureExt as _;
use purser_authz::rbac::{Binding, Place, Policy, RoleRef, Rule, Subject};
use purser_authz::{Authorizer, UnservedRequest};
use purser_types::User;

const ROLES: usize = 2_000;
const BINDINGS: usize = 10_000;
const RULES_A_ROLE: usize = 10;

/// With this many bindings of [`ROLES`] roles.
fn policy(bindings: usize) -> Policy {
    let mut policy = Policy::default();
    for role in 0..ROLES {
        let rule = |rule: usize| Rule {
            verbs: vec!["get".to_owned(), "list".to_owned(), "watch".to_owned()],
            groups: vec![String::new()],
            resources: vec![format!("kind-{rule}"), "secrets".to_owned()],
            names: vec![format!("name-{role}-{rule}")],
            paths: Vec::new(),
        };
        let place = Place {
            namespace: "",
            name: &format!("role-{role}"),
        };
        policy.set_role(place, (0..RULES_A_ROLE).map(rule).collect());
    }
    for binding in 0..bindings {
        // The same twenty roles, users and groups do not meet in one namespace but in `crowded`.
        let namespace = match binding % 500 {
            7 => "crowded".to_owned(),
            _ => format!("ns-{}", ((binding * 2_654_435_761) >> 16) % 500),
        };
        let place = Place {
            namespace: if binding % 10 == 0 { "" } else { &namespace },
            name: &format!("binding-{binding}"),
        };
        let user = Subject::User(format!("user-{}", binding % 1_000));
        let group = Subject::Group(format!("group-{}", binding % 100));
        let role = RoleRef {
            cluster: true,
            name: format!("role-{}", binding % ROLES),
        };
        let subjects = vec![user, group];
        policy.set_binding(place, Binding { role, subjects });
    }
    policy
}

fn decisions(criterion: &mut Criterion) {
    let policy = policy(BINDINGS);
    let user = User {
        name: "user-7".to_owned(),
        groups: vec!["group-7".to_owned(), "system:authenticated".to_owned()],
        ..User::default()
    };
    for (what, namespace, name) in [
        ("allowed, one binding", "ns-371", "name-107-9"),
        ("refused, one binding", "ns-371", "name-none"),
        ("refused, twenty bindings of ten rules", "crowded", "name-none"),
        ("refused, no binding", "elsewhere", "name-none"),
    ] {
        let asked = UnservedRequest {
            verb: "get",
            resource: "secrets",
            namespace,
            name,
            ..UnservedRequest::default()
        };
        assert_eq!(
            policy.allows(&user, &asked).is_some(),
            what.starts_with("allowed")
        );
        criterion.bench_function(what, |bencher| bencher.iter(|| policy.allows(&user, &asked)));
    }
    let authorizer = Authorizer::new();
    authorizer.change(|there| *there = policy);
    for (what, name) in [
        ("the list, allowed, one binding", "name-107-9"),
        ("the list, refused, one binding", "name-none"),
    ] {
        let asked = UnservedRequest {
            verb: "get",
            resource: "secrets",
            namespace: "ns-371",
            name,
            ..UnservedRequest::default()
        };
        // RBAC alone waits for nothing.
        criterion.bench_function(what, |bencher| {
            bencher.iter(|| authorizer.may(&user, &asked).now_or_never());
        });
    }
}

/// A binding made and taken back, and a role written anew: as much work among 10,000 bindings as among 100.
fn changes(criterion: &mut Criterion) {
    for bindings in [100, BINDINGS] {
        let mut policy = policy(bindings);
        let place = Place {
            namespace: "elsewhere",
            name: "new",
        };
        let binding = Binding {
            role: RoleRef {
                cluster: true,
                name: "role-7".to_owned(),
            },
            subjects: vec![
                Subject::User("user-7".to_owned()),
                Subject::Group("group-7".to_owned()),
            ],
        };
        let title = format!("a binding made and taken back, among {bindings}");
        criterion.bench_function(&title, |bencher| {
            bencher.iter(|| {
                policy.set_binding(place, binding.clone());
                policy.remove_binding(place);
            });
        });
        let role = Place {
            namespace: "",
            name: "role-7",
        };
        let rules = policy
            .rules("", &binding.role)
            .map(<[Rule]>::to_vec)
            .unwrap_or_default();
        let title = format!("a role written anew, among {bindings} bindings");
        criterion.bench_function(&title, |bencher| {
            bencher.iter(|| policy.set_role(role, rules.clone()));
        });
    }
}

criterion_group!(benches, decisions, changes);
criterion_main!(benches);
