//! Where things are in the checkout.

use std::path::{Path, PathBuf};

/// The root of the checkout: the folder above this crate's.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Cargo's target directory, which `CARGO_TARGET_DIR` may have moved.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Where the tools that the tests need are unpacked. Always under the checkout's own `target/`, which is where the
/// tests look when no variable names a tool.
pub(crate) fn tools() -> PathBuf {
    root().join("target/tools")
}

/// The folder of the tools' commands, one file or wrapper each.
pub(crate) fn tool(name: &str) -> PathBuf {
    tools().join("bin").join(name)
}

/// Makes a directory and those above it.
///
/// # Errors
///
/// A sentence with the path when it cannot be made.
pub(crate) fn make(directory: &Path) -> Result<(), String> {
    std::fs::create_dir_all(directory)
        .map_err(|error| format!("cannot make {}: {error}", directory.display()))
}
