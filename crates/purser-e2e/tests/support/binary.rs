//! The binary under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/purser-e2e is two folders deep")
        .to_owned()
}

/// `PURSER_BIN`, or the debug build, brought up to date once per test process. Test processes that build at the same
/// moment wait for each other on cargo's own lock.
pub fn purser() -> &'static Path {
    static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
        if let Some(named) = std::env::var_os("PURSER_BIN") {
            return named.into();
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args([
                "build",
                "--quiet",
                "--package",
                "purser",
                "--message-format",
                "json-render-diagnostics",
            ])
            .current_dir(root())
            .output()
            .expect("cargo runs");
        assert!(
            built.status.success(),
            "purser does not build:\n{}",
            String::from_utf8_lossy(&built.stderr)
        );
        executable(&String::from_utf8_lossy(&built.stdout)).expect("cargo says where the binary is")
    });
    &BINARY
}

/// The executable that cargo's messages name.
fn executable(messages: &str) -> Option<PathBuf> {
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    messages
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .next_back()
}
