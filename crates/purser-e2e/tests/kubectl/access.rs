//! Who may do what: `auth can-i`, `auth whoami`, `auth reconcile`, and acting as somebody else with `--as`.

use std::io::{BufRead as _, BufReader};

use crate::run::Kubectl;

const READER: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: default}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: [db]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: default}
subjects: [{kind: Group, name: devs, apiGroup: rbac.authorization.k8s.io}]
roleRef: {kind: Role, name: reader, apiGroup: rbac.authorization.k8s.io}
"#;

const JANE: [&str; 4] = ["--as", "jane", "--as-group", "devs"];

/// The question, asked as jane of the group devs.
fn can<'a>(question: &[&'a str]) -> Vec<&'a str> {
    [&["auth", "can-i"], question, &JANE].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn auth_answers_what_one_may_and_who_one_is() {
    let kubectl = Kubectl::start().await;
    let made = kubectl.ok_reading(&["auth", "reconcile", "-f", "-"], READER);
    assert!(
        made.contains("role.rbac.authorization.k8s.io/reader reconciled"),
        "{made}"
    );
    assert!(
        made.contains("rolebinding.rbac.authorization.k8s.io/readers reconciled"),
        "{made}"
    );
    // Once more: nothing is left to do, and more rights are added to those that are there.
    kubectl.ok_reading(&["auth", "reconcile", "-f", "-"], READER);
    kubectl.ok_reading(
        &["auth", "reconcile", "-f", "-"],
        &READER.replace("verbs: [get]", "verbs: [get, watch]"),
    );

    assert_eq!(kubectl.ok(&["auth", "can-i", "*", "*"]), "yes\n");
    assert_eq!(kubectl.ok(&can(&["get", "secret/db"])), "yes\n");
    assert_eq!(kubectl.ok(&can(&["watch", "secret/db"])), "yes\n");
    for question in [["get", "secrets"], ["get", "secret/mail"], ["get", "/metrics"]] {
        // It says no, and fails.
        let output = kubectl.command(&can(&question)).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "no\n", "{question:?}");
        assert_eq!(output.status.code(), Some(1));
    }
    assert_eq!(kubectl.ok(&can(&["get", "/version"])), "yes\n");

    let list = kubectl.ok(&can(&["--list"]));
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = list.lines().map(words).collect();
    for line in [
        "Resources Non-Resource URLs Resource Names Verbs",
        "selfsubjectreviews.authentication.k8s.io [] [] [create]",
        "secrets [] [db] [get watch]",
        "[/version] [] [get]",
    ] {
        assert!(lines.iter().any(|found| found == line), "{line:?} in {list}");
    }

    let who = kubectl.ok(&["auth", "whoami", "-o", "jsonpath={.status.userInfo.groups}"]);
    assert_eq!(who, r#"["system:masters","system:authenticated"]"#);
    let acting = [&["auth", "whoami", "--as-uid", "7"], &JANE[..]].concat();
    let who = kubectl.ok(&acting);
    for line in ["Username jane", "UID 7", "Groups [devs system:authenticated]"] {
        assert!(who.lines().any(|found| words(found) == line), "{line:?} in {who}");
    }
    let (_, refused) = kubectl.fails(&[&["get", "secret", "mail"], &JANE[..]].concat());
    assert!(
        refused.contains("User \"jane\" cannot get resource \"secrets\""),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_to_one_name_is_enough_to_get_list_and_watch_it() {
    let kubectl = Kubectl::start().await;
    for name in ["db", "mail"] {
        kubectl.ok(&["create", "secret", "generic", name, "--from-literal=a=1"]);
    }
    let rights = READER.replace("verbs: [get]", "verbs: [get, list, watch]");
    kubectl.ok_reading(&["apply", "-f", "-"], &rights);
    let by_jane = |arguments: &[&'static str]| [arguments, &JANE].concat();
    let named = ["get", "secrets", "--no-headers", "--field-selector"];
    let list = |name: &'static str| by_jane(&[&named[..], &[name]].concat());
    assert!(kubectl.ok(&list("metadata.name=db")).starts_with("db "));

    let mut child = kubectl.spawn(&by_jane(&["get", "secret", "db", "-w", "--no-headers"]));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut row = || {
        let line = lines.next().unwrap().unwrap();
        line.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row(), "db Opaque 1");
    // What happens to others is not told.
    kubectl.ok(&["label", "secret", "mail", "x=y"]);
    kubectl.ok(&["patch", "secret", "db", "-p", r#"{"stringData":{"b":"2"}}"#]);
    assert_eq!(row(), "db Opaque 2");
    child.kill().unwrap();
    child.wait().unwrap();

    for refused in [
        list("metadata.name=mail"),
        list("metadata.name!=mail"),
        list("type=Opaque"),
        by_jane(&["get", "secrets"]),
        by_jane(&["get", "secret", "mail", "-w"]),
        by_jane(&["get", "secrets", "-w"]),
    ] {
        let (_, why) = kubectl.fails(&refused);
        assert!(why.contains("Forbidden"), "{refused:?}: {why}");
    }
}
