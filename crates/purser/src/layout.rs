//! Where everything lies.
//!
//! ```text
//! DATA                  --data-dir                    0700
//! ├── admin.kubeconfig  the administrator's login     0600
//! ├── backups/          which keys backups need       0700, files 0600
//! ├── initialised       a first start came through    0600, and so in keys/
//! ├── pki/              certificates and their keys   0700, files 0600
//! ├── store/            the sealed data, the lock     0700
//! └── keys/             --key-dir, the at-rest keys   0700, files 0600
//! ```
//!
//! The keys are a tree apart from the data they seal: a backup of `store/` alone gives nothing away, and with
//! `--key-dir` they go to another disk.

use std::path::{Path, PathBuf};

use purser_store::Keyspace;

use crate::error::Error;

/// Data directory of root, as the Filesystem Hierarchy Standard has it.
const SYSTEM_DIRECTORY: &str = "/var/lib/purser";
/// Where data goes below the home directory when `XDG_DATA_HOME` is not set (XDG base directory specification).
const XDG_DEFAULT: &str = ".local/share";
/// Our directory in there.
const NAME: &str = "purser";

/// The paths of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The data directory, absolute.
    pub(crate) data: PathBuf,
    /// The at-rest keys, absolute.
    pub(crate) keys: PathBuf,
    /// Where the sealed data is when it is not in the data directory, for people.
    pub(crate) elsewhere: Option<PathBuf>,
    /// Which keys of it are this server's.
    pub(crate) keyspace: Keyspace,
}

/// What the choice of a data directory depends on.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// Whether root runs this.
    pub(crate) root: bool,
    /// `XDG_DATA_HOME`.
    pub(crate) xdg_data_home: Option<PathBuf>,
    /// `HOME`.
    pub(crate) home: Option<PathBuf>,
    /// The working directory.
    pub(crate) working: PathBuf,
}

impl Surroundings {
    /// Those of this process.
    ///
    /// # Errors
    /// When there is no working directory.
    pub(crate) fn of_process() -> Result<Self, Error> {
        Ok(Self {
            root: rustix::process::geteuid().is_root(),
            xdg_data_home: std::env::var_os("XDG_DATA_HOME").map(PathBuf::from),
            home: std::env::var_os("HOME").map(PathBuf::from),
            working: std::env::current_dir()?,
        })
    }

    /// The data directory when none is given. Relative paths in the variables do not count, as the XDG specification
    /// says.
    fn data_directory(&self) -> Result<PathBuf, Error> {
        if self.root {
            return Ok(PathBuf::from(SYSTEM_DIRECTORY));
        }
        let absolute = |path: &Option<PathBuf>| path.clone().filter(|path| path.is_absolute());
        absolute(&self.xdg_data_home)
            .or_else(|| absolute(&self.home).map(|home| home.join(XDG_DEFAULT)))
            .map(|base| base.join(NAME))
            .ok_or(Error::NoDataDirectory)
    }
}

impl Layout {
    /// From the flags.
    ///
    /// # Errors
    /// When no data directory is given and there is no home directory.
    pub(crate) fn new(
        data: Option<&Path>,
        keys: Option<&Path>,
        around: &Surroundings,
    ) -> Result<Self, Error> {
        let data = match data {
            Some(data) => around.working.join(data),
            None => around.data_directory()?,
        };
        let keys = keys.map_or_else(|| data.join("keys"), |keys| around.working.join(keys));
        Ok(Self {
            data,
            keys,
            elsewhere: None,
            keyspace: Keyspace::default(),
        })
    }

    /// The sealed data: a directory, unless it is elsewhere.
    pub(crate) fn store(&self) -> PathBuf {
        let here = || self.data.join("store");
        self.elsewhere.clone().unwrap_or_else(here)
    }

    /// Certificates and their keys.
    pub(crate) fn pki(&self) -> PathBuf {
        self.data.join("pki")
    }

    /// The key that signs tokens of ServiceAccounts when no other is named.
    pub(crate) fn token_key(&self) -> PathBuf {
        self.pki().join("sa.key")
    }

    /// The key that signs certificates of erasure.
    pub(crate) fn erasure_key(&self) -> PathBuf {
        self.pki().join("erasure.key")
    }

    /// Which keys backups need.
    pub(crate) fn backups(&self) -> PathBuf {
        self.data.join("backups")
    }

    /// The administrator's login.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.data.join("admin.kubeconfig")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(around: &Surroundings) -> String {
        Layout::new(None, None, around).map_or_else(
            |error| error.to_string(),
            |layout| layout.data.display().to_string(),
        )
    }

    #[test]
    fn the_data_directory_follows_xdg_and_the_system_for_root() {
        let home = Some(PathBuf::from("/home/a"));
        let around = Surroundings {
            home: home.clone(),
            ..Surroundings::default()
        };
        assert_eq!(chosen(&around), "/home/a/.local/share/purser");
        let xdg = Some(PathBuf::from("/data"));
        let around = Surroundings {
            home: home.clone(),
            xdg_data_home: xdg.clone(),
            ..Surroundings::default()
        };
        assert_eq!(chosen(&around), "/data/purser");
        let relative = Some(PathBuf::from("data"));
        let around = Surroundings {
            home: home.clone(),
            xdg_data_home: relative,
            ..Surroundings::default()
        };
        assert_eq!(chosen(&around), "/home/a/.local/share/purser");
        let around = Surroundings {
            root: true,
            home,
            xdg_data_home: xdg,
            ..Surroundings::default()
        };
        assert_eq!(chosen(&around), "/var/lib/purser");
        assert!(chosen(&Surroundings::default()).contains("--data-dir"));
    }

    #[test]
    fn given_directories_are_made_absolute_and_keys_may_lie_elsewhere() {
        let around = Surroundings {
            working: PathBuf::from("/srv"),
            ..Surroundings::default()
        };
        let layout = Layout::new(Some(Path::new("d")), None, &around).unwrap();
        assert_eq!(
            (layout.store(), layout.keys),
            (PathBuf::from("/srv/d/store"), PathBuf::from("/srv/d/keys"))
        );
        let layout = Layout::new(Some(Path::new("/d")), Some(Path::new("k")), &around).unwrap();
        assert_eq!(
            (layout.pki(), layout.keys),
            (PathBuf::from("/d/pki"), PathBuf::from("/srv/k"))
        );
    }
}
