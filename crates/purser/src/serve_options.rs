//! The flags of `purser serve`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use purser_registry::{PortRange, RangeError, ServiceRanges};

use crate::at_rest::Holders;
use crate::logging::{LogFormat, LogLevel};
use crate::span;
use crate::store::EtcdFlags;

/// The settings of a server. Flags that kube-apiserver has too mean the same.
#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// Where everything is kept; by default $XDG_DATA_HOME/purser or ~/.local/share/purser, /var/lib/purser for root
    #[arg(long, value_name = "DIR", help_heading = "Data")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Where the at-rest keys are kept; by default keys in the data directory
    #[arg(long, value_name = "DIR", help_heading = "Data")]
    pub(crate) key_dir: Option<PathBuf>,
    /// EncryptionConfiguration that says with which providers values are kept, instead of the at-rest keys; what those
    /// have sealed is still read
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    pub(crate) encryption_provider_config: Option<PathBuf>,
    /// Read that file again when it changes
    #[arg(long, requires = "encryption_provider_config", help_heading = "Data")]
    pub(crate) encryption_provider_config_automatic_reload: bool,
    /// Who keeps the at-rest key instead of key files
    #[command(flatten)]
    pub(crate) holders: Holders,

    /// Which etcd keeps the data instead of the data directory
    #[command(flatten)]
    pub(crate) etcd: EtcdFlags,

    /// Address to listen on; 0.0.0.0 or :: for all
    #[arg(
        long,
        value_name = "IP",
        default_value = "127.0.0.1",
        help_heading = "Listening"
    )]
    pub(crate) bind_address: IpAddr,
    /// Port for HTTPS; 0 takes a free one, which is printed and written to the kubeconfig
    #[arg(long, value_name = "PORT", default_value_t = 6443, help_heading = "Listening")]
    pub(crate) secure_port: u16,
    /// Address at which others are told to reach this server, in discovery and in the endpoints of the service
    /// kubernetes; by default the one listened on, or this machine's
    #[arg(long, value_name = "IP", help_heading = "Listening")]
    pub(crate) advertise_address: Option<IpAddr>,
    /// How long requests under way may take when the server is asked to stop
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = span::parse, help_heading = "Listening")]
    pub(crate) shutdown_grace: Duration,

    /// Range that services are given addresses from; two of different families, with a comma, for dual stack
    #[arg(long, value_name = "CIDR", default_value = "10.0.0.0/24", value_parser = addresses, help_heading = "Services")]
    pub(crate) service_cluster_ip_range: ServiceRanges,
    /// Range that services are given ports of nodes from
    #[arg(
        long,
        value_name = "PORTS",
        default_value = "30000-32767",
        help_heading = "Services"
    )]
    pub(crate) service_node_port_range: PortRange,

    /// Who tokens of service accounts say has issued them; given again: who besides is believed
    #[arg(
        long,
        value_name = "ISSUER",
        default_value = "https://kubernetes.default.svc",
        help_heading = "Service accounts"
    )]
    pub(crate) service_account_issuer: Vec<String>,
    /// Private key, ECDSA on P-256 or RSA, in PEM, that signs tokens; by default pki/sa.key in the data directory
    #[arg(long, value_name = "FILE", help_heading = "Service accounts")]
    pub(crate) service_account_signing_key_file: Option<PathBuf>,
    /// Keys, public or private, in PEM, that tokens may be signed with besides; may be given again
    #[arg(long, value_name = "FILE", help_heading = "Service accounts")]
    pub(crate) service_account_key_file: Vec<PathBuf>,
    /// Audiences of this server, with commas; by default the first issuer
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        help_heading = "Service accounts"
    )]
    pub(crate) api_audiences: Vec<String>,
    /// Longest time that a token lasts, from 1h on; by default as long as is asked
    #[arg(long, value_name = "TIME", value_parser = span::longest, help_heading = "Service accounts")]
    pub(crate) service_account_max_token_expiration: Option<Duration>,

    /// Whether anybody may ask for health and version (/livez, /readyz, /healthz, /version), who shows no certificate
    /// and no token; with false such requests are refused
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, help_heading = "Safety")]
    pub(crate) anonymous_health: bool,
    /// Longest time that a certificate which somebody asked for is good, from 10m on
    #[arg(long, value_name = "TIME", default_value = "720h", value_parser = span::certificate, help_heading = "Certificates")]
    pub(crate) cluster_signing_duration: Duration,

    /// Certificate authorities, in PEM, whose client certificates are taken besides those of this server's own; the
    /// common name is the user, organizations are groups. Read again when it changes
    #[arg(long, value_name = "FILE", help_heading = "Who is let in")]
    pub(crate) client_ca_file: Option<PathBuf>,
    /// Kubeconfig of a webhook that is asked whose a bearer token is when nobody here knows it
    #[arg(long, value_name = "FILE", help_heading = "Who is let in")]
    pub(crate) authentication_token_webhook_config_file: Option<PathBuf>,
    /// Version of authentication.k8s.io in which it is asked; answers in both are understood
    #[arg(long, value_name = "VERSION", value_enum, default_value_t = ReviewVersion::V1, help_heading = "Who is let in")]
    pub(crate) authentication_token_webhook_version: ReviewVersion,
    /// How long what it decides is kept; 0 for not at all
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = span::parse, help_heading = "Who is let in")]
    pub(crate) authentication_token_webhook_cache_ttl: Duration,
    /// Users, certificates and tokens that are not let in, one a line: user NAME, credential ID, certificate SHA256,
    /// serial NUMBER ISSUER. Read again when it changes
    #[arg(long, value_name = "FILE", help_heading = "Who is let in")]
    pub(crate) denial_file: Option<PathBuf>,
    /// AuthenticationConfiguration, YAML or JSON: issuers whose tokens (JWT) are taken, whom they make a user, and what
    /// may be asked without any. Read again when it changes
    #[arg(long, value_name = "FILE", help_heading = "Who is let in")]
    pub(crate) authentication_config: Option<PathBuf>,

    /// AuthorizationConfiguration, YAML or JSON: who decides what may be done, in which order: RBAC, Webhook, Cedar; by
    /// default RBAC alone. Read again when it changes
    #[arg(long, value_name = "FILE", help_heading = "Who may do what")]
    pub(crate) authorization_config: Option<PathBuf>,
    /// Who decides, in this order, with commas: RBAC, Webhook; by default RBAC
    #[arg(
        long,
        value_name = "MODES",
        value_delimiter = ',',
        help_heading = "Who may do what"
    )]
    pub(crate) authorization_mode: Vec<String>,
    /// Kubeconfig of the webhook of --authorization-mode
    #[arg(long, value_name = "FILE", help_heading = "Who may do what")]
    pub(crate) authorization_webhook_config_file: Option<PathBuf>,
    /// Version of the SubjectAccessReviews that it is sent: v1 or v1beta1; by default v1beta1
    #[arg(long, value_name = "VERSION", help_heading = "Who may do what")]
    pub(crate) authorization_webhook_version: Option<String>,
    /// How long its yes is remembered; by default 5m, 0 for not at all
    #[arg(long, value_name = "TIME", value_parser = span::parse, help_heading = "Who may do what")]
    pub(crate) authorization_webhook_cache_authorized_ttl: Option<Duration>,
    /// How long anything else it says is remembered; by default 30s, 0 for not at all
    #[arg(long, value_name = "TIME", value_parser = span::parse, help_heading = "Who may do what")]
    pub(crate) authorization_webhook_cache_unauthorized_ttl: Option<Duration>,

    /// Refuse ConfigMaps that hold what looks like a credential, instead of warning
    #[arg(long, help_heading = "Safety")]
    pub(crate) deny_credentials_in_configmaps: bool,
    /// File to append an audit event to for every request, one JSON object a line; - for standard output
    #[arg(long, value_name = "FILE", help_heading = "Safety")]
    pub(crate) audit_log_path: Option<PathBuf>,

    /// Seats of requests that only read, shared between users, as many again for system:masters; 0 for no bound
    #[arg(long, value_name = "N", default_value_t = 400, help_heading = "Bounds")]
    pub(crate) max_requests_inflight: usize,
    /// Seats of requests that write, shared likewise; 0 for no bound
    #[arg(long, value_name = "N", default_value_t = 200, help_heading = "Bounds")]
    pub(crate) max_mutating_requests_inflight: usize,
    /// Longest request that is not a watch
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = span::parse_some, help_heading = "Bounds")]
    pub(crate) request_timeout: Duration,
    /// Shortest life, in seconds, of a watch that does not ask for one; the longest is twice that
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, value_parser = clap::value_parser!(u64).range(1..), help_heading = "Bounds")]
    pub(crate) min_request_timeout: u64,

    /// What is logged; by default info, on a terminal warn
    #[arg(long, value_name = "LEVEL", value_enum, help_heading = "Logging")]
    pub(crate) log_level: Option<LogLevel>,
    /// How it is logged, on standard error; by default json, on a terminal text
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = "Logging")]
    pub(crate) log_format: Option<LogFormat>,
}

/// The ranges of addresses; those of ports are another flag's.
fn addresses(text: &str) -> Result<ServiceRanges, RangeError> {
    ServiceRanges::new(text, PortRange::default())
}

/// The versions of TokenReview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReviewVersion {
    /// authentication.k8s.io/v1
    V1,
    /// authentication.k8s.io/v1beta1
    V1beta1,
}

impl From<ReviewVersion> for purser_authn::ReviewVersion {
    fn from(version: ReviewVersion) -> Self {
        match version {
            ReviewVersion::V1 => Self::V1,
            ReviewVersion::V1beta1 => Self::V1Beta1,
        }
    }
}
