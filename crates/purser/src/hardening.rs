//! What the process gives up before it holds anything worth stealing.

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};

use crate::private::OTHERS;

/// Forbids core dumps, tracing by processes of the same user, and files that others may read.
///
/// # Errors
/// When the system refuses: then a crash could write values to disk, and nothing should start.
pub(crate) fn apply() -> std::io::Result<()> {
    umask(Mode::from_raw_mode(OTHERS));
    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    // Also closes /proc/<pid>/mem to other processes of this user.
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}
