//! Rights that are given for some objects only, and what is forbidden whoever allows it.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;
use purser_authz::rbac::{Binding, Place, RoleRef, Rule, Subject};
use purser_authz::{
    Asked, AtOnce, Authorizer, Decider, Decision, Denied, MASTERS, Member, ObjectFacts, ObjectRules,
    OfObjects, Permit, ResourceRequest, Verb, Verdict,
};
use purser_types::User;
use purser_types::resource::SECRETS;

/// Says of objects what their label `says` says, and of requests what it is made with.
#[derive(Debug)]
struct Labels {
    of_request: Decision,
    may_allow: bool,
    may_forbid: bool,
    /// The verbs that it has rules about.
    verbs: &'static [&'static str],
}

#[derive(Debug)]
struct SaidByLabel;

impl ObjectRules for SaidByLabel {
    fn judge(&self, object: &ObjectFacts<'_>) -> Decision {
        match object.labels.iter().find(|(key, _)| *key == "says") {
            Some((_, "allow")) => Decision::allow("label"),
            Some((_, "deny")) => Decision::deny("label"),
            _ => Decision::no_opinion(""),
        }
    }

    fn look_at_annotations(&self) -> bool {
        false
    }
}

/// Of objects, it forbids those that say deny and allows all others.
#[derive(Debug)]
struct AllowsAllButForbidden;

impl ObjectRules for AllowsAllButForbidden {
    fn judge(&self, object: &ObjectFacts<'_>) -> Decision {
        match SaidByLabel.judge(object) {
            denied if denied.verdict == Verdict::Deny => denied,
            _ => Decision::allow("all"),
        }
    }

    fn look_at_annotations(&self) -> bool {
        false
    }
}

impl Decider for AllowsAllButForbidden {
    fn decide<'a>(&'a self, _: &'a User, _: Asked<'a>) -> BoxFuture<'a, Decision> {
        async { Decision::deny("who speaks at once is not asked again") }.boxed()
    }

    fn speaks_at_once(&self) -> bool {
        true
    }

    fn at_once(&self, _: &User, _: Asked<'_>) -> Option<AtOnce> {
        Some(AtOnce {
            decision: none(),
            objects: Some(OfObjects {
                rules: Arc::new(Self),
                may_allow: true,
                may_forbid: true,
            }),
        })
    }

    fn wavers(&self) -> bool {
        false
    }

    fn unlisted(&self) -> &'static str {
        ""
    }
}

impl Decider for Labels {
    fn decide<'a>(&'a self, _: &'a User, _: Asked<'a>) -> BoxFuture<'a, Decision> {
        async { Decision::deny("who speaks at once is not asked again") }.boxed()
    }

    fn speaks_at_once(&self) -> bool {
        true
    }

    fn at_once(&self, _: &User, asked: Asked<'_>) -> Option<AtOnce> {
        let about = matches!(asked, Asked::Objects(asked) if self.verbs.contains(&asked.verb));
        Some(AtOnce {
            decision: self.of_request.clone(),
            objects: about.then(|| OfObjects {
                rules: Arc::new(SaidByLabel),
                may_allow: self.may_allow,
                may_forbid: self.may_forbid,
            }),
        })
    }

    fn wavers(&self) -> bool {
        false
    }

    fn unlisted(&self) -> &'static str {
        ""
    }
}

/// Always says the same, in its turn.
#[derive(Debug)]
struct Says(Decision);

impl Decider for Says {
    fn decide<'a>(&'a self, _: &'a User, _: Asked<'a>) -> BoxFuture<'a, Decision> {
        async { self.0.clone() }.boxed()
    }

    fn wavers(&self) -> bool {
        false
    }

    fn unlisted(&self) -> &'static str {
        ""
    }
}

const ALL: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete"];

fn member(decider: impl Decider + 'static) -> Member {
    Member {
        kind: "Test",
        name: "test".to_owned(),
        decider: Some(Arc::new(decider)),
    }
}

fn labels(of_request: Decision, may_allow: bool, may_forbid: bool) -> Member {
    member(Labels {
        of_request,
        may_allow,
        may_forbid,
        verbs: ALL,
    })
}

fn none() -> Decision {
    Decision::no_opinion("")
}

/// RBAC gives `jane` these verbs on secrets.
fn authorizer(members: Vec<Member>, verbs: &[&str], resource: &str) -> Arc<Authorizer> {
    let authorizer = Authorizer::new();
    authorizer.set_members(members);
    authorizer.change(|policy| {
        let rule = Rule {
            verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
            groups: vec![String::new()],
            resources: vec![resource.to_owned()],
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
        let subjects = vec![Subject::User("jane".to_owned())];
        policy.set_binding(place, Binding { role, subjects });
    });
    Arc::new(authorizer)
}

fn user(groups: &[&str]) -> Arc<User> {
    Arc::new(User {
        name: "jane".to_owned(),
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
        name: "x".to_owned(),
        selectors: None,
    }
}

fn ask(authorizer: &Arc<Authorizer>, verb: Verb) -> Result<Permit, Denied> {
    authorizer
        .authorize(&user(&[]), request(verb))
        .now_or_never()
        .unwrap()
}

/// For which objects the permit is: those that say allow, deny, and nothing.
fn admitted(permit: &Permit) -> [bool; 3] {
    ["allow", "deny", ""].map(|says| permit.admits(&facts(&[("says", says)])))
}

fn facts<'a>(labels: &'a [(&'a str, &'a str)]) -> ObjectFacts<'a> {
    ObjectFacts {
        namespace: "n",
        name: "x",
        labels,
        annotations: &[],
    }
}

#[test]
fn what_one_forbids_is_forbidden_wherever_in_the_list_it_stands() {
    let forbids = || labels(Decision::deny("frozen"), false, false);
    for members in [
        vec![forbids(), Member::rbac("rbac")],
        vec![Member::rbac("rbac"), forbids()],
        vec![
            member(Says(Decision::allow("webhook"))),
            Member::rbac("rbac"),
            forbids(),
        ],
    ] {
        let authorizer = authorizer(members, &["get"], "secrets");
        let denied = ask(&authorizer, Verb::Get).unwrap_err();
        assert!(
            denied.status.message.ends_with(": frozen"),
            "{}",
            denied.status.message
        );
        let master = authorizer
            .authorize(&user(&[MASTERS]), request(Verb::Get))
            .now_or_never()
            .unwrap();
        assert!(
            master.is_ok_and(|permit| !permit.is_conditional()),
            "masters may whatever anybody forbids"
        );
    }
}

#[test]
fn a_right_is_given_for_the_objects_that_rules_admit() {
    let rbac = || Member::rbac("rbac");
    let says = |decision| member(Says(decision));
    let (all, others, some, none_of) = (
        [true, true, true],
        [true, false, true],
        [true, false, false],
        [false; 3],
    );
    // In the list; which verbs RBAC gives; for which objects.
    let cases = [
        (vec![rbac(), labels(none(), false, false)], &["get"][..], all),
        (vec![rbac(), labels(none(), false, true)], &["get"], others),
        (vec![labels(none(), true, true), rbac()], &["get"], others),
        (vec![rbac(), labels(none(), true, true)], &[], some),
        (
            vec![labels(none(), true, false), says(Decision::deny("webhook"))],
            &[],
            some,
        ),
        (
            vec![says(Decision::deny("webhook")), labels(none(), true, true)],
            &[],
            none_of,
        ),
        // What stands after a no is heard where it forbids, and not where it allows.
        (
            vec![
                labels(none(), true, false),
                says(Decision::deny("webhook")),
                member(AllowsAllButForbidden),
            ],
            &[],
            some,
        ),
        (vec![labels(Decision::allow("policy"), false, true)], &[], others),
        (vec![rbac(), labels(none(), false, true)], &[], none_of),
    ];
    for (at, (members, verbs, expected)) in cases.into_iter().enumerate() {
        let permit = ask(&authorizer(members, verbs, "secrets"), Verb::Get);
        assert_eq!(
            permit.map_or(none_of, |permit| admitted(&permit)),
            expected,
            "case {at}"
        );
    }
}

#[test]
fn a_right_to_some_objects_is_none_where_nobody_has_an_object() {
    let authorizer = authorizer(
        vec![labels(none(), true, true), Member::rbac("rbac")],
        &["list"],
        "secrets",
    );
    let jane = user(&[]);
    let decide = |verb: Verb| {
        let request = request(verb);
        let words = request.words();
        let asked = Asked::Objects(&words);
        let decision = authorizer.decide(&jane, asked).now_or_never().unwrap();
        let may = authorizer.may(&jane, &words).now_or_never().unwrap();
        (decision.is_allowed(), may)
    };
    assert_eq!(decide(Verb::Get), (false, false), "for some objects");
    assert_eq!(decide(Verb::List), (true, false), "for all that nothing forbids");
}

#[test]
fn a_refused_object_reads_as_one_that_is_not_there() {
    let absent = |verbs: &[&str]| {
        let permit = ask(
            &authorizer(
                vec![labels(none(), true, true), Member::rbac("rbac")],
                verbs,
                "secrets",
            ),
            Verb::Get,
        );
        permit.unwrap().absent()
    };
    assert_eq!(absent(&["get"]).message, "secrets \"x\" not found");
    let only_some = absent(&[]);
    assert_eq!(only_some.code, 403);
    let expected = "secrets \"x\" is forbidden: User \"jane\" cannot get resource \"secrets\" in API group \"\" in the \
                    namespace \"n\": policies allow it for some objects only";
    assert_eq!(only_some.message, expected);
}

#[test]
fn a_write_shows_the_values_of_objects_that_may_be_read() {
    let get_alone = member(Labels {
        of_request: none(),
        may_allow: true,
        may_forbid: true,
        verbs: &["get"],
    });
    let permit = ask(
        &authorizer(vec![get_alone, Member::rbac("rbac")], &["patch"], "secrets"),
        Verb::Patch,
    )
    .unwrap();
    assert!(permit.is_conditional() && !permit.sees_values());
    let (shown, hidden) = ([("says", "allow")], [("says", "")]);
    let of_shown = permit.for_object(&facts(&shown)).unwrap();
    let of_hidden = permit.for_object(&facts(&hidden)).unwrap();
    assert!(of_shown.sees_values() && !of_hidden.sees_values());
    assert!(
        !of_shown.for_object(&facts(&hidden)).unwrap().sees_values(),
        "relabelled out of sight"
    );
    assert!(
        !of_hidden.for_object(&facts(&shown)).unwrap().sees_values(),
        "relabelled into sight"
    );
}

#[test]
fn a_right_to_all_metadata_goes_before_one_to_some_values() {
    let metadata = |verbs: &[&str]| {
        let get = member(Labels {
            of_request: none(),
            may_allow: true,
            may_forbid: false,
            verbs: &["list"],
        });
        let authorizer = authorizer(vec![get, Member::rbac("rbac")], verbs, "secrets/metadata");
        let permit = authorizer
            .authorize_metadata(&user(&[]), request(Verb::List))
            .now_or_never()
            .unwrap()
            .unwrap();
        (permit.sees_values(), admitted(&permit))
    };
    assert_eq!(metadata(&["list"]), (false, [true, true, true]));
    assert_eq!(metadata(&[]), (true, [true, false, false]));
}

#[test]
fn who_sees_metadata_of_what_nothing_forbids_is_told_which_right_is_missing() {
    let members = vec![Member::rbac("rbac"), labels(none(), false, true)];
    let denied = ask(&authorizer(members, &["get"], "secrets/metadata"), Verb::Get).unwrap_err();
    let missing = "values take the right to get secrets";
    assert!(
        denied.status.message.ends_with(missing),
        "{}",
        denied.status.message
    );
}

#[test]
fn a_permit_for_some_objects_ends_with_the_list_it_is_from() {
    let members = || vec![labels(none(), true, true), Member::rbac("rbac")];
    let authorizer = authorizer(members(), &[], "secrets");
    let permit = ask(&authorizer, Verb::Watch).unwrap();
    let holds = || permit.holds().now_or_never().unwrap();
    authorizer.change(|_| ());
    assert!(holds(), "roles and bindings are not what it is from");
    authorizer.set_members(members());
    assert!(!holds(), "the rules may be others");
}
