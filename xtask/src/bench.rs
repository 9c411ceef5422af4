//! Measures a release build of Purser, and in turn a bare TLS server on the same HTTP stack, and writes the figures
//! to docs/benchmarks.md.

mod compared;
mod page;
mod server;

use serde_json::Value;

use crate::command::{cargo, number, output, output_of, run as run_command};
use crate::{Outcome, place};
use compared::{Compared, Turns};
use server::Server;

/// The document that is written.
const DOCUMENT: &str = "docs/benchmarks.md";
/// Secrets in the store, unless `--quick`.
const OBJECTS: u32 = 10_000;
/// Secrets that are sealed with another key, unless `--quick`.
const ROTATED: u32 = 100_000;
/// Bytes of each value.
const SIZE: u32 = 1024;
/// Seconds of each measurement, unless said otherwise.
const SECONDS: u32 = 10;
/// purser-bench's exit code when it measured, and some requests failed or some events did not arrive: the document
/// tells.
const MEASURED_WITH_FAILURES: i32 = 1;
/// What is measured: workload, and arguments of its own. `get` is first and against both servers.
const WORKLOADS: [(&str, &[&str]); 8] = [
    ("get", &[]),
    ("list", &["--connections", "1", "--streams", "1"]),
    ("create", &[]),
    ("update", &[]),
    ("mixed", &[]),
    ("bindings", &[]),
    ("watch", &["--watchers", "100", "--rate", "100"]),
    (
        "watch",
        &["--watchers", "1000", "--rate", "200", "--threads", "2"],
    ),
];

/// How much is measured.
struct Plan {
    /// Where the figures go, from the root of the checkout; none: they are only shown.
    document: Option<&'static str>,
    seconds: u32,
    objects: u32,
    rotated: u32,
    turns: Turns,
    /// Nothing but what is measured in turns.
    only_turns: bool,
    /// Nothing but a rotation.
    only_rotation: bool,
}

/// What is measured in turns, unless `--quick`.
const TURNS: Turns = Turns {
    roles: 2_000,
    bindings: 10_000,
    objects: 1_000,
    pairs: 20,
    each: "1s",
    samples: 20_000,
};
const QUICK_TURNS: Turns = Turns {
    roles: 100,
    bindings: 500,
    objects: 100,
    pairs: 4,
    each: "300ms",
    samples: 500,
};

/// One measurement.
struct Measured {
    /// `purser` or `bare TLS server`.
    server: &'static str,
    workload: &'static str,
    /// The command without paths, for who wants to repeat it.
    command: String,
    /// purser-bench's report.
    report: Value,
}

/// The task.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let plan = Plan::parse(arguments)?;
    let target = place::target();
    run_command(&mut cargo([
        "build",
        "--release",
        "--locked",
        "--package",
        "purser",
        "--package",
        "purser-bench",
    ]))?;
    let release = target.join("release");
    let bench = release.join("purser-bench");
    let folder = target.join("bench");
    let _ = std::fs::remove_dir_all(&folder);
    place::make(&folder)?;
    if plan.only_turns {
        return only_turns(&bench, &release.join("purser"), &folder, &plan);
    }
    if plan.only_rotation {
        let rotation = rotation(&bench, &release.join("purser"), &folder, &plan)?;
        println!("{}", page::rotation(&[rotation]));
        return Ok(());
    }
    let bare = Server::bare(&bench, &folder, SIZE)?;
    let purser = Server::purser(&release.join("purser"), &folder)?;
    let mut measured = Vec::new();
    for (workload, extra) in WORKLOADS {
        if workload == "get" {
            measured.push(measure(&bench, &bare, workload, extra, plan.objects, &plan)?);
        }
        measured.push(measure(&bench, &purser, workload, extra, plan.objects, &plan)?);
    }
    measured.push(rotation(&bench, &release.join("purser"), &folder, &plan)?);
    let compared = Compared::measure(&bench, &purser, &plan.turns)?;
    let version = output(std::process::Command::new(release.join("purser")).arg("--version"))?;
    let page = page::write(&measured, &compared, version.trim(), purser.ready_in);
    let Some(document) = plan.document else {
        println!("{page}");
        return Ok(());
    };
    std::fs::write(place::root().join(document), page)
        .map_err(|error| format!("cannot write {document}: {error}"))?;
    println!("{document} is written");
    Ok(())
}

/// A rotation of a server of its own, which ends with it.
fn rotation(
    bench: &std::path::Path,
    purser: &std::path::Path,
    folder: &std::path::Path,
    plan: &Plan,
) -> Result<Measured, String> {
    let server = Server::purser(purser, &folder.join("rotation"))?;
    measure(bench, &server, "rotation", &["--keep"], plan.rotated, plan)
}

/// Shows what is measured in turns, and nothing else.
fn only_turns(
    bench: &std::path::Path,
    purser: &std::path::Path,
    folder: &std::path::Path,
    plan: &Plan,
) -> Outcome {
    let purser = Server::purser(purser, folder)?;
    let mut page = String::new();
    Compared::measure(bench, &purser, &plan.turns)?.write(&mut page);
    println!("{page}");
    Ok(())
}

impl Plan {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut plan = Self {
            document: Some(DOCUMENT),
            seconds: SECONDS,
            objects: OBJECTS,
            rotated: ROTATED,
            turns: TURNS,
            only_turns: false,
            only_rotation: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => {
                    plan = Self {
                        document: None,
                        seconds: 2,
                        objects: 500,
                        rotated: 2_000,
                        turns: QUICK_TURNS,
                        ..plan
                    }
                }
                "--turns" => plan.only_turns = true,
                "--rotation" => plan.only_rotation = true,
                "--seconds" => plan.seconds = number(argument, arguments.next())?,
                other => {
                    return Err(format!(
                        "bench takes --seconds N, --quick, --turns and --rotation, not {other:?}"
                    ));
                }
            }
        }
        Ok(plan)
    }
}

fn measure(
    bench: &std::path::Path,
    server: &Server,
    workload: &'static str,
    extra: &[&str],
    objects: u32,
    plan: &Plan,
) -> Result<Measured, String> {
    let settings = [
        ("--workload", workload.to_owned()),
        ("--objects", objects.to_string()),
        ("--size", SIZE.to_string()),
        ("--warm-up", "2s".to_owned()),
        ("--duration", format!("{}s", plan.seconds)),
    ];
    let mut words: Vec<String> = settings
        .into_iter()
        .flat_map(|(name, value)| [name.to_owned(), value])
        .collect();
    words.extend(extra.iter().map(|&word| word.to_owned()));
    println!("{} {workload} …", server.name);
    let mut command = std::process::Command::new(bench);
    command
        .arg("--kubeconfig")
        .arg(&server.kubeconfig)
        .arg("--pid")
        .arg(server.pid().to_string())
        .arg("--json");
    let text = output_of(command.args(&words), &[0, MEASURED_WITH_FAILURES])?;
    let report = serde_json::from_str(&text).map_err(|error| format!("purser-bench's report: {error}"))?;
    let command = format!(
        "purser-bench --kubeconfig {} {}",
        server.name_of_kubeconfig(),
        words.join(" ")
    );
    Ok(Measured {
        server: server.name,
        workload,
        command,
        report,
    })
}
