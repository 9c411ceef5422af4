//! What policies decide: without an object, and with one.

#![expect(clippy::panic, reason = "a test")]

use std::sync::Arc;

use purser_authz::{ObjectFacts, Verdict};
use purser_cedar::{Engine, Opinion, What, from_texts};
use purser_types::User;

const PAYMENTS: &str = r#"
@id("payments")
permit (
    principal is k8s::ServiceAccount in k8s::Group::"system:serviceaccounts:payments",
    action in k8s::Action::"read",
    resource is k8s::Resource
) when {
    resource.resource == "secrets" &&
    resource.labels.hasTag("pci") && resource.labels.getTag("pci") == "true"
};
"#;

fn engine(policies: &str) -> Arc<Engine> {
    match from_texts([("a.cedar", policies)]) {
        Ok((engine, _)) => Arc::new(engine),
        Err(error) => panic!("{error}"),
    }
}

fn user(name: &str, groups: &[&str]) -> User {
    User {
        name: name.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..User::default()
    }
}

fn account(namespace: &str, name: &str) -> User {
    let of_namespace = format!("system:serviceaccounts:{namespace}");
    user(
        &format!("system:serviceaccount:{namespace}:{name}"),
        &["system:serviceaccounts", &of_namespace],
    )
}

fn resource<'a>(resource: &'a str, namespace: &'a str, name: &'a str) -> What<'a> {
    What::Resource {
        group: "",
        resource,
        subresource: "",
        namespace,
        name,
    }
}

fn object<'a>(namespace: &'a str, name: &'a str, labels: &'a [(&'a str, &'a str)]) -> ObjectFacts<'a> {
    ObjectFacts {
        namespace,
        name,
        labels,
        annotations: &[],
    }
}

/// The verdict, and what may be said of objects: `a` allow, `f` forbid.
fn told(opinion: &Opinion) -> (Verdict, String) {
    let objects = opinion.objects.as_ref();
    let allow = objects.filter(|objects| objects.may_allow).map(|_| 'a');
    let forbid = objects.filter(|objects| objects.may_forbid).map(|_| 'f');
    (opinion.said.verdict, allow.into_iter().chain(forbid).collect())
}

#[test]
fn the_payments_rule_allows_what_it_says_and_nothing_else() {
    let engine = engine(PAYMENTS);
    let pci: &[(&str, &str)] = &[("pci", "true")];
    let checkout = account("payments", "checkout");
    let others = [
        account("web", "checkout"),
        user("jane", &["system:serviceaccounts:payments"]),
        user(
            "system:serviceaccount:payments:checkout",
            &["system:authenticated"],
        ),
    ];
    let ask = |user: &User, verb: &str, kind: &str, labels: &[(&str, &str)]| {
        let opinion = engine.decide(user, verb, &resource(kind, "payments", "card-key"));
        assert_eq!(
            opinion.said.verdict,
            Verdict::NoOpinion,
            "nothing is decided without the object"
        );
        opinion.objects.map_or(Verdict::NoOpinion, |objects| {
            objects.judge(&object("payments", "card-key", labels)).verdict
        })
    };
    for verb in ["get", "list", "watch"] {
        assert_eq!(ask(&checkout, verb, "secrets", pci), Verdict::Allow, "{verb}");
    }
    assert_eq!(ask(&checkout, "update", "secrets", pci), Verdict::NoOpinion);
    assert_eq!(ask(&checkout, "get", "configmaps", pci), Verdict::NoOpinion);
    for labels in [&[][..], &[("pci", "false")], &[("PCI", "true")]] {
        assert_eq!(ask(&checkout, "get", "secrets", labels), Verdict::NoOpinion);
    }
    for other in &others {
        assert_eq!(
            ask(other, "get", "secrets", pci),
            Verdict::NoOpinion,
            "{}",
            other.name
        );
    }
}

#[test]
fn whom_no_policy_can_allow_waits_for_no_object() {
    let engine = engine(PAYMENTS);
    let asked = |user: &User, verb: &str, kind: &str| {
        told(&engine.decide(user, verb, &resource(kind, "payments", "")))
    };
    let checkout = account("payments", "checkout");
    assert_eq!(
        asked(&checkout, "list", "secrets"),
        (Verdict::NoOpinion, "a".to_owned())
    );
    for (user, verb, kind) in [
        (&checkout, "list", "configmaps"),
        (&checkout, "deletecollection", "secrets"),
        (&account("web", "x"), "list", "secrets"),
        (&checkout, "escalate", "secrets"),
    ] {
        assert_eq!(
            asked(user, verb, kind),
            (Verdict::NoOpinion, String::new()),
            "{verb} {kind}"
        );
    }
}

#[test]
fn what_is_forbidden_in_a_namespace_is_forbidden_in_lists_of_all() {
    let engine = engine(
        r#"forbid (principal in k8s::Group::"interns", action, resource is k8s::Resource)
           when { resource.namespace == "payments" };
           @id("key") forbid (principal, action, resource is k8s::Resource) when { resource.name == "root-key" };"#,
    );
    let intern = user("bob", &["interns"]);
    let asked = |verb: &str, namespace: &str, name: &str| {
        told(&engine.decide(&intern, verb, &resource("secrets", namespace, name)))
    };
    let (no, deny) = (Verdict::NoOpinion, Verdict::Deny);
    for (verb, namespace, name, verdict, objects) in [
        ("get", "payments", "a", deny, ""),
        ("get", "web", "a", no, ""),
        ("get", "web", "root-key", deny, ""),
        ("list", "payments", "", deny, ""),
        ("list", "web", "", no, "f"),
        ("list", "", "", no, "f"),
        ("watch", "", "a", no, "f"),
        ("create", "payments", "", deny, ""),
        ("create", "web", "", no, "f"),
    ] {
        assert_eq!(
            asked(verb, namespace, name),
            (verdict, objects.to_owned()),
            "{verb} {namespace}/{name}"
        );
    }
    let objects = engine
        .decide(&intern, "list", &resource("secrets", "", ""))
        .objects
        .unwrap();
    for (namespace, name, verdict) in [
        ("payments", "a", deny),
        ("web", "root-key", deny),
        ("web", "a", no),
    ] {
        assert_eq!(
            objects.judge(&object(namespace, name, &[])).verdict,
            verdict,
            "{namespace}/{name}"
        );
    }
}

#[test]
fn a_forbid_wins_and_says_which_it_was() {
    let engine = engine(
        "permit (principal, action, resource);\n\n@id(\"frozen\")\nforbid (principal, action in \
         k8s::Action::\"write\", resource);\n",
    );
    let jane = user("jane", &[]);
    let read = engine.decide(&jane, "get", &resource("secrets", "a", "b")).said;
    assert_eq!(read.reason(), r#"allowed by Cedar policy "a.cedar:1:1""#);
    let write = engine.decide(&jane, "patch", &resource("secrets", "a", "b")).said;
    assert_eq!(write.verdict, Verdict::Deny);
    assert_eq!(write.reason(), r#"forbidden by Cedar policy "frozen""#);
    let path = engine.decide(&jane, "post", &What::Path("/x")).said;
    assert_eq!(path.verdict, Verdict::Deny);
}

#[test]
fn a_forbid_that_cannot_be_evaluated_forbids_and_a_permit_allows_nothing() {
    let overflow = "when { resource is k8s::Resource && (9223372036854775807 + 1 > 0 || resource.labels.hasTag(\"x\")) };";
    let jane = user("jane", &[]);
    let asked = resource("secrets", "a", "b");
    let forbid = engine(&format!("forbid (principal, action, resource) {overflow}"));
    assert_eq!(
        told(&forbid.decide(&jane, "get", &asked)),
        (Verdict::Deny, String::new())
    );
    let permit = engine(&format!("permit (principal, action, resource) {overflow}"));
    let opinion = permit.decide(&jane, "get", &asked);
    assert_eq!(
        opinion.objects.unwrap().judge(&object("a", "b", &[])).verdict,
        Verdict::NoOpinion
    );
}

#[test]
fn objects_are_opened_only_for_policies_that_look_at_annotations() {
    let looks = |policies: &str| {
        let opinion = engine(policies).decide(&user("jane", &[]), "get", &resource("secrets", "a", "b"));
        opinion.objects.unwrap().look_at_annotations()
    };
    let when = |condition: &str| {
        format!("permit (principal, action, resource is k8s::Resource) when {{ {condition} }};")
    };
    assert!(!looks(&when("resource.labels.hasTag(\"a\")")));
    assert!(looks(&when("resource.annotations.hasTag(\"a\")")));
    assert!(looks(&when(
        "[resource.labels.hasTag(\"a\"), resource == resource].contains(true)"
    )));
}

#[test]
fn a_user_whose_name_looks_like_an_account_is_a_user() {
    let engine = engine("permit (principal == k8s::ServiceAccount::\"a/b\", action, resource);");
    let asked = resource("secrets", "a", "b");
    let verdict = |user: &User| engine.decide(user, "get", &asked).said.verdict;
    assert_eq!(verdict(&account("a", "b")), Verdict::Allow);
    assert_eq!(
        verdict(&user("system:serviceaccount:a:b", &[])),
        Verdict::NoOpinion
    );
    assert_eq!(
        verdict(&user("a/b", &["system:serviceaccounts"])),
        Verdict::NoOpinion
    );
}

#[test]
fn verbs_without_an_action_of_their_own_are_told_by_the_context() {
    let engine = engine(
        "permit (principal, action == k8s::Action::\"other\", resource) when { context.verb == \"x\" };",
    );
    let asked = resource("secrets", "a", "b");
    let verdict = |verb: &str| engine.decide(&user("jane", &[]), verb, &asked).said.verdict;
    assert_eq!(verdict("x"), Verdict::Allow);
    assert_eq!(verdict("y"), Verdict::NoOpinion);
    assert_eq!(verdict("get"), Verdict::NoOpinion);
}

#[test]
fn a_group_counts_wherever_in_a_policy_it_is_named() {
    let scope = "permit (principal in k8s::Group::\"devs\", action, resource is k8s::Resource)";
    let is_in = "permit (principal is k8s::User in k8s::Group::\"devs\", action, resource is k8s::Resource)";
    let any = "permit (principal, action, resource is k8s::Resource)";
    let labelled = "resource.labels.hasTag(\"a\")";
    let named = "principal in k8s::Group::\"devs\"";
    let policies = [
        format!("{scope} when {{ {labelled} }};"),
        format!("{is_in} when {{ {labelled} }};"),
        format!("{any} when {{ {labelled} && {named} }};"),
        format!("{any} when {{ {labelled} }} unless {{ !({named}) }};"),
        format!("{any} when {{ {labelled} && principal in [k8s::Group::\"x\", k8s::Group::\"devs\"] }};"),
        format!("{any} when {{ if {named} then {labelled} else false }};"),
        format!("{any} when {{ {labelled} && [{named}].contains(true) }};"),
        format!("{any} when {{ {labelled} && {{a: {named}}}.a }};"),
    ];
    let mut many: Vec<String> = (0..5_000).map(|at| format!("group-{at}")).collect();
    many.push("devs".to_owned());
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let what = resource("secrets", "n", "x");
    for policy in policies {
        let engine = engine(&policy);
        for (groups, expected) in [
            (&["devs"][..], Verdict::Allow),
            (&many, Verdict::Allow),
            (&["dev"], Verdict::NoOpinion),
            (&[], Verdict::NoOpinion),
        ] {
            let opinion = engine.decide(&user("jane", groups), "get", &what);
            let judged = opinion
                .objects
                .map(|objects| objects.judge(&object("n", "x", &[("a", "")])).verdict);
            assert_eq!(
                judged.unwrap_or(opinion.said.verdict),
                expected,
                "{policy} {}",
                groups.len()
            );
        }
    }
}
