//! The decision without an object never rules out what a decision with one says: tried on many conditions.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use purser_authz::{ObjectFacts, Verdict};
use purser_cedar::{Engine, What, from_texts};
use purser_types::User;

/// Small conditions, some of which look at objects.
const LEAVES: [&str; 7] = [
    "resource.labels.hasTag(\"a\")",
    "(resource.labels.hasTag(\"a\") && resource.labels.getTag(\"a\") == \"1\")",
    "resource.annotations.hasTag(\"a\")",
    "resource.name == \"x\"",
    "resource.namespace == \"n\"",
    "principal.name == \"jane\"",
    "resource.resource == \"secrets\"",
];

/// A condition drawn with `seed`.
fn condition(seed: &mut u64, depth: u32) -> String {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    let drawn = usize::try_from(*seed >> 40).unwrap();
    if depth == 0 || drawn.is_multiple_of(7) {
        return LEAVES[drawn % LEAVES.len()].to_owned();
    }
    let mut part = || condition(seed, depth - 1);
    match drawn % 4 {
        0 => format!("({} && {})", part(), part()),
        1 => format!("({} || {})", part(), part()),
        2 => format!("!({})", part()),
        _ => format!("(if {} then {} else {})", part(), part(), part()),
    }
}

fn users() -> [User; 2] {
    ["jane", "bob"].map(|name| User {
        name: name.to_owned(),
        ..User::default()
    })
}

#[test]
fn a_decision_without_an_object_rules_out_nothing_that_one_with_it_says() {
    let mut seed = 7;
    let mut decided = [0_u32; 3];
    for _ in 0..40 {
        let policies: String = (0..3)
            .map(|at| {
                let (effect, clause) = (["permit", "forbid"][at % 2], ["when", "unless"][at / 2]);
                let condition = condition(&mut seed, 3);
                format!(
                    "{effect} (principal, action, resource is k8s::Resource) {clause} {{ {condition} }};\n"
                )
            })
            .collect();
        let (engine, _) = from_texts([("a", policies.as_str())]).unwrap_or_else(|error| panic!("{error}"));
        compare(&Arc::new(engine), &policies, &mut decided);
    }
    assert!(
        decided.iter().all(|times| *times > 100),
        "the cases are of all kinds: {decided:?}"
    );
}

fn compare(engine: &Arc<Engine>, policies: &str, decided: &mut [u32; 3]) {
    let pair: &[&[(&str, &str)]] = &[&[], &[("a", "1")], &[("a", "2")]];
    for user in users() {
        for (verb, namespace, name) in [
            ("get", "n", "x"),
            ("list", "n", ""),
            ("list", "", ""),
            ("watch", "", "x"),
        ] {
            for resource in ["secrets", "configmaps"] {
                let what = |namespace, name| What::Resource {
                    group: "",
                    resource,
                    subresource: "",
                    namespace,
                    name,
                };
                let before = engine.decide(&user, verb, &what(namespace, name));
                let of_request = |at: &(&str, &str)| {
                    (namespace.is_empty() || namespace == at.0) && (name.is_empty() || name == at.1)
                };
                for (namespace, name) in [("n", "x"), ("n", "y"), ("m", "x")]
                    .into_iter()
                    .filter(of_request)
                {
                    for (labels, annotations) in pair
                        .iter()
                        .flat_map(|labels| pair.iter().map(move |more| (labels, more)))
                    {
                        let object = ObjectFacts {
                            namespace,
                            name,
                            labels,
                            annotations,
                        };
                        let truth = engine
                            .decide_with(&user, verb, &what(namespace, name), &object)
                            .verdict;
                        let of_object = before
                            .objects
                            .as_ref()
                            .map_or(Verdict::NoOpinion, |objects| objects.judge(&object).verdict);
                        let whole = match (before.said.verdict, of_object) {
                            (Verdict::Deny, _) | (_, Verdict::Deny) => Verdict::Deny,
                            (Verdict::Allow, _) | (_, Verdict::Allow) => Verdict::Allow,
                            _ => Verdict::NoOpinion,
                        };
                        assert_eq!(whole, truth, "{verb} {resource} {object:?}\n{policies}");

                        if let Some(objects) = &before.objects {
                            assert!(of_object != Verdict::Allow || objects.may_allow, "{policies}");
                            assert!(of_object != Verdict::Deny || objects.may_forbid, "{policies}");
                        }
                        decided[truth as usize] += 1;
                    }
                }
            }
        }
    }
}
