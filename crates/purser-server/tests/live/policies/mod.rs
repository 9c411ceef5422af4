//! Cedar policies over the wire: who is shown and may change which objects.

mod reads;
mod watches;
mod writes;

use std::sync::Arc;

use purser_authz::Member;
use purser_cedar::{CedarDecider, from_texts};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Live};
use crate::rights::{give, rule};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";

/// Puts these policies into effect, after RBAC in the list.
fn set(live: &Live, policies: &str) {
    let (engine, _) = from_texts([("test.cedar", policies)]).unwrap_or_else(|error| panic!("{error}"));
    let cedar = Member {
        kind: "Cedar",
        name: "cedar".to_owned(),
        decider: Some(Arc::new(CedarDecider::new(Arc::new(engine)))),
    };
    live.registry
        .authorizer()
        .set_members(vec![Member::rbac("rbac"), cedar]);
}

/// A server with these policies, its administrator, and jane of the group devs.
async fn with(policies: &str) -> (Live, Client, Client) {
    let live = Live::start().await;
    set(&live, policies);
    let admin = live.admin().await;
    let jane = live.client(Some(live.ca.client("jane", "devs"))).await;
    (live, admin, jane)
}

/// As [`with`], where RBAC gives jane all rights to Secrets.
async fn with_rights(policies: &str) -> (Live, Client, Client) {
    let (live, mut admin, mut jane) = with(policies).await;
    give(&mut admin, "all", &[rule(&["*"], &["secrets"])]).await;
    crate::rights::until(&mut jane, SECRETS, 200).await;
    (live, admin, jane)
}

/// A Secret whose value is its name in capitals.
fn secret(name: &str, labels: &Value, annotations: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": name, "labels": labels, "annotations": annotations},
        "stringData": {"a": name.to_uppercase()}})
}

async fn make(admin: &mut Client, name: &str, labels: Value) {
    make_in(admin, "default", name, labels, json!({})).await;
}

async fn make_in(admin: &mut Client, namespace: &str, name: &str, labels: Value, annotations: Value) {
    let path = format!("/api/v1/namespaces/{namespace}/secrets");
    let made = admin
        .post(&path, &secret(name, &labels, &annotations).to_string())
        .await;
    assert_eq!(made.code, 201, "{}", made.text());
}

/// The names in a list.
fn names(list: &Answer) -> Vec<String> {
    assert_eq!(list.code, 200, "{}", list.text());
    let document = list.json();
    let items = document["items"].as_array().unwrap();
    let name = |item: &Value| item["metadata"]["name"].as_str().unwrap().to_owned();
    items.iter().map(name).collect()
}

fn warnings(answer: &Answer) -> Vec<String> {
    let all = answer.headers.get_all("warning").into_iter();
    all.map(|one| one.to_str().unwrap().to_owned()).collect()
}

/// What is said of one object, without its name.
async fn told(client: &mut Client, method: &str, name: &str, kind: &str, body: &str) -> (u16, String) {
    let path = format!("{SECRETS}/{name}");
    let separator = if kind.contains("apply") {
        "?fieldManager=test"
    } else {
        ""
    };
    let body = body.replace("NAME", name);
    let answer = client
        .ask(
            method,
            &format!("{path}{separator}"),
            &[("content-type", kind)],
            body,
        )
        .await;
    (answer.code, answer.text().replace(name, "NAME"))
}
