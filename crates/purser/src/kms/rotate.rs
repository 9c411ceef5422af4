//! `purser kms rotate`: a new key.

use std::io::{self, Write as _};

use purser_kms::HolderSpec;

use super::process::{files, runtime};
use crate::error::Error;
use crate::hardening;

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
