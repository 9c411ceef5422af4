//! What a submission must pass, in the order in which failures are cheapest to find.

use crate::command::{cargo, run};
use crate::{Outcome, arrows, deny, test};

/// Runs steps until one fails. Each is timed, so that a slow one is seen.
fn run_steps(steps: &[(&str, &dyn Fn() -> Outcome)]) -> Outcome {
    for (name, step) in steps {
        let started = std::time::Instant::now();
        println!("\n== {name}");
        step().map_err(|sentence| format!("{name}: {sentence}"))?;
        println!("== {name}: {:.0} s", started.elapsed().as_secs_f64());
    }
    Ok(())
}

/// Every check, then the same tests as `cargo xtask test`.
pub(crate) fn run_all() -> Outcome {
    run_steps(&[
        ("formatting", &|| {
            run(&mut cargo(["fmt", "--all", "--", "--check"]))
        }),
        ("arrows", &|| arrows::run(&[])),
        ("clippy", &|| {
            run(&mut cargo([
                "clippy",
                "--locked",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ]))
        }),
        ("docs", &|| {
            let mut docs = cargo([
                "doc",
                "--locked",
                "--workspace",
                "--no-deps",
                "--document-private-items",
            ]);
            run(docs.env("RUSTDOCFLAGS", "-D warnings"))
        }),
        ("deny", &deny::run),
        ("tests", &|| test::run(&[])),
    ])
}
