//! Whether somebody uses what is to be erased.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::ground::Doomed;
use super::{failed, refused};
use crate::error::Error;

/// What processes are seen in.
const PROCESSES: &str = "/proc";

/// Refuses what a process has open, works in, or has mounted something on. Processes of others are seen by root alone.
///
/// # Errors
/// Which process it is.
pub(super) fn refuse(path: &Path) -> Result<(), Error> {
    let own = std::process::id().to_string();
    let processes = fs::read_dir(PROCESSES).map_err(|error| failed("list", Path::new(PROCESSES), error))?;
    for process in processes.flatten() {
        let id = process.file_name().to_string_lossy().into_owned();
        if id == own || !id.bytes().all(|letter| letter.is_ascii_digit()) {
            continue;
        }
        let files = fs::read_dir(process.path().join("fd"))
            .into_iter()
            .flatten()
            .flatten();
        let links = files.map(|file| file.path()).chain([process.path().join("cwd")]);
        let held = links
            .filter_map(|link| fs::read_link(link).ok())
            .any(|at| at.starts_with(path));
        if held {
            return Err(refused(
                path,
                &format!("is in use by process {id}: stop it first"),
            ));
        }
    }
    Ok(())
}

/// Takes the locks that stores take on their files: Purser on `lock`, etcd on `db`.
///
/// # Errors
/// When somebody has one.
pub(super) fn lock<'a>(files: impl Iterator<Item = &'a Doomed>) -> Result<Vec<File>, Error> {
    let mut held = Vec::new();
    for doomed in files.filter(|file| file.path.ends_with("lock") || file.path.ends_with("db")) {
        let file = File::open(&doomed.path).map_err(|error| failed("open", &doomed.path, error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => held.push(file),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(refused(&doomed.path, "is locked: somebody uses it"));
            }
            Err(error) => return Err(failed("lock", &doomed.path, io::Error::from(error))),
        }
    }
    Ok(held)
}
