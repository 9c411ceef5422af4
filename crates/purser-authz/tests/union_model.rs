//! A list of those who decide against a plain reading of what a list is: the first that allows or forbids is heard.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use purser_authz::rbac::{Binding, Place, RoleRef, Rule, Subject};
use purser_authz::{
    Asked, Authorizer, Decider, Decision, MASTERS, Member, NonResource, UnservedRequest, Verdict,
};
use purser_types::User;

/// Says always the same.
#[derive(Debug)]
struct Parrot {
    says: Decision,
    asked: AtomicUsize,
}

impl Decider for Parrot {
    fn decide<'a>(&'a self, _: &'a User, _: Asked<'a>) -> BoxFuture<'a, Decision> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(self.says.clone()))
    }

    fn wavers(&self) -> bool {
        false
    }

    fn unlisted(&self) -> &'static str {
        "parrots list no rules"
    }
}

/// `None`: RBAC.
type Said = Option<(Verdict, &'static str, Option<&'static str>)>;

fn said() -> impl Strategy<Value = Said> {
    let verdict = prop_oneof![
        1 => Just(Verdict::Allow),
        1 => Just(Verdict::Deny),
        4 => Just(Verdict::NoOpinion),
    ];
    let reason = prop_oneof![Just(""), Just("a"), Just("b")];
    let error = option::of(prop_oneof![Just("x"), Just("y")]);
    option::weighted(0.8, (verdict, reason, error))
}

fn decision(said: Said, bound: bool) -> Decision {
    match said {
        Some((verdict, reason, error)) => Decision {
            verdict,
            reason: reason.to_owned(),
            error: error.map(str::to_owned),
        },
        None if bound => {
            Decision::allow("RBAC: allowed by ClusterRoleBinding \"r\" of ClusterRole \"r\" to User \"jane\"")
        }
        None => Decision::no_opinion(""),
    }
}

/// What the list says, and how many of it are asked.
fn model(list: &[Said], bound: bool) -> (Decision, usize) {
    let (mut reasons, mut errors) = (Vec::new(), Vec::<String>::new());
    for (before, said) in list.iter().enumerate() {
        let decision = decision(*said, bound);
        if decision.verdict != Verdict::NoOpinion {
            return (decision, before + 1);
        }
        reasons.extend(Some(decision.reason).filter(|reason| !reason.is_empty()));
        errors.extend(decision.error.filter(|error| !errors.contains(error)));
    }
    let error = match errors.len() {
        0 => None,
        1 => errors.pop(),
        _ => Some(format!("[{}]", errors.join(", "))),
    };
    let decision = Decision {
        verdict: Verdict::NoOpinion,
        reason: reasons.join("\n"),
        error,
    };
    (decision, list.len())
}

fn bind(authorizer: &Authorizer) {
    let place = Place {
        namespace: "",
        name: "r",
    };
    let all = || vec!["*".to_owned()];
    let of_objects = Rule {
        verbs: all(),
        groups: all(),
        resources: all(),
        ..Rule::default()
    };
    let of_paths = Rule {
        verbs: all(),
        paths: all(),
        ..Rule::default()
    };
    authorizer.change(|policy| {
        policy.set_role(place, vec![of_objects, of_paths]);
        let role = RoleRef {
            cluster: true,
            name: "r".to_owned(),
        };
        let subjects = vec![Subject::User("jane".to_owned())];
        policy.set_binding(place, Binding { role, subjects });
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_list_says_what_a_plain_reading_says(list in vec(said(), 0..6), bound: bool, path: bool, master: bool) {
        let authorizer = Authorizer::new();
        if bound {
            bind(&authorizer);
        }
        let parrots: Vec<Option<Arc<Parrot>>> = list.iter().map(|said| {
            let says = decision(Some((*said)?), bound);
            Some(Arc::new(Parrot { says, asked: AtomicUsize::new(0) }))
        }).collect();
        let members = parrots.iter().map(|parrot| match parrot {
            Some(parrot) => {
                let decider: Arc<dyn Decider> = parrot.clone();
                Member { kind: "Parrot", name: "p".to_owned(), decider: Some(decider) }
            }
            None => Member::rbac("rbac"),
        });
        authorizer.set_members(members.collect());

        let mut user = User { name: "jane".to_owned(), ..User::default() };
        if master {
            user.groups = vec![MASTERS.to_owned()];
        }
        let objects = UnservedRequest { verb: "get", resource: "secrets", ..UnservedRequest::default() };
        let metrics = NonResource { verb: "get".to_owned(), path: "/metrics".to_owned() };
        let asked = if path { Asked::Path(&metrics) } else { Asked::Objects(&objects) };
        let said = authorizer.decide(&user, asked).now_or_never().unwrap();
        let (expected, heard) = match master {
            true => (Decision::allow(""), 0),
            false => model(&list, bound),
        };
        prop_assert_eq!(said, expected);
        for (place, parrot) in parrots.iter().enumerate() {
            let asked = parrot.as_ref().map(|parrot| parrot.asked.load(Ordering::Relaxed));
            prop_assert!(asked.is_none_or(|asked| asked == usize::from(place < heard)), "whoever comes after is not asked");
        }
        // What is said without a reason is the same.
        let may = authorizer.may(&user, &objects).now_or_never().unwrap();
        prop_assert_eq!(may, authorizer.decide(&user, Asked::Objects(&objects)).now_or_never().unwrap().is_allowed());
    }
}
