//! The tasks of a developer and of CI, one command each: `cargo xtask <task>`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner talks to a terminal"
)]

mod arrows;
mod bench;
mod ci;
mod command;
mod deny;
mod fuzz;
mod place;
mod slow;
mod soak;
mod test;
mod tools;

use std::process::ExitCode;

/// What a task answers: nothing, or one sentence that says what went wrong and what to do.
type Outcome = Result<(), String>;

const HELP: &str = "\
The tasks of a developer and of CI.

usage: cargo xtask <task> [options]

  test [-- FILTER…]      bring what the tests need under target/tools, then run every test
  ci                     formatting, clippy, docs, arrows, deny, then `test`
  arrows [--write]       check the crates' arrows against architecture/arrows.toml;
                         --write renews the drawing in ARCHITECTURE.md
  deny                   licences, bans, sources, and advisories where the database can be had
  fuzz [--seconds N] [TARGET…]
                         run each fuzz target for N seconds (60)
  bench [--seconds N] [--quick] [--turns] [--rotation]
                         measure a release build and write docs/benchmarks.md;
                         --quick measures little and only shows it; --turns only shows what RBAC
                         costs and what the time of an answer tells, --rotation what requests notice
                         of another key for 100,000 Secrets
  soak [--minutes N] [--objects N]
                         informers on N objects (20000) for N minutes (20) of writes, disconnects and
                         compactions, after which every cache equals a fresh list
  slow                   the tests that are marked `#[ignore]`: slow, or bound in time; in a release build
  tools                  only bring what the tests need

Tools that are not on the machine come from PyPI, Debian's packages, npm's registry or the Rust registry, without
root. PURSER_KUBECTL, PURSER_PYTHON and PURSER_NODE name a kubectl, a Python with the `kubernetes` client and a Node.js
with `@kubernetes/client-node` to use instead.
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_else(|| "--help".to_owned());
    let rest: Vec<String> = arguments.collect();
    if rest
        .iter()
        .any(|argument| argument == "--help" || argument == "-h")
    {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let outcome = match task.as_str() {
        "test" => test::run(&rest),
        "ci" => ci::run_all(),
        "arrows" => arrows::run(&rest),
        "deny" => deny::run(),
        "fuzz" => fuzz::run(&rest),
        "bench" => bench::run(&rest),
        "slow" => slow::run(&rest),
        "soak" => soak::run(&rest),
        "tools" => tools::bring().map(|found| println!("{found}")),
        "--help" | "-h" | "help" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!(
            "there is no task {other:?}; `cargo xtask --help` lists them"
        )),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("\nxtask {task}: {sentence}");
            ExitCode::FAILURE
        }
    }
}
