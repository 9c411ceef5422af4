//! Runs other programs and says what failed.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// A cargo command at the root of the checkout: the cargo that runs this task, with no inherited package variables.
pub(crate) fn cargo<I, S>(arguments: I) -> Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(crate::place::root());
    clean(&mut command);
    command
}

/// Removes the variables of `cargo run` that describe xtask: they would make build scripts of others run again.
pub(crate) fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
}

/// Prints the command, runs it with the terminal's streams, and waits.
///
/// # Errors
///
/// A sentence with the command when it cannot be started or does not succeed.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let line = line(command);
    println!("+ {line}");
    let status = command
        .status()
        .map_err(|error| format!("cannot run `{line}`: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{line}` failed ({status})"))
    }
}

/// Runs the command without a word and gives its standard output.
///
/// # Errors
///
/// A sentence with the command and the end of its standard error when it does not succeed.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    output_of(command, &[0])
}

/// As [`output`], of a command that also says something with other exit codes than 0.
///
/// # Errors
///
/// A sentence with the command and the end of its standard error when it ends in another way.
pub(crate) fn output_of(command: &mut Command, good: &[i32]) -> Result<String, String> {
    let line = line(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run `{line}`: {error}"))?;
    if output.status.code().is_some_and(|code| good.contains(&code)) {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let tail: Vec<&str> = said.lines().rev().take(8).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    Err(format!(
        "`{line}` failed ({}):\n{}",
        output.status,
        tail.join("\n")
    ))
}

/// Where a program is on PATH.
pub(crate) fn on_path(name: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file())
}

/// Whether the command runs and succeeds, with nothing printed.
pub(crate) fn works(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Writes an executable file.
///
/// # Errors
///
/// A sentence with the path.
pub(crate) fn write_executable(path: &Path, text: &str) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    std::fs::write(path, text).map_err(failed)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).map_err(failed)
}

/// The number, from 1 on, that an option is followed by.
///
/// # Errors
///
/// A sentence with the option.
pub(crate) fn number(option: &str, text: Option<&String>) -> Result<u32, String> {
    let text = text.ok_or_else(|| format!("{option} takes a number"))?;
    let number = text.parse().ok().filter(|&number| number > 0);
    number.ok_or_else(|| format!("{option} takes a number from 1 on, not {text:?}"))
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}
