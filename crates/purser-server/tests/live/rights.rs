//! Who may do what: roles and bindings over the wire.

use std::time::Duration;

use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Live};

pub(crate) const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const METADATA: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A server, its administrator, and jane of the group devs.
pub(crate) async fn people() -> (Live, Client, Client) {
    let live = Live::start().await;
    let admin = live.admin().await;
    let jane = live.client(Some(live.ca.client("jane", "devs"))).await;
    (live, admin, jane)
}

pub(crate) fn rule(verbs: &[&str], resources: &[&str]) -> Value {
    json!({"apiGroups": [""], "resources": resources, "verbs": verbs})
}

/// Gives jane these rules everywhere, and waits for nothing: an answered write has taken effect for reads that follow.
pub(crate) async fn give(admin: &mut Client, name: &str, rules: &[Value]) {
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": name}, "rules": rules});
    let made = admin
        .post(&format!("{RBAC}/clusterroles"), &role.to_string())
        .await;
    assert_eq!(made.code, 201, "{}", made.text());
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": name}, "subjects": [{"kind": "User", "name": "jane"}],
        "roleRef": {"kind": "ClusterRole", "name": name}});
    let made = admin
        .post(&format!("{RBAC}/clusterrolebindings"), &binding.to_string())
        .await;
    assert_eq!(made.code, 201, "{}", made.text());
}

/// Asks until the answer has the code: rights reach the authorizer through the watch cache.
pub(crate) async fn until(client: &mut Client, path: &str, code: u16) -> Answer {
    let mut answer = client.get(path).await;
    for _ in 0..100 {
        if answer.code == code {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = client.get(path).await;
    }
    assert_eq!(answer.code, code, "{path}");
    answer
}

#[tokio::test]
async fn a_right_is_there_when_it_is_given_and_gone_when_it_is_taken() {
    let (_live, mut admin, mut jane) = people().await;
    admin.secret("a", "v").await;
    let one = format!("{SECRETS}/a");
    assert_eq!(jane.get(&one).await.code, 403);
    give(&mut admin, "reading", &[rule(&["get"], &["secrets"])]).await;
    until(&mut jane, &one, 200).await;
    assert_eq!(jane.get(SECRETS).await.code, 403);
    // What is not there is told apart from what may not be asked for only by who may ask.
    assert_eq!(jane.get(&format!("{SECRETS}/none")).await.code, 404);
    assert_eq!(
        jane.get("/api/v1/namespaces/default/configmaps/none").await.code,
        403
    );
    let binding = format!("{RBAC}/clusterrolebindings/reading");
    assert_eq!(admin.ask("DELETE", &binding, &[], "").await.code, 200);
    until(&mut jane, &one, 403).await;
}

#[tokio::test]
async fn a_right_to_one_name_lists_and_watches_that_name_alone() {
    let (_live, mut admin, mut jane) = people().await;
    for name in ["a", "b"] {
        admin.secret(name, "v").await;
    }
    let mut named = rule(&["get", "list", "watch"], &["secrets"]);
    named["resourceNames"] = json!(["a"]);
    give(&mut admin, "one", &[named]).await;
    until(&mut jane, &format!("{SECRETS}/a"), 200).await;
    assert_eq!(jane.get(&format!("{SECRETS}/b")).await.code, 403);
    assert_eq!(jane.get(SECRETS).await.code, 403);
    let narrowed = format!("{SECRETS}?fieldSelector=metadata.name%3Da");
    let list = jane.get(&narrowed).await;
    assert_eq!(list.json()["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        jane.get(&format!("{narrowed}&watch=1&timeoutSeconds=1"))
            .await
            .code,
        200
    );
    let other = format!("{SECRETS}?fieldSelector=metadata.name%3Db");
    assert_eq!(jane.get(&other).await.code, 403);
}

#[tokio::test]
async fn the_right_to_metadata_shows_names_and_no_value() {
    let (_live, mut admin, mut jane) = people().await;
    admin.secret("a", "SECRETVALUE").await;
    give(
        &mut admin,
        "names",
        &[rule(&["get", "list", "watch"], &["secrets/metadata"])],
    )
    .await;
    let one = format!("{SECRETS}/a");
    for _ in 0..100 {
        if jane.ask("GET", SECRETS, &[("accept", TABLE)], "").await.code == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (path, accept) in [
        (SECRETS, TABLE),
        (SECRETS, METADATA),
        (one.as_str(), TABLE),
        (
            one.as_str(),
            "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
        ),
    ] {
        let shown = jane.ask("GET", path, &[("accept", accept)], "").await;
        assert_eq!(shown.code, 200, "{path} {accept}: {}", shown.text());
        assert!(!shown.text().contains("U0VDUkVUVkFMVUU"), "{path} {accept}");
    }
    // The number of keys is told, as it is to everybody who sees the row.
    let row = jane.ask("GET", &one, &[("accept", TABLE)], "").await.json();
    assert_eq!(row["rows"][0]["cells"][2], 1);
    // Nothing that carries the object whole, however it is asked for.
    for (path, accept) in [
        (one.clone(), "application/json"),
        (one.clone(), "application/yaml"),
        (one.clone(), "application/vnd.kubernetes.protobuf"),
        (SECRETS.to_owned(), "application/json"),
        (format!("{SECRETS}?includeObject=Object"), TABLE),
        (format!("{SECRETS}?watch=1&timeoutSeconds=1"), "application/json"),
        // A watch that stands for a list has no tables: another clause is taken.
        (
            format!(
                "{SECRETS}?watch=1&timeoutSeconds=1&sendInitialEvents=true&allowWatchBookmarks=true\
                 &resourceVersionMatch=NotOlderThan"
            ),
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
        ),
        // What the server prefers of several decides.
        (
            SECRETS.to_owned(),
            "application/json;q=0.9,application/json;as=Table;v=v1;g=meta.k8s.io;q=0.1",
        ),
    ] {
        let refused = jane.ask("GET", &path, &[("accept", accept)], "").await;
        let text = String::from_utf8_lossy(&refused.body);
        assert_eq!(refused.code, 403, "{path} {accept}: {text}");
        assert!(text.contains("values take the right to"), "{text}");
    }
}

#[tokio::test]
async fn a_watch_ends_soon_after_its_right() {
    let (_live, mut admin, mut jane) = people().await;
    admin.secret("a", "v").await;
    give(&mut admin, "watching", &[rule(&["list", "watch"], &["secrets"])]).await;
    until(&mut jane, SECRETS, 200).await;
    ends_with(&mut admin, &mut jane, SECRETS, "clusterroles/watching").await;
}

#[tokio::test]
async fn a_watch_ends_soon_after_its_binding_and_one_of_a_name_likewise() {
    let (_live, mut admin, mut jane) = people().await;
    admin.secret("a", "v").await;
    give(&mut admin, "all", &[rule(&["list", "watch"], &["secrets"])]).await;
    until(&mut jane, SECRETS, 200).await;
    ends_with(&mut admin, &mut jane, SECRETS, "clusterrolebindings/all").await;
    let mut named = rule(&["list", "watch"], &["secrets"]);
    named["resourceNames"] = json!(["a"]);
    give(&mut admin, "one", &[named]).await;
    let one = format!("{SECRETS}?fieldSelector=metadata.name%3Da");
    until(&mut jane, &one, 200).await;
    ends_with(&mut admin, &mut jane, &one, "clusterrolebindings/one").await;
}

/// Jane's watch ends within five seconds after the administrator removes this.
async fn ends_with(admin: &mut Client, jane: &mut Client, path: &str, removed: &str) {
    let separator = if path.contains('?') { '&' } else { '?' };
    let watch = jane
        .open("GET", &format!("{path}{separator}watch=1"), &[], "")
        .await;
    let mut body = watch.into_body();
    assert!(body.frame().await.is_some(), "what is there comes first");
    let removed = format!("{RBAC}/{removed}");
    assert_eq!(admin.ask("DELETE", &removed, &[], "").await.code, 200);
    let ended = tokio::time::timeout(Duration::from_secs(5), body.collect());
    ended.await.expect("it ends within five seconds").unwrap();
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_have() {
    let (_live, mut admin, mut jane) = people().await;
    let of_rbac = |verbs: &[&str], resources: &[&str]| json!({"apiGroups": ["rbac.authorization.k8s.io"], "resources": resources, "verbs": verbs});
    give(
        &mut admin,
        "roles",
        &[
            of_rbac(
                &["create", "update", "patch", "get", "list"],
                &["roles", "rolebindings"],
            ),
            of_rbac(
                &["create", "get", "list"],
                &["clusterroles", "clusterrolebindings"],
            ),
            rule(&["get"], &["configmaps"]),
        ],
    )
    .await;
    let roles = format!("{RBAC}/namespaces/default/roles");
    until(&mut jane, &roles, 200).await;
    let role = |name: &str, rules: Value| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules})
            .to_string()
    };
    let own = role("own", json!([rule(&["get"], &["configmaps"])]));
    assert_eq!(jane.post(&roles, &own).await.code, 201);
    for more in [
        rule(&["get"], &["secrets"]),
        rule(&["get", "list"], &["configmaps"]),
        rule(&["*"], &["configmaps"]),
        rule(&["get"], &["*"]),
        rule(&["get"], &["configmaps/status"]),
    ] {
        let refused = jane.post(&roles, &role("more", json!([more]))).await;
        assert_eq!(refused.code, 403, "{more}");
        let why = "user \"jane\" (groups=[\"devs\" \"system:authenticated\"]) is attempting to grant RBAC permissions \
                   not currently held:\n{APIGroups:[\"\"]";
        assert!(refused.message().contains(why), "{}", refused.message());
    }
    // Nor by changing what is there, in whatever way.
    let path = format!("{roles}/own");
    let larger = role("own", json!([rule(&["get"], &["secrets"])]));
    assert_eq!(jane.ask("PUT", &path, &[JSON], larger.clone()).await.code, 403);
    let merge = ("content-type", "application/merge-patch+json");
    let patch = json!({"rules": [rule(&["get"], &["secrets"])]}).to_string();
    assert_eq!(jane.ask("PATCH", &path, &[merge], patch).await.code, 403);
    let apply = ("content-type", "application/apply-patch+yaml");
    let applied = format!("{path}?fieldManager=x&force=true");
    assert_eq!(
        jane.ask("PATCH", &applied, &[apply], larger.clone()).await.code,
        403
    );
    let dry = format!("{roles}?dryRun=All");
    assert_eq!(
        jane.post(&dry, &role("more", json!([rule(&["get"], &["secrets"])])))
            .await
            .code,
        403
    );

    // Bindings: of what one has, and of nothing else; not even of what is not there.
    let bind = |name: &str, kind: &str, role: &str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
            "subjects": [{"kind": "User", "name": "jane"}], "roleRef": {"kind": kind, "name": role}})
        .to_string()
    };
    let bindings = format!("{RBAC}/namespaces/default/rolebindings");
    until(&mut jane, &path, 200).await;
    assert_eq!(jane.post(&bindings, &bind("own", "Role", "own")).await.code, 201);
    assert_eq!(
        jane.post(&bindings, &bind("all", "ClusterRole", "cluster-admin"))
            .await
            .code,
        403
    );
    assert_eq!(
        jane.post(&bindings, &bind("read", "ClusterRole", "purser:secret-reader"))
            .await
            .code,
        403
    );
    assert_eq!(
        jane.post(&bindings, &bind("none", "ClusterRole", "none"))
            .await
            .code,
        404
    );

    // A role that takes its rules from others may come to give anything.
    let aggregating = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "sum"}, "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
    let refused = jane
        .post(&format!("{RBAC}/clusterroles"), &aggregating.to_string())
        .await;
    assert_eq!(refused.code, 403);
    assert!(
        refused
            .message()
            .ends_with("must have cluster-admin privileges to use the aggregationRule")
    );

    // `bind` and `escalate` say that it is meant.
    let bound = json!({"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"],
        "resourceNames": ["purser:secret-reader"], "verbs": ["bind"]});
    give(&mut admin, "binder", &[bound, of_rbac(&["escalate"], &["roles"])]).await;
    let mut answer = jane
        .post(&roles, &role("more", json!([rule(&["get"], &["secrets"])])))
        .await;
    for _ in 0..100 {
        if answer.code == 201 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = jane
            .post(&roles, &role("more", json!([rule(&["get"], &["secrets"])])))
            .await;
    }
    assert_eq!(answer.code, 201, "{}", answer.text());
    assert_eq!(
        jane.post(&bindings, &bind("read", "ClusterRole", "purser:secret-reader"))
            .await
            .code,
        201
    );
    assert_eq!(
        jane.post(&bindings, &bind("all", "ClusterRole", "cluster-admin"))
            .await
            .code,
        403
    );
}

#[tokio::test]
async fn answers_to_writes_carry_no_values_for_who_may_not_get() {
    let (_live, mut admin, mut jane) = people().await;
    admin.secret("a", "SECRETVALUE").await;
    let verbs = ["create", "update", "patch", "delete", "deletecollection"];
    give(&mut admin, "writing", &[rule(&verbs, &["secrets"])]).await;
    let one = format!("{SECRETS}/a");
    let merge = ("content-type", "application/merge-patch+json");
    let mut answer = jane
        .ask("PATCH", &format!("{one}?dryRun=All"), &[merge], "{}")
        .await;
    for _ in 0..100 {
        if answer.code == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = jane
            .ask("PATCH", &format!("{one}?dryRun=All"), &[merge], "{}")
            .await;
    }
    let body = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"stringData":{"b":"x"}}"#;
    let asked = [
        answer,
        jane.ask("PUT", &format!("{one}?dryRun=All"), &[JSON], body).await,
        jane.ask("DELETE", &format!("{one}?dryRun=All"), &[], "").await,
        jane.ask("DELETE", &format!("{SECRETS}?dryRun=All"), &[], "")
            .await,
        jane.ask("DELETE", SECRETS, &[], "").await,
    ];
    for answer in asked {
        assert_eq!(answer.code, 200, "{}", answer.text());
        assert!(!answer.text().contains("\"data\""), "{}", answer.text());
    }
}

#[tokio::test]
async fn the_roles_from_the_start_are_taken_together() {
    let (_live, mut admin, _) = people().await;
    let rules = |answer: &Answer| answer.json()["rules"].as_array().map_or(0, Vec::len);
    let path = format!("{RBAC}/clusterroles/admin");
    let mut there = 0;
    for _ in 0..200 {
        there = rules(&admin.get(&path).await);
        if there == 29 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(there, 29, "the rules of admin, edit and view");
}
