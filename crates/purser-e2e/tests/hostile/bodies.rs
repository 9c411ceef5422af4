//! Bodies and requests that are wrong.

use bytes::Bytes;
use http::{Method, Request};
use purser_e2e::{Answer, Client, Purser};
use serde_json::{Value, json};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
/// The server's limit on a body.
const BODY: usize = 3 * 1024 * 1024;

async fn post(client: &Client, media: &str, body: impl Into<Bytes>) -> Answer {
    client.body(Method::POST, SECRETS, media, body).await
}

/// A refusal is a `Status` with the code, and a sentence without our insides.
fn refusal(answer: &Answer, code: u16) -> String {
    assert_eq!(answer.status, code, "{}", answer.text());
    let status = answer.json();
    assert_eq!(
        (&status["kind"], &status["status"]),
        (&json!("Status"), &json!("Failure")),
        "{status}"
    );
    assert_eq!(status["code"], code, "{status}");
    let message = status["message"].as_str().unwrap_or_default().to_owned();
    assert!(
        !message.contains("panick") && !message.contains(".rs"),
        "{message}"
    );
    message
}

async fn still_serves(purser: &Purser) {
    assert_eq!(purser.admin().get("/readyz").await.status, 200);
    assert_eq!(purser.admin().get(SECRETS).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused_whether_or_not_it_says_its_length() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let message = refusal(&post(&admin, JSON, vec![b' '; BODY + 1]).await, 413);
    assert_eq!(message, "Request entity too large: limit is 3145728");
    let outcome = chunked(&admin, BODY + 64 * 1024).await;
    assert!(outcome.starts_with("HTTP/1.1 413"), "{outcome}");
    assert_eq!(
        post(&admin, JSON, vec![b' '; BODY]).await.status,
        400,
        "at the limit it is read, and is no JSON"
    );
    still_serves(&purser).await;
}

/// Sends a chunked body of at least `bytes`, and gives the first line of the answer.
async fn chunked(client: &Client, bytes: usize) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let tls = client.connect(&["http/1.1"]).await.expect("TLS opens");
    let (mut read, mut write) = tokio::io::split(tls);
    let head = format!(
        "POST {SECRETS} HTTP/1.1\r\nhost: a\r\ncontent-type: {JSON}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    write.write_all(head.as_bytes()).await.expect("the head is taken");
    let writer = tokio::spawn(async move {
        let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
        for _ in 0..=bytes / 0x4000 {
            if write.write_all(chunk.as_bytes()).await.is_err() {
                return;
            }
        }
        let _ = write.write_all(b"0\r\n\r\n").await;
        let _ = write.flush().await;
    });
    let mut answer = vec![0; 4096];
    let length = read.read(&mut answer).await.unwrap_or(0);
    writer.abort();
    String::from_utf8_lossy(&answer[..length])
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nesting_a_thousand_and_a_million_deep_is_an_error_and_no_crash() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    for depth in [1_000, 1_000_000] {
        let nested = format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{{\"name\":\"deep\"}},\"x\":{}{}}}",
            "[".repeat(depth),
            "]".repeat(depth)
        );
        assert_eq!(post(&admin, JSON, nested).await.status, 400, "{depth}");
        let objects = format!(
            "{}1{}",
            "{\"a\":".repeat(depth.min(500_000)),
            "}".repeat(depth.min(500_000))
        );
        assert_eq!(post(&admin, JSON, objects).await.status, 400, "{depth}");
        let yaml = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: y}}\nx: {}{}\n",
            "[".repeat(depth),
            "]".repeat(depth)
        );
        assert_eq!(post(&admin, YAML, yaml).await.status, 400, "{depth}");
    }
    let patch = format!("{}1{}", "{\"data\":".repeat(10_000), "}".repeat(10_000));
    admin.post(SECRETS, &json!({"metadata": {"name": "p"}})).await;
    for media in [
        "application/merge-patch+json",
        "application/strategic-merge-patch+json",
        "application/json-patch+json",
    ] {
        let answer = admin
            .body(Method::PATCH, &format!("{SECRETS}/p"), media, patch.clone())
            .await;
        assert!(
            matches!(answer.status.as_u16(), 400 | 422),
            "{media}: {}",
            answer.text()
        );
    }
    still_serves(&purser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn yaml_that_unfolds_into_gigabytes_is_refused_before_it_does() {
    let purser = Purser::start().await;
    let before = purser.resident();
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    bomb.push_str("apiVersion: v1\nkind: Secret\nmetadata: {name: bomb}\n");
    let answer = post(&purser.admin(), YAML, bomb).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(
        purser.resident() < before + 200_000_000,
        "{} → {}",
        before,
        purser.resident()
    );
    still_serves(&purser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_media_type_is_refused_each_way() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    for media in [
        "text/plain",
        "application/xml",
        "application/json2",
        "nonsense",
        "application/cbor",
    ] {
        let message = refusal(&post(&admin, media, "{}").await, 415);
        assert!(
            message.contains("the body of the request was in an unknown format"),
            "{message}"
        );
    }
    let read = |accept: &str| {
        Request::get(SECRETS)
            .header("accept", accept)
            .body(Bytes::new())
            .unwrap()
    };
    for accept in [
        "application/xml",
        "text/plain",
        "application/*",
        "application/json;as=Table;v=v9;g=meta.k8s.io",
    ] {
        refusal(&admin.send(read(accept)).await, 406);
    }
    for accept in [
        "*/*",
        "application/xml, application/json;q=0.5",
        "application/yaml",
        "",
    ] {
        assert_eq!(admin.send(read(accept)).await.status, 200, "{accept}");
    }
    let patched = admin
        .body(Method::PATCH, &format!("{SECRETS}/x"), JSON, "{}")
        .await;
    refusal(&patched, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_are_handled() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let broken = b"{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"u8\"},\"stringData\":{\"a\":\"\xff\"}}";
    let made = post(&admin, JSON, broken.to_vec()).await;
    assert_eq!(
        (made.status.as_u16(), &made.json()["data"]["a"]),
        (201, &json!("77+9")),
        "as Go reads it"
    );
    let yaml = b"apiVersion: v1\nkind: Secret\nmetadata: {name: y8}\nstringData: {a: \"\xff\"}\n";
    assert_eq!(post(&admin, YAML, yaml.to_vec()).await.status, 400);
    for body in [
        &b"\x00\x01\x02"[..],
        b"\xef\xbb\xbf{}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"\x00\":1}",
    ] {
        let answer = post(&admin, JSON, body.to_vec()).await;
        assert!(answer.status.is_client_error(), "{body:?}: {}", answer.text());
    }
    still_serves(&purser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_do_not_fit_are_errors() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    for (number, status) in [
        ("1e999", 400),
        ("99999999999999999999999999", 400),
        ("-0", 201),
        ("1.5", 400),
        ("9223372036854775808", 400),
    ] {
        let body = format!("{{\"metadata\":{{\"name\":\"n\",\"generation\":{number}}}}}");
        let answer = post(&admin, JSON, body).await;
        assert_eq!(answer.status, status, "{number}: {}", answer.text());
    }
    let long = format!(
        "{{\"metadata\":{{\"name\":\"n\",\"generation\":{}}}}}",
        "9".repeat(1_000_000)
    );
    assert_eq!(post(&admin, JSON, long).await.status, 400);
    still_serves(&purser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_and_paths_that_do_not_exist_are_not_found() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let message = refusal(
        &post(&admin, JSON, r#"{"apiVersion":"v1","kind":"Nope"}"#).await,
        400,
    );
    assert!(
        message.contains("no kind \"Nope\" is registered for version \"v1\""),
        "{message}"
    );
    for path in [
        "/api/v1/namespaces/default/pods",
        "/apis/apps/v1/deployments",
        "/api/v1/namespaces/default/secrets/a/b/c",
        "//api/v1/secrets",
        "/api/v1/namespaces//secrets/a",
        "/api/v1/namespaces/default/secrets/%2e%2e",
        "/api/v1/namespaces/default/secrets/a%2fb",
        "/api/v1/namespaces/default/secrets/%00",
        "/api/v1/namespaces/default/secrets/%ff",
        "/../../etc/passwd",
    ] {
        let answer = admin.get(path).await;
        assert!(
            matches!(answer.status.as_u16(), 400 | 404),
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
    }
    let long = format!("{SECRETS}/{}", "a".repeat(20_000));
    let answer = admin.get(&long).await;
    assert!(
        matches!(answer.status.as_u16(), 404 | 414 | 431),
        "{}",
        answer.status
    );
    still_serves(&purser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_body_is_not_repeated_in_the_answer_or_the_log() {
    let purser = Purser::start().await;
    let admin = purser.admin();
    let canary = "canary-7f3a9c";
    for (media, body) in [
        (JSON, format!("{{\"data\":{{\"a\":\"{canary}")),
        (JSON, format!("{{\"stringData\":{{\"a\":[\"{canary}\"]}}}}")),
        (JSON, format!("{{\"data\":{{\"a\":\"{canary}!\"}}}}")),
        (YAML, format!("stringData: {{a: {canary}\n\t- x")),
    ] {
        let answer = post(&admin, media, body.clone()).await;
        assert!(answer.status.is_client_error(), "{}", answer.text());
        assert!(!answer.text().contains(canary), "{body}: {}", answer.text());
    }
    admin
        .post(
            SECRETS,
            &json!({"metadata": {"name": "s"}, "stringData": {"a": canary}}),
        )
        .await;
    assert!(!purser.log().contains(canary), "{}", purser.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_unknown_and_duplicate_fields_make_bounded_warnings() {
    let purser = Purser::start().await;
    let fields: Vec<String> = (0..20_000).map(|number| format!("\"f{number}\":1")).collect();
    let body = format!("{{\"metadata\":{{\"name\":\"many\"}},{}}}", fields.join(","));
    let answer = post(&purser.admin(), JSON, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let warnings: usize = answer
        .headers
        .get_all("warning")
        .iter()
        .map(|value| value.len())
        .sum();
    assert!(warnings < 64 * 1024, "{warnings} bytes of warnings");
    let _: Value = answer.json();
    still_serves(&purser).await;
}
