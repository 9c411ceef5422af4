//! Files and directories that nobody else may read: made so, and written whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::error::Error;

/// Mode of our directories.
pub(crate) const DIRECTORY_MODE: u32 = 0o700;
/// Mode of our files.
pub(crate) const FILE_MODE: u32 = 0o600;
/// What a file is called until it is whole.
const UNFINISHED: &str = "unfinished";
/// The most bytes of a file that is read: certificates, keys, settings.
const MAX_FILE: u64 = 1 << 20;

/// Makes a directory, and those above it, where they are missing.
pub(crate) fn make_directory(path: &Path) -> Result<(), Error> {
    let made = DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(path);
    made.map_err(|source| Error::file("make", path, source))
}

/// Whether there is nothing at this path, or an empty directory.
pub(crate) fn is_free(path: &Path) -> Result<bool, Error> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(source) => Err(Error::file("list", path, source)),
    }
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>, Error> {
    let attempt = || {
        // A pipe or a device in a file's place is not waited for.
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(MAX_FILE).read_to_string(&mut text)?;
        Ok(text)
    };
    attempt().map_err(|source| Error::file("read", path, source))
}

/// Writes a file so that whoever reads it, now or after a crash at any instant, finds the old or the new one, whole.
/// It belongs to whom the one before belonged to, where the system lets us.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let unfinished = path.with_added_extension(UNFINISHED);
    let attempt = || {
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
        keep_owner(path, &file);
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        sync_parent(path)
    };
    attempt().map_err(|source| Error::file("write", path, source))
}

/// A renewal by root leaves etcd its files.
fn keep_owner(path: &Path, new: &File) {
    use std::os::unix::fs::MetadataExt as _;
    if let (Ok(old), Ok(now)) = (fs::symlink_metadata(path), new.metadata())
        && (old.uid(), old.gid()) != (now.uid(), now.gid())
    {
        // Who may not give files away owns them from here on: the file is private either way.
        let _ = std::os::unix::fs::fchown(new, Some(old.uid()), Some(old.gid()));
    }
}

/// Renames, durably.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    let renamed = fs::rename(from, to).and_then(|()| sync_parent(to));
    renamed.map_err(|source| Error::file("rename", from, source))
}

/// Removes a file; one that is not there is fine.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(Error::file("remove", path, source)),
        Ok(()) => sync_parent(path).map_err(|source| Error::file("remove", path, source)),
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}
