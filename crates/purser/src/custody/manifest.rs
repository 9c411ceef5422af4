//! Manifests of backups: which keys a backup of the data needs, so that these are kept for as long as the backup is.
//!
//! ```text
//! DATA/backups/NAME.json
//! ```
//!
//! They are files of the data directory and not objects of the store: a store that is put back from a backup must not
//! forget the backups that were made since. Whatever is wrong with one of them is an error: no key is destroyed then.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::private;

/// The only form that there is so far.
const FORM: &str = "purser.dev/backup-manifest/v1";
/// What the name of its file ends in.
const SUFFIX: &str = ".json";
/// What a file is called until it is whole; one that is left over was never acknowledged.
const UNFINISHED: &str = ".json.unfinished";
/// Most manifests at a time.
const MOST: usize = 1000;
/// Largest file, bytes.
const MOST_BYTES: u64 = 1024 * 1024;
/// Longest name, bytes.
const LONGEST_NAME: usize = 128;

/// What a backup needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Manifest {
    /// [`FORM`].
    pub(super) form: String,
    /// The backup's name, and the file's.
    pub(super) name: String,
    /// When it was noted; RFC 3339.
    pub(super) recorded: String,
    /// The uid by which the store is told from others.
    pub(super) store: String,
    /// The store's revision then.
    pub(super) revision: u64,
    /// With what its values and its history were sealed.
    pub(super) keys: Vec<NeededKey>,
}

/// A key that a backup needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NeededKey {
    /// `kms v2 NAME`, `aescbc`.
    pub(super) provider: String,
    /// Its name or id; empty: the provider has none.
    pub(super) key: String,
}

impl Manifest {
    /// Of a backup that is taken now.
    pub(super) fn new(
        name: &str,
        recorded: String,
        store: String,
        revision: u64,
        keys: Vec<NeededKey>,
    ) -> Self {
        Self {
            form: FORM.to_owned(),
            name: name.to_owned(),
            recorded,
            store,
            revision,
            keys,
        }
    }

    /// Whether the backup needs the key with this id.
    pub(super) fn needs(&self, id: &str) -> bool {
        self.keys.iter().any(|needed| needed.key == id)
    }
}

impl fmt::Display for NeededKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => f.write_str(&self.provider),
            key => write!(f, "{} {key}", self.provider),
        }
    }
}

/// The directory of a data directory in which they are.
#[derive(Debug, Clone)]
pub(super) struct Shelf(PathBuf);

impl Shelf {
    /// In that directory, which is made when it is first needed.
    pub(super) fn new(directory: PathBuf) -> Self {
        Self(directory)
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// When there is anything that is not a manifest of the store `store`, or that others may change.
    pub(super) fn all(&self, store: &str) -> Result<Vec<Manifest>, Error> {
        let mut all = Vec::new();
        for name in self.names()? {
            let manifest = self.read(&name)?;
            if manifest.store != store {
                let why = format!(
                    "it is of another store ({}, this one is {store:?})",
                    manifest.store
                );
                return Err(self.wrong(&name, &why));
            }
            all.push(manifest);
        }
        Ok(all)
    }

    /// The names of all that are there, whether or not they can be used, sorted.
    fn names(&self) -> Result<Vec<String>, Error> {
        private::check(&self.0)?;
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(failed("list", &self.0, source)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|source| failed("list", &self.0, source))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(UNFINISHED) {
                continue;
            }
            let name = name.strip_suffix(SUFFIX).filter(|name| check_name(name).is_ok());
            let name = name.ok_or_else(|| Error::Settings {
                path: entry.path(),
                reason: "it is no manifest of a backup: move it away".to_owned(),
            })?;
            names.push(name.to_owned());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn read(&self, name: &str) -> Result<Manifest, Error> {
        let path = self.path(name);
        let found = fs::symlink_metadata(&path).map_err(|source| failed("examine", &path, source))?;
        if found.len() > MOST_BYTES {
            return Err(self.wrong(name, &format!("it is larger than {MOST_BYTES} bytes")));
        }
        let text = private::read(&path)?.ok_or_else(|| self.wrong(name, "it went away"))?;
        let manifest: Manifest =
            serde_json::from_str(&text).map_err(|error| self.wrong(name, &error.to_string()))?;
        if manifest.form != FORM || manifest.name != name {
            return Err(self.wrong(name, "it is of a form that is not known here, or another's"));
        }
        Ok(manifest)
    }

    /// Keeps one. It is durable afterwards.
    ///
    /// # Errors
    /// When there is one of that name, there are too many, or it cannot be written.
    pub(super) fn keep(&self, manifest: &Manifest) -> Result<(), Error> {
        check_name(&manifest.name)?;
        private::directory(&self.0)?;
        let names = self.names()?;
        if names.contains(&manifest.name) {
            let why = format!(
                "there is a backup {} already: release it first, or take another name",
                manifest.name
            );
            return Err(Error::Findings(why));
        }
        if names.len() >= MOST {
            let why = format!("there are {MOST} backups, as many as can be: release some first");
            return Err(Error::Findings(why));
        }
        let text = serde_json::to_string_pretty(manifest).map_err(io::Error::from)?;
        if text.len() as u64 > MOST_BYTES {
            return Err(Error::Findings(
                "the data needs more keys than a manifest holds: rotate first".to_owned(),
            ));
        }
        private::write(&self.path(&manifest.name), &text)?;
        // The directory's own name.
        match self.0.parent() {
            Some(parent) => sync(parent),
            None => Ok(()),
        }
    }

    /// Lets one go, whatever is in it; the keys that only it needs go with the next rotation.
    ///
    /// # Errors
    /// When there is none, or it cannot be removed.
    pub(super) fn release(&self, name: &str) -> Result<(), Error> {
        check_name(name)?;
        private::check(&self.0)?;
        let path = self.path(name);
        match fs::remove_file(&path) {
            Ok(()) => sync(&self.0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Error::Findings(format!("there is no backup {name}")))
            }
            Err(source) => Err(failed("remove", &path, source)),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}{SUFFIX}"))
    }

    fn wrong(&self, name: &str, why: &str) -> Error {
        Error::Settings {
            path: self.path(name),
            reason: format!(
                "{why}: no key is destroyed while it is there; restore it, or let it go with `purser at-rest backups \
                 release {name}`"
            ),
        }
    }
}

/// Sees that it can be a file's name, and is what it looks like.
///
/// # Errors
/// [`Error::Usage`].
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let begins = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    if begins && name.len() <= LONGEST_NAME && name.bytes().all(plain) {
        return Ok(());
    }
    let why = format!(
        "a backup's name has letters, digits, '-', '_' and '.', begins with a letter or digit, and has at most \
         {LONGEST_NAME} characters"
    );
    Err(Error::Usage(why))
}

fn sync(directory: &Path) -> Result<(), Error> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|source| failed("make durable", directory, source))
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::File {
        action,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    const STORE: &str = "07241f99";

    fn manifest(name: &str) -> Manifest {
        let keys = vec![NeededKey {
            provider: "kms v2 purser-local".to_owned(),
            key: "local-1".to_owned(),
        }];
        Manifest::new(name, "2026-01-02T03:04:05Z".to_owned(), STORE.to_owned(), 7, keys)
    }

    fn shelf() -> (tempfile::TempDir, Shelf) {
        let top = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(top.path().join("backups"));
        (top, shelf)
    }

    #[test]
    fn what_is_kept_is_there_until_it_is_released() {
        let (_top, shelf) = shelf();
        assert!(shelf.all(STORE).unwrap().is_empty());
        shelf.keep(&manifest("b")).unwrap();
        shelf.keep(&manifest("a.1")).unwrap();
        let all = shelf.all(STORE).unwrap();
        assert_eq!(all, [manifest("a.1"), manifest("b")]);
        assert!(
            all.iter()
                .all(|one| one.needs("local-1") && !one.needs("local-2"))
        );
        let again = shelf.keep(&manifest("b")).unwrap_err().to_string();
        assert!(again.contains("already"), "{again}");
        shelf.release("b").unwrap();
        assert_eq!(shelf.all(STORE).unwrap().len(), 1);
        assert!(shelf.release("b").is_err());
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let (_top, shelf) = shelf();
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            ".hidden",
            "a b",
            "ä",
            &"a".repeat(129),
        ] {
            assert!(shelf.keep(&manifest(name)).is_err(), "{name}");
            assert!(shelf.release(name).is_err(), "{name}");
        }
        shelf.keep(&manifest(&"a".repeat(128))).unwrap();
    }

    #[test]
    fn whatever_is_not_a_manifest_of_this_store_is_an_error_and_is_named() {
        let (_top, shelf) = shelf();
        shelf.keep(&manifest("good")).unwrap();
        let good = fs::read_to_string(shelf.path("good")).unwrap();
        let wrong = [
            ("truncated.json", good.split_at(good.len() / 2).0.to_owned()),
            ("empty.json", String::new()),
            ("renamed.json", good.clone()),
            ("other.json", good.replace("good", "other").replace(STORE, "beef")),
            ("new.json", good.replace("good", "new").replace("/v1", "/v2")),
            (
                "more.json",
                good.replace("good", "more")
                    .replace("\"form\"", "\"x\": 1, \"form\""),
            ),
            ("notes.txt", String::new()),
            ("large.json", " ".repeat(1024 * 1024 + 1)),
        ];
        for (name, content) in wrong {
            let path = shelf.0.join(name);
            private::write(&path, &content).unwrap();
            let refused = shelf.all(STORE).unwrap_err().to_string();
            assert!(refused.contains(name), "{refused}");
            fs::remove_file(path).unwrap();
        }
        // Cut short while it was written: nobody was told that it is kept.
        fs::write(shelf.0.join("cut.json.unfinished"), "{").unwrap();
        assert_eq!(shelf.all(STORE).unwrap().len(), 1);
    }

    #[test]
    fn what_others_can_change_is_not_believed_and_a_damaged_one_can_be_let_go() {
        let (_top, shelf) = shelf();
        shelf.keep(&manifest("a")).unwrap();
        fs::set_permissions(shelf.path("a"), fs::Permissions::from_mode(0o666)).unwrap();
        assert!(shelf.all(STORE).is_err());
        fs::remove_file(shelf.path("a")).unwrap();
        symlink("/dev/null", shelf.path("a")).unwrap();
        assert!(shelf.all(STORE).is_err());
        shelf.release("a").unwrap();
        private::write(&shelf.path("b"), "{").unwrap();
        assert!(shelf.all(STORE).is_err());
        shelf.release("b").unwrap();
        assert!(shelf.all(STORE).unwrap().is_empty());
        fs::set_permissions(&shelf.0, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(shelf.all(STORE).is_err());
    }
}
