//! `purser kms`: a KMS plugin for any cluster.

mod options;
mod process;
mod rotate;
mod serve;
mod status;

pub(crate) use options::{EXAMPLES, KmsCommand};
pub(crate) use process::files;
pub(crate) use rotate::rotate;
pub(crate) use serve::serve;
pub(crate) use status::status;
