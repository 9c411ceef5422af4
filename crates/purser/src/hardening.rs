//! What the process gives up before it holds anything worth stealing.

use rustix::fs::Mode;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit, umask,
};

use crate::private::OTHERS;

/// Files that are open besides connections: the store, the log, what is read when certificates are renewed; and the
/// connections that are about to be closed.
const OTHER_FILES: u64 = 64;

/// How many of `wanted` connections the system allows, after it was asked for all it may give.
pub(crate) fn connections(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    let files = match setrlimit(Resource::Nofile, most) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let connections = files.map_or(u64::MAX, |files| files.saturating_sub(OTHER_FILES));
    usize::try_from(connections)
        .unwrap_or(usize::MAX)
        .max(1)
        .min(wanted)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_connections_than_files_allow() {
        assert_eq!(connections(1), 1);
        let most = connections(usize::MAX);
        let allowed = getrlimit(Resource::Nofile).current;
        if let Some(files) = allowed {
            assert_eq!(
                u64::try_from(most).unwrap(),
                files.saturating_sub(OTHER_FILES).max(1)
            );
        }
        assert_eq!(connections(usize::MAX), most);
    }
}
