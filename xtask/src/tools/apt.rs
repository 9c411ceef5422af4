//! Debian's packages, unpacked into a folder: no root, and nothing of the machine's package state is touched.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{on_path, output, run};
use crate::place;

/// Downloads packages with those of their dependencies that the machine lacks, and unpacks them all under
/// `target/tools/debian/<name>`. Done once: a folder that was finished is used as it is.
///
/// # Errors
///
/// A sentence when this is no Debian, or a package cannot be had.
pub(crate) fn unpack(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let root = place::tools().join("debian").join(name);
    let finished = root.join(".finished");
    if finished.is_file() {
        return Ok(root);
    }
    if on_path("apt-get").is_none() || on_path("dpkg-deb").is_none() {
        return Err(format!(
            "{} would come from Debian's packages, and this is no Debian",
            packages.join(", ")
        ));
    }
    println!(
        "{} is brought from Debian's packages into target/tools",
        packages.join(", ")
    );
    let state = place::tools().join("debian/.apt");
    for part in ["lists/partial", "cache/archives/partial"] {
        place::make(&state.join(part))?;
    }
    run(apt(&state).arg("update"))?;
    let wanted = output(
        apt(&state)
            .args(["--simulate", "--no-install-recommends", "install"])
            .args(packages),
    )?;
    let missing = wanted
        .lines()
        .filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next());
    let missing: Vec<&str> = missing.chain(packages.iter().copied()).collect();
    let debs = place::tools().join("debian").join(format!(".{name}-debs"));
    place::make(&debs)?;
    run(apt(&state).current_dir(&debs).arg("download").args(missing))?;
    place::make(&root)?;
    let entries = std::fs::read_dir(&debs).map_err(|error| format!("{}: {error}", debs.display()))?;
    for deb in entries.flatten() {
        output(Command::new("dpkg-deb").arg("-x").arg(deb.path()).arg(&root))?;
    }
    let _ = std::fs::remove_dir_all(&debs);
    std::fs::write(&finished, "").map_err(|error| format!("cannot write {}: {error}", finished.display()))?;
    Ok(root)
}

/// apt-get with lists, caches and locks of its own; sources and trusted keys are the machine's.
fn apt(state: &Path) -> Command {
    let mut command = Command::new("apt-get");
    let option = |name: &str, part: &str| format!("-o{name}={}", state.join(part).display());
    command.args([
        "-qq".to_owned(),
        "-oDebug::NoLocking=1".to_owned(),
        "-oAPT::Sandbox::User=".to_owned(),
        option("Dir::State::lists", "lists"),
        option("Dir::Cache", "cache"),
    ]);
    command
}
