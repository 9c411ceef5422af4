//! Files and directories that nobody else may read: checked before use, written whole or not at all.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::error::Error;

/// Mode of our directories.
pub(crate) const DIRECTORY_MODE: u32 = 0o700;
/// Mode of our files.
pub(crate) const FILE_MODE: u32 = 0o600;
/// What group and others may never have.
pub(crate) const OTHERS: u32 = 0o077;
/// The bits of a mode that say who may do what.
const PERMISSIONS: u32 = 0o7777;
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

/// Refuses what is open to others or belongs to somebody else, and links to files; what is not there is fine. A directory
/// may be reached through a link: systemd's `DynamicUser=` makes one.
///
/// # Errors
/// [`Error::Exposed`] with the command that mends it, [`Error::NotOurs`], [`Error::WrongKind`].
pub(crate) fn check(path: &Path) -> Result<(), Error> {
    let examine = |found: io::Result<Metadata>| match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed("examine", path, source)),
    };
    let Some(itself) = examine(fs::symlink_metadata(path))? else {
        return Ok(());
    };
    match examine(fs::metadata(path))? {
        Some(found) if found.is_dir() => judge(path, &found),
        _ => judge(path, &itself),
    }
}

/// Judges a file or directory by what is known of it.
fn judge(path: &Path, found: &Metadata) -> Result<(), Error> {
    let path = path.to_owned();
    let fix = match (found.is_dir(), found.is_file()) {
        (true, _) => DIRECTORY_MODE,
        (_, true) => FILE_MODE,
        _ => return Err(Error::WrongKind { path }),
    };
    let us = rustix::process::geteuid().as_raw();
    let (owner, mode) = (found.uid(), found.mode() & PERMISSIONS);
    if owner != us {
        return Err(Error::NotOurs { path, owner, us });
    }
    if mode & OTHERS != 0 {
        return Err(Error::Exposed { path, mode, fix });
    }
    Ok(())
}

/// The text of a private file; `None` when it is not there. What is judged is what is read, and no link is followed.
///
/// # Errors
/// When it is not private or cannot be read.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Error> {
    read_opened_with(path, OFlags::NOFOLLOW)
}

/// As [`read`], of a file that an administrator names and may reach through links, as a volume of Kubernetes lays its
/// files out. What is judged is what is read here too.
///
/// # Errors
/// When it is not private or cannot be read.
pub(crate) fn read_through_links(path: &Path) -> Result<Option<Zeroizing<String>>, Error> {
    read_opened_with(path, OFlags::empty())
}

fn read_opened_with(path: &Path, flags: OFlags) -> Result<Option<Zeroizing<String>>, Error> {
    let flags = flags | OFlags::NONBLOCK;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            return Err(Error::WrongKind {
                path: path.to_owned(),
            });
        }
        Err(source) => return Err(failed("read", path, source)),
    };
    let found = file
        .metadata()
        .map_err(|source| failed("examine", path, source))?;
    judge(path, &found)?;
    let mut text = Zeroizing::new(String::new());
    let read = file.read_to_string(&mut text);
    read.map_err(|source| failed("read", path, source))?;
    Ok(Some(text))
}

/// As [`read`], of a file that has to be there, for those who only tell why not.
///
/// # Errors
/// When it is missing, is not private or cannot be read.
pub(crate) fn read_present(path: &Path) -> Result<Zeroizing<String>, String> {
    match read(path) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err("it is missing".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::File {
        action,
        path: path.to_owned(),
        source,
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
