//! The store's directory: its modes, and the lock that keeps a second process out.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags};
use rustix::io::Errno;

use crate::error::OpenError;

const LOCK_FILE: &str = "lock";
const DATABASE_FILE: &str = "purser.redb";
const UNFINISHED_FILE: &str = "purser.redb.new";
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
const PERMISSIONS: u32 = 0o7777;
/// What group and others may never have.
const OTHERS: u32 = 0o077;
/// Twice what a group of commits may hold: none that was begun fills the disk.
const RESERVE_BYTES: u64 = 16 << 20;
/// Of a small disk this part is the reserve.
const RESERVE_SHARE: u64 = 16;
/// More than any process id has digits.
const PID_DIGITS: u64 = 20;

/// Bytes of a disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space {
    /// Those that we may still use.
    pub(crate) free: u64,
    /// All.
    pub(crate) whole: u64,
}

impl Space {
    /// How much of it is kept for deletions, unless it is said.
    pub(crate) fn reserve(self, said: Option<u64>) -> u64 {
        said.unwrap_or_else(|| RESERVE_BYTES.min(self.whole / RESERVE_SHARE))
    }
}

/// The directory, held until dropped.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Makes the directory when it is missing, closes it to others, and takes the lock.
    pub(crate) fn hold(path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Io {
            path: path.to_owned(),
            source,
        };
        let missing = path.ancestors().take_while(|above| !above.exists());
        let missing: Vec<&Path> = missing.filter(|above| *above != Path::new("")).collect();
        DirBuilder::new()
            .recursive(true)
            .mode(DIRECTORY_MODE)
            .create(path)
            .map_err(failed)?;
        for made in missing {
            sync_parent(made).map_err(failed)?;
        }
        std::fs::set_permissions(path, Permissions::from_mode(DIRECTORY_MODE)).map_err(failed)?;
        let lock = take_lock(&path.join(LOCK_FILE))?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Opens the database's file. When there is none, and one may be made, `initialise` makes it under another name
    /// first: a crash in between must not leave a file that is no database yet.
    pub(crate) fn open_database(
        &self,
        create: bool,
        initialise: impl FnOnce(File) -> Result<(), OpenError>,
    ) -> Result<File, OpenError> {
        let path = self.database_path();
        let failed = |source| OpenError::Io {
            path: path.clone(),
            source,
        };
        // A link that leads nowhere now is something that is there, and refused below.
        let missing = match path.symlink_metadata() {
            Ok(_) => false,
            Err(error) if error.kind() == ErrorKind::NotFound => true,
            Err(error) => return Err(failed(error)),
        };
        if missing {
            if !create {
                return Err(OpenError::Missing { path });
            }
            let unfinished = self.path.join(UNFINISHED_FILE);
            match std::fs::remove_file(&unfinished) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
                _ => initialise(open_private(&unfinished)?)?,
            }
            std::fs::rename(&unfinished, &path).map_err(failed)?;
            sync_parent(&path).map_err(failed)?;
            sync_parent(&self.path).map_err(failed)?;
        }
        let file = open_private(&path)?;
        if file.metadata().map_err(failed)?.len() == 0 {
            // redb would take it for a new database, and what was lost would go unnoticed.
            return Err(OpenError::Unreadable(format!("{} is empty", path.display())));
        }
        Ok(file)
    }

    pub(crate) fn database_path(&self) -> PathBuf {
        self.path.join(DATABASE_FILE)
    }

    /// What is free where the directory lies; `None` when the system does not say.
    pub(crate) fn space(&self) -> Option<Space> {
        let found = rustix::fs::statvfs(&self.path).ok()?;
        Some(Space {
            free: found.f_bavail.saturating_mul(found.f_frsize),
            whole: found.f_blocks.saturating_mul(found.f_frsize),
        })
    }
}

/// Makes the name of what is at `path` durable.
fn sync_parent(path: &Path) -> std::io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if parent == Path::new("") => Path::new("."),
        Some(parent) => parent,
        None => path,
    };
    File::open(parent)?.sync_all()
}

/// Opens a file that is ours alone, making it when it is missing.
fn open_private(path: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::Io {
        path: path.to_owned(),
        source,
    };
    let wrong = || OpenError::WrongKind {
        path: path.to_owned(),
    };
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .custom_flags(flags.bits().cast_signed())
        .open(path);
    let file = opened.map_err(|error| match error.raw_os_error() {
        Some(code) if code == Errno::LOOP.raw_os_error() => wrong(),
        _ => failed(error),
    })?;
    let found = file.metadata().map_err(failed)?;
    if !found.is_file() {
        return Err(wrong());
    }
    judge(path, &found)?;
    Ok(file)
}

/// Refuses what somebody else may read or change: who it was is unknown, so that it is not mended silently.
fn judge(path: &Path, found: &Metadata) -> Result<(), OpenError> {
    let (path, mode) = (path.to_owned(), found.mode() & PERMISSIONS);
    let (owner, us) = (found.uid(), rustix::process::geteuid().as_raw());
    if owner != us {
        return Err(OpenError::NotOurs { path, owner, us });
    }
    if mode & OTHERS != 0 {
        let fix = FILE_MODE;
        return Err(OpenError::Exposed { path, mode, fix });
    }
    Ok(())
}

/// The lock is the kernel's (it goes with its holder, however that ends); the file's text only names the holder.
fn take_lock(path: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::Io {
        path: path.to_owned(),
        source,
    };
    let mut file = open_private(path)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            return Err(OpenError::Held {
                pid: read_pid(&mut file),
            });
        }
        Err(error) => return Err(failed(error.into())),
    }
    file.set_len(0).map_err(failed)?;
    file.rewind().map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(file)
}

fn read_pid(file: &mut File) -> u32 {
    let mut text = String::new();
    match file.take(PID_DIGITS).read_to_string(&mut text) {
        Ok(_) => text.trim().parse().unwrap_or(0),
        Err(_) => 0,
    }
}
