//! Files and directories that nobody else may read: checked before use, written whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::Error;

/// Mode of our directories.
pub(crate) const DIRECTORY_MODE: u32 = 0o700;
/// Mode of our files.
pub(crate) const FILE_MODE: u32 = 0o600;
/// What group and others may never have.
pub(crate) const OTHERS: u32 = 0o077;
/// What a file is called until it is whole.
const UNFINISHED: &str = "unfinished";

/// Makes the directory, and those above it, when it is missing; one that exists must be private.
///
/// # Errors
/// When it cannot be made, or is open to others, or is not ours.
pub(crate) fn directory(path: &Path) -> Result<(), Error> {
    if fs::symlink_metadata(path).is_err() {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(DIRECTORY_MODE)
            .create(path);
        made.map_err(|source| Error::File {
            action: "make",
            path: path.to_owned(),
            source,
        })?;
    }
    check(path)
}

/// Refuses what is open to others or belongs to somebody else; what is not there is fine.
///
/// # Errors
/// [`Error::Exposed`] with the command that mends it, [`Error::NotOurs`].
pub(crate) fn check(path: &Path) -> Result<(), Error> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => {
            return Err(Error::File {
                action: "examine",
                path: path.to_owned(),
                source,
            });
        }
    };
    let us = rustix::process::geteuid().as_raw();
    let mode = found.mode() & 0o7777;
    if found.uid() != us {
        return Err(Error::NotOurs {
            path: path.to_owned(),
            owner: found.uid(),
            us,
        });
    }
    if mode & OTHERS != 0 {
        let fix = if found.is_dir() { DIRECTORY_MODE } else { FILE_MODE };
        return Err(Error::Exposed {
            path: path.to_owned(),
            mode,
            fix,
        });
    }
    Ok(())
}

/// The text of a private file; `None` when it is not there.
///
/// # Errors
/// When it is not private or cannot be read.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Error> {
    check(path)?;
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::File {
            action: "read",
            path: path.to_owned(),
            source,
        }),
    }
}

/// Writes a file so that after a crash at any instant the old or the new one is there, whole.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let unfinished = path.with_added_extension(UNFINISHED);
    let attempt = || {
        // Left over when the power failed here; a file made anew has the mode asked for.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        File::open(parent)?.sync_all()
    };
    attempt().map_err(|source| Error::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn directories_are_made_private_and_then_pass() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("a/b");
        directory(&path).unwrap();
        directory(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, DIRECTORY_MODE);
        assert_eq!(
            fs::metadata(top.path().join("a")).unwrap().mode() & 0o7777,
            DIRECTORY_MODE
        );
    }

    #[test]
    fn what_is_open_to_others_is_refused_with_the_command_that_mends_it() {
        let top = tempfile::tempdir().unwrap();
        let file = top.path().join("key");
        write(&file, "x").unwrap();
        for mode in [0o640, 0o604, 0o660, 0o601] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let message = read(&file).unwrap_err().to_string();
            assert!(
                message.ends_with(&format!("run `chmod 600 {}`", file.display())),
                "{message}"
            );
        }
        fs::set_permissions(top.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let message = directory(top.path()).unwrap_err().to_string();
        assert!(
            message.ends_with(&format!("run `chmod 700 {}`", top.path().display())),
            "{message}"
        );
    }

    #[test]
    fn a_file_is_replaced_whole_and_leftovers_do_not_matter() {
        let top = tempfile::tempdir().unwrap();
        let file = top.path().join("admin.kubeconfig");
        fs::write(top.path().join("admin.kubeconfig.unfinished"), "half").unwrap();
        write(&file, "one").unwrap();
        write(&file, "two").unwrap();
        assert_eq!(read(&file).unwrap().unwrap().as_str(), "two");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, FILE_MODE);
        assert_eq!(fs::read_dir(top.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_there_is_none() {
        let top = tempfile::tempdir().unwrap();
        assert!(read(&top.path().join("nothing")).unwrap().is_none());
    }
}
