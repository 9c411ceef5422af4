//! `create` in each of its forms.

use purser_e2e::Identity;

use crate::run::Kubectl;

#[tokio::test(flavor = "multi_thread")]
async fn create_secret_generic_takes_literals_files_and_env_files() {
    let kubectl = Kubectl::start().await;
    let file = kubectl.file("token.txt", "from a file");
    let lines = kubectl.file("more.env", "one=1\ntwo=2\n");
    let made = kubectl.ok(&[
        "create",
        "secret",
        "generic",
        "db",
        "--from-literal=password=hunter2",
        &format!("--from-file={file}"),
        &format!("--from-file=renamed={file}"),
    ]);
    assert_eq!(made, "secret/db created\n");
    assert_eq!(
        kubectl.field("secret/db", "{.type} {.data.password} {.data.renamed}"),
        "Opaque aHVudGVyMg== ZnJvbSBhIGZpbGU="
    );
    assert_eq!(
        kubectl.field("secret/db", r"{.data.token\.txt}"),
        "ZnJvbSBhIGZpbGU="
    );
    kubectl.ok(&[
        "create",
        "secret",
        "generic",
        "env",
        &format!("--from-env-file={lines}"),
        "--type=example.com/mine",
    ]);
    assert_eq!(
        kubectl.field("secret/env", "{.type} {.data.one}{.data.two}"),
        "example.com/mine MQ==Mg=="
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn create_secret_tls_and_docker_registry_pass_the_rules_of_their_types() {
    let kubectl = Kubectl::start().await;
    let Identity { certificate, key } = Identity::signed(&kubectl.purser.data(), "web", &[]);
    let certificate = kubectl.file("tls.crt", &String::from_utf8_lossy(&certificate));
    let key = kubectl.file("tls.key", &String::from_utf8_lossy(&key));
    kubectl.ok(&[
        "create",
        "secret",
        "tls",
        "web",
        "--cert",
        &certificate,
        "--key",
        &key,
    ]);
    assert_eq!(kubectl.field("secret/web", "{.type}"), "kubernetes.io/tls");
    kubectl.ok(&[
        "create",
        "secret",
        "docker-registry",
        "pull",
        "--docker-server=r.example.com",
        "--docker-username=u",
        "--docker-password=p",
        "--docker-email=u@example.com",
    ]);
    assert_eq!(
        kubectl.field("secret/pull", "{.type}"),
        "kubernetes.io/dockerconfigjson"
    );
    let config = kubectl.ok(&[
        "get",
        "secret",
        "pull",
        "-o",
        r#"go-template={{index .data ".dockerconfigjson" | base64decode}}"#,
    ]);
    assert!(config.contains(r#""r.example.com""#), "{config}");
}

#[tokio::test(flavor = "multi_thread")]
async fn create_makes_configmaps_namespaces_and_service_accounts() {
    let kubectl = Kubectl::start().await;
    assert_eq!(
        kubectl.ok(&["create", "configmap", "c", "--from-literal=a=1"]),
        "configmap/c created\n"
    );
    assert_eq!(
        kubectl.ok(&["create", "namespace", "team"]),
        "namespace/team created\n"
    );
    assert_eq!(
        kubectl.ok(&["create", "serviceaccount", "bot", "-n", "team"]),
        "serviceaccount/bot created\n"
    );
    kubectl.ok(&[
        "wait",
        "--for=create",
        "--timeout=30s",
        "-n",
        "team",
        "serviceaccount/default",
        "configmap/kube-root-ca.crt",
    ]);
}

#[tokio::test(flavor = "multi_thread")]
async fn create_from_files_lists_and_generated_names() {
    let kubectl = Kubectl::start().await;
    let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: one}, stringData: {a: b}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: two}, data: {a: b}}\n";
    assert_eq!(
        kubectl.ok_reading(&["create", "-f", "-"], list),
        "secret/one created\nconfigmap/two created\n"
    );
    let two = "apiVersion: v1\nkind: Secret\nmetadata: {generateName: gen-}\n---\n{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"json\"}}\n";
    let made = kubectl.ok_reading(&["create", "-f", "-"], two);
    assert!(
        made.starts_with("secret/gen-") && made.ends_with("secret/json created\n"),
        "{made}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn create_dry_run_shows_and_keeps_nothing() {
    let kubectl = Kubectl::start().await;
    for dry in ["--dry-run=client", "--dry-run=server"] {
        let shown = kubectl.ok(&[
            "create",
            "secret",
            "generic",
            "dry",
            "--from-literal=a=b",
            dry,
            "-o",
            "yaml",
        ]);
        assert!(
            shown.contains("\n  a: Yg==\n") && shown.contains("\nkind: Secret\n"),
            "{dry}: {shown}"
        );
    }
    let (code, said) = kubectl.fails(&["get", "secret", "dry"]);
    assert_eq!(
        (code, said.as_str()),
        (1, "Error from server (NotFound): secrets \"dry\" not found\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_reads_as_from_kube_apiserver() {
    let kubectl = Kubectl::start().await;
    kubectl.ok(&["create", "secret", "generic", "db", "--from-literal=a=b"]);
    let (code, said) = kubectl.fails(&["create", "secret", "generic", "db"]);
    assert_eq!(
        (code, said.as_str()),
        (
            1,
            "error: failed to create secret secrets \"db\" already exists\n"
        )
    );
    let bad = "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\ntype: kubernetes.io/tls\n";
    let (_, said) = kubectl.fails_reading(&["create", "-f", "-"], bad);
    assert_eq!(
        said,
        "The Secret \"web\" is invalid: \n* data[tls.crt]: Required value\n* data[tls.key]: Required value\n"
    );
    let unknown = "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nnope: 1\n";
    let (_, said) = kubectl.fails_reading(&["create", "-f", "-"], unknown);
    assert!(
        said.contains(r#"strict decoding error: unknown field "nope""#),
        "{said}"
    );
    let said = String::from_utf8_lossy(
        &kubectl
            .command(&[
                "create",
                "secret",
                "generic",
                "x",
                "--from-literal=a=b",
                "--validate=warn",
                "-n",
                "none",
            ])
            .output()
            .unwrap()
            .stderr,
    )
    .into_owned();
    assert_eq!(
        said,
        "error: failed to create secret namespaces \"none\" not found\n"
    );
}
