//! Where kubectl speaks protobuf: its typed clients, which are client-go's own, and OpenAPI v2.

use std::io::{BufRead as _, BufReader};

use crate::run::Kubectl;

const EVENT: &str = r#"{"apiVersion":"v1","kind":"Event","metadata":{"name":"NAME","namespace":"default"},
    "involvedObject":{"kind":"Secret","name":"s","namespace":"default","apiVersion":"v1"},"type":"Normal",
    "reason":"R","message":"the message NAME","firstTimestamp":"2026-01-01T00:00:00Z"}"#;

/// The media types that kubectl says, at its most talkative, it was answered in.
fn answered_in(kubectl: &Kubectl, arguments: &[&str]) -> Vec<String> {
    let arguments = [arguments, &["-v=8"]].concat();
    let output = kubectl.command(&arguments).output().expect("kubectl runs");
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr)
        .lines()
        // A line of the log's, behind its prefix, up to 1.33; a line of its own, behind a tab, since.
        .filter_map(|line| line.split_once("Content-Type: "))
        .filter(|(before, _)| before.ends_with([' ', '\t']))
        .map(|(_, media_type)| media_type.to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn client_go_reads_objects_and_lists_in_protobuf() {
    let kubectl = Kubectl::start().await;
    let made = kubectl.ok(&[
        "create",
        "secret",
        "generic",
        "s",
        "--from-literal=a=b",
        "-o",
        "yaml",
    ]);
    assert!(
        made.contains("\n  a: Yg==\n") && made.contains("\n  resourceVersion: "),
        "{made}"
    );
    let text = kubectl.ok(&["describe", "secret", "s"]);
    assert!(text.contains("a:  1 bytes"), "{text}");
    kubectl.ok_reading(&["create", "-f", "-"], &EVENT.replace("NAME", "e1"));
    let text = kubectl.ok(&["events"]);
    assert!(
        text.contains("Secret/s") && text.contains("the message e1"),
        "{text}"
    );
    for arguments in [&["describe", "serviceaccount", "default"][..], &["events"]] {
        let types = answered_in(&kubectl, arguments);
        let last = types.last().map(String::as_str);
        assert_eq!(last, Some("application/vnd.kubernetes.protobuf"), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn client_go_follows_a_watch_in_protobuf() {
    let kubectl = Kubectl::start().await;
    let mut child = kubectl.spawn(&["events", "--watch", "--no-headers"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for name in ["e1", "e2", "e3"] {
        kubectl.ok_reading(&["create", "-f", "-"], &EVENT.replace("NAME", name));
        let line = lines.next().unwrap().unwrap();
        assert!(line.contains(&format!("the message {name}")), "{line}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_reads_openapi_v2_in_protobuf() {
    let kubectl = Kubectl::start().await;
    let arguments = ["explain", "secret", "--recursive", "--output=plaintext-openapiv2"];
    let text = kubectl.ok(&arguments);
    for part in [
        "KIND:     Secret\n",
        "   data\t<map[string]string>\n",
        "      ownerReferences\t<[]Object>\n",
        "         blockOwnerDeletion\t<boolean>\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let types = answered_in(&kubectl, &arguments);
    let protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    assert!(types.iter().any(|media_type| media_type == protobuf), "{types:?}");
}
