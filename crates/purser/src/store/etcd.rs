//! The store in etcd, opened.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use purser_store_etcd::{EtcdStore, OpenError, Options};
use rustix::fs::{FlockOperation, flock};

use super::flags::EtcdMembers;
use crate::error::Error;
use crate::layout::Layout;
use crate::private;

/// What holds the data directory while its store is not in it.
const LOCK: &str = "lock";

/// Opens it.
///
/// # Errors
/// When the client's key is open to others, the way to a member is not safe, or none answers.
pub(super) async fn open(members: &EtcdMembers, options: Options) -> Result<EtcdStore, Error> {
    if let Some(key) = &members.etcd_keyfile {
        private::check(key)?;
    }
    EtcdStore::open(options).await.map_err(|error| {
        let mend = match &error {
            OpenError::Plain { .. } => {
                " and --etcd-cafile, --etcd-certfile, --etcd-keyfile, or say --insecure-etcd-transport"
            }
            OpenError::NoCertificate { .. } => {
                ": name one with --etcd-certfile and --etcd-keyfile, or say --insecure-etcd-transport"
            }
            OpenError::NoAuthority { .. } => ": name it with --etcd-cafile",
            _ => "",
        };
        Error::Store {
            path: members.named(),
            reason: format!("{error}{mend}"),
        }
    })
}

/// Keeps other servers from the data directory, where keys and certificates are.
///
/// # Errors
/// When one has it, or the lock cannot be made.
pub(super) fn hold(layout: &Layout) -> Result<File, Error> {
    let path = layout.data.join(LOCK);
    let failed = |source| Error::File {
        action: "lock",
        path: path.clone(),
        source,
    };
    private::check(&path)?;
    let lock = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(private::FILE_MODE)
        .open(&path);
    let mut lock = lock.map_err(failed)?;
    let mut holder = String::new();
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        lock.read_to_string(&mut holder).map_err(failed)?;
        return Err(Error::Held {
            path: layout.data.clone(),
            pid: holder.trim().parse().unwrap_or_default(),
        });
    }
    lock.set_len(0).map_err(failed)?;
    writeln!(lock, "{}", std::process::id()).map_err(failed)?;
    Ok(lock)
}
