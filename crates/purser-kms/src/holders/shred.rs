//! Private files whose old content must not come back.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use rustix::fs::OFlags;

use super::private::PrivateFiles;

/// What the old content is called, after the file's name, until it is overwritten: nothing reads it any more.
const DOOMED: &str = "destroyed";
/// The most bytes of a file that are overwritten: lists are shorter.
const MOST_BYTES: u64 = 1 << 20;

/// Replaces the content of a file, and overwrites the old one where it lies. Broken off at any point, the file is whole,
/// and [`finish`] does the rest.
pub(super) fn replace(path: &Path, text: &str, files: PrivateFiles) -> Result<(), String> {
    finish(path)?;
    let doomed = doomed(path);
    fs::hard_link(path, &doomed).map_err(|error| error.to_string())?;
    (files.write)(path, text)?;
    finish(path)
}

/// Overwrites what an earlier run has replaced.
pub(super) fn finish(path: &Path) -> Result<(), String> {
    let doomed = doomed(path);
    overwrite(path, &doomed).map_err(|error| format!("cannot destroy {}: {error}", doomed.display()))
}

fn doomed(path: &Path) -> PathBuf {
    path.with_added_extension(DOOMED)
}

/// With random bytes, then with zeros, each durable before the next; then it is removed.
fn overwrite(path: &Path, doomed: &Path) -> io::Result<()> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = match OpenOptions::new().write(true).custom_flags(flags).open(doomed) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let found = file.metadata()?;
    let named = fs::symlink_metadata(path)?;
    // INVARIANT: what the file itself is, is not overwritten: broken off before it was replaced, this is another name of it.
    if (found.dev(), found.ino()) != (named.dev(), named.ino()) {
        let length = usize::try_from(found.len().min(MOST_BYTES)).unwrap_or_default();
        let mut junk = vec![0; length];
        rand::fill(&mut junk).map_err(|_| io::Error::other("no randomness"))?;
        for content in [junk, vec![0; length]] {
            file.write_all_at(&content, 0)?;
            file.sync_all()?;
        }
    }
    fs::remove_file(doomed)?;
    let parent = doomed.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> PrivateFiles {
        PrivateFiles {
            read: |_| Ok(None),
            write: |path, text| {
                let new = path.with_added_extension("new");
                fs::write(&new, text)
                    .and_then(|()| fs::rename(&new, path))
                    .map_err(|error| error.to_string())
            },
        }
    }

    #[test]
    fn the_old_content_is_overwritten_where_it_lay() {
        let home = tempfile::tempdir().unwrap();
        let (path, kept) = (home.path().join("list"), home.path().join("kept"));
        fs::write(&path, "old").unwrap();
        // Whoever still has the file open, or another name of it, has it overwritten too.
        fs::hard_link(&path, &kept).unwrap();
        replace(&path, "new", files()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read(&kept).unwrap(), [0; 3]);
        assert!(!doomed(&path).exists());
    }

    #[test]
    fn broken_off_before_the_new_content_was_there_the_old_one_stays() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("list");
        fs::write(&path, "old").unwrap();
        fs::hard_link(&path, doomed(&path)).unwrap();
        finish(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert!(!doomed(&path).exists());
        // And broken off after it.
        fs::write(doomed(&path), "older").unwrap();
        finish(&path).unwrap();
        assert!(!doomed(&path).exists() && path.exists());
    }
}
