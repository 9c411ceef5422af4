//! Who may write Secrets and not `get` them sees no value in any answer, in whatever form it is asked for.

use std::time::Duration;

use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::harness::{Answer, Client};
use crate::rights::{RBAC, give, people, rule, until};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const VALUE: &str = "SECRETVALUE";
const ENCODED: &str = "U0VDUkVUVkFMVUU";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const FORMS: [&str; 5] = [
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
    TABLE,
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
];

/// A Secret that holds the value wherever one can hold it.
fn secret(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "annotations":
        {"kubectl.kubernetes.io/last-applied-configuration": format!("{{\"data\":{{\"a\":\"{ENCODED}=\"}}}}")}},
        "data": {"a": format!("{ENCODED}=")}, "stringData": {"b": VALUE}})
}

/// Every way to write the Secret `name`, each with its body.
fn writes(name: &str) -> Vec<(&'static str, String, &'static str, String)> {
    let one = format!("{SECRETS}/{name}");
    let whole = secret(name);
    let mut applied = whole.clone();
    applied["stringData"] = Value::Null;
    let label = json!({"metadata": {"labels": {"a": "b"}}});
    let operation = json!([{"op": "add", "path": "/data/c", "value": format!("{ENCODED}=")}]);
    let patch = |media, body: &Value| ("PATCH", one.clone(), media, body.to_string());
    vec![
        (
            "POST",
            SECRETS.to_owned(),
            "application/json",
            secret(&format!("{name}-made")).to_string(),
        ),
        patch("application/merge-patch+json", &label),
        patch("application/strategic-merge-patch+json", &label),
        patch("application/json-patch+json", &operation),
        (
            "PATCH",
            format!("{one}?fieldManager=x&force=true"),
            "application/apply-patch+yaml",
            applied.to_string(),
        ),
        ("DELETE", one.clone(), "application/json", String::new()),
        // Without the finalizer that it waits for: answered as it last was.
        ("PUT", one, "application/json", whole.to_string()),
        ("DELETE", SECRETS.to_owned(), "application/json", String::new()),
    ]
}

fn assert_silent(answer: &Answer, what: &str) {
    let text = String::from_utf8_lossy(&answer.body);
    assert!(!text.contains(VALUE) && !text.contains(ENCODED), "{what}: {text}");
    for (name, header) in &answer.headers {
        let header = String::from_utf8_lossy(header.as_bytes());
        assert!(
            !header.contains(VALUE) && !header.contains(ENCODED),
            "{what}: {name}"
        );
    }
}

#[tokio::test]
async fn no_answer_to_a_write_holds_a_value_in_any_form() {
    let (_live, mut admin, mut jane) = people().await;
    let verbs = ["create", "update", "patch", "delete", "deletecollection"];
    let arrived = rule(&["get"], &["events"]);
    give(&mut admin, "writing", &[rule(&verbs, &["secrets"]), arrived]).await;
    until(&mut jane, "/api/v1/namespaces/default/events/none", 404).await;
    for (number, form) in FORMS.iter().enumerate() {
        for (round, query) in ["dryRun=All", "", "includeObject=Object"].iter().enumerate() {
            let name = format!("s-{number}-{round}");
            let mut there = secret(&name);
            // So that it stays, and is answered, when it is deleted.
            there["metadata"]["finalizers"] = json!(["a.example/b"]);
            let made = admin.post(SECRETS, &there.to_string()).await;
            assert_eq!(made.code, 201, "{}", made.text());
            for (method, path, media, body) in writes(&name) {
                let joint = if path.contains('?') { '&' } else { '?' };
                let path = format!("{path}{joint}{query}");
                let headers = [("accept", *form), ("content-type", media)];
                let answer = jane.ask(method, &path, &headers, body).await;
                let what = format!("{method} {path} {media} as {form}");
                // A list of metadata is another kind; the collection is deleted all the same or not at all.
                let refused = answer.code == 406 && method == "DELETE";
                assert!(
                    refused || matches!(answer.code, 200..=202),
                    "{what}: {:?}",
                    answer.body
                );
                assert_silent(&answer, &what);
            }
        }
    }
    // That is no proof when there is nothing to be seen.
    let shown = admin.get(&format!("{SECRETS}/s-0-0")).await;
    assert!(shown.text().contains(ENCODED) && shown.text().contains("last-applied"));
}

/// A watch of metadata alone ends as soon as one of values.
#[tokio::test]
async fn a_watch_of_names_ends_soon_after_its_right() {
    let (_live, mut admin, mut jane) = people().await;
    assert_eq!(admin.secret("a", VALUE).await.code, 201);
    let names = rule(&["get", "list", "watch"], &["secrets/metadata"]);
    for (number, form) in [TABLE, FORMS[4]].into_iter().enumerate() {
        let name = format!("names-{number}");
        give(&mut admin, &name, std::slice::from_ref(&names)).await;
        let mut watch = opened(&mut jane, form).await;
        let first = watch.frame().await.unwrap().unwrap().into_data().unwrap();
        let first = String::from_utf8_lossy(&first).into_owned();
        assert!(
            first.contains("\"name\":\"a\"") && !first.contains(ENCODED),
            "{first}"
        );
        let binding = format!("{RBAC}/clusterrolebindings/{name}");
        assert_eq!(admin.ask("DELETE", &binding, &[], "").await.code, 200);
        let ended = tokio::time::timeout(Duration::from_secs(5), watch.collect());
        ended.await.expect("it ends within five seconds").unwrap();
    }
}

/// A watch in this form, as soon as it is let in.
async fn opened(client: &mut Client, form: &str) -> hyper::body::Incoming {
    for _ in 0..100 {
        let path = format!("{SECRETS}?watch=1");
        let answer = client.open("GET", &path, &[("accept", form)], "").await;
        if answer.status() == 200 {
            return answer.into_body();
        }
        answer.into_body().collect().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it is never let in");
}
