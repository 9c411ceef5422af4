//! etcd: the machine's own, or Debian's.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::apt;
use crate::command::on_path;
use crate::place;

/// Debian's package; in Debian 12 that is etcd 3.4.
const PACKAGE: &str = "etcd-server";

/// The etcd to test with: `PURSER_ETCD`, PATH's, or the package's.
pub(crate) fn bring() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("PURSER_ETCD") {
        return Ok(named.into());
    }
    if let Some(found) = on_path("etcd") {
        return Ok(found);
    }
    let ours = place::tool("etcd");
    if !ours.is_file() {
        let root = apt::unpack("etcd", &[PACKAGE])
            .map_err(|said| format!("no etcd: install one on PATH or name it in PURSER_ETCD.\n{said}"))?;
        symlink(root.join("usr/bin/etcd"), &ours)
            .map_err(|error| format!("cannot make {}: {error}", ours.display()))?;
    }
    Ok(ours)
}
