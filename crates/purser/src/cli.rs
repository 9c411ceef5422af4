//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use purser_registry::{PortRange, RangeError, ServiceRanges};

use crate::login::{CREATE_EXAMPLES, CreateOptions};
use crate::custody::AtRestCommand;
use crate::kms::KmsCommand;
use crate::span;

const EXIT_CODES: &str = "\
Exit codes:
  0    done; for serve: stopped when asked to, everything answered or ended in order
  1    it cannot start or go on: the message says why and what to do
  2    wrong usage
  130, 143  left at once on a second SIGINT or SIGTERM";

const EXAMPLES: &str = "\
Examples:
  # Start; the first start makes everything. Then, in another terminal, paste the export line it prints:
  purser serve
  kubectl create secret generic db --from-literal=password=s3cret
  kubectl get secrets

  # Say yes to other machines
  purser serve --bind-address 0.0.0.0 --data-dir /srv/purser --key-dir /mnt/keys/purser

  # Completion for bash
  purser completion bash > ~/.local/share/bash-completion/completions/purser";

#[cfg(feature = "cedar")]
const AUTHZ_EXIT_CODES: &str = "\
Exit codes:
  0    every example is decided as it says
  1    one is not, or a file cannot be read or used: the message says where and why
  2    wrong usage";

#[cfg(feature = "cedar")]
const AUTHZ_TEST_EXAMPLES: &str = "\
Examples:
  # payments.yaml names the policies and says what they are to decide
  purser authz test payments.yaml

  # The same examples on policies that are about to be put in their place
  purser authz test --policies ./next payments.yaml

A file of examples:
  policies: payments.cedar          # from where this file is; a file or a directory
  objects:
    card-key: {resource: secrets, namespace: payments, name: card-key, labels: {pci: 'true'}}
  cases:
  - description: the team's services read what is labelled
    user: system:serviceaccount:payments:checkout
    verb: get
    object: card-key
    expect: allow                   # or deny, or no-opinion
    by: payments                    # the @id of the policy; may be left out
  - {user: jane, groups: [payments], verb: get, object: card-key, expect: no-opinion}";

const SERVE_EXAMPLES: &str = "\
Examples:
  # On this machine only, data in the default place
  purser serve

  # For a test: a free port, everything in one directory that can be thrown away
  purser serve --secure-port 0 --data-dir ./throwaway

  # For other machines; the at-rest keys on another disk than the data; every request recorded
  purser serve --bind-address 0.0.0.0 --key-dir /mnt/keys/purser --audit-log-path /var/log/purser/audit.log

Files, all private to the user that runs it:
  DATA/admin.kubeconfig  the administrator's login, for kubectl and every other client
  DATA/pki/              certificate authority, serving and administrator's certificates, the key that signs tokens
  DATA/store/            the data, sealed
  DATA/keys/             the keys that seal it (--key-dir); without them the data is gone: back them up, elsewhere

Signals:
  SIGTERM, SIGINT        finish what is under way within --shutdown-grace, end watches, leave; again: leave at once";

/// A secret store that speaks the Kubernetes API, encrypted from the first write
#[derive(Debug, Parser)]
#[command(name = "purser", version, arg_required_else_help = true)]
#[command(after_help = EXIT_CODES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the Kubernetes API from a store in a directory
    ///
    /// The first start makes the data directory, a certificate authority, certificates, the at-rest key and a
    /// kubeconfig for the administrator; later starts use them.
    #[command(after_help = EXIT_CODES, after_long_help = format!("{SERVE_EXAMPLES}\n\n{EXIT_CODES}"))]
    Serve(Box<ServeOptions>),
    /// Logins for people and machines
    #[command(subcommand, arg_required_else_help = true)]
    Kubeconfig(Kubeconfig),
    /// Cedar policies: try them on examples, print what they are written in terms of
    #[cfg(feature = "cedar")]
    #[command(subcommand, arg_required_else_help = true)]
    Authz(Authz),
    /// Look after how values are kept: tell it, verify it, take another key
    #[command(subcommand, name = "at-rest", after_help = EXIT_CODES, after_long_help = format!("{}\n\n{EXIT_CODES}", crate::custody::EXAMPLES))]
    AtRest(AtRestCommand),
    /// A KMS plugin: keeps the key that a cluster's API server wraps its keys with
    #[command(subcommand, arg_required_else_help = true, after_help = EXIT_CODES, after_long_help = format!("{}\n\n{EXIT_CODES}", crate::kms::EXAMPLES))]
    Kms(KmsCommand),
    /// Print a completion script for a shell
    Completion {
        /// The shell
        shell: Shell,
    },
    /// Print the version
    Version {
        /// How
        #[arg(long, short, value_enum, default_value_t = Output::Text)]
        output: Output,
    },
}

/// What is done with logins.
#[derive(Debug, Subcommand)]
pub(crate) enum Kubeconfig {
    /// Make a kubeconfig for somebody: a certificate for a user, or a token for a ServiceAccount
    ///
    /// An administrator's login asks for it. The private key of a user is made here and stays here: the server signs a
    /// request for a certificate, which is approved, and removed once it is signed. What a login may do is what RBAC
    /// says of its user, its groups or its ServiceAccount.
    #[command(after_help = EXIT_CODES, after_long_help = format!("{CREATE_EXAMPLES}\n\n{EXIT_CODES}"))]
    Create(Box<CreateOptions>),
}

/// What is done with policies.
#[cfg(feature = "cedar")]
#[derive(Debug, Subcommand)]
pub(crate) enum Authz {
    /// Try policies on examples of what they are to decide
    ///
    /// A file of examples says who asks for what, with which labels and annotations the object has, and what is to come
    /// of it: allow, deny (a policy forbids it) or no-opinion (no policy says anything, so that RBAC decides). Policies
    /// are checked against the schema first; what is wrong is told with file, line and column.
    #[command(after_help = AUTHZ_EXIT_CODES, after_long_help = format!("{AUTHZ_TEST_EXAMPLES}\n\n{AUTHZ_EXIT_CODES}"))]
    Test(TestOptions),
    /// Print the schema that policies are checked against
    Schema,
}

/// How examples are tried.
#[cfg(feature = "cedar")]
#[derive(Debug, Args)]
pub(crate) struct TestOptions {
    /// Files of examples, YAML
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Policies to try, a file or a directory, instead of those that the files of examples name
    #[arg(long, value_name = "PATH")]
    pub(crate) policies: Option<PathBuf>,
    /// How
    #[arg(long, short, value_enum, default_value_t = Output::Text)]
    pub(crate) output: Output,
}

/// How something is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Text,
    /// For machines
    Json,
}

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
    #[arg(long, value_name = "MODES", value_delimiter = ',', help_heading = "Who may do what")]
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

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// What needs somebody to act
    Error,
    /// What may need somebody to act
    Warn,
    /// What happens once or rarely
    Info,
    /// What happens with each request
    Debug,
    /// Everything; never a value
    Trace,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One JSON object a line
    Json,
    /// For people
    Text,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_listens_on_loopback_until_told_otherwise() {
        let cli = Cli::try_parse_from(["purser", "serve"]).unwrap();
        let Command::Serve(options) = cli.command else {
            panic!("serve")
        };
        assert!(options.bind_address.is_loopback());
        assert_eq!(
            (options.secure_port, options.shutdown_grace),
            (6443, Duration::from_secs(30))
        );
    }

    #[test]
    fn no_time_at_all_is_no_bound() {
        for flag in ["--request-timeout", "--min-request-timeout"] {
            let refused = Cli::try_parse_from(["purser", "serve", flag, "0"]).unwrap_err();
            assert!(refused.to_string().contains(flag), "{refused}");
        }
    }

    #[test]
    fn help_has_examples_and_exit_codes() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains("Examples:") && help.contains("Exit codes:"));
        let mut command = Cli::command();
        let serve = command
            .find_subcommand_mut("serve")
            .unwrap()
            .render_long_help()
            .to_string();
        assert!(serve.contains("Examples:") && serve.contains("Exit codes:") && serve.contains("Signals:"));
    }
}
