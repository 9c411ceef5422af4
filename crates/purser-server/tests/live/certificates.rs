//! Requests for certificates over the wire: who asks, who approves, who signs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair};
use serde_json::{Value, json};

use crate::harness::{Answer, Client};
use crate::rights::{give, people};

const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const CLIENT: &str = "kubernetes.io/kube-apiserver-client";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A request of PKCS#10 for jane of a group, in base64.
fn pkcs10(group: &str) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::OrganizationName, group);
    params.distinguished_name.push(DnType::CommonName, "jane");
    let key = KeyPair::generate().unwrap();
    STANDARD.encode(params.serialize_request(&key).unwrap().pem().unwrap())
}

fn request(name: &str, signer: &str, group: &str) -> Value {
    json!({"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": name},
        "spec": {"request": pkcs10(group), "signerName": signer, "usages": ["client auth"],
            "username": "admin", "groups": ["system:masters"]}})
}

fn rule(verbs: &[&str], resource: &str, names: &[&str]) -> Value {
    json!({"apiGroups": ["certificates.k8s.io"], "resources": [resource], "verbs": verbs, "resourceNames": names})
}

async fn put(client: &mut Client, path: &str, body: &Value) -> Answer {
    client.ask("PUT", path, &[JSON], body.to_string()).await
}

/// Tries until it is no refusal for want of a right: rights reach the authorizer through the watch cache.
async fn put_allowed(client: &mut Client, path: &str, body: &Value) -> Value {
    let mut answer = put(client, path, body).await;
    for _ in 0..100 {
        if answer.code != 403 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        answer = put(client, path, body).await;
    }
    assert_eq!(answer.code, 200, "{}", answer.text());
    answer.json()
}

fn with_conditions(mut request: Value, types: &[&str]) -> Value {
    let conditions = types
        .iter()
        .map(|name| json!({"type": name, "status": "True", "reason": "Test"}));
    request["status"]["conditions"] = conditions.collect();
    request
}

/// The request as it is now.
async fn shown(admin: &mut Client, name: &str) -> Value {
    admin.get(&format!("{REQUESTS}/{name}")).await.json()
}

#[tokio::test]
async fn who_asks_for_a_certificate_is_who_sent_it() {
    let (_live, mut admin, mut jane) = people().await;
    give(
        &mut admin,
        "asking",
        &[rule(&["create"], "certificatesigningrequests", &[])],
    )
    .await;
    let sent = request("a", CLIENT, "devs");
    let mut made = jane.post(REQUESTS, &sent.to_string()).await;
    for _ in 0..100 {
        if made.code != 403 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        made = jane.post(REQUESTS, &sent.to_string()).await;
    }
    assert_eq!(made.code, 201, "{}", made.text());
    let spec = &made.json()["spec"];
    assert_eq!(spec["username"], "jane");
    assert_eq!(spec["groups"], json!(["devs", "system:authenticated"]));
    let credential = &spec["extra"]["authentication.kubernetes.io/credential-id"][0];
    assert!(credential.as_str().unwrap().starts_with("X509SHA256="));
    // What comes from the store says the same, word for word.
    let kept = admin.get(&format!("{REQUESTS}/a")).await;
    assert_eq!(kept.json(), made.json());
    // Who asked may not look, change or decide.
    for (method, path) in [
        ("GET", "/a"),
        ("PUT", "/a"),
        ("PUT", "/a/approval"),
        ("PUT", "/a/status"),
    ] {
        let refused = jane
            .ask(method, &format!("{REQUESTS}{path}"), &[JSON], sent.to_string())
            .await;
        assert_eq!(refused.code, 403, "{method} {path}");
    }
    let table = admin.ask("GET", REQUESTS, &[("accept", TABLE)], "").await.json();
    let heads: Vec<&str> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        heads,
        [
            "Name",
            "Age",
            "SignerName",
            "Requestor",
            "RequestedDuration",
            "Condition"
        ]
    );
    let cells = &table["rows"][0]["cells"];
    assert_eq!(
        [&cells[0], &cells[2], &cells[3], &cells[4], &cells[5]],
        ["a", CLIENT, "jane", "<none>", "Pending"]
    );
}

#[tokio::test]
async fn nobody_asks_to_be_an_administrator() {
    let (_live, mut admin, _) = people().await;
    let refused = admin
        .post(REQUESTS, &request("a", CLIENT, "system:masters").to_string())
        .await;
    assert_eq!(refused.code, 403);
    assert_eq!(
        refused.message(),
        "certificatesigningrequests.certificates.k8s.io \"a\" is forbidden: use of \
         kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed"
    );
    // Other signers are asked, and know what they sign.
    let other = request("b", "example.com/a", "system:masters").to_string();
    assert_eq!(admin.post(REQUESTS, &other).await.code, 201);
    let mistaken = request("c", CLIENT, "system:masters")
        .to_string()
        .replace("client auth", "bogus");
    assert_eq!(
        admin.post(REQUESTS, &mistaken).await.code,
        422,
        "what is wrong comes first"
    );
}

#[tokio::test]
async fn to_approve_takes_a_right_to_the_signer() {
    let (_live, mut admin, mut jane) = people().await;
    for name in ["a", "b"] {
        let made = admin
            .post(REQUESTS, &request(name, CLIENT, "devs").to_string())
            .await;
        assert_eq!(made.code, 201, "{}", made.text());
    }
    let update = rule(&["update", "patch"], "certificatesigningrequests/approval", &[]);
    give(
        &mut admin,
        "approving",
        &[update, rule(&["get"], "certificatesigningrequests", &[])],
    )
    .await;
    crate::rights::until(&mut jane, &format!("{REQUESTS}/a"), 200).await;
    let path = format!("{REQUESTS}/a/approval");
    let approved = with_conditions(shown(&mut admin, "a").await, &["Approved"]);
    let refused = put(&mut jane, &path, &approved).await;
    assert_eq!(refused.code, 403);
    assert_eq!(
        refused.message(),
        "certificatesigningrequests.certificates.k8s.io \"a\" is forbidden: user not permitted to approve requests \
         with signerName \"kubernetes.io/kube-apiserver-client\""
    );
    // A right to another signer, and one to sign, are none to approve this one.
    let others = [
        rule(
            &["approve"],
            "signers",
            &["kubernetes.io/kubelet-serving", "example.com/*"],
        ),
        rule(&["sign"], "signers", &[CLIENT]),
    ];
    give(&mut admin, "others", &others).await;
    give(
        &mut admin,
        "marker",
        &[rule(&["get"], "certificatesigningrequests/status", &[])],
    )
    .await;
    crate::rights::until(&mut jane, &format!("{REQUESTS}/a/status"), 200).await;
    assert_eq!(put(&mut jane, &path, &approved).await.code, 403);
    // By the name of the signer, or by that of its domain.
    give(&mut admin, "one", &[rule(&["approve"], "signers", &[CLIENT])]).await;
    let done = put_allowed(&mut jane, &path, &approved).await;
    assert_eq!(done["status"]["conditions"][0]["type"], "Approved");
    assert!(done["status"]["conditions"][0]["lastUpdateTime"].is_string());
    // Nothing but conditions goes this way, and what was decided stays.
    let mut more = with_conditions(done.clone(), &["Approved"]);
    more["status"]["certificate"] = json!(STANDARD.encode("x"));
    more["spec"]["usages"] = json!(["server auth"]);
    let kept = put_allowed(&mut jane, &path, &more).await;
    assert_eq!(kept["spec"], done["spec"]);
    assert_eq!(kept["status"]["certificate"], Value::Null);
    let undone = put(&mut jane, &path, &with_conditions(kept, &["Denied"])).await;
    assert_eq!(undone.code, 422);
    assert_eq!(
        undone.message(),
        "CertificateSigningRequest.certificates.k8s.io \"a\" is invalid: status.conditions: Forbidden: updates may \
         not remove a condition of type \"Approved\""
    );
    let admin_of = rule(&["approve"], "signers", &["kubernetes.io/*"]);
    let taken = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/one";
    assert_eq!(admin.ask("DELETE", taken, &[], "").await.code, 200);
    give(&mut admin, "domain", &[admin_of]).await;
    let denied = with_conditions(shown(&mut admin, "b").await, &["Denied"]);
    put_allowed(&mut jane, &format!("{REQUESTS}/b/approval"), &denied).await;
}

#[tokio::test]
async fn to_sign_takes_a_right_to_the_signer() {
    let (live, mut admin, mut jane) = people().await;
    assert_eq!(
        admin
            .post(REQUESTS, &request("a", CLIENT, "devs").to_string())
            .await
            .code,
        201
    );
    let approved = with_conditions(shown(&mut admin, "a").await, &["Approved"]);
    put_allowed(&mut admin, &format!("{REQUESTS}/a/approval"), &approved).await;
    let write = rule(
        &["update", "patch", "get"],
        "certificatesigningrequests/status",
        &[],
    );
    give(&mut admin, "writing", &[write]).await;
    let path = format!("{REQUESTS}/a/status");
    crate::rights::until(&mut jane, &path, 200).await;
    let mut signed = shown(&mut admin, "a").await;
    let pem = live.ca.pem();
    signed["status"]["certificate"] = json!(STANDARD.encode(&pem));
    let failed = {
        let mut failed = shown(&mut admin, "a").await;
        let all = failed["status"]["conditions"].as_array_mut().unwrap();
        all.push(json!({"type": "Failed", "status": "True"}));
        failed
    };
    for change in [&signed, &failed] {
        let refused = put(&mut jane, &path, change).await;
        assert_eq!(refused.code, 403);
        assert_eq!(
            refused.message(),
            "certificatesigningrequests.certificates.k8s.io \"a\" is forbidden: user not permitted to sign requests \
             with signerName \"kubernetes.io/kube-apiserver-client\""
        );
    }
    // What changes nothing takes no right to the signer.
    let same = shown(&mut admin, "a").await;
    assert_eq!(put(&mut jane, &path, &same).await.code, 200);
    give(&mut admin, "signing", &[rule(&["sign"], "signers", &[CLIENT])]).await;
    let done = put_allowed(&mut jane, &path, &signed).await;
    assert_eq!(done["status"]["certificate"], json!(STANDARD.encode(&pem)));
    let mut other = done.clone();
    other["status"]["certificate"] = json!(STANDARD.encode(format!("{pem}{pem}")));
    let refused = put(&mut jane, &path, &other).await;
    assert_eq!(
        refused.message(),
        "CertificateSigningRequest.certificates.k8s.io \"a\" is invalid: status.certificate: Forbidden: updates may \
         not modify existing certificate content"
    );
    let approving = with_conditions(shown(&mut admin, "a").await, &["Approved", "Denied"]);
    let refused = put(&mut jane, &path, &approving).await;
    assert_eq!(refused.code, 422);
    assert!(
        refused
            .message()
            .contains("updates may not add a condition of type \"Denied\"")
    );
    let table = admin.ask("GET", REQUESTS, &[("accept", TABLE)], "").await.json();
    assert_eq!(table["rows"][0]["cells"][5], "Approved,Issued");
}
