//! Objects, in every form and verb.

use serde_json::{Value, json};

use crate::harness::Live;

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

#[tokio::test]
async fn a_secret_is_made_read_changed_and_removed() {
    let live = Live::start().await;
    for mut client in [live.admin().await, live.admin_second().await] {
        let made = client.secret("one", "value").await;
        assert_eq!(made.code, 201, "{}", made.text());
        let read = client.get(&format!("{SECRETS}/one")).await;
        assert_eq!(
            (read.code, &read.json()["data"]),
            (200, &json!({ "a": "dmFsdWU=" }))
        );
        assert_eq!(read.headers["cache-control"], "no-cache, private");
        assert_eq!(read.headers["content-type"], "application/json");
        assert!(read.headers.contains_key("audit-id"));
        let patched = client
            .ask(
                "PATCH",
                &format!("{SECRETS}/one"),
                &[("content-type", "application/merge-patch+json")],
                r#"{"metadata":{"labels":{"x":"y"}}}"#,
            )
            .await;
        assert_eq!(
            (patched.code, &patched.json()["metadata"]["labels"]),
            (200, &json!({ "x": "y" }))
        );
        let mut object = patched.json();
        object["data"] = json!({ "b": "Yg==" });
        let put = client
            .ask(
                "PUT",
                &format!("{SECRETS}/one"),
                &[("content-type", "application/json")],
                object.to_string(),
            )
            .await;
        assert_eq!((put.code, &put.json()["data"]), (200, &json!({ "b": "Yg==" })));
        let removed = client.ask("DELETE", &format!("{SECRETS}/one"), &[], "").await;
        assert_eq!(
            (removed.code, &removed.json()["status"]),
            (200, &json!("Success"))
        );
        let gone = client.get(&format!("{SECRETS}/one")).await;
        assert_eq!(
            (gone.code, gone.message().as_str()),
            (404, "secrets \"one\" not found")
        );
    }
}

#[tokio::test]
async fn answers_come_in_the_form_asked_for() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    client.secret("one", "value").await;
    let path = format!("{SECRETS}/one");
    let yaml = client
        .ask("GET", &path, &[("accept", "application/yaml")], "")
        .await;
    assert!(
        yaml.text()
            .starts_with("apiVersion: v1\ndata:\n  a: dmFsdWU=\nkind: Secret\n"),
        "{}",
        yaml.text()
    );
    let pretty = client.get(&format!("{path}?pretty=true")).await;
    assert!(
        pretty.text().starts_with("{\n  \"kind\": \"Secret\",\n"),
        "{}",
        pretty.text()
    );
    let table = client.ask("GET", &path, &[("accept", TABLE)], "").await.json();
    assert_eq!(
        (&table["kind"], &table["rows"][0]["cells"][0]),
        (&json!("Table"), &json!("one"))
    );
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
    let refused = client
        .ask("GET", &path, &[("accept", "application/xml")], "")
        .await;
    assert_eq!(refused.code, 406);
    let list = client
        .ask("GET", SECRETS, &[("accept", "application/yaml")], "")
        .await;
    assert!(
        list.text()
            .starts_with("apiVersion: v1\nitems:\n- data:\n    a: dmFsdWU=\n"),
        "{}",
        list.text()
    );
    assert!(
        list.text()
            .contains("\nkind: SecretList\nmetadata:\n  resourceVersion: "),
        "{}",
        list.text()
    );
}

#[tokio::test]
async fn some_kinds_are_answered_as_they_were_when_removed_and_others_with_a_status() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let in_default = "/api/v1/namespaces/default";
    let accounts = format!("{in_default}/serviceaccounts");
    let body = r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","labels":{"x":"y"}}}"#;
    let made = client.post(&accounts, body).await.json();
    let revision = |object: &Value| -> u64 {
        object["metadata"]["resourceVersion"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    };
    let dry = client
        .ask("DELETE", &format!("{accounts}/a?dryRun=All"), &[], "")
        .await;
    assert_eq!((dry.code, dry.json()), (200, made.clone()));
    let mut gone = client
        .ask("DELETE", &format!("{accounts}/a"), &[], "")
        .await
        .json();
    assert!(
        revision(&gone) > revision(&made),
        "the revision is the deletion's"
    );
    gone["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"].clone();
    assert_eq!(gone, made);
    assert_eq!(client.get(&format!("{accounts}/a")).await.code, 404);
    let quotas = format!("{in_default}/resourcequotas");
    let body = r#"{"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"q"}}"#;
    client.post(&quotas, body).await;
    let gone = client.ask("DELETE", &format!("{quotas}/q"), &[], "").await;
    assert_eq!(gone.json()["kind"], "ResourceQuota");

    client.secret("a", "v").await;
    let body = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#;
    client.post(&format!("{in_default}/configmaps"), body).await;
    for path in ["secrets/a", "configmaps/a"] {
        for query in ["?dryRun=All", ""] {
            let status = client
                .ask("DELETE", &format!("{in_default}/{path}{query}"), &[], "")
                .await
                .json();
            assert_eq!(
                (&status["kind"], &status["status"]),
                (&json!("Status"), &json!("Success"))
            );
        }
    }
    client
        .post(
            "/api/v1/namespaces",
            r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}}"#,
        )
        .await;
    let namespace = client.ask("DELETE", "/api/v1/namespaces/n", &[], "").await.json();
    assert_eq!(namespace["status"]["phase"], "Terminating");
}

#[tokio::test]
async fn owners_given_twice_are_kept_once_with_a_warning() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let owner = client.secret("owner", "v").await.json()["metadata"]["uid"].clone();
    let refers = json!({ "apiVersion": "v1", "kind": "Secret", "name": "owner", "uid": owner });
    let mut controls = refers.clone();
    controls["controller"] = json!(true);
    let three = json!([refers, refers, controls]);
    let two = json!([refers, controls]);
    let mut object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a", "ownerReferences": three } });
    let maps = "/api/v1/namespaces/default/configmaps";
    let owner = owner.as_str().unwrap();
    let early = format!(
        "299 - \".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and \
         may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {owner}\""
    );
    let late = early.replace("entries;", "entries after mutating admission happens;");
    let media = [("content-type", "application/json")];
    let created = client.ask("POST", maps, &media, object.to_string()).await;
    object["data"] = json!({ "k": "v" });
    let updated = client
        .ask("PUT", &format!("{maps}/a"), &media, object.to_string())
        .await;
    let merge = [("content-type", "application/merge-patch+json")];
    let patch = json!({ "metadata": { "ownerReferences": three } }).to_string();
    let patched = client.ask("PATCH", &format!("{maps}/a"), &merge, patch).await;
    for (answer, warning) in [(created, &early), (updated, &early), (patched, &late)] {
        let warnings: Vec<_> = answer.headers.get_all("warning").iter().collect();
        assert_eq!(warnings, [warning], "{}", answer.text());
        assert_eq!(answer.json()["metadata"]["ownerReferences"], two);
    }
    let fields = client.get(&format!("{maps}/a")).await.json();
    let owned = fields["metadata"]["managedFields"].to_string();
    assert!(owned.contains("f:ownerReferences"), "{owned}");
}

#[tokio::test]
async fn namespaces_are_not_selected_by_a_field_that_is_none() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let answer = client
        .get("/api/v1/namespaces?fieldSelector=name%3Ddefault")
        .await;
    assert_eq!(
        (answer.code, answer.message().as_str()),
        (400, "field label not supported: name")
    );
    let by_phase = client
        .get("/api/v1/namespaces?fieldSelector=status.phase%3DActive")
        .await;
    assert_eq!(by_phase.code, 200);
}

#[tokio::test]
async fn metadata_never_carries_the_last_applied_configuration() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let body = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"one","annotations":{
        "kubectl.kubernetes.io/last-applied-configuration":"{\"stringData\":{\"a\":\"canary\"}}"}}}"#;
    let made = client.post(SECRETS, body).await;
    assert_eq!(made.code, 201);
    assert!(
        made.headers.contains_key("warning"),
        "a Secret that carries itself is warned about"
    );
    for (path, accept) in [
        (format!("{SECRETS}/one"), METADATA),
        (format!("{SECRETS}/one"), TABLE),
        (SECRETS.to_owned(), TABLE),
        (
            SECRETS.to_owned(),
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        ),
        (format!("{SECRETS}?watch=1&timeoutSeconds=1"), METADATA),
    ] {
        let answer = client.ask("GET", &path, &[("accept", accept)], "").await;
        assert_eq!(answer.code, 200, "{path} {accept}");
        assert!(
            answer.text().contains("one") && !answer.text().contains("canary"),
            "{path} {accept}"
        );
    }
}

#[tokio::test]
async fn unknown_fields_are_warned_about_or_refused() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let body = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"cf"},"Data":{"a":"YQ=="}}"#;
    let made = client.post(SECRETS, body).await;
    assert_eq!(made.code, 201);
    assert_eq!(made.headers["warning"], r#"299 - "unknown field \"Data\"""#);
    let strict = client
        .post(&format!("{SECRETS}?fieldValidation=Strict"), body)
        .await;
    assert_eq!(strict.code, 400);
    assert!(
        strict
            .message()
            .contains("strict decoding error: unknown field \"Data\"")
    );
}

#[tokio::test]
async fn server_side_apply_in_cbor_is_refused_by_its_media_type() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let apply = [("content-type", "application/apply-patch+cbor")];
    let answer = client
        .ask("PATCH", &format!("{SECRETS}/x?fieldManager=m"), &apply, "{}")
        .await;
    assert_eq!(
        (answer.code, &answer.json()["reason"]),
        (415, &json!("UnsupportedMediaType"))
    );
}

#[tokio::test]
async fn an_object_may_be_sent_as_protobuf() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let protobuf = [
        ("content-type", "application/vnd.kubernetes.protobuf"),
        ("accept", "application/json"),
    ];
    // What kubectl 1.32 sends for `create secret generic s1 --from-literal=a=b`.
    let body =
        b"k8s\0\x0a\x0c\x0a\x02v1\x12\x06Secret\x12\x1e\x0a\x12\x0a\x02s1\x12\0\x1a\0\"\0*\x002\x008\0B\0\
        \x12\x06\x0a\x01a\x12\x01b\x1a\0\x1a\0\"\0";
    let made = client.ask("POST", SECRETS, &protobuf, &body[..]).await;
    assert_eq!((made.code, &made.json()["data"]), (201, &json!({ "a": "Yg==" })));
    let junk = client.ask("POST", SECRETS, &protobuf, "{}").await;
    assert_eq!(junk.code, 400);
    assert!(junk.message().contains("expected prefix [107 56 115 0]"));
    let other = client
        .ask(
            "POST",
            "/api/v1/namespaces/default/configmaps",
            &protobuf,
            &body[..],
        )
        .await;
    assert_eq!(
        (
            other.code,
            other
                .message()
                .contains("converting (v1.Secret) to (core.ConfigMap): unknown conversion")
        ),
        (400, true)
    );
}

#[tokio::test]
async fn metadata_of_a_list_is_no_metadata_of_an_object() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let secrets = "/api/v1/namespaces/default/secrets";
    let ask = |kind: &str| format!("application/json;as={kind};g=meta.k8s.io;v=v1,application/json");
    let one = ask("PartialObjectMetadata");
    let refused = client.ask("GET", secrets, &[("accept", &one)], "").await;
    assert_eq!(refused.code, 406);
    assert_eq!(
        refused.message(),
        "you requested PartialObjectMetadata, but the requested object is a list (*core.SecretList)"
    );
    let list = ask("PartialObjectMetadataList");
    let account = "/api/v1/namespaces/default/serviceaccounts/default";
    let refused = client.ask("GET", account, &[("accept", &list)], "").await;
    assert_eq!(
        refused.message(),
        "you requested PartialObjectMetadataList, but the requested object is not a list (*core.ServiceAccount)"
    );
}
