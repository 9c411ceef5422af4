//! `edit`, `patch`, `label`, `annotate`, `replace`.

use crate::run::Kubectl;

async fn with_one(kind: &str) -> Kubectl {
    let kubectl = Kubectl::start().await;
    let create: &[&str] = if kind == "secret" {
        &["create", "secret", "generic"]
    } else {
        &["create", "configmap"]
    };
    kubectl.ok(&[create, &["one", "--from-literal=color=blue"]].concat());
    kubectl
}

#[tokio::test(flavor = "multi_thread")]
async fn edit_through_a_scripted_editor() {
    let kubectl = with_one("configmap").await;
    let editor = kubectl.file("editor.sh", "sed -i 's/color: blue/color: green/' \"$1\"\n");
    let mut edit = kubectl.command(&["edit", "configmap", "one"]);
    let output = edit.env("KUBE_EDITOR", format!("sh {editor}")).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "configmap/one edited\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(kubectl.field("configmap/one", "{.data.color}"), "green");
    let mut same = kubectl.command(&["edit", "configmap", "one"]);
    let output = same.env("KUBE_EDITOR", "true").output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "Edit cancelled, no changes made.\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn patch_of_each_type() {
    let kubectl = with_one("configmap").await;
    let patch =
        |kind: &str, patch: &str| kubectl.ok(&["patch", "configmap", "one", "--type", kind, "-p", patch]);
    assert_eq!(
        patch("merge", r#"{"data":{"size":"L"}}"#),
        "configmap/one patched\n"
    );
    patch("strategic", r#"{"metadata":{"finalizers":["example.com/a"]}}"#);
    patch(
        "strategic",
        r#"{"metadata":{"$deleteFromPrimitiveList/finalizers":["example.com/a"]}}"#,
    );
    patch(
        "json",
        r#"[{"op":"replace","path":"/data/color","value":"red"},{"op":"test","path":"/data/size","value":"L"}]"#,
    );
    assert_eq!(
        kubectl.field("configmap/one", "{.data.color}{.data.size}{.metadata.finalizers}"),
        "redL"
    );
    assert_eq!(patch("merge", "{}"), "configmap/one patched (no change)\n");
    let shown = kubectl.ok(&[
        "patch",
        "cm",
        "one",
        "-p",
        r#"{"data":{"dry":"1"}}"#,
        "--dry-run=server",
        "-o",
        "jsonpath={.data.dry}",
    ]);
    assert_eq!(shown, "1");
    assert_eq!(kubectl.field("configmap/one", "{.data.dry}"), "");
    let (_, said) = kubectl.fails(&["patch", "cm", "none", "-p", "{}"]);
    assert_eq!(
        said,
        "Error from server (NotFound): configmaps \"none\" not found\n"
    );
    let (_, said) = kubectl.fails(&[
        "patch",
        "cm",
        "one",
        "--type=json",
        "-p",
        r#"[{"op":"test","path":"/data/color","value":"no"}]"#,
    ]);
    assert!(said.starts_with("The request is invalid"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn label_and_annotate_set_change_and_remove() {
    let kubectl = with_one("secret").await;
    assert_eq!(
        kubectl.ok(&["label", "secret", "one", "a=1", "b=2"]),
        "secret/one labeled\n"
    );
    let (_, said) = kubectl.fails(&["label", "secret", "one", "a=9"]);
    assert!(
        said.contains("'a' already has a value (1), and --overwrite is false"),
        "{said}"
    );
    kubectl.ok(&["label", "secret", "one", "a=9", "b-", "--overwrite"]);
    assert_eq!(kubectl.field("secret/one", "{.metadata.labels}"), r#"{"a":"9"}"#);
    assert_eq!(
        kubectl.ok(&["annotate", "secret", "one", "note=hello world"]),
        "secret/one annotated\n"
    );
    assert_eq!(
        kubectl.ok(&["annotate", "secret", "one", "note-"]),
        "secret/one annotated\n"
    );
    assert_eq!(kubectl.field("secret/one", "{.metadata.annotations}"), "");
    assert_eq!(
        kubectl.ok(&["label", "secrets", "--all", "every=one"]),
        "secret/one labeled\n"
    );
    let (_, said) = kubectl.fails(&["label", "secret", "one", "a=b c", "--overwrite"]);
    assert!(
        said.contains("a valid label must be an empty string or consist of alphanumeric characters"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn replace_with_and_without_a_revision() {
    let kubectl = with_one("configmap").await;
    let old = kubectl.ok(&["get", "configmap", "one", "-o", "json"]);
    let plain =
        r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"},"data":{"color":"white"}}"#;
    assert_eq!(
        kubectl.ok_reading(&["replace", "-f", "-"], plain),
        "configmap/one replaced\n"
    );
    assert_eq!(kubectl.field("configmap/one", "{.data.color}"), "white");
    let (_, said) = kubectl.fails_reading(&["replace", "-f", "-"], &old);
    assert!(
        said.contains(
            "the object has been modified; please apply your changes to the latest version and try again"
        ),
        "{said}"
    );
    let forced = kubectl.ok_reading(&["replace", "--force", "-f", "-"], plain);
    assert!(
        forced.starts_with("configmap \"one\" deleted") && forced.ends_with("\nconfigmap/one replaced\n"),
        "{forced}"
    );
    let (_, said) = kubectl.fails_reading(&["replace", "-f", "-"], &plain.replace("one", "none"));
    assert!(said.contains("configmaps \"none\" not found"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn immutable_stays_as_it_is() {
    let kubectl = with_one("secret").await;
    kubectl.ok(&["patch", "secret", "one", "-p", r#"{"immutable":true}"#]);
    let (_, said) = kubectl.fails(&[
        "patch",
        "secret",
        "one",
        "-p",
        r#"{"stringData":{"color":"red"}}"#,
    ]);
    assert_eq!(
        said,
        "The Secret \"one\" is invalid: data: Forbidden: field is immutable when `immutable` is set\n"
    );
}
