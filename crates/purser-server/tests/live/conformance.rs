//! What upstream's own tests assert and no recording holds.

use serde_json::{Value, json};

use crate::harness::{Client, Live};

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const TABLE_OR_JSON: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

async fn make(client: &mut Client, name: &str, meta: Value) -> Value {
    let mut metadata = json!({ "name": name });
    for (field, value) in meta.as_object().unwrap() {
        metadata[field] = value.clone();
    }
    let body = json!({ "metadata": metadata }).to_string();
    let made = client.post(CONFIG_MAPS, &body).await;
    assert_eq!(made.code, 201, "{}", made.text());
    made.json()
}

/// Source: `TestListOptions` in `test/integration/apiserver/apiserver_test.go`.
#[tokio::test]
async fn list_options_go_together_as_upstream_says() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let mut early = String::new();
    for n in 0..10 {
        let made = make(&mut client, &format!("m{n}"), json!({ "labels": { "l": "1" } })).await;
        if n == 2 {
            early = made["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
        }
    }
    let all = format!("{CONFIG_MAPS}?labelSelector=l%3D1");
    let page = client.get(&format!("{all}&limit=6")).await.json();
    let token = page["metadata"]["continue"].as_str().unwrap();
    for limit in ["", "&limit=6"] {
        for next in ["", token, "none"] {
            for revision in ["", "0", early.as_str(), "x"] {
                for matching in ["", "NotOlderThan", "Exact", "Other"] {
                    let asked = format!(
                        "{limit}&continue={next}&resourceVersion={revision}&resourceVersionMatch={matching}"
                    );
                    let answer = client.get(&format!("{all}{asked}")).await;
                    let expected = expected(!limit.is_empty(), next, revision, matching);
                    match expected {
                        Ok(count) => {
                            let items = answer.json()["items"].as_array().map(Vec::len);
                            assert_eq!((answer.code, items), (200, Some(count)), "{asked}");
                        }
                        Err(why) => assert!(answer.message().contains(why), "{asked}: {}", answer.message()),
                    }
                }
            }
        }
    }
}

/// How many objects there are, or a part of the refusal; three are there at the early revision, ten in the end.
fn expected(limited: bool, next: &str, revision: &str, matching: &str) -> Result<usize, &'static str> {
    match (next, revision, matching) {
        (_, "", "NotOlderThan" | "Exact" | "Other") => Err("is forbidden unless resourceVersion is provided"),
        ("", _, "Other") => Err("supported values"),
        ("", "0", "Exact") => Err("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""),
        ("", "x", _) => Err("Invalid value"),
        ("", "0", _) => Ok(10),
        ("", "", _) | ("", _, "NotOlderThan") => Ok(if limited { 6 } else { 10 }),
        ("", _, "Exact") => Ok(3),
        ("", _, _) => Ok(if limited { 3 } else { 10 }),
        (_, _, "NotOlderThan" | "Exact" | "Other") => Err("is forbidden when continue is provided"),
        ("none", _, _) => Err("continue key is not valid"),
        (_, "" | "0", _) => Ok(4),
        _ => Err("specifying resource version is not allowed when using continue"),
    }
}

/// Source: `Test202StatusCode` in `test/integration/apiserver/apiserver_test.go`.
#[tokio::test]
async fn a_deletion_that_waits_is_accepted_when_dependents_are_to_go_too() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let held = json!({ "finalizers": ["example.com/held"] });
    for (n, (meta, options, code)) in [
        (json!({}), "", 200),
        (held.clone(), "", 200),
        (json!({}), r#"{"orphanDependents":false}"#, 200),
        (held.clone(), r#"{"orphanDependents":false}"#, 202),
        (held.clone(), r#"{"propagationPolicy":"Background"}"#, 200),
    ]
    .into_iter()
    .enumerate()
    {
        make(&mut client, &format!("d{n}"), meta).await;
        let json_type = &[("content-type", "application/json")];
        let path = format!("{CONFIG_MAPS}/d{n}");
        let deleted = client.ask("DELETE", &path, json_type, options).await;
        assert_eq!(deleted.code, code, "{options}");
    }
}

/// Sources: `TestTransform` in `test/integration/apiserver/apiserver_test.go`, and "doesn't support receiving
/// resources as Tables" in `test/e2e/apimachinery/watchlist.go`.
#[tokio::test]
async fn tables_stand_for_lists_in_no_watch_and_carry_what_there_is_a_word_for() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let streamed = "watch=1&timeoutSeconds=1&allowWatchBookmarks=true";
    for (query, accept, code) in [
        ("includeObject=Object", TABLE, 200),
        ("includeObject=other", TABLE, 400),
        ("includeObject=other", "application/json", 200),
        ("watch=1&timeoutSeconds=1", TABLE, 200),
        (streamed, TABLE, 406),
        (streamed, TABLE_OR_JSON, 200),
    ] {
        let path = format!("{CONFIG_MAPS}?{query}");
        let answer = client.ask("GET", &path, &[("accept", accept)], "").await;
        assert_eq!(answer.code, code, "{query} {accept}: {}", answer.text());
        match code {
            400 => assert_eq!(
                answer.message(),
                "Unable to convert to Table as requested: includeObject: Invalid value: \"other\": must be \
                 'Metadata', 'Object', 'None', or empty"
            ),
            406 => assert_eq!(
                answer.message(),
                "only the following media types are accepted: application/json, application/yaml, \
                 application/vnd.kubernetes.protobuf"
            ),
            _ => {}
        }
    }
}
