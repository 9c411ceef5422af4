//! Files are overwritten, given back, renamed and removed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use indicatif::ProgressBar;
use rustix::fs::{FallocateFlags, OFlags, fallocate};

use super::ground::Doomed;
use super::{PIECE, Wiped, failed};
use crate::error::Error;

/// Bytes of a name that tells nothing, before it is written in hex.
const NAME: usize = 8;

/// Overwrites a file, gives its room back, and removes it under another name; each step is durable before the next.
///
/// # Errors
/// When it cannot be overwritten or removed.
pub(super) fn wipe(doomed: &Doomed, passes: u8, bar: &ProgressBar, wiped: &mut Wiped) -> Result<(), Error> {
    let path = &doomed.path;
    let opened = OpenOptions::new()
        .write(true)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path);
    let mut file = opened.map_err(|error| failed("open", path, error))?;
    overwrite(&mut file, doomed.bytes, passes, bar).map_err(|error| failed("overwrite", path, error))?;
    wiped.discarded += u64::from(discard(&file, doomed.bytes));
    file.set_len(0)
        .and_then(|()| file.sync_all())
        .map_err(|error| failed("empty", path, error))?;
    drop(file);
    let nameless = rename(path)?;
    fs::remove_file(&nameless)
        .and_then(|()| sync_parent(&nameless))
        .map_err(|error| failed("remove", &nameless, error))?;
    wiped.files += 1;
    wiped.bytes += doomed.bytes;
    Ok(())
}

/// Writes random bytes over the first `bytes`, so many times, each durable before the next.
///
/// # Errors
/// The system's, and when there is no randomness.
pub(super) fn overwrite(file: &mut File, bytes: u64, passes: u8, bar: &ProgressBar) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    for _ in 0..passes {
        file.seek(SeekFrom::Start(0))?;
        let mut left = bytes;
        while left > 0 {
            let length = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let Some(now) = piece.get_mut(..length) else {
                break;
            };
            rand::fill(now).map_err(|_| io::Error::other("no randomness"))?;
            file.write_all(now)?;
            left -= u64::try_from(length).unwrap_or(left);
            bar.inc(u64::try_from(length).unwrap_or_default());
        }
        file.sync_all()?;
    }
    Ok(())
}

/// Gives the room of a file or device back, which a device may take as word to erase it; whether it was taken.
pub(super) fn discard(file: &File, bytes: u64) -> bool {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    bytes > 0 && fallocate(file, flags, 0, bytes).is_ok() && file.sync_all().is_ok()
}

/// Removes directories, each under another name.
///
/// # Errors
/// When one cannot be removed.
pub(super) fn remove_directories(directories: &[PathBuf]) -> Result<(), Error> {
    for path in directories {
        let nameless = rename(path)?;
        fs::remove_dir(&nameless)
            .and_then(|()| sync_parent(&nameless))
            .map_err(|error| failed("remove", &nameless, error))?;
    }
    Ok(())
}

/// Gives it a name that tells nothing.
fn rename(path: &Path) -> Result<PathBuf, Error> {
    let mut name = [0; NAME];
    rand::fill(&mut name).map_err(|_| failed("rename", path, io::Error::other("no randomness")))?;
    let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
    let nameless = path.with_file_name(name);
    fs::rename(path, &nameless)
        .and_then(|()| sync_parent(&nameless))
        .map_err(|error| failed("rename", path, error))?;
    Ok(nameless)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_file_is_left_where_it_was() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("file");
        let canary = b"canary".repeat(300_000);
        fs::write(&path, &canary).unwrap();
        let mut file = OpenOptions::new().write(true).open(&path).unwrap();
        let bytes = u64::try_from(canary.len()).unwrap();
        overwrite(&mut file, bytes, 2, &ProgressBar::hidden()).unwrap();
        let after = fs::read(&path).unwrap();
        assert_eq!(after.len(), canary.len());
        assert!(!after.windows(6).any(|part| part == b"canary"));
        let doomed = Doomed {
            path,
            bytes,
            is_key: false,
        };
        let mut wiped = Wiped::default();
        wipe(&doomed, 1, &ProgressBar::hidden(), &mut wiped).unwrap();
        assert_eq!((wiped.files, wiped.bytes), (1, bytes));
        assert_eq!(fs::read_dir(top.path()).unwrap().count(), 0);
    }
}
