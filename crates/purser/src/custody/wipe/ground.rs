//! What is in a directory that is to be erased. Looked at as a whole before anything is touched.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::{failed, refused};
use crate::error::Error;

/// What Purser makes in its data directory.
const OF_PURSER: [&str; 7] = [
    "admin.kubeconfig",
    "backups",
    "initialised",
    "keys",
    "lock",
    "pki",
    "store",
];
/// What etcd makes in its.
const OF_ETCD: [&str; 1] = ["member"];
/// What a file is called until it is whole.
const UNFINISHED: &str = "unfinished";
/// Directories below that a path may have, so that none of the system's is erased by mistake.
const FEWEST_ABOVE: usize = 2;
/// Directories within each other.
const DEEPEST: usize = 16;

/// A directory and everything in it.
pub(super) struct Ground {
    /// Absolute, without links.
    pub(super) path: PathBuf,
    pub(super) files: Vec<Doomed>,
    /// Those within, each before the ones that it is in; not the directory itself.
    pub(super) directories: Vec<PathBuf>,
}

/// A file.
pub(super) struct Doomed {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    /// Whether it holds a key.
    pub(super) is_key: bool,
}

impl Ground {
    /// The data directory of a Purser.
    ///
    /// # Errors
    /// When it is not one, or holds what is not Purser's and is not named in `also`.
    pub(super) fn purser(path: &Path, also: &[String]) -> Result<Self, Error> {
        Self::look(
            path,
            |name| is_known(name, &OF_PURSER),
            also,
            "no data directory of Purser",
        )
    }

    /// A key directory apart from the data.
    ///
    /// # Errors
    /// As [`Ground::purser`].
    pub(super) fn keys(path: &Path) -> Result<Self, Error> {
        let known = |name: &OsStr| {
            let name = name.to_string_lossy();
            is_key_name(&name) || ["primary", "initialised"].contains(&&*name) || name.ends_with(UNFINISHED)
        };
        let mut ground = Self::look(path, known, &[], "no key directory of Purser")?;
        for file in &mut ground.files {
            file.is_key = true;
        }
        Ok(ground)
    }

    /// The data directory of an etcd.
    ///
    /// # Errors
    /// As [`Ground::purser`].
    pub(super) fn etcd(path: &Path, also: &[String]) -> Result<Self, Error> {
        Self::look(
            path,
            |name| is_known(name, &OF_ETCD),
            also,
            "no data directory of etcd",
        )
    }

    fn look(path: &Path, known: impl Fn(&OsStr) -> bool, also: &[String], not: &str) -> Result<Self, Error> {
        let found = fs::symlink_metadata(path).map_err(|error| failed("examine", path, error))?;
        if !found.is_dir() {
            return Err(refused(
                path,
                "is no directory, or a link to one: name the directory itself",
            ));
        }
        let path = path
            .canonicalize()
            .map_err(|error| failed("examine", path, error))?;
        if path.ancestors().count() <= FEWEST_ABOVE || is_home(&path) {
            return Err(refused(&path, "is a directory of the system or somebody's home"));
        }
        let mut ground = Self {
            path: path.clone(),
            files: Vec::new(),
            directories: Vec::new(),
        };
        let mut ours = false;
        for entry in entries(&path)? {
            let name = entry.file_name().unwrap_or_default();
            ours |= known(name);
            if !known(name) && !also.iter().any(|also| OsStr::new(also) == name) {
                let why = format!(
                    "holds {}, which is not known here: move it away, or say --also NAME",
                    name.display()
                );
                return Err(refused(&path, &why));
            }
            ground.add(entry, found.dev(), DEEPEST)?;
        }
        match ours {
            true => Ok(ground),
            false => Err(refused(&path, &format!("is {not}"))),
        }
    }

    fn add(&mut self, path: PathBuf, device: u64, depth: usize) -> Result<(), Error> {
        let found = fs::symlink_metadata(&path).map_err(|error| failed("examine", &path, error))?;
        if found.dev() != device {
            return Err(refused(&path, "is on another file system that is mounted there"));
        }
        if found.is_dir() {
            if depth == 0 {
                return Err(refused(&path, "is nested too deep"));
            }
            for entry in entries(&path)? {
                self.add(entry, device, depth - 1)?;
            }
            self.directories.push(path);
            return Ok(());
        }
        if !found.is_file() {
            return Err(refused(&path, "is no regular file, or a link to one"));
        }
        if found.nlink() > 1 {
            return Err(refused(
                &path,
                "has another name elsewhere (a hard link), which would lose its content",
            ));
        }
        let is_key = path
            .file_name()
            .is_some_and(|name| is_key_name(&name.to_string_lossy()) || name == "admin.kubeconfig");
        self.files.push(Doomed {
            path,
            bytes: found.len(),
            is_key,
        });
        Ok(())
    }
}

fn entries(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let listed = fs::read_dir(path).and_then(|entries| {
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        paths.collect::<Result<Vec<_>, _>>()
    });
    let mut entries = listed.map_err(|error| failed("list", path, error))?;
    entries.sort();
    Ok(entries)
}

fn is_known(name: &OsStr, known: &[&str]) -> bool {
    let name = name.to_string_lossy();
    let name = name
        .strip_suffix(UNFINISHED)
        .map_or(&*name, |name| name.trim_end_matches('.'));
    known.contains(&name)
}

fn is_key_name(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "key")
}

fn is_home(path: &Path) -> bool {
    std::env::var_os("HOME").is_some_and(|home| Path::new(&home) == path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn refusal(ground: Result<Ground, Error>) -> String {
        ground.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn only_what_is_known_or_named_is_taken_and_keys_are_known() {
        let top = tempfile::tempdir().unwrap();
        let data = top.path().join("data");
        fs::create_dir_all(data.join("keys")).unwrap();
        fs::write(data.join("keys/local-1.key"), "k").unwrap();
        fs::write(data.join("initialised"), "x").unwrap();
        let ground = Ground::purser(&data, &[]).unwrap();
        assert_eq!(ground.directories, [data.canonicalize().unwrap().join("keys")]);
        let keys: Vec<bool> = ground.files.iter().map(|file| file.is_key).collect();
        assert_eq!(keys, [false, true]);
        fs::write(data.join("letters"), "x").unwrap();
        assert!(refusal(Ground::purser(&data, &[])).contains("holds letters"));
        assert_eq!(
            Ground::purser(&data, &["letters".to_owned()])
                .unwrap()
                .files
                .len(),
            3
        );
        assert!(refusal(Ground::etcd(&data, &[])).contains("nothing was erased"));
    }

    #[test]
    fn links_the_system_and_what_is_nobodys_are_refused() {
        let top = tempfile::tempdir().unwrap();
        let data = top.path().join("data");
        fs::create_dir(&data).unwrap();
        assert!(refusal(Ground::purser(&data, &[])).contains("is no data directory of Purser"));
        fs::create_dir(data.join("store")).unwrap();
        let link = top.path().join("link");
        symlink(&data, &link).unwrap();
        assert!(refusal(Ground::purser(&link, &[])).contains("is no directory, or a link"));
        symlink("/etc/passwd", data.join("store/purser.redb")).unwrap();
        assert!(refusal(Ground::purser(&data, &[])).contains("is no regular file"));
        fs::remove_file(data.join("store/purser.redb")).unwrap();
        fs::write(top.path().join("mine"), "x").unwrap();
        fs::hard_link(top.path().join("mine"), data.join("store/purser.redb")).unwrap();
        assert!(refusal(Ground::purser(&data, &[])).contains("hard link"));
        for system in ["/", "/usr"] {
            assert!(refusal(Ground::purser(Path::new(system), &[])).contains("of the system"));
        }
    }
}
