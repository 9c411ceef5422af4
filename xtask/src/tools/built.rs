//! Programs of the Rust registry.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{cargo, on_path, output, run};
use crate::place;

/// A program of the Rust registry.
pub(crate) struct Built {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// The arguments to which it answers its version.
    pub(crate) asked: &'static [&'static str],
    /// How long a build of it takes.
    pub(crate) takes: &'static str,
}

impl Built {
    /// The one on PATH, whatever its version; else this one, built once into target/tools.
    ///
    /// # Errors
    ///
    /// A sentence when it cannot be built.
    pub(crate) fn bring(&self) -> Result<PathBuf, String> {
        let Self { name, version, .. } = *self;
        if let Some(path) = on_path(name) {
            return Ok(path);
        }
        let path = place::tool(name);
        let told = output(Command::new(&path).args(self.asked)).unwrap_or_default();
        if !told.trim().ends_with(&format!(" {version}")) {
            println!(
                "{name} {version} is built once into target/tools ({})",
                self.takes
            );
            let mut install = cargo([
                "install",
                name,
                "--locked",
                "--quiet",
                "--version",
                version,
                "--root",
            ]);
            run(install.arg(place::tools()))?;
        }
        Ok(path)
    }
}
