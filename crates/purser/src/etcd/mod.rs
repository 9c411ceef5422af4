//! `purser etcd`: what an etcd cluster is protected by, made, renewed and checked.

mod check;
mod make;
mod options;

pub(crate) use options::{EXAMPLES, EtcdCommand};

use crate::error::Error;

/// Does it.
///
/// # Errors
/// When something cannot be made, read or written; [`Error::Findings`] when something is not right; [`Error::Partial`]
/// when not everything could be looked at.
pub(crate) fn run(command: &EtcdCommand) -> Result<(), Error> {
    match command {
        EtcdCommand::Init(options) => make::init(options),
        EtcdCommand::Renew(options) => make::renew(options),
        EtcdCommand::Check(options) => check::check(options),
    }
}
