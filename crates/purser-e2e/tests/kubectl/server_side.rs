//! `apply --server-side`, `diff --server-side`, and the way from client-side apply.

use crate::run::Kubectl;

const MANAGERS: &str = "{range .metadata.managedFields[*]}{.manager} {.operation} {.fieldsV1}{'\\n'}{end}";

fn config(data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {data}\n")
}

fn managers(kubectl: &Kubectl, object: &str) -> String {
    kubectl.field(object, &MANAGERS.replace('\'', "\""))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_longer_applied_goes_and_what_others_set_stays() {
    let kubectl = Kubectl::start().await;
    let apply = |data: &str| kubectl.ok_reading(&["apply", "--server-side", "-f", "-"], &config(data));
    assert_eq!(apply("{a: '1', b: '2'}"), "configmap/c serverside-applied\n");
    kubectl.ok(&["patch", "configmap", "c", "-p", r#"{"data":{"other":"3"}}"#]);
    apply("{a: '1'}");
    assert_eq!(
        kubectl.field("configmap/c", "{.data}"),
        r#"{"a":"1","other":"3"}"#
    );
    assert_eq!(
        managers(&kubectl, "configmap/c"),
        "kubectl Apply {\"f:data\":{\"f:a\":{}}}\nkubectl-patch Update {\"f:data\":{\"f:other\":{}}}\n"
    );
    let before = kubectl.field("configmap/c", "{.metadata.resourceVersion}");
    apply("{a: '1'}");
    assert_eq!(
        kubectl.field("configmap/c", "{.metadata.resourceVersion}"),
        before,
        "what changes nothing writes nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_names_field_and_manager_until_it_is_forced() {
    let kubectl = Kubectl::start().await;
    let secret = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{p: {value}}}\ndata: {{q: {value}}}\n"
        )
    };
    let by = |manager: &'static str| ["apply", "--server-side", "--field-manager", manager, "-f", "-"];
    kubectl.ok_reading(&by("one"), &secret("Y2FuYXJ5"));
    let (code, said) = kubectl.fails_reading(&by("two"), &secret("bm90aGVy"));
    assert_eq!(code, 1);
    assert!(
        said.contains("Apply failed with 2 conflicts: conflicts with \"one\":") && said.contains("- .data.q"),
        "{said}"
    );
    assert!(!said.contains("Y2FuYXJ5") && !said.contains("bm90aGVy"), "{said}");
    let forced = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager",
        "two",
        "-f",
        "-",
    ];
    kubectl.ok_reading(&forced, &secret("bm90aGVy"));
    assert_eq!(kubectl.field("secret/s", "{.data.q}"), "bm90aGVy");
    assert!(managers(&kubectl, "secret/s").starts_with("two Apply"));
}

#[tokio::test(flavor = "multi_thread")]
async fn diff_shows_what_apply_would_do_and_does_nothing() {
    let kubectl = Kubectl::start().await;
    kubectl.ok_reading(&["apply", "--server-side", "-f", "-"], &config("{color: blue}"));
    let same = kubectl.file("same.yaml", &config("{color: blue}"));
    assert_eq!(kubectl.ok(&["diff", "--server-side", "-f", &same]), "");
    let other = kubectl.file("other.yaml", &config("{color: green}"));
    let output = kubectl
        .command(&["diff", "--server-side", "-f", &other])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        shown.contains("-  color: blue") && shown.contains("+  color: green"),
        "{shown}"
    );
    assert_eq!(kubectl.field("configmap/c", "{.data.color}"), "blue");
    let dry = ["apply", "--server-side", "--dry-run=server", "-f", &other];
    assert_eq!(
        kubectl.ok(&dry),
        "configmap/c serverside-applied (server dry run)\n"
    );
    assert_eq!(kubectl.field("configmap/c", "{.data.color}"), "blue");
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_move_from_client_side_apply_and_back() {
    let kubectl = Kubectl::start().await;
    kubectl.ok_reading(&["apply", "-f", "-"], &config("{a: '1', b: '1'}"));
    let server = ["apply", "--server-side", "-f", "-"];
    kubectl.ok_reading(&server, &config("{a: '2'}"));
    assert_eq!(kubectl.field("configmap/c", "{.data}"), r#"{"a":"2"}"#);
    assert!(!managers(&kubectl, "configmap/c").contains("kubectl-client-side-apply"));
    let last = kubectl.ok(&["apply", "view-last-applied", "configmap/c"]);
    assert!(last.contains("a: \"2\"") && !last.contains("b:"), "{last}");
    kubectl.ok_reading(&["apply", "-f", "-"], &config("{a: '3'}"));
    assert_eq!(kubectl.field("configmap/c", "{.data}"), r#"{"a":"3"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn namespaces_and_accounts_are_applied_too() {
    let kubectl = Kubectl::start().await;
    let both = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team, labels: {a: b}}\n---\napiVersion: v1\n\
                kind: ServiceAccount\nmetadata: {name: bot, namespace: team}\nimagePullSecrets: [{name: x}]\n";
    let made = kubectl.ok_reading(&["apply", "--server-side", "-f", "-"], both);
    assert_eq!(
        made,
        "namespace/team serverside-applied\nserviceaccount/bot serverside-applied\n"
    );
    assert_eq!(
        managers(&kubectl, "namespace/team"),
        "kubectl Apply {\"f:metadata\":{\"f:labels\":{\"f:a\":{}}}}\n"
    );
    let (_, said) = kubectl.fails_reading(
        &["apply", "--server-side", "-n", "nowhere", "-f", "-"],
        &config("{a: '1'}"),
    );
    assert!(said.contains("namespaces \"nowhere\" not found"), "{said}");
}
