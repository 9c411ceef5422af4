//! Who is given which permit, and for how long it holds.

use futures_util::FutureExt as _;
use purser_types::resource::CONFIG_MAPS;

use super::*;
use crate::authorizer::MASTERS;
use crate::rbac::{Binding, Place, RoleRef, Rule, Subject};

fn user(groups: &[&str]) -> Arc<User> {
    Arc::new(User {
        name: "u".to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..User::default()
    })
}

fn request(verb: Verb) -> ResourceRequest {
    ResourceRequest {
        verb,
        resource: &SECRETS,
        subresource: String::new(),
        namespace: "n".to_owned(),
        name: "a".to_owned(),
        selectors: None,
    }
}

/// What RBAC alone answers it answers at once: there is nothing to wait for.
fn now<T>(asked: impl Future<Output = T>) -> T {
    asked.now_or_never().expect("no await")
}

fn strict() -> Arc<Authorizer> {
    Arc::new(Authorizer::new())
}

/// The user `u` may do `verbs` with `resources` of the core group, everywhere.
fn giving(verbs: &[&str], resources: &[&str]) -> Arc<Authorizer> {
    let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
    let authorizer = strict();
    authorizer.change(|policy| {
        let rule = Rule {
            verbs: words(verbs),
            groups: vec![String::new()],
            resources: words(resources),
            ..Rule::default()
        };
        let place = Place {
            namespace: "",
            name: "r",
        };
        policy.set_role(place, vec![rule]);
        let role = RoleRef {
            cluster: true,
            name: "r".to_owned(),
        };
        let subjects = vec![Subject::User("u".to_owned())];
        policy.set_binding(place, Binding { role, subjects });
    });
    authorizer
}

#[test]
fn masters_may_everything_and_nobody_else_anything() {
    let permit = now(strict().authorize(&user(&["x", MASTERS]), request(Verb::Delete))).unwrap();
    assert_eq!(
        (permit.user().name.as_str(), permit.request().name.as_str()),
        ("u", "a")
    );
    assert!(permit.sees_values());
    for groups in [
        &[][..],
        &["system:authenticated"],
        &["system:master"],
        &["SYSTEM:MASTERS"],
        &["system:masters "],
    ] {
        let asked = now(strict().authorize(&user(groups), request(Verb::Get)));
        assert!(asked.is_err(), "{groups:?}");
    }
}

#[test]
fn a_name_that_is_a_groups_gives_nothing() {
    for name in [MASTERS, INTERNAL_USER] {
        let named = Arc::new(User {
            name: name.to_owned(),
            ..User::default()
        });
        assert!(now(strict().authorize(&named, request(Verb::Get))).is_err());
    }
}

#[test]
fn verbs_that_change_a_secret_show_it_only_to_who_may_get_it() {
    let changing = [
        Verb::Create,
        Verb::Update,
        Verb::Patch,
        Verb::Delete,
        Verb::DeleteCollection,
    ];
    let verbs = ["create", "update", "patch", "delete", "deletecollection"];
    let blind = giving(&verbs, &["secrets", "configmaps"]);
    let seeing = giving(&[&verbs[..], &["get"]].concat(), &["secrets"]);
    for verb in changing {
        assert!(
            !now(blind.authorize(&user(&[]), request(verb)))
                .unwrap()
                .sees_values(),
            "{verb:?}"
        );
        assert!(
            now(seeing.authorize(&user(&[]), request(verb)))
                .unwrap()
                .sees_values(),
            "{verb:?}"
        );
        let masters = now(blind.authorize(&user(&[MASTERS]), request(verb))).unwrap();
        assert!(masters.sees_values(), "{verb:?}");
        let config_map = ResourceRequest {
            resource: &CONFIG_MAPS,
            ..request(verb)
        };
        assert!(
            now(blind.authorize(&user(&[]), config_map))
                .unwrap()
                .sees_values(),
            "{verb:?}"
        );
    }
    for verb in ["list", "watch"] {
        let reading = giving(&[verb], &["secrets"]);
        let verb = if verb == "list" { Verb::List } else { Verb::Watch };
        let permit = now(reading.authorize(&user(&[]), request(verb))).unwrap();
        assert!(permit.sees_values(), "a permit to read is one to see: {verb:?}");
    }
}

#[test]
fn the_right_to_metadata_shows_metadata_alone() {
    let names = giving(&["get", "list", "watch"], &["secrets/metadata"]);
    for verb in [Verb::Get, Verb::List, Verb::Watch] {
        let permit = now(names.authorize_metadata(&user(&[]), request(verb))).unwrap();
        assert!(!permit.sees_values(), "{verb:?}");
        let whole = now(names.authorize(&user(&[]), request(verb))).unwrap_err();
        let why = format!("values take the right to {} secrets", verb.as_str());
        assert!(whole.status.message.ends_with(&why), "{}", whole.status.message);
    }
    // It is no right to change anything, nor to anything but Secrets.
    assert!(now(names.authorize_metadata(&user(&[]), request(Verb::Delete))).is_err());
    let config_map = ResourceRequest {
        resource: &CONFIG_MAPS,
        ..request(Verb::Get)
    };
    assert!(now(names.authorize_metadata(&user(&[]), config_map)).is_err());
    // Who may read whole sees whole, however it asks.
    let whole = giving(&["list"], &["secrets"]);
    let permit = now(whole.authorize_metadata(&user(&[]), request(Verb::List))).unwrap();
    assert!(permit.sees_values());
}

#[test]
fn a_permit_leads_to_another_only_for_who_may_have_it() {
    let permit = now(strict().authorize(&user(&[MASTERS]), request(Verb::Patch))).unwrap();
    assert_eq!(
        now(permit.also(Verb::Create)).unwrap().request().verb,
        Verb::Create
    );
    let patching = giving(&["patch"], &["secrets"]);
    let permit = now(patching.authorize(&user(&[]), request(Verb::Patch))).unwrap();
    assert!(now(permit.also(Verb::Create)).is_err());
    assert!(now(Permit::internal(request(Verb::Patch)).also(Verb::Create)).is_err());
}

#[test]
fn a_permit_holds_for_as_long_as_the_right_is_there() {
    let authorizer = giving(&["watch"], &["secrets"]);
    let permit = now(authorizer.authorize(&user(&[]), request(Verb::Watch))).unwrap();
    assert!(now(permit.holds()));
    let role = Place {
        namespace: "",
        name: "r",
    };
    authorizer.change(|policy| policy.remove_role(role));
    assert!(!now(permit.holds()));

    // Less than it was given for is not enough.
    let authorizer = giving(&["watch"], &["secrets", "secrets/metadata"]);
    let whole = now(authorizer.authorize(&user(&[]), request(Verb::Watch))).unwrap();
    let names = giving(&["watch"], &["secrets/metadata"]);
    let metadata = now(names.authorize_metadata(&user(&[]), request(Verb::Watch))).unwrap();
    let metadata_rule = Rule {
        verbs: vec!["watch".to_owned()],
        groups: vec![String::new()],
        resources: vec!["secrets/metadata".to_owned()],
        ..Rule::default()
    };
    authorizer.change(|policy| policy.set_role(role, vec![metadata_rule.clone()]));
    names.change(|policy| policy.set_role(role, vec![metadata_rule]));
    assert!(!now(whole.holds()));
    assert!(now(metadata.holds()));
    assert!(now(Permit::internal(request(Verb::Watch)).holds()));
}

#[test]
fn health_and_version_are_for_everybody_and_nothing_beside_them() {
    let may = |path: &str| {
        let request = NonResource {
            verb: "get".to_owned(),
            path: path.to_owned(),
        };
        now(strict().authorize_path(&user(&[]), &request)).is_ok()
    };
    for path in [
        "/livez",
        "/readyz/",
        "/readyz/etcd",
        "/healthz",
        "/version",
        "/version/",
    ] {
        assert!(may(path), "{path}");
    }
    for path in [
        "/",
        "",
        "/metrics",
        "/livezz",
        "/livez/../metrics",
        "/api",
        "/Livez",
        "/versions",
        "livez",
        "/x/livez",
    ] {
        assert!(!may(path), "{path}");
    }
    let request = NonResource {
        verb: "get".to_owned(),
        path: "/metrics".to_owned(),
    };
    assert!(now(strict().authorize_path(&user(&[MASTERS]), &request)).is_ok());
}

#[test]
fn an_internal_permit_says_so() {
    let permit = Permit::internal(ResourceRequest {
        verb: Verb::Create,
        resource: &SECRETS,
        subresource: String::new(),
        namespace: "n".to_owned(),
        name: "a".to_owned(),
        selectors: None,
    });
    assert_eq!(
        (permit.user().name.as_str(), permit.reason()),
        (INTERNAL_USER, "internal duty")
    );
    assert!(permit.user().groups.is_empty() && permit.sees_values());
}
