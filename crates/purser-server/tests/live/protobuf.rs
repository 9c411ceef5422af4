//! Answers, bodies and watches in protobuf, as client-go sends and reads them.

use std::io::Read as _;

use bytes::Bytes;
use http_body_util::BodyExt;
use purser_types::decode::{self, BodyFormat, FieldValidation};
use purser_types::proto::{self, document_protobuf};
use purser_types::resource::SECRETS;
use purser_types::schema::DELETE_OPTIONS;
use purser_types::{Object, Resource};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Live};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const SECRETS_PATH: &str = "/api/v1/namespaces/default/secrets";
const MAPS_PATH: &str = "/api/v1/namespaces/default/configmaps";

/// A reader of the wire format of its own: number and content of each field of wire type 2.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let (first, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            shift += 7;
            if *first < 0x80 {
                return value;
            }
        }
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = varint(&mut bytes);
        match key & 7 {
            0 => {}
            2 => {
                let (content, rest) = bytes.split_at(usize::try_from(value).unwrap());
                fields.push((key >> 3, content.to_vec()));
                bytes = rest;
            }
            other => panic!("wire type {other}"),
        }
    }
    fields
}

fn all(message: &[u8], wanted: u64) -> Vec<Vec<u8>> {
    let fields = fields(message);
    fields
        .into_iter()
        .filter(|(tag, _)| *tag == wanted)
        .map(|(_, content)| content)
        .collect()
}

fn one(message: &[u8], wanted: u64) -> Vec<u8> {
    let mut found = all(message, wanted);
    assert_eq!(found.len(), 1, "field {wanted}");
    found.remove(0)
}

fn text(message: &[u8], wanted: u64) -> String {
    String::from_utf8(one(message, wanted)).unwrap()
}

/// Kind and content of an answer.
fn opened(answer: &[u8]) -> (String, Vec<u8>) {
    let unknown = answer.strip_prefix(b"k8s\0").unwrap();
    let meta = one(unknown, 1);
    (format!("{} {}", text(&meta, 1), text(&meta, 2)), one(unknown, 2))
}

async fn get(client: &mut Client, path: &str) -> Answer {
    let answer = client.ask("GET", path, &[("accept", PROTOBUF)], "").await;
    assert_eq!(answer.headers["content-type"], PROTOBUF, "{path}");
    answer
}

fn as_json(resource: &'static Resource, answer: &[u8]) -> Value {
    let read = decode::object(resource, BodyFormat::Protobuf, answer, FieldValidation::Strict);
    let (object, _) = read.unwrap();
    let mut out = Vec::new();
    purser_types::json::write_object(&object, &mut out);
    serde_json::from_slice(&out).unwrap()
}

fn secret(name: &str) -> Bytes {
    let mut object = Object::new(&SECRETS);
    object.set_meta_str("name", name);
    object.set(
        "data",
        Some(purser_types::Value::Map(
            [(
                "a".into(),
                purser_types::Value::Bytes(purser_types::Plaintext::new(b"1".to_vec())),
            )]
            .into(),
        )),
    );
    Bytes::from(proto::answer_protobuf(&object).expose().to_vec())
}

#[tokio::test]
async fn an_object_goes_in_and_out() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let both = [("accept", PROTOBUF), ("content-type", PROTOBUF)];
    let created = client.ask("POST", SECRETS_PATH, &both, secret("s")).await;
    assert_eq!(
        (created.code, &created.headers["content-type"]),
        (201, &PROTOBUF.parse().unwrap())
    );
    let path = format!("{SECRETS_PATH}/s");
    let found = get(&mut client, &path).await;
    assert_eq!(found.body, created.body, "what is kept is what was answered");
    assert_eq!(as_json(&SECRETS, &found.body), client.get(&path).await.json());
    let updated = client.ask("PUT", &path, &both, found.body.clone()).await;
    assert_eq!((updated.code, updated.body), (200, found.body));
    let patch = [
        ("accept", PROTOBUF),
        ("content-type", "application/merge-patch+json"),
    ];
    let patched = client
        .ask("PATCH", &path, &patch, r#"{"metadata":{"labels":{"x":"y"}}}"#)
        .await;
    assert_eq!(
        as_json(&SECRETS, &patched.body)["metadata"]["labels"],
        json!({ "x": "y" })
    );
    let refused = [("accept", PROTOBUF), ("content-type", PROTOBUF)];
    let refused = client.ask("PATCH", &path, &refused, secret("s")).await;
    assert_eq!(refused.code, 415);
}

#[tokio::test]
async fn statuses_are_protobuf_too() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let missing = get(&mut client, &format!("{SECRETS_PATH}/none")).await;
    let (kind, status) = opened(&missing.body);
    assert_eq!((missing.code, &*kind), (404, "v1 Status"));
    assert_eq!(
        [text(&status, 2), text(&status, 3), text(&status, 4)],
        ["Failure", "secrets \"none\" not found", "NotFound"]
    );
    assert_eq!(text(&one(&status, 5), 1), "none");

    client.secret("s", "v").await;
    let path = format!("{SECRETS_PATH}/s");
    let both = [("accept", PROTOBUF), ("content-type", PROTOBUF)];
    let options = |uid: &str| {
        // Each group has delete options of its own.
        let options =
            json!({ "kind": "DeleteOptions", "apiVersion": "apps/v1", "preconditions": { "uid": uid } });
        document_protobuf(&DELETE_OPTIONS, options.to_string().as_bytes()).unwrap()
    };
    let conflict = client.ask("DELETE", &path, &both, options("x")).await;
    assert_eq!(
        (conflict.code, text(&opened(&conflict.body).1, 4)),
        (409, "Conflict".to_owned())
    );
    let uid = client.get(&path).await.json()["metadata"]["uid"]
        .as_str()
        .unwrap()
        .to_owned();
    let gone = client.ask("DELETE", &path, &both, options(&uid)).await;
    let (kind, status) = opened(&gone.body);
    assert_eq!(
        (gone.code, &*kind, &*text(&status, 2)),
        (200, "v1 Status", "Success")
    );
    assert_eq!(text(&one(&status, 5), 6), uid);
}

/// More than is kept from measuring a list to sending it.
async fn many_maps(client: &mut Client) -> usize {
    let count = 60;
    for index in 0..count {
        let body = json!({
            "metadata": { "name": format!("m{index}") }, "data": { "a": "x".repeat(7_000 + index) }
        });
        assert_eq!(client.post(MAPS_PATH, &body.to_string()).await.code, 201);
    }
    count
}

#[tokio::test]
async fn a_list_holds_every_item() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let count = many_maps(&mut client).await;
    let plain = client.get(MAPS_PATH).await.json();
    let list = get(&mut client, MAPS_PATH).await;
    let (kind, raw) = opened(&list.body);
    assert_eq!(kind, "v1 ConfigMapList");
    assert_eq!(
        text(&one(&raw, 1), 2),
        plain["metadata"]["resourceVersion"].as_str().unwrap()
    );
    let items = all(&raw, 2);
    assert_eq!(items.len(), plain["items"].as_array().unwrap().len());
    assert!(items.len() >= count);
    for (item, plain) in items.iter().zip(plain["items"].as_array().unwrap()) {
        let metadata = one(item, 1);
        assert_eq!(text(&metadata, 1), plain["metadata"]["name"].as_str().unwrap());
        assert_eq!(
            text(&metadata, 6),
            plain["metadata"]["resourceVersion"].as_str().unwrap()
        );
        let data: Vec<_> = all(item, 2)
            .iter()
            .map(|entry| (text(entry, 1), text(entry, 2)))
            .collect();
        let expected = plain["data"].as_object().unwrap();
        let expected: Vec<_> = expected
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(data, expected);
    }
    let page = get(&mut client, &format!("{MAPS_PATH}?limit=1")).await;
    let meta = one(&opened(&page.body).1, 1);
    assert!(!text(&meta, 3).is_empty(), "a token to go on with");
}

#[tokio::test]
async fn metadata_is_listed_in_both_versions_and_without_copies_of_values() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let body = json!({ "metadata": { "name": "s", "annotations": {
        "kubectl.kubernetes.io/last-applied-configuration": "the value" } } });
    client.post(SECRETS_PATH, &body.to_string()).await;
    for (version, metadata, items) in [("v1", 1, 2), ("v1beta1", 2, 1)] {
        let ask = |kind| format!("{PROTOBUF};as={kind};g=meta.k8s.io;v={version},application/json");
        let accept = ask("PartialObjectMetadataList");
        let list = client.ask("GET", SECRETS_PATH, &[("accept", &accept)], "").await;
        let (kind, raw) = opened(&list.body);
        assert_eq!(kind, format!("meta.k8s.io/{version} PartialObjectMetadataList"));
        assert!(!text(&one(&raw, metadata), 2).is_empty());
        assert_eq!(text(&one(&one(&raw, items), 1), 1), "s");
        let accept = ask("PartialObjectMetadata");
        let one_of = client
            .ask("GET", &format!("{SECRETS_PATH}/s"), &[("accept", &accept)], "")
            .await;
        let (kind, raw) = opened(&one_of.body);
        assert_eq!(kind, format!("meta.k8s.io/{version} PartialObjectMetadata"));
        assert_eq!(text(&one(&raw, 1), 1), "s");
        for answer in [list, one_of] {
            assert!(!answer.body.windows(9).any(|bytes| bytes == b"the value"));
        }
    }
    let accept =
        format!("{PROTOBUF};as=Table;g=meta.k8s.io;v=v1,application/json;as=Table;g=meta.k8s.io;v=v1");
    let table = client.ask("GET", SECRETS_PATH, &[("accept", &accept)], "").await;
    assert_eq!(table.json()["kind"], "Table");
}

#[tokio::test]
async fn a_watch_sends_frames_with_their_length() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    client.secret("s", "1").await;
    let path = format!("{SECRETS_PATH}?watch=1&timeoutSeconds=1&allowWatchBookmarks=1");
    let watch = client.open("GET", &path, &[("accept", PROTOBUF)], "").await;
    assert_eq!(
        watch.headers()["content-type"],
        "application/vnd.kubernetes.protobuf;stream=watch"
    );
    let bytes = watch.into_body().collect().await.unwrap().to_bytes();
    let mut rest = &bytes[..];
    let mut kinds = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest.split_at(4);
        let length = u32::from_be_bytes(length.try_into().unwrap());
        let (event, after) = after.split_at(usize::try_from(length).unwrap());
        rest = after;
        let object = one(&one(event, 2), 1);
        assert_eq!(opened(&object).0, "v1 Secret");
        kinds.push(text(event, 1));
    }
    assert_eq!(kinds.first().unwrap(), "ADDED");
    let expired = client
        .ask(
            "GET",
            &format!("{SECRETS_PATH}?watch=1&resourceVersion=x"),
            &[("accept", PROTOBUF)],
            "",
        )
        .await;
    assert_eq!(
        (expired.code, opened(&expired.body).0),
        (400, "v1 Status".to_owned())
    );
}

#[tokio::test]
async fn large_answers_are_compressed_unless_they_hold_values() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    many_maps(&mut client).await;
    for accept in ["application/json", "application/yaml", PROTOBUF] {
        let headers = [("accept", accept), ("accept-encoding", "gzip")];
        let compressed = client.ask("GET", MAPS_PATH, &headers, "").await;
        assert_eq!(compressed.headers["content-encoding"], "gzip");
        assert_eq!(compressed.headers["vary"], "Accept-Encoding");
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(&compressed.body[..])
            .read_to_end(&mut bytes)
            .unwrap();
        let plain = client.ask("GET", MAPS_PATH, &headers[..1], "").await;
        assert_eq!(plain.headers.get("content-encoding"), None);
        assert!(bytes == plain.body, "{accept}");
        let small = client.ask("GET", &format!("{MAPS_PATH}/m0"), &headers, "").await;
        assert_eq!(small.headers.get("content-encoding"), None);
    }
    client.secret("s", &"x".repeat(200_000)).await;
    for path in [SECRETS_PATH.to_owned(), format!("{SECRETS_PATH}/s")] {
        let secrets = client.ask("GET", &path, &[("accept-encoding", "gzip")], "").await;
        assert_eq!(secrets.headers.get("content-encoding"), None);
        assert!(secrets.body.len() > 200_000);
    }
}

#[tokio::test]
async fn compressed_bodies_are_not_read() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let answer = client
        .ask("POST", MAPS_PATH, &headers, &b"\x1f\x8b\x08\0"[..])
        .await;
    assert_eq!(answer.code, 400);
}

#[tokio::test]
async fn discovery_and_openapi_are_protobuf_too() {
    let live = Live::start().await;
    let mut client = live.admin().await;
    for (path, kind) in [
        ("/api", "v1 APIVersions"),
        ("/apis", "v1 APIGroupList"),
        ("/api/v1", "v1 APIResourceList"),
    ] {
        assert_eq!(opened(&get(&mut client, path).await.body).0, kind);
    }
    let resources = opened(&get(&mut client, "/api/v1").await.body).1;
    let secrets = all(&resources, 2)
        .into_iter()
        .find(|resource| text(resource, 1) == "secrets")
        .unwrap();
    assert_eq!(all(&one(&secrets, 4), 1).len(), 8, "verbs");
    assert_eq!(text(&secrets, 10), "S6u1pOWzb84=");
    for version in ["v2", "v2beta1"] {
        let wanted = format!("{PROTOBUF};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
        let answer = client.ask("GET", "/api", &[("accept", &wanted)], "").await;
        assert_eq!(answer.headers["content-type"], wanted);
        assert_eq!(
            opened(&answer.body).0,
            format!("apidiscovery.k8s.io/{version} APIGroupDiscoveryList")
        );
        let tag = answer.headers["etag"].to_str().unwrap().to_owned();
        let again = client
            .ask("GET", "/api", &[("accept", &wanted), ("if-none-match", &tag)], "")
            .await;
        assert_eq!(again.code, 304);
    }
    let accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    let openapi = client.ask("GET", "/openapi/v2", &[("accept", accept)], "").await;
    assert_eq!(text(&openapi.body, 1), "2.0");
    let names: Vec<_> = all(&one(&openapi.body, 9), 1)
        .iter()
        .map(|named| text(named, 1))
        .collect();
    assert!(names.iter().any(|name| name == "io.k8s.api.core.v1.Secret"));
    let date = openapi.headers["last-modified"].to_str().unwrap().to_owned();
    let again = client
        .ask(
            "GET",
            "/openapi/v2",
            &[("accept", accept), ("if-modified-since", &date)],
            "",
        )
        .await;
    assert_eq!((again.code, again.body.len()), (304, 0));
}
