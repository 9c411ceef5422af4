//! `get` in every output format, with selectors, pages and watches.

use std::io::{BufRead as _, BufReader};

use serde_json::Value;

use crate::run::Kubectl;

async fn with_secrets() -> Kubectl {
    let kubectl = Kubectl::start().await;
    kubectl.ok(&[
        "create",
        "secret",
        "generic",
        "alpha",
        "--from-literal=user=root",
        "--from-literal=password=x",
    ]);
    kubectl.ok(&[
        "create",
        "secret",
        "generic",
        "beta",
        "--from-literal=a=b",
        "--type=example.com/t",
    ]);
    kubectl.ok(&["label", "secret", "alpha", "tier=gold", "zone=a"]);
    kubectl.ok(&["label", "secret", "beta", "tier=silver"]);
    kubectl
}

/// The cells of a printed table.
fn cells(table: &str) -> Vec<Vec<&str>> {
    table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_have_the_columns_of_kubernetes() {
    let kubectl = with_secrets().await;
    let table = kubectl.ok(&["get", "secrets"]);
    let rows = cells(&table);
    assert_eq!(rows[0], ["NAME", "TYPE", "DATA", "AGE"]);
    assert_eq!(rows[1][..3], ["alpha", "Opaque", "2"]);
    assert_eq!(rows[2][..3], ["beta", "example.com/t", "1"]);
    let all = kubectl.ok(&["get", "secrets", "-A", "--no-headers"]);
    assert_eq!(cells(&all)[0][..4], ["default", "alpha", "Opaque", "2"]);
    let wide = kubectl.ok(&[
        "get",
        "secrets",
        "-o",
        "wide",
        "--show-labels",
        "-L",
        "tier",
        "--sort-by=.type",
    ]);
    assert_eq!(cells(&wide)[0], ["NAME", "TYPE", "DATA", "AGE", "TIER", "LABELS"]);
    assert!(wide.contains("tier=gold,zone=a"), "{wide}");
    assert_eq!(
        cells(&kubectl.ok(&["get", "configmaps"]))[0],
        ["NAME", "DATA", "AGE"]
    );
    assert_eq!(
        cells(&kubectl.ok(&["get", "namespaces"]))[0],
        ["NAME", "STATUS", "AGE"]
    );
    let accounts = kubectl.ok(&["get", "serviceaccounts"]);
    assert!(
        accounts.starts_with("NAME") && accounts.contains("default"),
        "{accounts}"
    );
    let namespaces = kubectl.ok(&["get", "ns", "-o", "name"]);
    assert_eq!(
        namespaces,
        "namespace/default\nnamespace/kube-node-lease\nnamespace/kube-public\nnamespace/kube-system\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_output_format_prints_the_object() {
    let kubectl = with_secrets().await;
    let get = |format: &str| kubectl.ok(&["get", "secret", "alpha", "-o", format]);
    let json: Value = serde_json::from_str(&get("json")).unwrap();
    assert_eq!(json["data"]["user"], "cm9vdA==");
    assert_eq!(json["kind"], "Secret");
    let yaml = get("yaml");
    assert!(
        yaml.starts_with("apiVersion: v1\ndata:\n  password: eA==\n  user: cm9vdA==\nkind: Secret\n"),
        "{yaml}"
    );
    assert_eq!(get("name"), "secret/alpha\n");
    assert_eq!(get("jsonpath={.data.user}"), "cm9vdA==");
    assert_eq!(
        get("jsonpath-as-json={.metadata.labels.tier}"),
        "[\n    \"gold\"\n]\n"
    );
    assert_eq!(get("go-template={{.data.user | base64decode}}"), "root");
    assert_eq!(
        get("custom-columns=N:.metadata.name,T:.type"),
        "N       T\nalpha   Opaque\n"
    );
    let file = |name: &str, text: &str| kubectl.file(name, text);
    assert_eq!(
        get(&format!("jsonpath-file={}", file("a.jsonpath", "{.type}"))),
        "Opaque"
    );
    assert_eq!(
        get(&format!("go-template-file={}", file("a.tmpl", "{{.kind}}"))),
        "Secret"
    );
    assert_eq!(
        get(&format!(
            "custom-columns-file={}",
            file("a.cols", "N\n.metadata.name\n")
        )),
        "N\nalpha\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_printed_in_every_format_and_selected() {
    let kubectl = with_secrets().await;
    let names = |arguments: &[&str]| kubectl.ok(&[&["get", "secrets", "-o", "name"], arguments].concat());
    assert_eq!(names(&[]), "secret/alpha\nsecret/beta\n");
    assert_eq!(names(&["-l", "tier=gold"]), "secret/alpha\n");
    assert_eq!(names(&["-l", "tier in (gold, silver),!zone"]), "secret/beta\n");
    assert_eq!(names(&["-l", "tier!=gold"]), "secret/beta\n");
    assert_eq!(
        names(&["--field-selector", "metadata.name=beta"]),
        "secret/beta\n"
    );
    assert_eq!(names(&["--field-selector", "type=Opaque"]), "secret/alpha\n");
    assert_eq!(names(&["--chunk-size=1"]), "secret/alpha\nsecret/beta\n");
    let json: Value = serde_json::from_str(&kubectl.ok(&["get", "secrets", "-o", "json"])).unwrap();
    assert_eq!(json["items"].as_array().unwrap().len(), 2);
    assert_eq!(json["items"][0]["kind"], "Secret");
    let yaml = kubectl.ok(&["get", "secrets", "-o", "yaml"]);
    assert!(
        yaml.starts_with("apiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n"),
        "{yaml}"
    );
    assert_eq!(
        kubectl.ok(&["get", "secrets", "-o", "jsonpath={.items[*].metadata.name}"]),
        "alpha beta"
    );
    assert_eq!(
        kubectl.ok(&[
            "get",
            "secrets",
            "-o",
            "go-template={{range .items}}{{.metadata.name}};{{end}}"
        ]),
        "alpha;beta;"
    );
    let both = kubectl.ok(&["get", "secret/alpha", "configmap/kube-root-ca.crt", "-o", "name"]);
    assert_eq!(both, "secret/alpha\nconfigmap/kube-root-ca.crt\n");
    let raw: Value =
        serde_json::from_str(&kubectl.ok(&["get", "--raw", "/api/v1/namespaces/default/secrets/alpha"]))
            .unwrap();
    assert_eq!(raw["metadata"]["name"], "alpha");
    let none = kubectl
        .command(&["get", "secrets", "-n", "kube-public"])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&none.stderr),
        "No resources found in kube-public namespace.\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn get_watch_prints_what_changes_as_it_changes() {
    let kubectl = with_secrets().await;
    let mut child = kubectl.spawn(&[
        "get",
        "secrets",
        "--watch",
        "--output-watch-events",
        "--no-headers",
    ]);
    let stdout = child.stdout.take().unwrap();
    let (send, receive) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    let next = || {
        receive
            .recv_timeout(std::time::Duration::from_secs(20))
            .expect("an event within 20 s")
    };
    let next = || next().split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    assert_eq!(next(), "ADDED alpha");
    assert_eq!(next(), "ADDED beta");
    kubectl.ok(&["create", "secret", "generic", "gamma"]);
    assert_eq!(next(), "ADDED gamma");
    kubectl.ok(&["label", "secret", "gamma", "x=y"]);
    assert_eq!(next(), "MODIFIED gamma");
    kubectl.ok(&["delete", "secret", "gamma"]);
    assert_eq!(next(), "DELETED gamma");
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn get_watch_of_a_table_prints_rows() {
    let kubectl = with_secrets().await;
    let mut child = kubectl.spawn(&["get", "secret", "alpha", "--watch"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    assert!(line().starts_with("NAME"));
    assert!(line().starts_with("alpha   Opaque   2 "));
    kubectl.ok(&[
        "patch",
        "secret",
        "alpha",
        "-p",
        r#"{"stringData":{"third":"3"}}"#,
    ]);
    assert!(line().starts_with("alpha   Opaque   3 "));
    child.kill().unwrap();
    child.wait().unwrap();
}
