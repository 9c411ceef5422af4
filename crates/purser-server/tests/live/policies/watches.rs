//! Watches: objects appear when they come to be admitted and vanish when they stop.

use std::time::Duration;

use http_body_util::BodyExt as _;

use super::*;

/// The events that a watch of Secrets told of so far: type, name and label.
async fn events(client: &mut Client, query: &str) -> Vec<String> {
    let path = format!("{SECRETS}?watch=1&timeoutSeconds=1&{query}");
    let answer = client.get(&path).await;
    assert_eq!(answer.code, 200, "{}", answer.text());
    read(answer.text())
}

/// Events by type, name and label.
fn read(text: &str) -> Vec<String> {
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let word = |event: &Value, pointer: &str| {
        event
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or("-")
            .to_owned()
    };
    lines
        .filter(|event| event["type"] != "BOOKMARK")
        .map(|event| {
            let meta = ["/type", "/object/metadata/name", "/object/metadata/labels/for"];
            meta.map(|pointer| word(&event, pointer)).join(" ")
        })
        .collect()
}

async fn relabel(admin: &mut Client, name: &str, to: &str) {
    let body = json!({"metadata": {"labels": {"for": to}, "annotations": {"for": to}}}).to_string();
    let kind = [("content-type", "application/merge-patch+json")];
    assert_eq!(
        admin
            .ask("PATCH", &format!("{SECRETS}/{name}"), &kind, body)
            .await
            .code,
        200
    );
}

/// Tried with a policy that looks at the label, and with one that looks at the annotation of the same.
#[tokio::test]
async fn a_watch_tells_of_what_is_admitted_and_of_when_it_is() {
    for of in ["labels", "annotations"] {
        let policies = format!(
            "permit (principal == k8s::User::\"jane\", action in k8s::Action::\"read\", resource is k8s::Resource)\n\
             when {{ resource.{of}.hasTag(\"for\") && resource.{of}.getTag(\"for\") == \"jane\" }};"
        );
        let (live, mut admin, mut jane) = with(&policies).await;
        for name in ["a", "b"] {
            let label = if name == "a" { "jane" } else { "bob" };
            make_in(
                &mut admin,
                "default",
                name,
                json!({"for": label}),
                json!({"for": label}),
            )
            .await;
        }
        let start = jane.get(SECRETS).await.json()["metadata"]["resourceVersion"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut watching = live.client(Some(live.ca.client("jane", "devs"))).await;
        let path = format!("{SECRETS}?watch=1&resourceVersion={start}");
        let mut watch = watching.open("GET", &path, &[], "").await.into_body();
        relabel(&mut admin, "a", "bob").await;
        relabel(&mut admin, "b", "jane").await;
        relabel(&mut admin, "a", "carol").await;
        relabel(&mut admin, "b", "jane").await;
        make_in(&mut admin, "default", "c", json!({"for": "bob"}), json!({})).await;
        assert_eq!(
            admin.ask("DELETE", &format!("{SECRETS}/c"), &[], "").await.code,
            200
        );
        assert_eq!(
            admin.ask("DELETE", &format!("{SECRETS}/b"), &[], "").await.code,
            200
        );
        let told = ["DELETED a jane", "ADDED b jane", "DELETED b jane"];
        let mut text = String::new();
        while text.lines().count() < told.len() {
            let frame = tokio::time::timeout(Duration::from_secs(10), watch.frame())
                .await
                .unwrap();
            text.push_str(std::str::from_utf8(frame.unwrap().unwrap().data_ref().unwrap()).unwrap());
        }
        assert_eq!(read(&text), told, "{of}");
        relabel(&mut admin, "a", "jane").await;
        let with_state = "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
        for query in ["", with_state] {
            assert_eq!(events(&mut jane, query).await, ["ADDED a jane"], "{of} {query}");
        }
    }
}

#[tokio::test]
async fn a_watch_from_the_past_shows_nothing_that_is_hidden_now() {
    let policies = r#"
        permit (principal == k8s::User::"jane", action in k8s::Action::"read", resource is k8s::Resource)
        when { resource.labels.hasTag("for") && resource.labels.getTag("for") == "jane" };"#;
    let (_live, mut admin, mut jane) = with(policies).await;
    let revision = |list: Answer| {
        list.json()["metadata"]["resourceVersion"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let empty = revision(jane.get(SECRETS).await);
    make(&mut admin, "a", json!({"for": "jane"})).await;
    make(&mut admin, "b", json!({"for": "jane"})).await;
    let both = revision(jane.get(SECRETS).await);
    relabel(&mut admin, "a", "bob").await;
    let hidden = revision(jane.get(SECRETS).await);
    // Who may have seen it has to list anew, so that nothing stays in a cache; the values are in no event.
    for start in [&empty, &both] {
        assert_eq!(
            events(&mut jane, &format!("resourceVersion={start}")).await,
            ["ERROR - -"]
        );
    }
    admin.ask("DELETE", &format!("{SECRETS}/a"), &[], "").await;
    for start in [&empty, &both] {
        assert_eq!(
            events(&mut jane, &format!("resourceVersion={start}")).await,
            ["ERROR - -"]
        );
    }
    admin.ask("DELETE", &format!("{SECRETS}/b"), &[], "").await;
    let end = ["DELETED b jane"];
    assert_eq!(events(&mut jane, &format!("resourceVersion={hidden}")).await, end);
}

#[tokio::test]
async fn a_watch_ends_when_policies_change() {
    let policies = r#"
        permit (principal == k8s::User::"jane", action in k8s::Action::"read", resource is k8s::Resource)
        when { resource.labels.hasTag("for") };"#;
    let (live, mut admin, mut jane) = with(policies).await;
    make(&mut admin, "a", json!({"for": "jane"})).await;
    let watch = jane.open("GET", &format!("{SECRETS}?watch=1"), &[], "").await;
    let mut body = watch.into_body();
    body.frame().await.unwrap().unwrap();
    set(&live, policies);
    let ended = tokio::time::timeout(Duration::from_secs(5), async {
        while let Some(frame) = body.frame().await {
            frame.unwrap();
        }
    });
    ended.await.unwrap();
}
