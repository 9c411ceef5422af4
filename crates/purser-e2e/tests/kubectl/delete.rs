//! `delete` and `wait`.

use crate::run::Kubectl;

async fn with_three() -> Kubectl {
    let kubectl = Kubectl::start().await;
    for name in ["one", "two", "three"] {
        kubectl.ok(&["create", "configmap", name, "--from-literal=a=b"]);
        kubectl.ok(&["label", "configmap", name, &format!("name={name}"), "set=mine"]);
    }
    kubectl
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_by_name_label_file_and_all() {
    let kubectl = with_three().await;
    assert!(
        kubectl
            .ok(&["delete", "configmap", "one"])
            .starts_with("configmap \"one\" deleted")
    );
    let (_, said) = kubectl.fails(&["delete", "configmap", "one"]);
    assert_eq!(
        said,
        "Error from server (NotFound): configmaps \"one\" not found\n"
    );
    assert_eq!(
        kubectl.ok(&["delete", "configmap", "one", "--ignore-not-found"]),
        ""
    );
    assert!(
        kubectl
            .ok(&["delete", "configmaps", "-l", "name=two"])
            .starts_with("configmap \"two\" deleted")
    );
    let dry = kubectl.ok(&["delete", "configmap", "three", "--dry-run=server"]);
    assert!(dry.contains("(server dry run)"), "{dry}");
    let file = kubectl.file(
        "three.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: three}\n",
    );
    kubectl.ok(&["delete", "-f", &file, "--cascade=foreground"]);
    kubectl.ok(&["delete", "configmaps", "--all", "--now"]);
    assert_eq!(
        kubectl.ok(&["get", "configmaps", "-l", "set=mine", "-o", "name"]),
        ""
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn dependents_go_before_their_owner_after_it_or_not_at_all() {
    let kubectl = Kubectl::start().await;
    for (cascade, stays) in [("foreground", false), ("background", false), ("orphan", true)] {
        kubectl.ok(&["create", "configmap", "owner"]);
        let uid = kubectl.field("configmap/owner", "{.metadata.uid}");
        let dependent = format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: dependent\n  ownerReferences:\n  - {{apiVersion: v1, \
             kind: ConfigMap, name: owner, uid: {uid}, blockOwnerDeletion: true}}\n"
        );
        kubectl.ok_reading(&["apply", "-f", "-"], &dependent);
        kubectl.ok(&["delete", "configmap", "owner", &format!("--cascade={cascade}")]);
        if stays {
            assert_eq!(
                kubectl.field("secret/dependent", "{.metadata.ownerReferences}"),
                ""
            );
        } else {
            kubectl.ok(&["wait", "--for=delete", "secret/dependent", "--timeout=20s"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_that_is_held_says_so_and_can_be_let_go_by_force() {
    let kubectl = Kubectl::start().await;
    kubectl.ok(&["create", "namespace", "held"]);
    let hold = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, finalizers: [example.com/hold]}\n";
    kubectl.ok_reading(&["-n", "held", "create", "-f", "-"], hold);
    kubectl.ok(&["delete", "namespace", "held", "--wait=false"]);
    let condition = "--for=condition=NamespaceContentRemaining=True";
    kubectl.ok(&["wait", condition, "namespace/held", "--timeout=30s"]);
    let message = r#"{.status.conditions[?(@.type=="NamespaceFinalizersRemaining")].message}"#;
    assert_eq!(
        kubectl.field("namespace/held", message),
        "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"
    );
    let namespace = kubectl.ok(&["get", "namespace", "held", "-o", "json"]);
    let mut namespace: serde_json::Value = serde_json::from_str(&namespace).unwrap();
    namespace["spec"]["finalizers"] = serde_json::json!([]);
    let file = kubectl.file("held.json", &namespace.to_string());
    kubectl.ok(&[
        "replace",
        "--raw",
        "/api/v1/namespaces/held/finalize",
        "-f",
        &file,
    ]);
    kubectl.ok(&["wait", "--for=delete", "namespace/held", "--timeout=20s"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finalizer_holds_an_object_until_it_is_taken_away() {
    let kubectl = with_three().await;
    kubectl.ok(&[
        "patch",
        "configmap",
        "one",
        "-p",
        r#"{"metadata":{"finalizers":["example.com/hold"]}}"#,
    ]);
    kubectl.ok(&["delete", "configmap", "one", "--wait=false"]);
    assert_ne!(
        kubectl.field("configmap/one", "{.metadata.deletionTimestamp}"),
        ""
    );
    let (_, said) = kubectl.fails(&["wait", "--for=delete", "configmap/one", "--timeout=1s"]);
    assert!(said.contains("timed out waiting for the condition"), "{said}");
    kubectl.ok(&[
        "patch",
        "configmap",
        "one",
        "-p",
        r#"{"metadata":{"finalizers":null}}"#,
    ]);
    kubectl.ok(&["wait", "--for=delete", "configmap/one", "--timeout=20s"]);
    kubectl.fails(&["get", "configmap", "one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_for_a_value_and_for_creation() {
    let kubectl = with_three().await;
    let mut waits = kubectl.spawn(&[
        "wait",
        "--for=jsonpath={.data.ready}=yes",
        "configmap/two",
        "--timeout=20s",
    ]);
    let mut made = kubectl.spawn(&["wait", "--for=create", "secret/later", "--timeout=20s"]);
    kubectl.ok(&["patch", "configmap", "two", "-p", r#"{"data":{"ready":"yes"}}"#]);
    kubectl.ok(&["create", "secret", "generic", "later"]);
    assert!(waits.wait().unwrap().success() && made.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_namespace_takes_everything_in_it() {
    let kubectl = Kubectl::start().await;
    kubectl.ok(&["create", "namespace", "team"]);
    kubectl.ok(&[
        "create",
        "secret",
        "generic",
        "db",
        "-n",
        "team",
        "--from-literal=a=b",
    ]);
    kubectl.ok(&["delete", "namespace", "team", "--timeout=30s"]);
    kubectl.fails(&["get", "namespace", "team"]);
    kubectl.ok(&["create", "namespace", "team"]);
    let (_, said) = kubectl.fails(&["get", "secret", "db", "-n", "team"]);
    assert_eq!(said, "Error from server (NotFound): secrets \"db\" not found\n");
    let (_, said) = kubectl.fails(&["delete", "namespace", "default"]);
    assert!(said.contains("this namespace may not be deleted"), "{said}");
}
