//! Why a store on etcd is not opened.

use std::path::PathBuf;

/// Why a store on etcd is not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No endpoint was named.
    #[error("no endpoint of etcd is named")]
    NoEndpoint,
    /// It is none.
    #[error("{endpoint:?} is no endpoint of etcd: write it as https://host:port")]
    Endpoint {
        /// What was given.
        endpoint: String,
    },
    /// Everybody on the way could read and change what is sent.
    #[error("{endpoint} is not on this machine, and http keeps nothing from those on the way: use https")]
    Plain {
        /// The endpoint.
        endpoint: String,
    },
    /// etcd would have to take anybody for a client.
    #[error("{endpoint} is not on this machine, and no client certificate is shown to it")]
    NoCertificate {
        /// The endpoint.
        endpoint: String,
    },
    /// Without one, nobody's certificate is believed.
    #[error("{endpoint} is https, and no authority is named that its certificate is to come from")]
    NoAuthority {
        /// The endpoint.
        endpoint: String,
    },
    /// A certificate needs its key, and a key its certificate.
    #[error("a client certificate and its key are named together or not at all")]
    HalfCertificate,
    /// A file of certificates or keys.
    #[error("{}: {why}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, without anything of what it holds.
        why: String,
    },
    /// No endpoint answers as etcd does.
    #[error("etcd cannot be reached: {0}")]
    Unreachable(String),
}
