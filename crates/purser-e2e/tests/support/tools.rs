//! The real clients, as `cargo xtask tools` left them or the environment names them.

use std::path::PathBuf;

use crate::binary;

/// The kubectl to test with.
///
/// # Panics
///
/// When there is none, saying how to get it: a test whose real peer is missing fails.
pub fn kubectl() -> PathBuf {
    find("PURSER_KUBECTL", "kubectl")
}

/// A Python that can `import kubernetes`.
///
/// # Panics
///
/// When there is none, saying how to get it.
pub fn python() -> PathBuf {
    find("PURSER_PYTHON", "python")
}

/// A Node.js that can `require("@kubernetes/client-node")`.
///
/// # Panics
///
/// When there is none, saying how to get it.
pub fn node() -> PathBuf {
    find("PURSER_NODE", "node")
}

fn find(variable: &str, name: &str) -> PathBuf {
    if let Some(named) = std::env::var_os(variable) {
        return named.into();
    }
    let brought = binary::root().join("target/tools/bin").join(name);
    if brought.is_file() {
        return brought;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    match on_path {
        Some(found) if name == "kubectl" => found,
        _ => panic!("no {name} to test with: run `cargo xtask tools`, or name one in {variable}"),
    }
}
