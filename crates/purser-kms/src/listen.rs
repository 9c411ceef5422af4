//! The socket: private to its user, and nobody else's.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use purser_encryption::kms::Endpoint;
use rustix::fs::{Mode, fchmod};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, listen, socket_with};
use tokio::net::{UnixListener, UnixStream};

/// The mode of the socket: an API server that runs as another user needs its group, which `--socket-mode` gives.
pub(crate) const SOCKET_MODE: u32 = 0o600;

/// How long nothing is accepted after that failed: there may be no file descriptors left.
pub(crate) const UNACCEPTED: Duration = Duration::from_millis(100);

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 128;

/// Why nobody listens.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another process does.
    #[error("{0} is in use: another plugin listens there")]
    InUse(PathBuf),
    /// Something that is no socket stands there.
    #[error("{0} is there and is no socket: choose another path")]
    NotASocket(PathBuf),
    /// The system refused.
    #[error("cannot {action} {path}: {error}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// A socket that is listened on; it is removed when this is dropped.
#[derive(Debug)]
pub struct Listening {
    pub(crate) listener: UnixListener,
    /// `None`: an abstract name, which goes by itself.
    path: Option<PathBuf>,
}

impl Listening {
    /// Listens at `endpoint`; a socket that a dead process left is replaced. `mode` are its permission bits.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn at(endpoint: &Endpoint, mode: Option<u32>) -> Result<Self, ListenError> {
        let path = endpoint.path();
        let failed = |action| {
            let path = path.to_owned();
            move |error| ListenError::Io { action, path, error }
        };
        let is_abstract = path.as_os_str().as_encoded_bytes().first() == Some(&0);
        if is_abstract {
            let listener = UnixListener::bind(path).map_err(failed("listen on"))?;
            return Ok(Self { listener, path: None });
        }
        make_way(path).await?;
        let listener = bind(path).map_err(failed("listen on"))?;
        let permissions = fs::Permissions::from_mode(mode.unwrap_or(SOCKET_MODE));
        fs::set_permissions(path, permissions).map_err(failed("set the mode of"))?;
        Ok(Self {
            listener,
            path: Some(path.to_owned()),
        })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Who starts next replaces it if this fails.
            let _ = fs::remove_file(path);
        }
    }
}

/// A socket at `path` that is private from the first moment on: its mode is set before it has a name, and the bits that
/// the process's mask takes away cannot give more.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    fchmod(&socket, Mode::from_raw_mode(SOCKET_MODE))?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    listen(&socket, BACKLOG)?;
    UnixListener::from_std(socket.into())
}

/// Removes the socket of a process that is gone.
async fn make_way(path: &Path) -> Result<(), ListenError> {
    let failed = |action| {
        let path = path.to_owned();
        move |error| ListenError::Io { action, path, error }
    };
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("examine")(error)),
    };
    if !found.file_type().is_socket() {
        return Err(ListenError::NotASocket(path.to_owned()));
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(failed("remove"))
        }
        _ => Err(ListenError::InUse(path.to_owned())),
    }
}
