//! Cedar policies on the binary: what docs/cedar.md tells people to paste, and files that change.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use http::StatusCode;
use purser_e2e::{Client, Purser, Starting};
use serde_json::json;

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
/// How long a change of a file may take until it shows.
const PATIENCE: Duration = Duration::from_secs(20);

/// A directory with the programs of the guide.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a temporary directory");
        let bin = place.path().join("bin");
        fs::create_dir(&bin).unwrap();
        symlink(purser_e2e::kubectl(), bin.join("kubectl")).unwrap();
        symlink(purser_e2e::purser(), bin.join("purser")).unwrap();
        Self(place)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let before = std::env::var("PATH").unwrap_or_default();
        Command::new(program)
            .args(arguments)
            .env_clear()
            .env("PATH", format!("{}:{before}", self.path().join("bin").display()))
            .env("HOME", self.path())
            .current_dir(self.path())
            .stdin(Stdio::null())
            .output()
            .expect("it runs")
    }

    /// What a shell prints, on both streams.
    fn paste(&self, commands: &str) -> String {
        let output = self.run("bash", &["-c", &format!("exec 2>&1\n{commands}")]);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        println!("{printed}");
        printed
    }

    /// A server that decides as `authorization.yaml` says.
    async fn serve(&self) -> Purser {
        let file = self.path().join("authorization.yaml");
        let server = Starting::default().argument("--authorization-config");
        server.argument(file.to_str().unwrap()).start().await
    }

    /// RBAC, then the policies of the directory `policies`.
    fn decide_by_policies(&self) {
        self.decide_by("policies");
    }

    /// RBAC, then the policies of a directory.
    fn decide_by(&self, directory: &str) {
        let policies = self.path().join(directory);
        let file = json!({
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "AuthorizationConfiguration",
            "authorizers": [
                {"type": "RBAC", "name": "rbac"},
                {"type": "Cedar", "name": "policies", "cedar": {"policies": policies}},
            ],
        });
        self.write("authorization.yaml", &file.to_string());
    }
}

async fn wait_for(client: &Client, path: &str, wanted: u16, purser: &Purser) {
    let began = Instant::now();
    loop {
        let answer = client.get(path).await;
        if answer.status.as_u16() == wanted {
            return;
        }
        let (text, log) = (answer.text(), purser.log());
        assert!(began.elapsed() < PATIENCE, "still not {wanted}: {text}\n{log}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_to_policies_works_when_pasted() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cedar.md");
    let guide = fs::read_to_string(guide).unwrap();
    let blocks = guide.split("```sh\n").skip(1);
    let pasted: String = blocks.filter_map(|rest| rest.split("```").next()).collect();
    let serve = "purser serve --authorization-config authorization.yaml\n";
    let (before, after) = pasted.split_once(serve).expect("the guide starts the server");
    let place = Place::new();
    let printed = place.paste(before);
    assert!(
        printed.ends_with("5 examples, decided as they say\n"),
        "{printed}"
    );
    let purser = place.serve().await;
    fs::create_dir_all(place.path().join(".local/share")).unwrap();
    symlink(purser.data(), place.path().join(".local/share/purser")).unwrap();
    let printed = place.paste(after);
    let tail = printed.split("jane.kubeconfig").last().unwrap_or_default();
    let expected = [
        "Warning: policies may leave out some objects",
        "card-key",
        "Error from server (Forbidden): secrets \"wifi\" is forbidden",
        "policies allow it for some objects only",
        "Warning: policies may leave out some objects",
        "wifi",
        "Error from server (NotFound): secrets \"card-key\" not found",
    ];
    let mut rest = tail;
    for line in expected {
        let found = rest.split_once(line);
        let (_, after) =
            found.unwrap_or_else(|| panic!("{line:?} is not printed, or too early, in:\n{printed}"));
        rest = after;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_take_effect_when_they_change_and_bad_ones_keep_the_last_good() {
    let place = Place::new();
    let to_read = |label: &str| {
        format!(
            "permit (principal, action in k8s::Action::\"read\", resource is k8s::Resource)\nwhen {{ \
             resource.{label}.hasTag(\"open\") }};\n"
        )
    };
    place.write("policies/a.cedar", &to_read("annotations"));
    place.decide_by_policies();
    let purser = place.serve().await;
    let secret = json!({"metadata": {"name": "a", "labels": {"open": "1"}}, "stringData": {"a": "v"}});
    assert_eq!(
        purser.admin().post(SECRETS, &secret).await.status,
        StatusCode::CREATED
    );
    let jane = purser.user("jane", &["devs"]);
    let one = format!("{SECRETS}/a");
    assert_eq!(jane.get(&one).await.status, StatusCode::FORBIDDEN);
    place.write("policies/a.cedar", &to_read("labels"));
    wait_for(&jane, &one, 200, &purser).await;
    place.write(
        "policies/b.cedar",
        "forbid (principal, action, resource)\nwhen { resource.nam == \"a\" };\n",
    );
    let began = Instant::now();
    while !purser.log().contains("b.cedar:2:8") {
        assert!(began.elapsed() < PATIENCE, "{}", purser.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        jane.get(&one).await.status,
        StatusCode::OK,
        "what was good goes on"
    );
    place.write(
        "policies/b.cedar",
        "forbid (principal, action, resource is k8s::Resource);\n",
    );
    wait_for(&jane, &one, 403, &purser).await;
    fs::remove_file(place.path().join("policies/b.cedar")).unwrap();
    wait_for(&jane, &one, 200, &purser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_are_followed_where_they_are_named_now_and_taken_once_they_are_put_right() {
    let place = Place::new();
    let told = |verdict: &str| format!("{verdict} (principal, action, resource is k8s::Resource);\n");
    place.write("old/a.cedar", &told("forbid"));
    place.decide_by("old");
    let purser = place.serve().await;
    let jane = purser.user("jane", &["devs"]);
    assert_eq!(jane.get(SECRETS).await.status, StatusCode::FORBIDDEN);
    place.write("new/a.cedar", "permit (principal, action, resource;\n");
    place.decide_by("new");
    let began = Instant::now();
    while !purser.log().contains("new/a.cedar:1:") {
        assert!(began.elapsed() < PATIENCE, "{}", purser.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    place.write("new/a.cedar", &told("permit"));
    wait_for(&jane, SECRETS, 200, &purser).await;
    fs::remove_dir_all(place.path().join("old")).unwrap();
    // So that it is looked at while the old ones are missing.
    tokio::time::sleep(Duration::from_secs(3)).await;
    place.write("new/b.cedar", &told("forbid"));
    wait_for(&jane, SECRETS, 403, &purser).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_start_with_policies_that_are_wrong_and_says_where() {
    let place = Place::new();
    place.write(
        "policies/a.cedar",
        "permit (principal, action, resource)\nwhen { true;\n",
    );
    place.decide_by_policies();
    let refused = place.run(
        "purser",
        &[
            "serve",
            "--secure-port",
            "0",
            "--data-dir",
            "data",
            "--log-format",
            "text",
            "--authorization-config",
            "authorization.yaml",
        ],
    );
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{told}");
    assert!(
        told.contains("policies/a.cedar:2:12: unexpected token `;`"),
        "{told}"
    );
    assert!(told.contains("\n 2 | when { true;\n"), "{told}");
}

#[test]
fn examples_tell_by_exit_code_table_and_json_what_they_find() {
    let place = Place::new();
    place.write("a.cedar", "@id(\"all\") permit (principal, action, resource);");
    place.write(
        "good.yaml",
        "policies: a.cedar\ncases:\n- {user: jane, verb: get, path: /x, expect: allow, by: all}\n",
    );
    place.write(
        "bad.yaml",
        "cases:\n- {user: jane, verb: get, path: /x, expect: allow}\n- {user: jane, verb: get, path: /y, expect: deny}\n",
    );
    let test = |arguments: &[&str]| {
        let output = place.run("purser", &[&["authz", "test"], arguments].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, told, _) = test(&["good.yaml"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(
        told,
        "good.yaml\n  ok    jane get /x  allow by all\n1 examples, decided as they say\n"
    );
    let (code, told, why) = test(&["--policies", "a.cedar", "bad.yaml"]);
    assert_eq!(code, Some(1));
    assert!(
        told.ends_with("  FAIL  jane get /y  allow by all; expected deny (bad.yaml:3:3)\n"),
        "{told}"
    );
    assert_eq!(why, "purser: 1 of 2 examples are not decided as they say\n");
    let (code, told, _) = test(&["--policies", "a.cedar", "-o", "json", "bad.yaml"]);
    let document: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &document["failed"]), (Some(1), &json!(1)));
    assert_eq!(document["examples"][1]["expected"], "deny");
    let (code, _, why) = test(&["bad.yaml"]);
    assert_eq!(code, Some(2), "{why}");
    place.write("bad.yaml", "cases:\n- {user: jane, verb: get, expect: allow}\n");
    let (code, _, why) = test(&["--policies", "a.cedar", "bad.yaml"]);
    assert_eq!(
        (code, why.as_str()),
        (
            Some(1),
            "purser: bad.yaml:2:3: resource, object or path is missing\n"
        )
    );
    let schema = place.run("purser", &["authz", "schema"]);
    assert!(String::from_utf8_lossy(&schema.stdout).contains("entity ServiceAccount in [Group]"));
}
