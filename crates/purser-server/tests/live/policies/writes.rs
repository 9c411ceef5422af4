//! Writes: the object as it is and as it becomes both have to be admitted, and nothing is told of the others.

use super::*;

const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";

/// Jane may do everything with what her team has.
const TEAM: &str = r#"
@id("team")
permit (principal == k8s::User::"jane", action, resource is k8s::Resource)
when { resource.resource == "secrets" && resource.labels.hasTag("team") && resource.labels.getTag("team") == "a" };
"#;

/// Nobody gets at what another team has, whoever allows it.
const NOT_OTHERS: &str = r#"
@id("others")
forbid (principal, action, resource is k8s::Resource)
when { resource.labels.hasTag("team") && resource.labels.getTag("team") != "a" };
"#;

/// Writes that relabel, or try something about a value.
const ATTACKS: [(&str, &str, &str); 9] = [
    ("PATCH", MERGE, r#"{"metadata":{"labels":{"team":"a"}}}"#),
    ("PATCH", STRATEGIC, r#"{"metadata":{"labels":{"team":"a"}}}"#),
    (
        "PATCH",
        PATCH,
        r#"[{"op":"replace","path":"/metadata/labels/team","value":"a"}]"#,
    ),
    (
        "PATCH",
        PATCH,
        r#"[{"op":"test","path":"/data/a","value":"Tk9UIElU"}]"#,
    ),
    (
        "PATCH",
        PATCH,
        r#"[{"op":"test","path":"/metadata/labels/team","value":"b"}]"#,
    ),
    ("PATCH", MERGE, r#"{"metadata":{"resourceVersion":"1"}}"#),
    (
        "PUT",
        JSON,
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"NAME","labels":{"team":"a"}}}"#,
    ),
    (
        "PUT",
        JSON,
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"NAME","uid":"1","labels":{"team":"a"}}}"#,
    ),
    ("DELETE", JSON, r#"{"preconditions":{"uid":"1"}}"#),
];

#[tokio::test]
async fn no_write_tells_a_refused_object_from_a_missing_one_or_changes_it() {
    for (policies, rights) in [(TEAM, false), (NOT_OTHERS, true)] {
        let (_live, mut admin, mut jane) = match rights {
            true => with_rights(policies).await,
            false => with(policies).await,
        };
        make(&mut admin, "theirs", json!({"team": "b"})).await;
        let before = admin.get(&format!("{SECRETS}/theirs")).await.json();
        for (method, kind, body) in ATTACKS {
            let theirs = told(&mut jane, method, "theirs", kind, body).await;
            let missing = told(&mut jane, method, "missing", kind, body).await;
            assert_eq!(theirs, missing, "{method} {kind} {body}");
            assert_eq!(
                theirs.0,
                if rights { 404 } else { 403 },
                "{method} {kind} {body}: {}",
                theirs.1
            );
        }
        assert_eq!(admin.get(&format!("{SECRETS}/theirs")).await.json(), before);
    }
}

#[tokio::test]
async fn nobody_relabels_an_object_out_of_their_reach() {
    for (policies, rights) in [(TEAM, false), (NOT_OTHERS, true)] {
        let (_live, mut admin, mut jane) = match rights {
            true => with_rights(policies).await,
            false => with(policies).await,
        };
        make(&mut admin, "ours", json!({"team": "a"})).await;
        let before = admin.get(&format!("{SECRETS}/ours")).await.json();
        let whole = secret("ours", &json!({"team": "b"}), &json!({})).to_string();
        for (method, query, kind, body) in [
            ("PATCH", "", MERGE, r#"{"metadata":{"labels":{"team":"b"}}}"#),
            (
                "PATCH",
                "?dryRun=All",
                MERGE,
                r#"{"metadata":{"labels":{"team":"b"}}}"#,
            ),
            (
                "PATCH",
                "",
                PATCH,
                r#"[{"op":"replace","path":"/metadata/labels/team","value":"b"}]"#,
            ),
            (
                "PATCH",
                "?fieldManager=x&force=true",
                APPLY,
                &whole.replace("stringData", "data").replace("OURS", "T1VS"),
            ),
            ("PUT", "", JSON, &whole),
            ("PUT", "?dryRun=All", JSON, &whole),
        ] {
            let path = format!("{SECRETS}/ours{query}");
            let refused = jane
                .ask(method, &path, &[("content-type", kind)], body.to_owned())
                .await;
            assert_eq!(refused.code, 403, "{method} {query} {body}: {}", refused.text());
            assert!(
                refused
                    .message()
                    .ends_with("policies allow it for some objects only"),
                "{}",
                refused.message()
            );
        }
        assert_eq!(admin.get(&format!("{SECRETS}/ours")).await.json(), before);
        // What stays in reach may change.
        let body = r#"{"metadata":{"labels":{"more":"1"}}}"#;
        let changed = jane
            .ask(
                "PATCH",
                &format!("{SECRETS}/ours"),
                &[("content-type", MERGE)],
                body,
            )
            .await;
        assert_eq!(changed.code, 200, "{}", changed.text());
        assert_eq!(
            changed.json()["data"]["a"],
            "T1VSUw==",
            "who may get it is answered with the value"
        );
    }
}

#[tokio::test]
async fn what_is_made_has_to_be_admitted_however_it_is_made() {
    let (_live, mut admin, mut jane) = with(TEAM).await;
    let ours = secret("new", &json!({"team": "a"}), &json!({}));
    let theirs = secret("new", &json!({"team": "b"}), &json!({}));
    let unnamed = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"generateName": "x-"}});
    for (query, body) in [("", &theirs), ("?dryRun=All", &theirs), ("", &unnamed)] {
        let refused = jane.post(&format!("{SECRETS}{query}"), &body.to_string()).await;
        assert_eq!(refused.code, 403, "{}", refused.text());
    }
    let applied = theirs
        .to_string()
        .replace("stringData", "data")
        .replace("NEW", "TkVX");
    let path = format!("{SECRETS}/new?fieldManager=x");
    let refused = jane
        .ask("PATCH", &path, &[("content-type", APPLY)], applied.clone())
        .await;
    assert_eq!(refused.code, 403, "{}", refused.text());
    assert_eq!(names(&admin.get(SECRETS).await), [""; 0]);
    assert_eq!(
        jane.post(&format!("{SECRETS}?dryRun=All"), &ours.to_string())
            .await
            .code,
        201
    );
    let applied = applied.replace("\"b\"", "\"a\"");
    let made = jane
        .ask("PATCH", &path, &[("content-type", APPLY)], applied)
        .await;
    assert_eq!(made.code, 201, "{}", made.text());
    assert_eq!(names(&jane.get(SECRETS).await), ["new"]);
}

#[tokio::test]
async fn a_deletion_of_many_leaves_what_is_refused() {
    let (_live, mut admin, mut jane) = with(TEAM).await;
    for (name, team) in [("a", "a"), ("b", "b"), ("c", "a"), ("d", "b")] {
        make(&mut admin, name, json!({"team": team})).await;
    }
    let dry = jane
        .ask("DELETE", &format!("{SECRETS}?dryRun=All"), &[], "")
        .await;
    assert_eq!(names(&dry), ["a", "c"]);
    let gone = jane.ask("DELETE", SECRETS, &[], "").await;
    assert_eq!(names(&gone), ["a", "c"]);
    assert_eq!(warnings(&gone), ["299 - \"policies may leave out some objects\""]);
    assert_eq!(names(&admin.get(SECRETS).await), ["b", "d"]);
}

#[tokio::test]
async fn who_may_change_and_not_read_some_objects_is_answered_without_their_values() {
    let policies = r#"
        permit (principal == k8s::User::"jane", action in k8s::Action::"write", resource is k8s::Resource)
        when { resource.resource == "secrets" };
        permit (principal == k8s::User::"jane", action == k8s::Action::"get", resource is k8s::Resource)
        when { resource.labels.hasTag("readable") };"#;
    let (_live, mut admin, mut jane) = with(policies).await;
    make(&mut admin, "readable", json!({"readable": "1"})).await;
    make(&mut admin, "closed", json!({})).await;
    let patch = |name: &str| (format!("{SECRETS}/{name}"), [("content-type", MERGE)]);
    let body = r#"{"metadata":{"labels":{"more":"1"}}}"#;
    let (path, kind) = patch("readable");
    assert!(jane.ask("PATCH", &path, &kind, body).await.json()["data"].is_object());
    let (path, kind) = patch("closed");
    assert!(jane.ask("PATCH", &path, &kind, body).await.json()["data"].is_null());
    // Nobody labels values into their own sight; new ones, they know anyway.
    let readable = r#"{"metadata":{"labels":{"readable":"1"}}}"#;
    let applied =
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"closed","labels":{"readable":"1"}}}"#;
    for (query, kind, body) in [
        ("", MERGE, readable),
        ("", STRATEGIC, readable),
        ("fieldManager=x", APPLY, applied),
    ] {
        for dry in ["", "dryRun=All"] {
            let path = format!("{path}?{query}&{dry}");
            let refused = jane.ask("PATCH", &path, &[("content-type", kind)], body).await;
            assert_eq!(refused.code, 403, "{kind} {dry}: {}", refused.text());
        }
    }
    let replaced = r#"{"metadata":{"labels":{"readable":"1"}},"data":{"a":"bmV3"}}"#;
    let own = jane
        .ask("PATCH", &format!("{path}?dryRun=All"), &kind, replaced)
        .await;
    assert_eq!(own.code, 200, "{}", own.text());
    let guess = r#"[{"op":"test","path":"/data/a","value":"Q0xPU0VE"}]"#;
    let wrong = guess.replace("Q0xP", "AAAA");
    let mut answers = Vec::new();
    for guess in [guess, &wrong] {
        let told = jane
            .ask("PATCH", &path, &[("content-type", PATCH)], guess.to_owned())
            .await;
        answers.push((told.code, told.text().replace("Q0xP", "AAAA")));
    }
    assert_eq!(answers[0], answers[1]);
}
