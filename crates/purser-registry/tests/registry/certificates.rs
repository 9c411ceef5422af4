//! Requests for certificates: who asks is on record, approved ones are signed, old ones go.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use purser_authz::Verb;
use purser_registry::certificates::{CannotSign, Order, Signer, Usage};
use purser_registry::{ListOptions, Options, WriteOptions};
use purser_types::resource::CERTIFICATE_SIGNING_REQUESTS as REQUESTS;
use serde_json::{Value, json};

use crate::support::memory::MemoryStore;
use crate::support::transformer::Scrambler;
use crate::support::{House, answer, eventually, names, object, part, text};

const CSR: &str = include_str!("support/jane.csr");
const CERTIFICATE: &str = include_str!("support/certificate.pem");
const CLIENT: &str = "kubernetes.io/kube-apiserver-client";

/// Signs whatever it is given with one certificate, and remembers what it was.
#[derive(Default)]
struct Pen(Mutex<Vec<String>>);

impl Signer for Pen {
    fn sign(&self, order: &Order<'_>) -> Result<String, CannotSign> {
        let usages: Vec<&str> = order.usages.iter().map(|usage| usage.as_str()).collect();
        let groups: Vec<&str> = order.request.organizations().collect();
        let name = order.request.common_name();
        let since = SystemTime::now().duration_since(order.now).unwrap();
        assert!(since.as_secs() < 60 && usages.contains(&Usage::ClientAuth.as_str()));
        let told = format!("{name} {groups:?} {usages:?} {:?}", order.seconds);
        self.0.lock().unwrap().push(told);
        Ok(CERTIFICATE.to_owned())
    }
}

async fn house() -> (House, Arc<Pen>) {
    let pen = Arc::new(Pen::default());
    let options = Options {
        signer: Some(Arc::clone(&pen) as Arc<dyn Signer>),
        ..Options::default()
    };
    let house = House::with(Arc::new(Scrambler), Arc::new(MemoryStore::default()), options).await;
    (house, pen)
}

fn request(name: &str, spec: &Value) -> String {
    let mut whole = json!({"request": base64(CSR), "signerName": CLIENT, "usages": ["client auth"],
        "expirationSeconds": 3600});
    whole
        .as_object_mut()
        .unwrap()
        .extend(spec.as_object().unwrap().clone());
    json!({"metadata": {"name": name}, "spec": whole}).to_string()
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

impl House {
    async fn asked(&self, name: &str, spec: Value) -> Value {
        self.create(&REQUESTS, "", &request(name, &spec)).await.unwrap();
        self.seen(name).await
    }

    async fn seen(&self, name: &str) -> Value {
        serde_json::from_str(&text(&self.get(&REQUESTS, "", name).await.unwrap())).unwrap()
    }

    /// Writes conditions through a subresource.
    async fn conclude(&self, name: &str, subresource: &str, conditions: Value) -> Result<Value, String> {
        let mut whole = self.seen(name).await;
        whole["status"]["conditions"] = conditions;
        let body = without_head(whole);
        let permit = part(Verb::Update, &REQUESTS, "", name, subresource);
        let written = self
            .registry
            .update(&permit, object(&REQUESTS, &body), &WriteOptions::default())
            .await;
        let written = answer(written).map_err(|status| status.message)?;
        Ok(serde_json::from_str(&text(&written.object)).unwrap())
    }

    async fn approve(&self, name: &str) {
        let approved = json!([{"type": "Approved", "status": "True", "reason": "Test"}]);
        self.conclude(name, "approval", approved).await.unwrap();
    }
}

/// The object's text without what [`object`] writes itself.
fn without_head(mut object: Value) -> String {
    let fields = object.as_object_mut().unwrap();
    fields.remove("apiVersion");
    fields.remove("kind");
    object.to_string()
}

#[tokio::test]
async fn who_asks_is_on_record_whatever_is_sent() {
    let (house, _) = house().await;
    let forged =
        json!({"username": "admin", "uid": "u", "groups": ["system:masters"], "extra": {"a": ["b"]}});
    let body: Value = serde_json::from_str(&request("a", &forged)).unwrap();
    let mut body = body;
    body["status"] = json!({"certificate": base64(CERTIFICATE),
        "conditions": [{"type": "Approved", "status": "True"}]});
    house.create(&REQUESTS, "", &body.to_string()).await.unwrap();
    let kept = house.seen("a").await;
    // The permits of these tests are of a user without a name.
    assert_eq!(kept["spec"]["username"], Value::Null);
    assert_eq!(kept["spec"]["groups"], json!(["system:masters"]));
    assert_eq!(kept["spec"]["extra"], Value::Null);
    assert_eq!(kept["spec"]["uid"], Value::Null);
    assert_eq!(kept["status"], json!({}));
    // Nobody owns what is put back whatever they send.
    assert_eq!(kept["metadata"]["managedFields"], Value::Null);
}

#[tokio::test]
async fn what_is_asked_does_not_change() {
    let (house, _) = house().await;
    let asked = house.asked("a", json!({})).await;
    let mut other = asked.clone();
    other["spec"]["usages"] = json!(["server auth"]);
    other["spec"]["username"] = json!("admin");
    other["status"] = json!({"conditions": [{"type": "Approved", "status": "True"}]});
    other["metadata"]["labels"] = json!({"a": "b"});
    let body = without_head(other);
    house.update(&REQUESTS, "", "a", &body).await.unwrap();
    let kept = house.seen("a").await;
    assert_eq!(kept["spec"], asked["spec"]);
    assert_eq!(kept["status"], asked["status"]);
    assert_eq!(kept["metadata"]["labels"], json!({"a": "b"}));
    house
        .merge(&REQUESTS, "", "a", r#"{"spec":{"signerName":"example.com/a"}}"#)
        .await
        .unwrap();
    assert_eq!(house.seen("a").await["spec"], asked["spec"]);
}

#[tokio::test]
async fn what_is_approved_is_signed_and_nothing_else() {
    let (house, pen) = house().await;
    for name in ["approved", "denied", "pending"] {
        house.asked(name, json!({})).await;
    }
    house.asked("other", json!({"signerName": "example.com/a"})).await;
    let denied = json!([{"type": "Denied", "status": "True"}]);
    house.conclude("denied", "approval", denied).await.unwrap();
    house.approve("other").await;
    house.approve("approved").await;
    eventually(|| async { house.seen("approved").await["status"]["certificate"].is_string() }).await;
    let signed = house.seen("approved").await;
    assert_eq!(signed["status"]["certificate"], json!(base64(CERTIFICATE)));
    let condition = &signed["status"]["conditions"][0];
    assert!(condition["lastUpdateTime"].is_string() && condition["lastTransitionTime"].is_string());
    for name in ["denied", "pending", "other"] {
        assert_eq!(
            house.seen(name).await["status"]["certificate"],
            Value::Null,
            "{name}"
        );
    }
    assert_eq!(
        *pen.0.lock().unwrap(),
        [r#"jane ["devs"] ["client auth"] Some(3600)"#]
    );
    // Once there, it stays.
    let conditions = signed["status"]["conditions"].clone();
    let more = json!([conditions[0], {"type": "Failed", "status": "True"}]);
    house.conclude("approved", "status", more).await.unwrap();
    assert_eq!(
        house.seen("approved").await["status"]["certificate"],
        json!(base64(CERTIFICATE))
    );
}

#[tokio::test]
async fn what_a_signer_never_certifies_fails_with_its_sentence() {
    let (house, pen) = house().await;
    for (name, signer, usages, expected) in [
        (
            "usage",
            CLIENT,
            json!(["client auth", "cert sign"]),
            "invalid usage for client certificate: cert sign",
        ),
        (
            "kubelet",
            "kubernetes.io/kube-apiserver-client-kubelet",
            json!(["client auth", "digital signature"]),
            "subject organization is not system:nodes",
        ),
    ] {
        house
            .asked(name, json!({"signerName": signer, "usages": usages}))
            .await;
        house.approve(name).await;
        let failed = || async { house.seen(name).await["status"]["conditions"][1]["type"] == "Failed" };
        eventually(failed).await;
        let condition = &house.seen(name).await["status"]["conditions"][1];
        assert_eq!(condition["reason"], "SignerValidationFailure");
        assert_eq!(condition["message"], expected);
        assert_eq!(condition["status"], "True");
    }
    assert!(pen.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_was_approved_before_a_start_is_signed_after_it() {
    let store = Arc::new(MemoryStore::default());
    let house_without = House::over(Arc::clone(&store)).await;
    house_without.asked("a", json!({})).await;
    house_without.approve("a").await;
    house_without.registry.stop().await;
    let options = Options {
        signer: Some(Arc::new(Pen::default())),
        ..Options::default()
    };
    let house = House::with(Arc::new(Scrambler), store, options).await;
    eventually(|| async { house.seen("a").await["status"]["certificate"].is_string() }).await;
}

#[tokio::test]
async fn requests_are_found_by_their_signer() {
    let (house, _) = house().await;
    house.asked("a", json!({})).await;
    house.asked("b", json!({"signerName": "example.com/a"})).await;
    let found = |selector: &str| ListOptions {
        field_selector: selector.to_owned(),
        ..ListOptions::default()
    };
    let by_signer = house
        .list(&REQUESTS, "", &found("spec.signerName=example.com/a"))
        .await;
    assert_eq!(names(&by_signer.unwrap()), ["b"]);
    let by_name = house.list(&REQUESTS, "", &found("metadata.name=a")).await;
    assert_eq!(names(&by_name.unwrap()), ["a"]);
    let refused = house
        .list(&REQUESTS, "", &found("spec.username=a"))
        .await
        .unwrap_err();
    assert_eq!(refused.message, "field label not supported: spec.username");
}
