//! A block device, or an image of one, as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, SeekFrom};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use rustix::fs::OFlags;

use super::files::{discard, overwrite};
use super::{Wiped, failed, in_use, refused};
use crate::error::Error;

/// Where loop devices say which files they are.
const BLOCK_DEVICES: &str = "/sys/block";

/// Held for us alone.
pub(super) struct Device {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Device {
    /// Opens it.
    ///
    /// # Errors
    /// When it is mounted or otherwise in use, or is no device and no file.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let found = fs::symlink_metadata(path).map_err(|error| failed("examine", path, error))?;
        let is_block = found.file_type().is_block_device();
        if !is_block && !found.is_file() {
            let why = "is neither a block device nor a file, or a link to one: name the device itself";
            return Err(refused(path, why));
        }
        if found.is_file() && found.nlink() > 1 {
            return Err(refused(
                path,
                "has another name elsewhere (a hard link), which would lose its content",
            ));
        }
        let path = path
            .canonicalize()
            .map_err(|error| failed("examine", path, error))?;
        in_use::refuse(&path)?;
        if let Some(loop_device) = looped(&path) {
            return Err(refused(
                &path,
                &format!("is in use by {loop_device}: detach that one first"),
            ));
        }
        // A block device that is mounted, swapped to, or part of another is refused by the kernel when asked for alone.
        let alone = if is_block { OFlags::EXCL } else { OFlags::empty() };
        let opened = OpenOptions::new()
            .write(true)
            .custom_flags((OFlags::NOFOLLOW | alone).bits().cast_signed())
            .open(&path);
        let mut file = opened.map_err(|error| failed("open, for nobody else uses,", &path, error))?;
        let bytes = file
            .seek(SeekFrom::End(0))
            .map_err(|error| failed("measure", &path, error))?;
        Ok(Self { path, file, bytes })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Overwrites all of it, and gives it back.
    ///
    /// # Errors
    /// When it cannot be overwritten.
    pub(super) fn wipe(mut self, passes: u8, bar: &ProgressBar) -> Result<Wiped, Error> {
        bar.set_message("overwriting");
        bar.set_length(self.bytes * u64::from(passes));
        overwrite(&mut self.file, self.bytes, passes, bar)
            .map_err(|error| failed("overwrite", &self.path, error))?;
        Ok(Wiped {
            files: 1,
            bytes: self.bytes,
            discarded: u64::from(discard(&self.file, self.bytes)),
        })
    }
}

/// The loop device that shows this file.
fn looped(path: &Path) -> Option<String> {
    let devices = fs::read_dir(BLOCK_DEVICES).into_iter().flatten().flatten();
    devices
        .filter(|device| {
            let backing = fs::read_to_string(device.path().join("loop/backing_file"));
            backing.is_ok_and(|backing| Path::new(backing.trim_end()) == path)
        })
        .map(|device| device.file_name().to_string_lossy().into_owned())
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_an_image_is_overwritten_and_its_size_stays() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("image");
        let content = b"canary--".repeat(400_000);
        fs::write(&path, &content).unwrap();
        let device = Device::open(&path).unwrap();
        let wiped = device.wipe(1, &ProgressBar::hidden()).unwrap();
        assert_eq!(wiped.bytes, u64::try_from(content.len()).unwrap());
        let after = fs::read(&path).unwrap();
        assert_eq!(after.len(), content.len());
        assert!(!after.windows(6).any(|part| part == b"canary"));
    }

    #[test]
    fn what_is_no_device_is_refused() {
        for path in ["/dev/null", "/tmp"] {
            let refused = Device::open(Path::new(path)).err().map(|error| error.to_string());
            assert!(refused.is_some_and(|refused| refused.contains("nothing was erased")));
        }
    }
}
