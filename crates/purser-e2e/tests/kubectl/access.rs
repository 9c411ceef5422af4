//! Who may do what: `auth can-i`, `auth whoami`, `auth reconcile`, and acting as somebody else with `--as`.

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
