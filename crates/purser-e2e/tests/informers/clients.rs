//! The informers of the official clients for Python and JavaScript, each in a process of its own: a line on standard
//! input asks for the cache, a line on standard output is it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt as _;
use kube::api::{Api, ListParams};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::storm;
use crate::world::{Objects, World, assert_same};

/// How long a cache may take to be what the list is, once nothing is written any more.
const SETTLES: Duration = Duration::from_secs(30);
/// How long an answer of the script may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a script says.
#[derive(Deserialize)]
struct Said {
    /// `namespace/name` → `resourceVersion value`, the value as it is on the wire.
    objects: Objects,
    /// How often it began anew with a list.
    lists: usize,
}

struct Script {
    _child: Child,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Script {
    fn start(program: PathBuf, script: &str, world: &World) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script);
        let log = std::fs::File::create(world.purser.scratch().join("script.log")).expect("a log");
        let mut child = Command::new(program)
            .arg(script)
            .arg(world.shaky_kubeconfig())
            .env("HOME", world.purser.scratch())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the interpreter runs");
        let asks = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Self {
            _child: child,
            asks,
            answers,
        }
    }

    /// Nothing when the script is gone.
    async fn ask(&mut self) -> Option<Said> {
        self.asks.write_all(b"dump\n").await.ok()?;
        let line = tokio::time::timeout(PATIENCE, self.answers.next_line());
        let line = line.await.ok()?.ok()??;
        Some(serde_json::from_str(&line).expect("the script answers JSON"))
    }
}

async fn fresh(world: &World) -> Objects {
    let secrets: Api<Secret> = Api::all(world.client(&world.steady).await);
    let listed = secrets.list(&ListParams::default()).await.expect("a list");
    let shown = listed.iter().map(|secret| {
        let value = serde_json::to_value(&secret.data).expect("JSON");
        let value = value["value"].as_str().unwrap_or_default().to_owned();
        let key = format!("{}/{}", secret.namespace().unwrap_or_default(), secret.name_any());
        (
            key,
            format!("{} {value}", secret.resource_version().unwrap_or_default()),
        )
    });
    shown.collect()
}

async fn goes_through_a_storm(program: PathBuf, script: &str) {
    let mut world = storm::before().await;
    let mut informer = Script::start(program, script, &world);
    let log = world.purser.scratch().join("script.log");
    let gone = || {
        panic!(
            "{script} is gone:\n{}",
            std::fs::read_to_string(&log).unwrap_or_default()
        )
    };
    let deadline = Instant::now() + SETTLES;
    while informer.ask().await.unwrap_or_else(gone).lists == 0 {
        assert!(Instant::now() < deadline, "{script} has no list");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    storm::pass_over(&mut world).await;
    let fresh = fresh(&world).await;
    let deadline = Instant::now() + SETTLES;
    let mut said = informer.ask().await.unwrap_or_else(gone);
    while said.objects != fresh && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(100)).await;
        said = informer.ask().await.unwrap_or_else(gone);
    }
    assert_same(script, &said.objects, &fresh);
    assert!(
        said.lists > 1,
        "its history was forgotten, and it did not list again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_clients_informer_holds_what_a_fresh_list_says_after_a_storm() {
    goes_through_a_storm(purser_e2e::python(), "python/informer.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_clients_informer_holds_what_a_fresh_list_says_after_a_storm() {
    goes_through_a_storm(purser_e2e::node(), "node/informer.js").await;
}
