//! What the commands have in common.

use purser_kms::PrivateFiles;
use tokio::runtime::{Builder, Runtime};

use crate::error::Error;
use crate::private;

/// Files of credentials are private or not used at all.
pub(crate) fn files() -> PrivateFiles {
    PrivateFiles {
        read: |path| private::read(path).map_err(|error| error.to_string()),
        write: |path, text| private::write(path, text).map_err(|error| error.to_string()),
    }
}

pub(super) fn runtime() -> Result<Runtime, Error> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}
