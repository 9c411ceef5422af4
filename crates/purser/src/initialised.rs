//! Whether a first start has come through here. From then on nothing that is missing is made anew: it is lost, and
//! writing on without it would hide that.
//!
//! The mark lies in the data directory and in the key directory, since each can be lost without the other (a volume that
//! is not mounted). A first start sets it last: one that was cut short begins again.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::layout::Layout;
use crate::private;

/// The mark's name.
const NAME: &str = "initialised";
/// What it says to whoever looks.
const TEXT: &str = "Purser keeps data here. While this file is there, what is missing is not made anew.\n";

/// The two marks.
#[derive(Debug)]
pub(crate) struct Marks {
    data: PathBuf,
    keys: PathBuf,
}

impl Marks {
    /// Where they are.
    pub(crate) fn new(layout: &Layout) -> Self {
        Self {
            data: layout.data.join(NAME),
            keys: layout.keys.join(NAME),
        }
    }

    /// Whether a first start has come through.
    pub(crate) fn any(&self) -> bool {
        is_there(&self.data) || is_there(&self.keys)
    }

    /// Those that are there, for a person who wants to begin anew.
    pub(crate) fn named(&self) -> String {
        let there = [&self.data, &self.keys].into_iter().filter(|mark| is_there(mark));
        let there: Vec<String> = there.map(|mark| mark.display().to_string()).collect();
        there.join(" and ")
    }

    /// Sets them.
    ///
    /// # Errors
    /// When the one of the data directory cannot be written. Keys may lie where nothing is to be written.
    pub(crate) fn set(&self) -> Result<(), Error> {
        // With a key holder there is none.
        let has_keys = self.keys.parent().is_some_and(is_there);
        if has_keys
            && !is_there(&self.keys)
            && let Err(error) = private::write(&self.keys, TEXT)
        {
            tracing::warn!(%error, "the key directory is not marked: should the data be lost, that will not be noticed");
        }
        if is_there(&self.data) {
            return Ok(());
        }
        private::write(&self.data, TEXT)
    }
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
