//! Files that hold credentials: how they are read and written is said by who runs the plugin.

use std::path::Path;

use zeroize::Zeroizing;

/// Reads and writes files that nobody else may read; errors say why not, in words, and never what is in them.
#[derive(Clone, Copy)]
pub struct PrivateFiles {
    /// Reads a file, unless others may read it too; `None`: it is not there.
    pub read: fn(&Path) -> Result<Option<Zeroizing<String>>, String>,
    /// Writes a file that nobody else may read, whole or not at all.
    pub write: fn(&Path, &str) -> Result<(), String>,
}
