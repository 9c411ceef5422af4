use std::sync::Arc;

use futures_util::FutureExt as _;

use super::*;
use crate::rbac::{Binding, Place, RoleRef, Rule, Subject};

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn user(name: &str, groups: &str) -> User {
    User {
        name: name.to_owned(),
        groups: words(groups),
        ..User::default()
    }
}

/// `jane` has these rights everywhere: verbs, group (`core`: the empty one), resources, names.
fn giving(rights: &[(&str, &str, &str, &str)]) -> Arc<Authorizer> {
    let rules = rights.iter().map(|(verbs, group, resources, names)| Rule {
        verbs: words(verbs),
        groups: vec![group.replace("core", "")],
        resources: words(resources),
        names: words(names),
        paths: Vec::new(),
    });
    let authorizer = Arc::new(Authorizer::new());
    authorizer.change(|policy| {
        let place = Place {
            namespace: "",
            name: "r",
        };
        policy.set_role(place, rules.collect());
        let role = RoleRef {
            cluster: true,
            name: "r".to_owned(),
        };
        let subjects = vec![Subject::User("jane".to_owned())];
        policy.set_binding(place, Binding { role, subjects });
    });
    authorizer
}

const LISTING: UnservedRequest<'_> = UnservedRequest {
    verb: "list",
    group: "",
    version: "v1",
    resource: "secrets",
    subresource: "",
    namespace: "rec",
    name: "",
    selectors: None,
};

/// The groups and the constraint, or the sentence.
fn tried(authorizer: &Authorizer, wanted: &User) -> Result<(String, String), String> {
    let jane = user("jane", "devs system:authenticated");
    let tried = authorizer.impersonate(&jane, wanted, Asked::Objects(&LISTING));
    tried
        .now_or_never()
        .unwrap()
        .map(|impersonated| (impersonated.user.groups.join(" "), impersonated.constraint))
        .map_err(|status| status.message)
}

fn ok(groups: &str, constraint: &str) -> Result<(String, String), String> {
    Ok((groups.to_owned(), constraint.to_owned()))
}

const ON: &str = "secrets is forbidden: User \"jane\" cannot impersonate-on:user-info:list resource \"secrets\" in API \
                  group \"\" in the namespace \"rec\"";

#[test]
fn the_right_to_users_gives_no_group_uid_or_extra() {
    let authorizer = giving(&[("impersonate", "core", "users", "")]);
    assert_eq!(tried(&authorizer, &user("bob", "")), ok(AUTHENTICATED, ""));
    // Not even those that the caller has.
    for groups in [MASTERS, "devs", "system:authenticated", "system:unauthenticated"] {
        assert_eq!(
            tried(&authorizer, &user("bob", groups)),
            Err(ON.to_owned()),
            "{groups}"
        );
        assert_eq!(
            tried(&authorizer, &user("jane", groups)),
            Err(ON.to_owned()),
            "{groups}"
        );
    }
    let mut wanted = user("bob", "");
    wanted.uid = "1".to_owned();
    assert_eq!(tried(&authorizer, &wanted), Err(ON.to_owned()));
    let mut wanted = user("bob", "");
    wanted.extra = [("acme.io/k".to_owned(), words("v"))].into();
    assert_eq!(tried(&authorizer, &wanted), Err(ON.to_owned()));
    // Nor ServiceAccounts, which are a resource of their own.
    assert!(tried(&authorizer, &user("system:serviceaccount:rec:bot", "")).is_err());
}

#[test]
fn every_part_takes_its_right_by_name() {
    let authorizer = giving(&[
        ("impersonate", "core", "users", "bob"),
        ("impersonate", "core", "groups", "devs"),
        ("impersonate", AUTHENTICATION, "uids", "1"),
        ("impersonate", AUTHENTICATION, "userextras/acme.io/k", "v"),
    ]);
    let mut wanted = user("bob", "devs");
    wanted.uid = "1".to_owned();
    wanted.extra = [("acme.io/k".to_owned(), words("v"))].into();
    assert_eq!(tried(&authorizer, &wanted), ok("devs system:authenticated", ""));
    let changes: [fn(&mut User); 5] = [
        |user| user.name = "eve".to_owned(),
        |user| user.groups.push("ops".to_owned()),
        |user| user.uid = "2".to_owned(),
        |user| user.extra = [("acme.io/k".to_owned(), words("v w"))].into(),
        |user| user.extra = [("acme.io/other".to_owned(), words("v"))].into(),
    ];
    for change in changes {
        let mut other = wanted.clone();
        change(&mut other);
        assert!(tried(&authorizer, &other).is_err(), "{other:?}");
    }
}

#[test]
fn a_constrained_mode_takes_the_right_to_the_deed_and_to_the_user() {
    let on = ("impersonate-on:user-info:list", "core", "secrets", "");
    let who = ("impersonate:user-info", AUTHENTICATION, "users", "bob");
    assert_eq!(
        tried(&giving(&[on, who]), &user("bob", "")),
        ok(AUTHENTICATED, "impersonate:user-info")
    );
    assert_eq!(tried(&giving(&[who]), &user("bob", "")), Err(ON.to_owned()));
    let sentence = "users.authentication.k8s.io \"bob\" is forbidden: User \"jane\" cannot impersonate:user-info \
                    resource \"users\" in API group \"authentication.k8s.io\" at the cluster scope";
    assert_eq!(tried(&giving(&[on]), &user("bob", "")), Err(sentence.to_owned()));
    // The old verb's resources are others.
    let old = ("impersonate:user-info", "core", "users", "bob");
    assert!(tried(&giving(&[on, old]), &user("bob", "")).is_err());
}

#[test]
fn constrained_modes_never_give_masters_and_no_empty_parts() {
    let all = ("*", "*", "*", "");
    let constrained = [
        ("impersonate-on:user-info:list", "core", "secrets", ""),
        ("impersonate:user-info", AUTHENTICATION, "*", ""),
    ];
    let authorizer = giving(&constrained);
    let masters = "groups.authentication.k8s.io \"system:masters\" is forbidden: User \"jane\" cannot \
                   impersonate:user-info resource \"groups\" in API group \"authentication.k8s.io\" at the cluster \
                   scope: impersonating the system:masters group is not allowed";
    assert_eq!(tried(&authorizer, &user("bob", MASTERS)), Err(masters.to_owned()));
    assert_eq!(
        tried(&giving(&[all]), &user("bob", MASTERS)),
        ok("system:masters system:authenticated", ""),
        "who may everything may by the old verb"
    );
    let mut empty = user("bob", "a");
    empty.groups.push(String::new());
    assert!(
        tried(&authorizer, &empty)
            .unwrap_err()
            .ends_with("the empty string group is not allowed")
    );
    for (key, values, why) in [
        ("", "v", "the empty string key in extra is not allowed"),
        (
            "k",
            "v",
            "must be a domain-prefixed path (such as \\\"acme.io/foo\\\")",
        ),
        (
            "acme.io/K",
            "v",
            "a non-lowercase key in extra is not allowed: \"acme.io/K\"",
        ),
        ("acme.io/k", "", "empty values in extra is not allowed"),
    ] {
        let mut wanted = user("bob", "");
        wanted.extra = [(key.to_owned(), words(values))].into();
        let why = why.replace("\\\"", "\"");
        assert!(tried(&authorizer, &wanted).unwrap_err().ends_with(&why), "{key}");
    }
}

#[test]
fn many_groups_or_values_may_go_by_a_right_to_all() {
    let on = ("impersonate-on:user-info:list", "core", "secrets", "");
    let bob = ("impersonate:user-info", AUTHENTICATION, "users", "");
    let star = (
        "impersonate:user-info",
        AUTHENTICATION,
        "groups userextras/*",
        "*",
    );
    let authorizer = giving(&[on, bob, star]);
    assert!(tried(&authorizer, &user("bob", "a b c d")).is_ok());
    assert!(
        tried(&authorizer, &user("bob", "a b c")).is_err(),
        "upstream asks one by one"
    );
    let mut wanted = user("bob", "");
    wanted.extra = [("acme.io/k".to_owned(), words("a b c d"))].into();
    assert!(tried(&authorizer, &wanted).is_ok());
}

#[test]
fn nodes_and_service_accounts_have_modes_and_groups_of_their_own() {
    let bot = user("system:serviceaccount:rec:bot", "");
    let node = user("system:node:n1", "");
    let refused = |who: &User| tried(&giving(&[]), who).unwrap_err();
    assert!(refused(&bot).contains("cannot impersonate-on:serviceaccount:list"));
    assert!(refused(&node).contains("cannot impersonate-on:arbitrary-node:list"));
    let authorizer = giving(&[
        (
            "impersonate-on:serviceaccount:list impersonate-on:arbitrary-node:list",
            "core",
            "secrets",
            "",
        ),
        (
            "impersonate:serviceaccount",
            AUTHENTICATION,
            "serviceaccounts",
            "bot",
        ),
        ("impersonate:arbitrary-node", AUTHENTICATION, "nodes", "n1"),
    ]);
    assert_eq!(
        tried(&authorizer, &bot),
        ok(
            "system:serviceaccounts system:serviceaccounts:rec system:authenticated",
            "impersonate:serviceaccount"
        )
    );
    assert_eq!(
        tried(&authorizer, &node),
        ok("system:nodes system:authenticated", "impersonate:arbitrary-node")
    );
    let old = giving(&[("impersonate", "core", "serviceaccounts users groups", "")]);
    assert_eq!(
        tried(&old, &bot),
        ok(
            "system:serviceaccounts system:serviceaccounts:rec system:authenticated",
            ""
        )
    );
    // By the old verb a node is any user, and named groups replace those of the account.
    assert_eq!(tried(&old, &node), ok(AUTHENTICATED, ""));
    let grouped = user("system:serviceaccount:rec:bot", "devs");
    assert_eq!(tried(&old, &grouped), ok("devs system:authenticated", ""));
}

#[test]
fn who_runs_on_a_node_may_be_that_node() {
    let mut agent = user("system:serviceaccount:rec:agent", "");
    agent.extra = [(NODE_NAME.to_owned(), words("n1"))].into();
    let authorizer = giving(&[
        ("impersonate-on:associated-node:list", "core", "secrets", ""),
        ("impersonate:associated-node", AUTHENTICATION, "nodes", "*"),
    ]);
    authorizer.change(|policy| {
        let place = Place {
            namespace: "",
            name: "r",
        };
        let role = RoleRef {
            cluster: true,
            name: "r".to_owned(),
        };
        let subjects = vec![Subject::User(agent.name.clone())];
        policy.set_binding(place, Binding { role, subjects });
    });
    let as_node = |name: &str| {
        let node = user(name, "");
        let tried = authorizer.impersonate(&agent, &node, Asked::Objects(&LISTING));
        tried.now_or_never().unwrap()
    };
    assert_eq!(
        as_node("system:node:n1").unwrap().constraint,
        "impersonate:associated-node"
    );
    assert!(as_node("system:node:n2").is_err());
}

#[test]
fn anonymous_stays_unauthenticated() {
    let authorizer = giving(&[("impersonate", "core", "users groups", "")]);
    assert_eq!(tried(&authorizer, &user(ANONYMOUS, "")), ok(UNAUTHENTICATED, ""));
    assert_eq!(
        tried(&authorizer, &user("bob", UNAUTHENTICATED)),
        ok(UNAUTHENTICATED, "")
    );
}

#[test]
fn paths_are_deeds_too() {
    let jane = user("jane", "");
    let path = NonResource {
        verb: "get".to_owned(),
        path: "/metrics".to_owned(),
    };
    let refused = giving(&[])
        .impersonate(&jane, &user("bob", ""), Asked::Path(&path))
        .now_or_never()
        .unwrap()
        .unwrap_err();
    assert_eq!(
        refused.message,
        "forbidden: User \"jane\" cannot impersonate-on:user-info:get path \"/metrics\""
    );
}
