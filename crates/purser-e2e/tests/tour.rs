//! What README.md, docs/getting-started.md, docs/access.md, docs/administration.md, docs/at-rest.md, docs/credentials.md
//! and docs/authorization.md tell people to paste works when pasted.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use k8s_openapi::api::core::v1::Secret;
use purser_e2e::Purser;

/// The name of the Rust snippet's test, which starts itself again with `KUBECONFIG` set.
const SNIPPET: &str = "the_rust_of_getting_started_runs";
/// Says to the second run of [`SNIPPET`] that it is the second.
const SECOND_RUN: &str = "PURSER_SNIPPET";

/// `purser serve` as in a terminal of its own, which the next one takes over: on the place and the keys of [`Home`], and on
/// a free port.
const IN_A_TERMINAL: &str = r#"
serving=
purser() {
    if [ "$1" != serve ]; then command purser "$@"; return; fi
    if [ -n "$serving" ]; then kill "$serving"; wait "$serving"; fi
    : > served
    command purser "$@" --data-dir ~/.local/share/purser --key-dir ~/keys --secure-port 0 > served 2>&1 &
    serving=$!
    until grep -q '"ready"' served; do
        if ! kill -0 "$serving"; then cat served; exit 1; fi
        sleep 0.1
    done
}
trap 'kill "$serving"' EXIT
"#;

fn document(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).expect("the document is there")
}

/// The fenced blocks of one language, in order.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let begun = document.split(fence.as_str()).skip(1);
    begun
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

/// A server whose data directory is where a user's is by default, and a `PATH` with the tests' kubectl first.
struct Home {
    purser: Purser,
    path: std::ffi::OsString,
}

impl Home {
    async fn new() -> Self {
        let purser = Purser::start().await;
        let home = purser.scratch();
        fs::create_dir_all(home.join(".local/share")).unwrap();
        symlink(purser.data(), home.join(".local/share/purser")).unwrap();
        fs::create_dir(home.join("bin")).unwrap();
        symlink(purser_e2e::kubectl(), home.join("bin/kubectl")).unwrap();
        symlink(purser_e2e::purser(), home.join("bin/purser")).unwrap();
        symlink(purser_e2e::python(), home.join("bin/python3")).unwrap();
        let before = std::env::var_os("PATH").unwrap_or_default();
        let first = std::iter::once(home.join("bin"));
        let path = std::env::join_paths(first.chain(std::env::split_paths(&before))).unwrap();
        Self { purser, path }
    }

    /// What the commands print, on both streams, when a shell with job control reads them line by line.
    fn paste(&self, commands: &str) -> String {
        let script = self.purser.scratch().join("pasted");
        fs::write(&script, format!("set -m\nexec 2>&1\n{commands}")).unwrap();
        let output = self.command("bash").arg(&script).output().expect("bash runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        println!("{printed}");
        printed
    }

    /// As [`Home::paste`], where the commands start the server themselves.
    async fn paste_serving(&mut self, commands: &str) -> String {
        self.purser.terminate().await;
        self.paste(&format!("{IN_A_TERMINAL}{commands}"))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.purser.scratch())
            .current_dir(self.purser.scratch())
            .stdin(Stdio::null());
        command
    }
}

fn assert_in_order(printed: &str, expected: &[&str]) {
    let mut rest = printed;
    for line in expected {
        let Some((_, after)) = rest.split_once(line) else {
            panic!("{line:?} is not printed, or too early, in:\n{printed}");
        };
        rest = after;
    }
}

/// Without the lines that start the server, which runs already.
fn pasted(document: &str) -> String {
    let commands = blocks(document, "sh").concat();
    let lines = commands.lines().filter(|line| !line.starts_with("cargo "));
    lines.map(|line| format!("{line}\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_of_the_readme_works_when_pasted() {
    let home = Home::new().await;
    let readme = document("README.md");
    let cleaning = "kubectl delete secret/db configmap/shop configmap/oops";
    assert!(readme.contains(cleaning));
    let printed = home.paste(&format!("{}{cleaning}\n", pasted(&readme)));
    assert_in_order(
        &printed,
        &[
            "secret/db created",
            "Opaque   2",
            "S3cret-of-the-tour",
            "nowhere in the clear",
            "configmap/shop created",
            "configmap/shop patched",
            "FIELD: immutable <boolean>",
            "Warning: data[token]: looks like a GitHub token; keep credentials in a Secret",
            "configmap/oops created",
            "secret \"db\" deleted",
            "configmap \"oops\" deleted",
        ],
    );
    // The watch printed the object before and after the patch.
    assert_eq!(printed.matches("shop   1      ").count(), 2, "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn getting_started_works_when_pasted() {
    let home = Home::new().await;
    let guide = document("docs/getting-started.md");
    let endless = "kubectl get secrets --watch\n";
    let commands = pasted(&guide);
    assert!(commands.contains(endless));
    let printed = home.paste(&commands.replace(endless, &format!("timeout 8 {endless}")));
    assert_in_order(
        &printed,
        &[
            "kube-system       Active",
            "secret/web created",
            "secret/registry created",
            "secret/db created",
            "db         Opaque",
            "web        kubernetes.io/tls",
        ],
    );

    let python = blocks(&guide, "python").concat();
    let output = home
        .command("python3")
        .args(["-c", &python])
        .env("KUBECONFIG", home.purser.kubeconfig_path())
        .output()
        .expect("Python runs");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "['db', 'registry', 'web']\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_people_access_works_when_pasted() {
    let home = Home::new().await;
    let printed = home.paste(&pasted(&document("docs/access.md")));
    assert_in_order(
        &printed,
        &[
            "good until ",
            "[payments system:authenticated]",
            "certificatesigningrequest.certificates.k8s.io/joe created",
            "Pending",
            "certificatesigningrequest.certificates.k8s.io/joe approved",
            "joe",
            "rolebinding.rbac.authorization.k8s.io/payments created",
            "correct-horse",
            "secrets \"mail\" is forbidden: User \"jane\" cannot get resource \"secrets\"",
            "rolebinding.rbac.authorization.k8s.io/names created",
            "db     Opaque   1",
            "mail   Opaque   1",
            "yes\n",
            "values take the right to list secrets",
            "Username",
            "jane",
            "[payments system:authenticated]",
            "yes\n",
            "no\n",
            "selfsubjectaccessreviews.authorization.k8s.io",
            "secrets/metadata",
            "yes\n",
            "User \"joe\" cannot get resource \"secrets\"",
            "serviceaccount/deployer created",
            "\"password\": \"Y29ycmVjdC1ob3JzZQ==\"",
            "secrets \\\"mail\\\" is forbidden: User \\\"system:serviceaccount:shop:deployer\\\"",
            "good until ",
            "db     Opaque   1",
            "\"deployer\" deleted",
            "\"message\": \"Unauthorized\"",
            "Warning: the token that this Secret is for never expires",
            "secret/robot-token created",
            "robot-token   kubernetes.io/service-account-token",
            "\"payments\" deleted",
            "secrets \"db\" is forbidden",
        ],
    );
    // The password is printed once, where it was asked for.
    assert_eq!(printed.matches("correct-horse").count(), 1, "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn administering_access_works_when_pasted() {
    let home = Home::new().await;
    let printed = home.paste(&pasted(&document("docs/administration.md")));
    assert_in_order(
        &printed,
        &[
            "rolebinding.rbac.authorization.k8s.io/app created",
            "rolebinding.rbac.authorization.k8s.io/rotator created",
            "no value",
            "rolebinding.rbac.authorization.k8s.io/names created",
            "db     Opaque   1",
            "system:masters",
            "rotator   Role/rotator",
            "cluster-admin\n",
            "pay/app\n",
            "purser:secret-reader\n",
            "secrets",
            "yes\n",
            "no\n",
            "RBAC: allowed by RoleBinding \"app/pay\" of Role \"app\" to ServiceAccount \"app/pay\"",
            "\"app\" deleted",
            "no\n",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn encryption_at_rest_works_when_pasted() {
    let home = Home::new().await;
    let printed = home.paste(&pasted(&document("docs/at-rest.md")));
    assert_in_order(
        &printed,
        &[
            "secret/db created",
            "SEALED BY",
            "secrets    ",
            "history: ",
            "as it should be",
            "made key: local-",
            "destroyed keys: local-",
            "old keys kept: none",
            "nightly-7   ",
            "is kept for the backup nightly-7",
            "old keys kept: none",
            "secret \"db\" deleted",
            "it holds: store ",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_credentials_and_the_denial_list_work_when_pasted() {
    let mut home = Home::new().await;
    let printed = home
        .paste_serving(&pasted(&document("docs/credentials.md")))
        .await;
    assert_in_order(
        &printed,
        &[
            "device-7",
            "[readers system:authenticated]",
            "good until ",
            "jane",
            "[system:authenticated]",
            "error: You must be logged in to the server",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn putting_a_webhook_before_rbac_works_when_pasted() {
    let mut home = Home::new().await;
    let printed = home
        .paste_serving(&pasted(&document("docs/authorization.md")))
        .await;
    assert_in_order(
        &printed,
        &[
            "role.rbac.authorization.k8s.io/reader created",
            "rolebinding.rbac.authorization.k8s.io/reader created",
            "kube-root-ca.crt",
            "Error from server (InternalError)",
            "No resources found",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_of_getting_started_runs() {
    if std::env::var_os(SECOND_RUN).is_some() {
        let db = read_db().await.expect("the snippet reads what is there");
        assert_eq!(db.data.unwrap()["password"].0, b"correct-horse");
        return;
    }
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let snippet = words(&blocks(&document("docs/getting-started.md"), "rust").concat());
    assert!(words(include_str!("tour.rs")).contains(&snippet), "{snippet}");

    let home = Home::new().await;
    let made =
        home.paste("export KUBECONFIG=~/.local/share/purser/admin.kubeconfig\nkubectl create secret generic db --from-literal=password=correct-horse\n");
    assert!(made.contains("secret/db created"), "{made}");
    let again = home
        .command(std::env::current_exe().unwrap().to_str().unwrap())
        .args(["--exact", SNIPPET])
        .env(SECOND_RUN, "1")
        .env("KUBECONFIG", home.purser.kubeconfig_path())
        .output()
        .expect("it runs again");
    let printed = String::from_utf8_lossy(&again.stdout);
    assert!(
        again.status.success() && printed.contains("1 passed"),
        "{printed}"
    );
}

/// The snippet, word by word.
async fn read_db() -> kube::Result<Secret> {
    let secrets: kube::Api<k8s_openapi::api::core::v1::Secret> =
        kube::Api::default_namespaced(kube::Client::try_default().await?);
    let db = secrets.get("db").await?;
    Ok(db)
}
