//! Lists in pieces, and watches.

use std::time::Duration;

use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::harness::Live;

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

#[tokio::test]
async fn a_long_list_is_streamed_whole() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let value = "x".repeat(3000);
    for i in 0..60 {
        assert_eq!(client.secret(&format!("s{i:03}"), &value).await.code, 201);
    }
    for mut client in [live.admin().await, live.admin_second().await] {
        let list = client.get(SECRETS).await;
        assert!(list.body.len() > 200_000);
        let names: Vec<Value> = list.json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["metadata"]["name"].clone())
            .collect();
        assert_eq!(names.len(), 60);
        assert_eq!((&names[0], &names[59]), (&json!("s000"), &json!("s059")));
        let pretty = client.get(&format!("{SECRETS}?pretty=1")).await;
        assert_eq!(pretty.json(), list.json());
        let page = client.get(&format!("{SECRETS}?limit=7")).await.json();
        assert_eq!(page["items"].as_array().unwrap().len(), 7);
        assert_eq!(page["metadata"]["remainingItemCount"], 53);
        let token = page["metadata"]["continue"].as_str().unwrap().to_owned();
        let next = client
            .get(&format!("{SECRETS}?limit=7&continue={token}"))
            .await
            .json();
        assert_eq!(next["items"][0]["metadata"]["name"], "s007");
    }
}

#[tokio::test]
async fn a_watch_whose_time_is_over_before_it_begins_ends_at_once() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    client.secret("a", "v").await;
    let path = format!("{SECRETS}?watch=1&timeoutSeconds=-5");
    let watch = tokio::time::timeout(Duration::from_secs(5), client.get(&path));
    let watch = watch.await.expect("it ends");
    assert_eq!((watch.code, watch.text()), (200, ""));
}

#[tokio::test]
async fn a_watch_of_one_name_selects_no_other() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let one = "/api/v1/watch/namespaces/default/secrets/a?timeoutSeconds=1&fieldSelector=";
    for selector in ["metadata.name=other", "metadata.name!=a", "type=Opaque"] {
        let answer = client.get(&format!("{one}{selector}")).await;
        assert_eq!(
            (answer.code, answer.message().as_str()),
            (400, "fieldSelector metadata.name doesn't match requested name"),
            "{selector}"
        );
    }
    client.secret("a", "v").await;
    client.secret("b", "v").await;
    for selector in ["", "metadata.name=a", "metadata.name=a,type=Opaque"] {
        let answer = client.open("GET", &format!("{one}{selector}"), &[], "").await;
        assert_eq!(answer.status(), 200, "{selector}");
        let frames = frames(answer.into_body()).await;
        let names: Vec<_> = frames
            .iter()
            .map(|frame| &frame["object"]["metadata"]["name"])
            .collect();
        assert_eq!(names, [&json!("a")], "{selector}");
    }
}

async fn frames(body: hyper::body::Incoming) -> Vec<Value> {
    let text = body.collect().await.unwrap().to_bytes();
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

#[tokio::test]
async fn a_watch_tells_every_change_in_order() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let revision = client.get(SECRETS).await.json()["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .to_owned();
    for mut watcher in [live.admin().await, live.admin_second().await] {
        let path = format!("{SECRETS}?watch=1&timeoutSeconds=2&resourceVersion={revision}");
        let answer = watcher.open("GET", &path, &[], "").await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &"application/json".parse().unwrap())
        );
        client.secret("one", "v").await;
        client.ask("DELETE", &format!("{SECRETS}/one"), &[], "").await;
        let frames = frames(answer.into_body()).await;
        let last = &frames[frames.len() - 2..];
        assert_eq!(
            (&last[0]["type"], &last[1]["type"]),
            (&json!("ADDED"), &json!("DELETED"))
        );
        assert_eq!(last[0]["object"]["data"]["a"], "dg==");
    }
}

#[tokio::test]
async fn watches_end_cleanly_when_the_server_stops() {
    let mut live = Live::start().await;
    for second in [false, true] {
        let mut watcher = if second {
            live.admin_second().await
        } else {
            live.admin().await
        };
        let answer = watcher.open("GET", &format!("{SECRETS}?watch=1"), &[], "").await;
        assert_eq!(answer.status(), 200);
        if second {
            live.stop();
            let end = tokio::time::timeout(Duration::from_secs(5), answer.into_body().collect())
                .await
                .unwrap();
            assert!(end.is_ok(), "the stream ends and does not break off");
        }
    }
    live.stopped().await;
}

#[tokio::test]
async fn who_never_finishes_a_handshake_does_not_hold_up_the_stop() {
    let mut live = Live::start().await;
    let mut client = live.admin().await;
    let silent = tokio::net::TcpStream::connect(live.address).await.unwrap();
    while !client
        .get("/metrics")
        .await
        .text()
        .contains("purser_connections 2\n")
    {}
    drop(client);
    live.stop();
    // The grace is five seconds, a handshake may take ten.
    let stopped = tokio::time::timeout(Duration::from_secs(4), live.stopped());
    stopped.await.expect("it stops at once");
    drop(silent);
}

#[tokio::test]
async fn a_watch_of_a_forgotten_revision_says_so_in_a_frame() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let answer = client
        .get(&format!("{SECRETS}?watch=1&timeoutSeconds=1&resourceVersion=x"))
        .await;
    assert!(answer.code >= 400);
    let bookmarks = client
        .open(
            "GET",
            &format!(
                "{SECRETS}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
            ),
            &[],
            "",
        )
        .await;
    let frames = frames(bookmarks.into_body()).await;
    let end = frames.iter().find(|frame| frame["type"] == "BOOKMARK").unwrap();
    assert_eq!(
        end["object"]["metadata"]["annotations"],
        json!({ "k8s.io/initial-events-end": "true" })
    );
}
