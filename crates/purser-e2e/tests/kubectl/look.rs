//! What tells about the API and its objects: `describe`, `explain`, `api-resources`, `version` and the like.

use crate::run::Kubectl;

#[tokio::test(flavor = "multi_thread")]
async fn describe_shows_secrets_without_values() {
    let kubectl = Kubectl::start().await;
    kubectl.ok(&[
        "create",
        "secret",
        "generic",
        "db",
        "--from-literal=password=hunter2",
    ]);
    kubectl.ok(&["annotate", "secret", "db", "note=hello"]);
    let text = kubectl.ok(&["describe", "secret", "db"]);
    for part in [
        "Name:         db\n",
        "Namespace:    default\n",
        "Annotations:  note: hello\n",
        "Type:  Opaque\n",
        "password:  7 bytes\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    assert!(
        !text.contains("hunter2") && !text.contains("aHVudGVyMg"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn describe_shows_configmaps_namespaces_and_service_accounts() {
    let kubectl = Kubectl::start().await;
    kubectl.ok(&["create", "configmap", "c", "--from-literal=color=blue"]);
    let text = kubectl.ok(&["describe", "configmap", "c"]);
    assert!(text.contains("color:\n----\nblue\n"), "{text}");
    let text = kubectl.ok(&["describe", "namespace", "default"]);
    assert!(
        text.contains("Name:         default\n") && text.contains("Status:       Active\n"),
        "{text}"
    );
    let text = kubectl.ok(&["describe", "serviceaccount", "default"]);
    assert!(text.contains("Name:                default\n"), "{text}");
    let text = kubectl.ok(&["describe", "secrets,configmaps", "-A"]);
    assert!(text.contains("kube-root-ca.crt"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_reads_the_published_schemas() {
    let kubectl = Kubectl::start().await;
    let text = kubectl.ok(&["explain", "secret"]);
    for part in [
        "KIND:       Secret\n",
        "VERSION:    v1\n",
        "immutable\t<boolean>",
        "stringData\t<map[string]string>",
        "type\t<string>",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let text = kubectl.ok(&["explain", "configmap.metadata.ownerReferences"]);
    assert!(
        text.contains("blockOwnerDeletion\t<boolean>") && text.contains("-required-"),
        "{text}"
    );
    let text = kubectl.ok(&["explain", "serviceaccount", "--recursive"]);
    assert!(
        text.contains("imagePullSecrets\t<[]LocalObjectReference>"),
        "{text}"
    );
    let text = kubectl.ok(&[
        "explain",
        "namespace.status.phase",
        "--output=plaintext-openapiv2",
    ]);
    assert!(text.contains("phase <string>"), "{text}");
    let (_, said) = kubectl.fails(&["explain", "secret.nope"]);
    assert!(said.contains("field \"nope\" does not exist"), "{said}");
}

/// Both outputs read other documents, of version 3 and of version 2, and tell of the same fields.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_explained_to_its_last_field() {
    let kubectl = Kubectl::start().await;
    let fields = |arguments: &[&str]| -> Vec<String> {
        let text = kubectl.ok(arguments);
        let lines = text.lines().filter(|line| line.contains("\t<"));
        let names = lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned));
        names.collect()
    };
    let names = kubectl.ok(&["api-resources", "-o", "name"]);
    assert!(names.lines().count() > 10, "{names}");
    for name in names.lines() {
        let (plural, version) = match name.split_once('.') {
            Some((plural, group)) => (plural, format!("--api-version={group}/v1")),
            None => (name, "--api-version=v1".to_owned()),
        };
        let explain = ["explain", plural, &version, "--recursive"];
        let v3 = fields(&explain);
        let v2 = fields(&[&explain[..], &["--output=plaintext-openapiv2"]].concat());
        assert!(v3.len() > 30, "{name}: {v3:?}");
        assert_eq!(v3, v2, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_discovered() {
    let kubectl = Kubectl::start().await;
    let names = kubectl.ok(&["api-resources", "-o", "name", "--sort-by=name"]);
    for name in ["configmaps", "namespaces", "secrets", "serviceaccounts"] {
        assert!(names.lines().any(|line| line == name), "{name} in {names}");
    }
    let wide = kubectl.ok(&["api-resources", "-o", "wide", "--namespaced=true"]);
    let secrets = wide.lines().find(|line| line.starts_with("secrets ")).unwrap();
    let words: Vec<&str> = secrets.split_whitespace().collect();
    assert_eq!(
        words,
        [
            "secrets",
            "v1",
            "true",
            "Secret",
            "create,delete,deletecollection,get,list,patch,update,watch"
        ]
    );
    assert!(
        kubectl.ok(&["api-resources", "-o", "wide"]).contains("cm "),
        "short names"
    );
    assert!(kubectl.ok(&["api-versions"]).lines().any(|line| line == "v1"));
    let version = kubectl.ok(&["version", "-o", "json"]);
    let version: serde_json::Value = serde_json::from_str(&version).unwrap();
    assert_eq!(version["serverVersion"]["major"], "1");
    assert_eq!(version["serverVersion"]["minor"], "36");
    for path in ["/livez", "/readyz", "/healthz"] {
        assert_eq!(kubectl.ok(&["get", "--raw", path]), "ok");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_served_reads_as_on_any_cluster() {
    let kubectl = Kubectl::start().await;
    let (code, said) = kubectl.fails(&["get", "pods"]);
    assert_eq!(
        (code, said.as_str()),
        (1, "error: the server doesn't have a resource type \"pods\"\n")
    );
}
