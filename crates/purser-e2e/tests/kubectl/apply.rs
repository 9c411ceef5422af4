//! `apply`, `diff` and kustomize.

use crate::run::Kubectl;

/// "blue".
const BLUE: &str = "Ymx1ZQ==";
/// "green".
const GREEN: &str = "Z3JlZW4=";

/// `color` is base64: with `stringData` kubectl has no live value to compare with, and says "configured" each time.
fn manifest(color: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: paint\n  labels: {{app: shop}}\ndata:\n  color: {color}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_creates_configures_and_leaves_unchanged() {
    let kubectl = Kubectl::start().await;
    let file = kubectl.file("paint.yaml", &manifest(BLUE));
    assert_eq!(kubectl.ok(&["apply", "-f", &file]), "secret/paint created\n");
    assert_eq!(kubectl.ok(&["apply", "-f", &file]), "secret/paint unchanged\n");
    let file = kubectl.file("paint.yaml", &manifest(GREEN));
    assert_eq!(kubectl.ok(&["apply", "-f", &file]), "secret/paint configured\n");
    assert_eq!(kubectl.field("secret/paint", "{.data.color}"), GREEN);
    let last = kubectl.ok(&["apply", "view-last-applied", "-f", &file]);
    assert!(last.contains(GREEN), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_removes_what_the_manifest_no_longer_has() {
    let kubectl = Kubectl::start().await;
    let config =
        |data: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {data}\n");
    kubectl.ok_reading(&["apply", "-f", "-"], &config("{a: '1', b: '2'}"));
    kubectl.ok(&["patch", "configmap", "c", "-p", r#"{"data":{"other":"3"}}"#]);
    kubectl.ok_reading(&["apply", "-f", "-"], &config("{a: '1'}"));
    assert_eq!(
        kubectl.field("configmap/c", "{.data}"),
        r#"{"a":"1","other":"3"}"#
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_arrives_with_its_values_in_an_annotation_gets_a_warning() {
    let kubectl = Kubectl::start().await;
    let file = kubectl.file("paint.yaml", &manifest(BLUE));
    let output = kubectl.command(&["apply", "-f", &file]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("Warning:") && said.contains("last-applied-configuration"),
        "{said}"
    );
    assert!(!said.contains(BLUE), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn diff_tells_by_its_exit_code() {
    let kubectl = Kubectl::start().await;
    let file = kubectl.file(
        "c.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {color: blue}\n",
    );
    let (code, _) = kubectl.fails(&["diff", "-f", &file]);
    assert_eq!(code, 1, "an object that is not there yet differs");
    kubectl.ok(&["apply", "-f", &file]);
    assert_eq!(kubectl.ok(&["diff", "-f", &file]), "");
    let file = kubectl.file(
        "c.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {color: green}\n",
    );
    let output = kubectl.command(&["diff", "-f", &file]).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        shown.contains("-  color: blue") && shown.contains("+  color: green"),
        "{shown}"
    );
    assert_eq!(
        kubectl.field("configmap/c", "{.data.color}"),
        "blue",
        "diff changes nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn diff_of_a_secret_masks_its_values() {
    let kubectl = Kubectl::start().await;
    kubectl.ok_reading(&["apply", "-f", "-"], &manifest(BLUE));
    let file = kubectl.file("paint.yaml", &manifest(GREEN));
    let output = kubectl.command(&["diff", "-f", &file]).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(shown.contains("***"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kustomize_generates_and_applies() {
    let kubectl = Kubectl::start().await;
    kubectl.file("app/password.txt", "hunter2");
    kubectl.file(
        "app/kustomization.yaml",
        "namespace: default\nnamePrefix: shop-\nsecretGenerator:\n- name: db\n  files: [password.txt]\nconfigMapGenerator:\n- name: settings\n  literals: [color=blue]\n  options: {disableNameSuffixHash: true}\nresources: [sa.yaml]\n",
    );
    kubectl.file(
        "app/sa.yaml",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: bot}\n",
    );
    let made = kubectl.ok(&["apply", "-k", "app"]);
    assert!(
        made.contains("serviceaccount/shop-bot created\n")
            && made.contains("configmap/shop-settings created\n"),
        "{made}"
    );
    let secret = made
        .lines()
        .find_map(|line| {
            line.strip_suffix(" created")
                .filter(|name| name.starts_with("secret/shop-db-"))
        })
        .unwrap();
    assert_eq!(kubectl.field(secret, r"{.data.password\.txt}"), "aHVudGVyMg==");
    let again = kubectl.ok(&["apply", "-k", "app"]);
    assert_eq!(again.matches("unchanged").count(), 3, "{again}");
    kubectl.ok(&["delete", "-k", "app"]);
    kubectl.fails(&["get", secret]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_objects_are_applied_from_one_directory_and_pruned_by_label() {
    let kubectl = Kubectl::start().await;
    for number in 0..5 {
        kubectl.file(
            &format!("all/{number}.yaml"),
            &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}, labels: {{app: shop}}}}\ndata: {{n: '{number}'}}\n"),
        );
    }
    let made = kubectl.ok(&["apply", "-f", "all"]);
    assert_eq!(made.lines().count(), 5, "{made}");
    std::fs::remove_file(kubectl.purser.scratch().join("all/3.yaml")).unwrap();
    let pruned = kubectl.ok(&[
        "apply",
        "-f",
        "all",
        "--prune",
        "-l",
        "app=shop",
        "--prune-allowlist=core/v1/ConfigMap",
    ]);
    assert!(pruned.contains("configmap/c3 pruned\n"), "{pruned}");
}
