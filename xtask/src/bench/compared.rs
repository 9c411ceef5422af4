//! What is measured in turns: gets with RBAC and without, and whether an answer's time tells what it should not.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::server::Server;
use crate::command::output;

/// How much is measured.
pub(crate) struct Turns {
    pub(crate) roles: u32,
    pub(crate) bindings: u32,
    pub(crate) objects: u32,
    pub(crate) pairs: u32,
    pub(crate) each: &'static str,
    pub(crate) samples: u32,
}

/// What came out of it.
pub(crate) struct Compared {
    rights: Value,
    alike: Value,
    /// Without paths, for who wants to repeat it.
    commands: [String; 2],
}

impl Compared {
    /// Measures.
    ///
    /// # Errors
    /// When there is no measurement.
    pub(crate) fn measure(bench: &Path, server: &Server, turns: &Turns) -> Result<Self, String> {
        let number = |number: u32| number.to_string();
        let rights = [
            ("--roles", number(turns.roles)),
            ("--bindings", number(turns.bindings)),
            ("--objects", number(turns.objects)),
            ("--pairs", number(turns.pairs)),
            ("--each", turns.each.to_owned()),
        ];
        let alike = [("--samples", number(turns.samples))];
        let (rights, first) = ask(bench, server, "rights", &rights)?;
        let (alike, second) = ask(bench, server, "alike", &alike)?;
        Ok(Self {
            rights,
            alike,
            commands: [first, second],
        })
    }

    /// The page's sections.
    pub(crate) fn write(&self, page: &mut String) {
        self.write_rights(page);
        self.write_alike(page);
        page.push_str("\n```sh\n");
        for command in &self.commands {
            let _ = writeln!(page, "{command}");
        }
        page.push_str("```\n");
    }

    fn write_rights(&self, page: &mut String) {
        let of = |name: &str| self.rights.get(name).and_then(Value::as_f64).unwrap_or(0.0);
        let _ = writeln!(
            page,
            "\n## Rights\n\n\
             Gets by `system:masters`, of whom RBAC is not asked, and by a user with ten bindings among {:.0} bindings of\n\
             {:.0} roles, in turns of {} s, {:.0} for each.\n\n\
             | | requests/s | the server's CPU µs/request |\n| --- | --: | --: |\n\
             | `system:masters` | {:.0} | {:.1} |\n| by RBAC | {:.0} | {:.1} |\n\n\
             Throughput falls by {:.1}% ± {:.1} (mean of the pairs, standard error; median {:.1}%).",
            of("bindings"),
            of("roles"),
            of("seconds_each"),
            of("pairs"),
            of("masters_per_second"),
            of("masters_cpu_us"),
            of("reader_per_second"),
            of("reader_cpu_us"),
            of("loss") * 100.0,
            of("loss_standard_error") * 100.0,
            of("loss_median") * 100.0,
        );
    }

    fn write_alike(&self, page: &mut String) {
        page.push_str(
            "\n## What the time of an answer tells\n\n\
             Each question is asked in two ways, in turns and any order, by one client on the same machine, which is the\n\
             best place to listen from. AUC is how often an answer of the second way took longer than one of the first:\n\
             0.5 is chance. z is how many standard errors that is from chance; beyond 4 the ways are told apart.\n\n\
             | question | samples of each | p50 µs | p50 µs | AUC | z | Welch's t | |\n\
             | --- | --: | --: | --: | --: | --: | --: | --- |\n",
        );
        for row in self.alike.as_array().into_iter().flatten() {
            let number = |path: &str| row.pointer(path).and_then(Value::as_f64).unwrap_or(0.0);
            let told = row.get("told_apart") == Some(&Value::Bool(true));
            let _ = writeln!(
                page,
                "| {} | {:.0} | {:.1} | {:.1} | {:.3} | {:.1} | {:.1} | {} |",
                row.get("question").and_then(Value::as_str).unwrap_or_default(),
                number("/samples"),
                number("/median_us/0"),
                number("/median_us/1"),
                number("/auc"),
                number("/z"),
                number("/welch_t"),
                if told { "told apart" } else { "alike" },
            );
        }
    }
}

/// The report, and the command without paths.
fn ask(
    bench: &Path,
    server: &Server,
    what: &str,
    settings: &[(&str, String)],
) -> Result<(Value, String), String> {
    let words: Vec<&str> = settings
        .iter()
        .flat_map(|(name, value)| [*name, value.as_str()])
        .collect();
    println!("{} {what} …", server.name);
    let mut command = Command::new(bench);
    command
        .arg(what)
        .arg("--kubeconfig")
        .arg(&server.kubeconfig)
        .arg("--pid")
        .arg(server.pid().to_string())
        .arg("--json")
        .args(&words);
    let text = output(&mut command)?;
    let report =
        serde_json::from_str(&text).map_err(|error| format!("purser-bench {what}'s report: {error}"))?;
    let shown = format!(
        "purser-bench {what} --kubeconfig {} {}",
        server.name_of_kubeconfig(),
        words.join(" ")
    );
    Ok((report, shown))
}
