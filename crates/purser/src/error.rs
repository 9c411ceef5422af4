//! Why the server does not start or has to stop. Every sentence says what to do next.

use std::io;
use std::path::PathBuf;

use purser_encryption::KeyFileError;

/// An error of the command line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Something is wrong with policies, or with examples of what they decide.
    #[cfg(feature = "cedar")]
    #[error(transparent)]
    Policies(#[from] purser_cedar::Error),
    /// Examples are decided otherwise than they say.
    #[cfg(feature = "cedar")]
    #[error("{failed} of {all} examples are not decided as they say")]
    Examples {
        /// How many.
        failed: usize,
        /// Of how many.
        all: usize,
    },
    /// There is no place for the data.
    #[error("there is no home directory to keep data in: say where with --data-dir DIR")]
    NoDataDirectory,
    /// The place for the data cannot be made.
    #[error("cannot make {path}: {source}; choose another place with --data-dir DIR", path = path.display())]
    DataDirectory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file or directory cannot be used.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    File {
        /// What was attempted, as an infinitive.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else may read or change what only we may.
    #[error(
        "{path} is open to others (mode {mode:04o}), who may have read it: run `chmod {fix:o} {path}`",
        path = path.display()
    )]
    Exposed {
        /// The file or directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The permission bits it should have.
        fix: u32,
    },
    /// It belongs to another user, who may change it.
    #[error(
        "{path} belongs to user {owner}, not to {us} who runs this: run it as that user, or `chown {us} {path}`",
        path = path.display()
    )]
    NotOurs {
        /// The file or directory.
        path: PathBuf,
        /// Its owner's uid.
        owner: u32,
        /// Our effective uid.
        us: u32,
    },
    /// It is a link, a device or the like: its place may lead anywhere.
    #[error("{path} is not a regular file: put the file itself there", path = path.display())]
    WrongKind {
        /// What was found.
        path: PathBuf,
    },
    /// Certificates or keys cannot be used.
    #[error("{path}: {reason}", path = path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Signing(#[from] rcgen::Error),
    /// What was asked for cannot be done as it was asked.
    #[error("{0}")]
    Usage(String),
    /// A login cannot be made.
    #[error("{0}")]
    Login(String),
    /// A certificate that was asked for cannot be signed.
    #[error("{0}")]
    Issuing(&'static str),
    /// A key holder cannot be used.
    #[error(transparent)]
    Holder(#[from] purser_kms::HolderError),
    /// What went wrong stands in the log already.
    #[error("see the log")]
    Logged,
    /// The at-rest keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The store holds data, and the keys that sealed it are not there.
    #[error(
        "{keys} holds no key, but {store} holds data that was sealed with one: restore the keys from a backup, or \
         say where they are with --key-dir DIR",
        keys = keys.display(),
        store = store.display()
    )]
    KeysMissing {
        /// The key directory.
        keys: PathBuf,
        /// The store's directory.
        store: PathBuf,
    },
    /// The keys are not those that sealed what the store holds.
    #[error(
        "the keys in {keys} are not those that sealed what {store} holds: restore the right ones from a backup, or say \
         where they are with --key-dir DIR",
        keys = keys.display(),
        store = store.display()
    )]
    KeysForeign {
        /// The key directory.
        keys: PathBuf,
        /// The store's directory.
        store: PathBuf,
    },
    /// What the store holds was sealed with a key that a configuration does not name.
    #[error(
        "{store} holds values sealed with the key {key}, which no provider has: leave it in the file of \
         --encryption-provider-config, behind the new one, until a rotation says that nothing needs it",
        store = store.display()
    )]
    NoKey {
        /// The store's directory.
        store: PathBuf,
        /// The key's name.
        key: String,
    },
    /// Nothing opens that tells whether the keys are the store's.
    #[error(
        "none of the values that tell whether the keys are those of {store} can be opened: the key holder or the plugin \
         answers with something else than what it wrapped, or the data is damaged; nothing was changed",
        store = store.display()
    )]
    NothingOpens {
        /// The store's directory.
        store: PathBuf,
    },
    /// The store holds data that a key holder sealed, and none is named.
    #[error(
        "{store} holds data that a key holder sealed: name it with --at-rest-key-holder HOLDER, or, to go on without it, \
         with --former-at-rest-key-holder HOLDER",
        store = store.display()
    )]
    HolderMissing {
        /// The store's directory.
        store: PathBuf,
    },
    /// The key holder has no key, and the store holds data that was sealed with one.
    #[error(
        "{holder} has no key, but {store} holds data: restore the holder's keys from a backup, or name the right one; to \
         go over to it, make its first key with `purser kms rotate` before",
        store = store.display()
    )]
    HolderLost {
        /// The key holder.
        holder: String,
        /// The store's directory.
        store: PathBuf,
    },
    /// The key holder has not the key that sealed what the store holds.
    #[error(
        "{holder} has no key {key}, which sealed what {store} holds: name the right one with --at-rest-key-holder HOLDER, \
         the one before it with --former-at-rest-key-holder HOLDER, or restore its keys from a backup",
        store = store.display()
    )]
    HolderForeign {
        /// The key holder.
        holder: String,
        /// The store's directory.
        store: PathBuf,
        /// The key's id.
        key: String,
    },
    /// What the store holds was sealed by a provider that is not there.
    #[error(
        "{store} holds values that begin with {prefix}, for which there is no provider: name it in the file of \
         --encryption-provider-config",
        store = store.display()
    )]
    NoProvider {
        /// The store's directory.
        store: PathBuf,
        /// How the values begin.
        prefix: String,
    },
    /// A file of settings cannot be used.
    #[error("{path}: {reason}", path = path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It was looked, and something is wrong.
    #[error("{0}")]
    Findings(String),
    /// Nothing wrong was found where it was looked, which was not everywhere that was asked for.
    #[error("{0}")]
    Partial(String),
    /// An etcd cluster's files cannot be made, renewed or checked.
    #[error(transparent)]
    Etcd(#[from] purser_etcd::Error),
    /// There was a database.
    #[error(
        "the database in {store} is lost: restore it from a backup, or look whether its volume is mounted; to begin \
         anew with nothing, remove {marks}",
        store = store.display()
    )]
    StoreLost {
        /// The store's directory.
        store: PathBuf,
        /// The files that tell that there was one.
        marks: String,
    },
    /// Another server has the data directory.
    #[error(
        "{path} is in use by process {pid}: stop that one (`kill {pid}`), or give this one a directory of its own \
         with --data-dir DIR",
        path = path.display()
    )]
    Held {
        /// The data directory.
        path: PathBuf,
        /// The holder.
        pid: u32,
    },
    /// The store cannot be opened.
    #[error("{path}: {reason}", path = path.display())]
    Store {
        /// The store's directory.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The port cannot be had.
    #[error("cannot listen on {address}: {source}; choose another with --secure-port PORT (0: a free one)")]
    Listen {
        /// Address and port.
        address: std::net::SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A part of the server did not start, or failed.
    #[error("{0}")]
    Server(String),
    /// The process itself: runtime, signals, standard output.
    #[error("{0}")]
    Io(#[from] io::Error),
}
