//! What is told of a panic: where it happened, never what it says. A message can hold what the code worked on.

use std::panic::{self, PanicHookInfo};
use std::thread;

/// Sets it up for the process, in place of the hook that prints messages to standard error.
pub(crate) fn report_places_only() {
    panic::set_hook(Box::new(report));
}

fn report(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(String::new, ToString::to_string);
    let thread = thread::current();
    tracing::error!(
        place,
        thread = thread.name().unwrap_or_default(),
        "a defect: panicked"
    );
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;

    use super::*;
    use crate::logging::{LogFormat, LogLevel, Logging};

    const CHILD: &str = "PURSER_TEST_PANICS";
    const SAID: &str = "hunter2-in-a-message";

    /// The hook is the process's, so that it is tried in a process of its own.
    #[test]
    fn a_panic_tells_its_place_and_not_its_message() {
        if env::var_os(CHILD).is_some() {
            Logging::new(Some(LogLevel::Info), Some(LogFormat::Json), false).start();
            report_places_only();
            panic!("{SAID}");
        }
        let name = "panics::tests::a_panic_tells_its_place_and_not_its_message";
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, "1")
            .env("RUST_BACKTRACE", "1")
            .output()
            .unwrap();
        let printed = String::from_utf8([child.stdout, child.stderr].concat()).unwrap();
        assert!(!child.status.success());
        assert!(!printed.contains(SAID), "{printed}");
        assert!(printed.contains("src/panics.rs:"), "{printed}");
    }
}
