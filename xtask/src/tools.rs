//! What the tests need and a fresh machine lacks, brought under `target/tools` without root.

mod apt;
mod built;
mod etcd;
mod kubectl;
mod node;
mod python;

use std::fmt;
use std::path::PathBuf;

use crate::place;
pub(crate) use built::Built;

/// The tools, ready to use.
pub(crate) struct Tools {
    /// A kubectl that is new enough.
    pub(crate) kubectl: PathBuf,
    /// A Python that can `import kubernetes`.
    pub(crate) python: PathBuf,
    /// A Node.js that can `require("@kubernetes/client-node")`.
    pub(crate) node: PathBuf,
    /// A server of etcd, 3.4 or newer.
    pub(crate) etcd: PathBuf,
}

impl fmt::Display for Tools {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "kubectl: {}\npython:  {}\nnode:    {}\netcd:    {}",
            self.kubectl.display(),
            self.python.display(),
            self.node.display(),
            self.etcd.display()
        )
    }
}

/// Finds or brings every tool.
///
/// # Errors
///
/// A sentence that says what to install when a tool cannot be had.
pub(crate) fn bring() -> Result<Tools, String> {
    place::make(&place::tools().join("bin"))?;
    let python = python::bring()?;
    let kubectl = kubectl::bring(&python)?;
    let node = node::bring(&python)?;
    let etcd = etcd::bring()?;
    Ok(Tools {
        kubectl,
        python: python.client,
        node,
        etcd,
    })
}
