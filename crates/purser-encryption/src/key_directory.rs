//! The directory of key files: private to this user, or not used at all.

use std::fs::{DirBuilder, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use rustix::fs::{
    AtFlags, Dir, Mode, OFlags, RenameFlags, Stat, fstat, fsync, open, openat, renameat, renameat_with,
    unlinkat,
};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::key_file::MAX_FILE;

/// Most key files in a directory.
pub(crate) const MAX_KEYS: usize = 64;
/// What key files are named: `<id>.key`.
const SUFFIX: &str = ".key";
/// The file that names the key to write with.
pub(crate) const PRIMARY: &str = "primary";
/// What a file is called until it is whole.
const UNFINISHED: &str = ".unfinished";
/// What a key file that is being destroyed is called, after a dot and its id: nothing reads it any more.
const DOOMED: &str = ".destroyed.key";
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
const OTHERS: u32 = 0o077;

/// Why the local keys cannot be used. Never holds a byte of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Somebody else may read or change it.
    #[error("{path} is open to others (mode {mode:04o}): run `chmod {fix:o} {path}`")]
    Exposed {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The permission bits it should have.
        fix: u32,
    },
    /// It belongs to another user.
    #[error("{path} belongs to user {owner}, not to {us} who runs this: run `chown {us} {path}`")]
    NotOurs {
        /// The file or directory.
        path: PathBuf,
        /// Its owner's uid.
        owner: u32,
        /// Our effective uid.
        us: u32,
    },
    /// It is not the kind of file that it should be.
    #[error("{path} is not a {expected}")]
    WrongKind {
        /// What was found.
        path: PathBuf,
        /// `directory` or `regular file`.
        expected: &'static str,
    },
    /// It is somewhere else.
    #[error(
        "{0} is a symbolic link, which is not followed: put the key file itself there, or name its directory"
    )]
    Link(PathBuf),
    /// The system refused.
    #[error("cannot {action} {path}: {error}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} cannot be used: {reason}; restore it from a backup")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no key file.
    #[error(
        "{0} holds no key; without the keys that sealed it, stored data cannot be read: restore them from a backup"
    )]
    NoKeys(PathBuf),
    /// The key to write with is not said, or is not there.
    #[error("{path} names no key that is there; write the id of the key to seal with into it")]
    NoPrimary {
        /// The file `primary`.
        path: PathBuf,
    },
    /// There are other keys than those that were to be destroyed.
    #[error("the keys in {0} changed meanwhile: none was destroyed; do it again")]
    Changed(PathBuf),
    /// Beyond the bound.
    #[error("{path} holds as many keys as can be used, {MAX_KEYS}, or more")]
    TooMany {
        /// The directory.
        path: PathBuf,
    },
    /// The source of randomness failed.
    #[error("no randomness to make a key")]
    NoRandomness,
}

/// An open directory that passed the checks.
pub(crate) struct KeyDirectory {
    path: PathBuf,
    directory: File,
}

impl KeyDirectory {
    /// Opens a directory that is there.
    pub(crate) fn open(path: &Path) -> Result<Self, KeyFileError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = open(path, flags, Mode::empty()).map_err(|error| failed("open", path, error))?;
        let stat = fstat(&directory).map_err(|error| failed("examine", path, error))?;
        judge(path, Owned::of(&stat), DIRECTORY_MODE)?;
        Ok(Self {
            path: path.to_owned(),
            directory: directory.into(),
        })
    }

    /// Makes the directory, and those above it, unless it is there; it must pass the same checks.
    pub(crate) fn make(path: &Path) -> Result<Self, KeyFileError> {
        let above = path.ancestors().skip(1).take_while(|above| !above.exists());
        let missing: Vec<&Path> = above.filter(|above| *above != Path::new("")).collect();
        DirBuilder::new()
            .recursive(true)
            .mode(DIRECTORY_MODE)
            .create(path)
            .map_err(|error| KeyFileError::Io {
                action: "make",
                path: path.to_owned(),
                error,
            })?;
        // The directory itself also when it was there: a crash may have come before its name was durable.
        for made in missing.into_iter().chain([path]) {
            sync_parent(made)?;
        }
        Self::open(path)
    }

    /// The names of the key files, sorted.
    pub(crate) fn key_files(&self) -> Result<Vec<String>, KeyFileError> {
        self.names(|name| name.ends_with(SUFFIX) && !name.starts_with('.'))
    }

    /// Such names, sorted.
    fn names(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>, KeyFileError> {
        let entries = Dir::read_from(&self.directory).map_err(|error| failed("list", &self.path, error))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed("list", &self.path, error))?;
            let Ok(name) = entry.file_name().to_str() else {
                continue;
            };
            if wanted(name) {
                names.push(name.to_owned());
            }
            if names.len() > MAX_KEYS {
                return Err(KeyFileError::TooMany {
                    path: self.path.clone(),
                });
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The bytes of a file that passed the checks; `None` when it is not there.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyFileError> {
        let path = self.path(name);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.directory, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(KeyFileError::Link(path)),
            Err(error) => return Err(failed("open", &path, error)),
        };
        let stat = fstat(&file).map_err(|error| failed("examine", &path, error))?;
        judge(&path, Owned::of(&stat), FILE_MODE)?;
        // One byte more than allowed, so that the buffer never grows and a longer file is noticed.
        let mut bytes = Zeroizing::new(vec![0; MAX_FILE + 1]);
        let mut length = 0;
        loop {
            let (_, space) = bytes.split_at_mut(length);
            match (&file).read(space) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(KeyFileError::Io {
                        action: "read",
                        path,
                        error,
                    });
                }
            }
        }
        if length > MAX_FILE {
            return Err(KeyFileError::Malformed {
                path,
                reason: "it is too long",
            });
        }
        bytes.truncate(length);
        Ok(Some(bytes))
    }

    /// Destroys the file of the key `id`. A crash leaves it as it was, or under a name that nothing reads, for
    /// [`KeyDirectory::finish_shredding`]: half of a key in its own place would keep everybody from starting.
    pub(crate) fn shred(&self, id: &str) -> Result<(), KeyFileError> {
        let doomed = self.set_aside(id)?;
        self.overwrite(&doomed)
    }

    /// Destroys what an earlier run has begun to.
    pub(crate) fn finish_shredding(&self) -> Result<(), KeyFileError> {
        let doomed = self.names(|name| name.starts_with('.') && name.ends_with(DOOMED))?;
        doomed.iter().try_for_each(|name| self.overwrite(name))
    }

    /// Gives the file of the key `id` a name that nothing reads; that name.
    fn set_aside(&self, id: &str) -> Result<String, KeyFileError> {
        let (name, doomed) = (Self::file_name(id), format!(".{id}{DOOMED}"));
        renameat(&self.directory, &name, &self.directory, &doomed)
            .and_then(|()| fsync(&self.directory))
            .map_err(|error| failed("rename", &self.path(&name), error))?;
        Ok(doomed)
    }

    /// Overwrites a file with random bytes, then with zeros, and removes it; each step is durable before the next.
    fn overwrite(&self, name: &str) -> Result<(), KeyFileError> {
        let path = self.path(name);
        let at = |action| {
            let path = path.clone();
            move |error| KeyFileError::Io { action, path, error }
        };
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&self.directory, name, flags, Mode::empty());
        let file = File::from(file.map_err(|error| failed("open", &path, error))?);
        let stat = fstat(&file).map_err(|error| failed("examine", &path, error))?;
        judge(&path, Owned::of(&stat), FILE_MODE)?;
        let length = usize::try_from(stat.st_size).unwrap_or(MAX_FILE).min(MAX_FILE);
        let mut junk = vec![0; length];
        rand::fill(&mut junk).map_err(|_| KeyFileError::NoRandomness)?;
        for content in [junk, vec![0; length]] {
            file.write_all_at(&content, 0).map_err(at("overwrite"))?;
            file.sync_all().map_err(at("overwrite"))?;
        }
        unlinkat(&self.directory, name, AtFlags::empty()).map_err(|error| failed("remove", &path, error))?;
        fsync(&self.directory).map_err(|error| failed("make durable", &self.path, error))
    }

    /// Removes a file that holds nothing secret.
    pub(crate) fn remove(&self, name: &str) -> Result<(), KeyFileError> {
        match unlinkat(&self.directory, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(failed("remove", &self.path(name), error)),
        }
    }

    /// Writes a file so that it is there whole and durable, or not at all. An existing one is kept, and is an
    /// error, unless `replace` is said.
    pub(crate) fn write(&self, name: &str, bytes: &[u8], replace: bool) -> Result<(), KeyFileError> {
        let unfinished = format!(".{name}{UNFINISHED}");
        // Left over when the power failed here: it never was a key in use.
        match unlinkat(&self.directory, &unfinished, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(failed("remove", &self.path(&unfinished), error)),
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(
            &self.directory,
            &unfinished,
            flags,
            Mode::from_raw_mode(FILE_MODE),
        )
        .map_err(|error| failed("make", &self.path(&unfinished), error))?;
        let mut file = File::from(file);
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(|error| KeyFileError::Io {
                action: "write",
                path: self.path(&unfinished),
                error,
            })?;
        let renamed = if replace {
            renameat(&self.directory, &unfinished, &self.directory, name)
        } else {
            renameat_with(
                &self.directory,
                &unfinished,
                &self.directory,
                name,
                RenameFlags::NOREPLACE,
            )
        };
        renamed.map_err(|error| failed("make", &self.path(name), error))?;
        fsync(&self.directory).map_err(|error| failed("flush", &self.path, error))
    }

    /// The name of the file of the key `id`.
    pub(crate) fn file_name(id: &str) -> String {
        format!("{id}{SUFFIX}")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// What the checks look at.
#[derive(Debug, Clone, Copy)]
struct Owned {
    mode: u32,
    owner: u32,
}

impl Owned {
    fn of(stat: &Stat) -> Self {
        Self {
            mode: stat.st_mode,
            owner: stat.st_uid,
        }
    }
}

/// Refuses what is not of the kind that `wanted` permission bits are for, not ours, or open to others.
fn judge(path: &Path, found: Owned, wanted: u32) -> Result<(), KeyFileError> {
    let path = || path.to_owned();
    let kind = rustix::fs::FileType::from_raw_mode(found.mode);
    let (right, expected) = if wanted == DIRECTORY_MODE {
        (kind.is_dir(), "directory")
    } else {
        (kind.is_file(), "regular file")
    };
    let us = rustix::process::geteuid().as_raw();
    let mode = found.mode & 0o7777;
    if !right {
        Err(KeyFileError::WrongKind {
            path: path(),
            expected,
        })
    } else if found.owner != us {
        Err(KeyFileError::NotOurs {
            path: path(),
            owner: found.owner,
            us,
        })
    } else if mode & OTHERS != 0 {
        Err(KeyFileError::Exposed {
            path: path(),
            mode,
            fix: wanted,
        })
    } else {
        Ok(())
    }
}

/// Makes the name of what is at `path` durable.
fn sync_parent(path: &Path) -> Result<(), KeyFileError> {
    let parent = match path.parent() {
        Some(parent) if parent == Path::new("") => Path::new("."),
        Some(parent) => parent,
        None => path,
    };
    let synced = File::open(parent).and_then(|parent| parent.sync_all());
    synced.map_err(|error| KeyFileError::Io {
        action: "flush",
        path: parent.to_owned(),
        error,
    })
}

fn failed(action: &'static str, path: &Path, error: Errno) -> KeyFileError {
    KeyFileError::Io {
        action,
        path: path.to_owned(),
        error: error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_files::KeyFiles;
    use crate::local_key_holder::LocalKeyHolder;

    const REGULAR: u32 = 0o100_000;
    const DIRECTORY: u32 = 0o040_000;

    fn verdict(mode: u32, owner: u32, wanted: u32) -> String {
        match judge(Path::new("/k"), Owned { mode, owner }, wanted) {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn only_private_files_and_directories_of_ours_are_used() {
        let us = rustix::process::geteuid().as_raw();
        assert_eq!(verdict(REGULAR | 0o600, us, FILE_MODE), "ok");
        assert_eq!(verdict(REGULAR | 0o400, us, FILE_MODE), "ok");
        assert_eq!(verdict(DIRECTORY | 0o700, us, DIRECTORY_MODE), "ok");
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601] {
            let expected = format!("/k is open to others (mode {mode:04o}): run `chmod 600 /k`");
            assert_eq!(verdict(REGULAR | mode, us, FILE_MODE), expected);
        }
        let open = "/k is open to others (mode 0755): run `chmod 700 /k`";
        assert_eq!(verdict(DIRECTORY | 0o755, us, DIRECTORY_MODE), open);
        let other = us + 1;
        let expected = format!("/k belongs to user {other}, not to {us} who runs this: run `chown {us} /k`");
        assert_eq!(verdict(REGULAR | 0o600, other, FILE_MODE), expected);
        assert_eq!(
            verdict(DIRECTORY | 0o700, us, FILE_MODE),
            "/k is not a regular file"
        );
    }

    #[test]
    fn a_key_whose_destruction_was_broken_off_keeps_nobody_from_starting_and_is_gone_then() {
        let top = tempfile::tempdir().unwrap();
        let keys = top.path().join("keys");
        let old = LocalKeyHolder::generate(&keys).unwrap();
        let new = LocalKeyHolder::generate(&keys).unwrap();
        let files = KeyDirectory::open(&keys).unwrap();
        for content in [None, Some([0xff; 40])] {
            let doomed = files.set_aside(&old).unwrap();
            if let Some(content) = content {
                std::fs::write(keys.join(&doomed), content).unwrap();
            }
            assert_eq!(KeyFiles::open(&keys).unwrap().key_ids(), [new.as_str()]);
            assert!(!keys.join(&doomed).exists());
            std::fs::copy(
                keys.join(KeyDirectory::file_name(&new)),
                keys.join(KeyDirectory::file_name(&old)),
            )
            .unwrap();
        }
    }
}
