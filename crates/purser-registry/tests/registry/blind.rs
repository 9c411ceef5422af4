//! Who may change a Secret and not `get` it learns nothing of its values, not even whether a guess is right.

use std::sync::Arc;

use futures_util::FutureExt as _;
use purser_authz::rbac::{Binding, Place, RoleRef, Rule, Subject};
use purser_authz::{Authorizer, Permit, ResourceRequest, Verb};
use purser_registry::{Apply, Patch, WriteOptions, Written, patch::PatchKind};
use purser_types::resource::SECRETS;
use purser_types::{Object, Plaintext, Status, User};

use crate::support::{House, answer, object, text};

/// `guess` in base64, which is right, and what is not.
const RIGHT: &str = "Z3Vlc3M=";
const WRONG: &str = "d3Jvbmc=";

/// A permit of somebody who may change Secrets and nothing else.
fn blind(verb: Verb, name: &str) -> Permit {
    let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let authorizer = Arc::new(Authorizer::new());
    authorizer.change(|policy| {
        let place = Place {
            namespace: "",
            name: "r",
        };
        let rule = Rule {
            verbs: words(&["patch", "update"]),
            groups: words(&[""]),
            resources: words(&["secrets"]),
            ..Rule::default()
        };
        policy.set_role(place, vec![rule]);
        let role = RoleRef {
            cluster: true,
            name: "r".to_owned(),
        };
        let subjects = vec![Subject::User("jane".to_owned())];
        policy.set_binding(place, Binding { role, subjects });
    });
    let jane = Arc::new(User {
        name: "jane".to_owned(),
        ..User::default()
    });
    let request = ResourceRequest {
        verb,
        resource: &SECRETS,
        subresource: String::new(),
        namespace: "default".to_owned(),
        name: name.to_owned(),
        selectors: None,
    };
    let asked = authorizer.authorize(&jane, request);
    asked.now_or_never().unwrap().unwrap()
}

/// Makes a Secret.
async fn make(house: &House, name: &str, more: &str) {
    let body = format!(
        r#"{{"metadata":{{"name":"{name}","annotations":{{"kubectl.kubernetes.io/last-applied-configuration":"guess"}}}},
            "data":{{"a":"{RIGHT}","b":"Yg=="}}{more}}}"#
    );
    house.create(&SECRETS, "default", &body).await.unwrap();
}

/// A house with a Secret `s`.
async fn house(more: &str) -> House {
    let house = House::new().await;
    make(&house, "s", more).await;
    house
}

fn options(manager: &str, dry_run: bool) -> WriteOptions {
    WriteOptions {
        field_manager: manager.to_owned(),
        dry_run,
        ..WriteOptions::default()
    }
}

/// A way to write a guess.
#[derive(Debug, Clone, Copy)]
enum Way {
    Patch(PatchKind),
    Update,
    Apply { force: bool },
}

const WAYS: [Way; 6] = [
    Way::Patch(PatchKind::Json),
    Way::Patch(PatchKind::Merge),
    Way::Patch(PatchKind::Strategic),
    Way::Update,
    Way::Apply { force: false },
    Way::Apply { force: true },
];

impl House {
    async fn patch_named(
        &self,
        name: &str,
        kind: PatchKind,
        body: &str,
        dry_run: bool,
    ) -> Result<Written, Box<Status>> {
        let patch = Patch {
            kind,
            body: Plaintext::new(body.as_bytes().to_vec()),
        };
        let permit = blind(Verb::Patch, name);
        answer(
            self.registry
                .patch(&permit, patch, &options("zoe", dry_run))
                .await,
        )
    }

    async fn patch_blindly(
        &self,
        kind: PatchKind,
        body: &str,
        dry_run: bool,
    ) -> Result<Written, Box<Status>> {
        self.patch_named("s", kind, body, dry_run).await
    }

    async fn guess(&self, name: &str, way: Way, guess: &str, dry_run: bool) -> Result<Written, Box<Status>> {
        let whole = format!(r#"{{"metadata":{{"name":"{name}"}},"data":{{"a":"{guess}","b":"Yg=="}}}}"#);
        match way {
            Way::Patch(PatchKind::Json) => {
                let body = format!(r#"[{{"op":"replace","path":"/data/a","value":"{guess}"}}]"#);
                self.patch_named(name, PatchKind::Json, &body, dry_run).await
            }
            Way::Patch(kind) => {
                self.patch_named(name, kind, &format!(r#"{{"data":{{"a":"{guess}"}}}}"#), dry_run)
                    .await
            }
            Way::Update => {
                let permit = blind(Verb::Update, name);
                let sent = object(&SECRETS, &whole);
                answer(
                    self.registry
                        .update(&permit, sent, &options("zoe", dry_run))
                        .await,
                )
            }
            Way::Apply { force } => {
                let body = whole.replacen('{', r#"{"apiVersion":"v1","kind":"Secret","#, 1);
                let body = Plaintext::new(body.into_bytes());
                let permit = blind(Verb::Patch, name);
                let apply = Apply { body, force };
                answer(
                    self.registry
                        .apply(&permit, apply, &options("zoe", dry_run))
                        .await,
                )
            }
        }
    }
}

/// All that an answer tells, but for what no two writes share.
fn told(before: &Object, outcome: &Result<Written, Box<Status>>) -> String {
    match outcome {
        Err(status) => format!("{} {}", status.code, status.message),
        Ok(written) => {
            let uid = before.uid();
            let mut shown = written.object.duplicate();
            let changed = written.revision.to_string() != before.meta_str("resourceVersion");
            shown.set_meta_str("resourceVersion", "");
            let shown = text(&shown).replace(uid, "UID");
            format!("changed {changed} warnings {:?} {shown}", written.warnings)
        }
    }
}

fn without_times(text: &str) -> String {
    let mut parts = text.split("T1").map(|part| part.get(..).unwrap_or_default());
    let first = parts.next().unwrap_or_default().to_owned();
    first
        + &parts
            .map(|part| part.split_once('Z').map_or("", |(_, rest)| rest))
            .collect::<String>()
}

#[tokio::test]
async fn a_right_guess_is_answered_as_a_wrong_one() {
    let house = House::new().await;
    let mut count = 0;
    for more in ["", r#","immutable":true"#] {
        for (way, dry_run) in WAYS.into_iter().flat_map(|way| [(way, false), (way, true)]) {
            let mut answers = Vec::new();
            for guess in [RIGHT, WRONG] {
                count += 1;
                let name = format!("s{count:02}");
                make(&house, &name, more).await;
                let before = house.get(&SECRETS, "default", &name).await.unwrap();
                let outcome = house.guess(&name, way, guess, dry_run).await;
                let after = house.get(&SECRETS, "default", &name).await.unwrap();
                let wrote = before.meta_str("resourceVersion") != after.meta_str("resourceVersion");
                let told = told(&before, &outcome).replace(&name, "NAME");
                assert!(!told.contains(RIGHT));
                answers.push(format!("wrote {wrote} {}", without_times(&told)));
            }
            assert_eq!(answers.first(), answers.last(), "{way:?} {more} {dry_run}");
        }
    }
}

#[tokio::test]
async fn what_is_written_blindly_is_kept_and_the_rest_stays() {
    let house = house("").await;
    let body = format!(r#"{{"metadata":{{"labels":{{"l":"1"}}}},"data":{{"a":"{WRONG}","c":"Yw=="}}}}"#);
    let written = house.patch_blindly(PatchKind::Merge, &body, false).await.unwrap();
    assert!(!text(&written.object).contains("\"data\""));
    let after = text(&house.get(&SECRETS, "default", "s").await.unwrap());
    assert!(
        after.contains(&format!(r#""data":{{"a":"{WRONG}","b":"Yg==","c":"Yw=="}}"#)),
        "{after}"
    );
    assert!(
        after.contains(r#""kubectl.kubernetes.io/last-applied-configuration":"guess""#),
        "{after}"
    );

    // What touches no value is a change or none as ever, and nobody comes to own what they did not set.
    let labels = r#"{"metadata":{"labels":{"l":"1"}}}"#;
    let same = house
        .patch_blindly(PatchKind::Merge, labels, false)
        .await
        .unwrap();
    assert_eq!(same.revision, written.revision);
    let removed = house
        .patch_blindly(PatchKind::Strategic, r#"{"data":{"b":null}}"#, false)
        .await
        .unwrap();
    assert!(removed.revision > written.revision);
    let after = house.get(&SECRETS, "default", "s").await.unwrap();
    assert!(text(&after).contains(&format!(r#""data":{{"a":"{WRONG}","c":"Yw=="}}"#)));
}

#[tokio::test]
async fn an_immutable_secret_may_still_be_labelled_blindly() {
    let house = house(r#","immutable":true"#).await;
    let labels = r#"{"metadata":{"labels":{"l":"1"}}}"#;
    house
        .patch_blindly(PatchKind::Merge, labels, false)
        .await
        .unwrap();
    let after = text(&house.get(&SECRETS, "default", "s").await.unwrap());
    assert!(after.contains(RIGHT) && after.contains(r#""l":"1""#), "{after}");
}

#[tokio::test]
async fn a_json_patch_that_looks_at_values_takes_the_right_to_get() {
    let house = house("").await;
    let last = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";
    for operation in [
        format!(r#"{{"op":"test","path":"/data/a","value":"{RIGHT}"}}"#),
        format!(r#"{{"op":"test","path":"/data/a","value":"{WRONG}"}}"#),
        format!(r#"{{"op":"test","path":"x/data/a","value":"{WRONG}"}}"#),
        r#"{"op":"test","path":"/data","value":{}}"#.to_owned(),
        r#"{"op":"test","path":"","value":{}}"#.to_owned(),
        r#"{"op":"test","path":"/metadata","value":{}}"#.to_owned(),
        format!(r#"{{"op":"test","path":"{last}","value":"guess"}}"#),
        r#"{"op":"copy","from":"/data/a","path":"/data/c"}"#.to_owned(),
        r#"{"op":"move","from":"/data/a","path":"/data/c"}"#.to_owned(),
    ] {
        let refused = house
            .patch_blindly(PatchKind::Json, &format!("[{operation}]"), true)
            .await;
        let refused = refused.unwrap_err();
        assert_eq!(
            (refused.code, refused.message.as_str()),
            (
                403,
                "secrets \"s\" is forbidden: User \"jane\" cannot get resource \"secrets\" in API group \"\" in the \
                 namespace \"default\""
            ),
            "{operation}"
        );
    }
    let harmless = r#"[{"op":"test","path":"/metadata/name","value":"s"},{"op":"remove","path":"/data/b"}]"#;
    house
        .patch_blindly(PatchKind::Json, harmless, false)
        .await
        .unwrap();
}
