//! Killed at any instant under load, it loses nothing that it acknowledged and shows nothing half-done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use purser_e2e::{Client, Purser};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// How often it is killed.
const KILLS: usize = 5;
/// Writers at once.
const WRITERS: usize = 8;
const SECRETS: &str = "/api/v1/namespaces/default/secrets";

/// What one writer knows: for each name the last acknowledged number and the last one sent; none: deleted.
#[derive(Default)]
struct Known {
    acknowledged: BTreeMap<String, Option<u64>>,
    sent: BTreeMap<String, Option<u64>>,
    revision: u64,
}

fn body(name: &str, number: u64) -> Value {
    // Two keys that are always written together: half a write would show.
    let twice = format!("{number:0>200}");
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"a": twice, "b": twice}})
}

fn number(secret: &Value) -> u64 {
    let text = |key: &str| {
        STANDARD
            .decode(secret["data"][key].as_str().expect("a value"))
            .expect("base64")
    };
    assert_eq!(
        text("a"),
        text("b"),
        "half a write: {}",
        secret["metadata"]["name"]
    );
    String::from_utf8(text("a"))
        .expect("digits")
        .trim_start_matches('0')
        .parse()
        .unwrap_or(0)
}

/// Creates, replaces and deletes until the server is gone.
async fn write(client: Client, writer: usize, stop: Arc<AtomicBool>, mut known: Known) -> (usize, Known) {
    let mut round = known.sent.len() as u64 * 1000;
    while !stop.load(Ordering::Relaxed) {
        round += 1;
        let name = format!("w{writer}-{}", round % 40);
        let current = known.acknowledged.get(&name).copied().flatten();
        let deletes = current.is_some() && round.is_multiple_of(7);
        let request = match (current, deletes) {
            (_, true) => Request::delete(format!("{SECRETS}/{name}")).body(Bytes::new()),
            (Some(_), _) => Request::put(format!("{SECRETS}/{name}"))
                .header("content-type", "application/json")
                .body(Bytes::from(body(&name, round).to_string())),
            (None, _) => Request::post(SECRETS)
                .header("content-type", "application/json")
                .body(Bytes::from(body(&name, round).to_string())),
        };
        let next = (!deletes).then_some(round);
        known.sent.insert(name.clone(), next);
        let Ok(answer) = client.try_send(request.expect("a request")).await else {
            break;
        };
        assert!(answer.status.is_success(), "{}", answer.text());
        known.acknowledged.insert(name, next);
        if let Some(revision) = answer.json()["metadata"]["resourceVersion"].as_str() {
            known.revision = known.revision.max(revision.parse().expect("a number"));
        }
    }
    (writer, known)
}

/// What the server holds against what a writer knows. The one write that was on its way may have happened or not.
fn check(known: &mut Known, held: &BTreeMap<String, u64>, writer: usize) {
    for (name, acknowledged) in &known.acknowledged {
        let found = held.get(name).copied();
        let on_its_way = known.sent.get(name).copied().flatten();
        assert!(
            found == *acknowledged || found == on_its_way,
            "{name}: acknowledged {acknowledged:?}, sent {on_its_way:?}, found {found:?}"
        );
    }
    let ours = held
        .iter()
        .filter(|(name, _)| name.starts_with(&format!("w{writer}-")));
    known.acknowledged = ours.map(|(name, number)| (name.clone(), Some(*number))).collect();
    known.sent = known.acknowledged.clone();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_under_load_it_loses_nothing_acknowledged() {
    let mut purser = Purser::start().await;
    let mut all: BTreeMap<usize, Known> = (0..WRITERS).map(|writer| (writer, Known::default())).collect();
    for kill in 0..KILLS {
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let known = all.remove(&writer).unwrap_or_default();
            writers.spawn(write(purser.admin(), writer, Arc::clone(&stop), known));
        }
        tokio::time::sleep(Duration::from_millis(150 + 97 * kill as u64)).await;
        purser.kill();
        stop.store(true, Ordering::Relaxed);
        while let Some(outcome) = writers.join_next().await {
            let (writer, known) = outcome.expect("a writer ends well");
            all.insert(writer, known);
        }
        let writes: usize = all.values().map(|known| known.acknowledged.len()).sum();
        assert!(writes > 0, "nothing was written before the kill");
        purser.start_again().await;
        let list = purser.admin().get(SECRETS).await.json();
        let items = list["items"].as_array().expect("a list");
        let held: BTreeMap<String, u64> = items
            .iter()
            .map(|item| {
                (
                    item["metadata"]["name"].as_str().expect("a name").to_owned(),
                    number(item),
                )
            })
            .collect();
        let revision: u64 = list["metadata"]["resourceVersion"]
            .as_str()
            .and_then(|text| text.parse().ok())
            .expect("a revision");
        for (writer, known) in &mut all {
            check(known, &held, *writer);
            assert!(
                revision >= known.revision,
                "revision {revision} after {} was acknowledged",
                known.revision
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_goes_on_from_its_revision_after_a_restart() {
    let mut purser = Purser::start().await;
    let from = purser.admin().get(SECRETS).await.json()["metadata"]["resourceVersion"]
        .as_str()
        .expect("a revision")
        .to_owned();
    purser.admin().post(SECRETS, &body("before", 1)).await;
    purser.kill();
    purser.start_again().await;
    purser.admin().post(SECRETS, &body("after", 2)).await;
    let answer = purser
        .admin()
        .get(&format!(
            "{SECRETS}?watch=1&timeoutSeconds=1&resourceVersion={from}"
        ))
        .await;
    let text = answer.text();
    let names: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a frame"))
        .map(|frame| {
            format!(
                "{} {}",
                frame["type"].as_str().unwrap_or(""),
                frame["object"]["metadata"]["name"].as_str().unwrap_or("")
            )
        })
        .collect();
    assert_eq!(names, ["ADDED before", "ADDED after"], "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_it_goes_on_collecting_and_emptying() {
    const DEPENDENTS: usize = 120;
    let configmaps = "/api/v1/namespaces/default/configmaps";
    let mut purser = Purser::start().await;
    let admin = purser.admin();
    admin
        .post(
            "/api/v1/namespaces",
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ending"}}),
        )
        .await;
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}});
    let uid = admin.post(configmaps, &owner).await.json()["metadata"]["uid"].clone();
    let mut all = JoinSet::new();
    for number in 0..DEPENDENTS {
        let (admin, uid) = (purser.admin(), uid.clone());
        all.spawn(async move {
            let owners = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid,
                "blockOwnerDeletion": true}]);
            let mut secret = body(&format!("d{number}"), 1);
            secret["metadata"]["ownerReferences"] = owners;
            assert_eq!(admin.post(SECRETS, &secret).await.status, 201);
            let secret = body(&format!("n{number}"), 1);
            let inside = "/api/v1/namespaces/ending/secrets";
            assert_eq!(admin.post(inside, &secret).await.status, 201);
        });
    }
    while let Some(made) = all.join_next().await {
        made.expect("it is made");
    }
    let foreground = format!("{configmaps}/owner?propagationPolicy=Foreground");
    assert_eq!(admin.delete(&foreground).await.status, 200);
    assert_eq!(admin.delete("/api/v1/namespaces/ending").await.status, 200);
    purser.kill();
    purser.start_again().await;
    let admin = purser.admin();
    for _ in 0..500 {
        let secrets = admin.get("/api/v1/secrets").await.json();
        let left = secrets["items"].as_array().expect("a list").len();
        let gone = async |path: &str| admin.get(path).await.status == 404;
        let owner = format!("{configmaps}/owner");
        if left == 0 && gone(&owner).await && gone("/api/v1/namespaces/ending").await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("something stayed");
}
