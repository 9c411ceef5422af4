//! `purser kms`: a KMS plugin for any cluster.

mod options;
mod serve;
mod status;

use std::io::{self, Write as _};

use purser_kms::{HolderSpec, PrivateFiles};

pub(crate) use options::{EXAMPLES, KmsCommand};
pub(crate) use serve::serve;
pub(crate) use status::status;

use crate::error::Error;
use crate::{hardening, private};

/// Files of credentials are private or not used at all.
fn files() -> PrivateFiles {
    PrivateFiles {
        read: |path| private::read(path).map_err(|error| error.to_string()),
        write: |path, text| private::write(path, text).map_err(|error| error.to_string()),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Makes a new key, and tells its id.
///
/// # Errors
/// When the holder makes none.
pub(crate) fn rotate(spec: &HolderSpec) -> Result<(), Error> {
    hardening::apply()?;
    let rotating = spec.rotating(files())?;
    let id = runtime()?.block_on(rotating.rotate())?;
    Ok(writeln!(io::stdout(), "{id}")?)
}
