//! How a store on etcd is opened.

use std::path::PathBuf;
use std::time::Duration;

/// How long a connection may take to be made, its handshake with it.
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a request may take on all endpoints together. Longer than the 7 seconds after which etcd gives up itself
/// (`ServerConfig.ReqTimeout`), so that its reason is heard.
const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the question may take whether writes are taken. Source: `--etcd-healthcheck-timeout` of kube-apiserver.
const DEFAULT_HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// History older than this is forgotten. Source: `--etcd-compaction-interval` of kube-apiserver.
const DEFAULT_COMPACTION_INTERVAL: Duration = Duration::from_secs(300);

/// How many revisions a watcher may stay behind before it is cut.
const DEFAULT_WATCH_LAG: u64 = 10_000;

/// The files with which connections are made; read again for each.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// Authorities of the members' certificates, PEM.
    pub ca: Option<PathBuf>,
    /// The client's certificate, with its chain, PEM.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
}

/// What [`EtcdStore::open`](crate::EtcdStore::open) needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where members of one cluster listen for clients: `https://host:port` or `http://host:port`. They are tried in
    /// turn.
    pub endpoints: Vec<String>,
    /// For the endpoints that are https.
    pub tls: TlsFiles,
    /// Whether an endpoint that is not on a loopback address may be http, or be shown no client certificate.
    pub insecure: bool,
    /// How long a connection may take to be made; 3 seconds by default.
    pub connect_timeout: Duration,
    /// How long a request may take, on all endpoints together; 10 seconds by default.
    pub request_timeout: Duration,
    /// How long the question may take whether writes are taken; 2 seconds by default.
    pub health_timeout: Duration,
    /// How old history becomes before it is forgotten; 0: this store sees to nothing. 5 minutes by default.
    pub compaction_interval: Duration,
    /// A watcher more revisions behind than this, and behind what memory holds, is cut; 10,000 by default.
    pub watch_lag: u64,
}

impl Options {
    /// The defaults, with these endpoints.
    #[must_use]
    pub fn new(endpoints: Vec<String>) -> Self {
        Self {
            endpoints,
            tls: TlsFiles::default(),
            insecure: false,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            request_timeout: DEFAULT_REQUEST_TIMEOUT,
            health_timeout: DEFAULT_HEALTH_TIMEOUT,
            compaction_interval: DEFAULT_COMPACTION_INTERVAL,
            watch_lag: DEFAULT_WATCH_LAG,
        }
    }
}
