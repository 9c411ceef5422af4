//! The command line.

#[cfg(feature = "cedar")]
use std::path::PathBuf;

#[cfg(feature = "cedar")]
use clap::Args;
use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::custody::AtRestCommand;
use crate::etcd::EtcdCommand;
use crate::kms::KmsCommand;
use crate::login::{CREATE_EXAMPLES, CreateOptions};
use crate::output::Output;
use crate::serve_options::ServeOptions;

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
    /// Look after how values are kept: tell it, verify it, take another key, erase, put aside
    #[command(subcommand, name = "at-rest", after_help = EXIT_CODES, after_long_help = format!("{}\n\n{EXIT_CODES}", crate::custody::EXAMPLES))]
    AtRest(AtRestCommand),
    /// A KMS plugin: keeps the key that a cluster's API server wraps its keys with
    #[command(subcommand, arg_required_else_help = true, after_help = EXIT_CODES, after_long_help = format!("{}\n\n{EXIT_CODES}", crate::kms::EXAMPLES))]
    Kms(KmsCommand),
    /// An etcd cluster: make its certificates and configuration, renew them, look whether it is safe
    #[command(subcommand, arg_required_else_help = true, after_help = EXIT_CODES, after_long_help = format!("{}\n\n{EXIT_CODES}", crate::etcd::EXAMPLES))]
    Etcd(EtcdCommand),
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
