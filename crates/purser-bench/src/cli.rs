//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::span;

const EXAMPLES: &str = "\
Examples:
  # 10 s of gets of 10,000 Secrets of 1 kB over 8 connections with 8 requests in flight on each
  purser-bench --kubeconfig admin.kubeconfig --workload get --objects 10000

  # the same, with the server's CPU time per request and its memory, as JSON
  purser-bench --kubeconfig admin.kubeconfig --workload get --objects 10000 --pid $(pidof purser) --json

  # 1,000 watchers and 200 writes a second: how late do events arrive?
  purser-bench --kubeconfig admin.kubeconfig --workload watch --watchers 1000 --rate 200 --threads 2

  # do gets notice that 100,000 Secrets are sealed with another key? Beware: the old key is destroyed
  purser-bench --kubeconfig admin.kubeconfig --workload rotation --objects 100000

  # what RBAC costs: gets by system:masters and by somebody among 10,000 bindings, in turns
  purser-bench rights --kubeconfig admin.kubeconfig

  # can somebody without the right tell by the time of an answer what is there?
  purser-bench alike --kubeconfig admin.kubeconfig

  # the ceiling: a bare TLS server on the same HTTP stack
  purser-bench bare --write-kubeconfig bare.kubeconfig &
  purser-bench --kubeconfig bare.kubeconfig --workload get

Exit codes:
  0    measured, no request failed
  1    measured, some requests failed or some events did not arrive (the report says which)
  2    wrong usage
  3    not measured: the server could not be reached or prepared
  130  interrupted; what was made was removed again, unless that was interrupted too";

/// Drives any Kubernetes API server and measures it.
///
/// Makes a namespace of its own with Secrets in it, measures, and removes both again.
#[derive(Debug, Parser)]
#[command(version, after_long_help = EXAMPLES, after_help = "--help shows examples and exit codes")]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    /// Instead of measuring.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// What to measure.
    #[command(flatten)]
    pub(crate) drive: DriveOptions,
}

/// What else it does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a constant answer over TLS on the same HTTP stack as Purser: the ceiling to compare with
    Bare(BareOptions),
    /// Compare gets without RBAC and with it, in turns
    Rights(RightsOptions),
    /// Try to tell by the time of refusals what may not be known
    Alike(AlikeOptions),
}

/// Where the server of a comparison is; whoever logs in so makes people, roles and Secrets, and removes them again.
#[derive(Debug, Args)]
pub(crate) struct At {
    /// Where the server is and how to log in, as an administrator; by default $KUBECONFIG
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context; by default its current one
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// The server's process on this machine: adds its CPU time
    #[arg(long, value_name = "PID")]
    pub(crate) pid: Option<u32>,
    /// Report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Settings of the comparison of rights.
#[derive(Debug, Args)]
pub(crate) struct RightsOptions {
    /// Where.
    #[command(flatten)]
    pub(crate) at: At,
    /// ClusterRoles in the store, of ten rules each
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub(crate) roles: usize,
    /// Bindings of them, to 1,000 users and 100 groups; the reader has one in a thousand, and the one that allows
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) bindings: usize,
    /// Secrets that are read
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) objects: u64,
    /// Bytes of the one value of each Secret
    #[arg(long, value_name = "BYTES", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(..=1_048_576))]
    pub(crate) size: u32,
    /// HTTP/2 connections of each side
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) connections: u16,
    /// Requests in flight on each connection
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) streams: u16,
    /// How often each side has its turn
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) pairs: u32,
    /// How long a turn is
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = span::parse)]
    pub(crate) each: Duration,
}

/// Settings of the attempt to tell.
#[derive(Debug, Args)]
pub(crate) struct AlikeOptions {
    /// Where.
    #[command(flatten)]
    pub(crate) at: At,
    /// How often each of the two ways of a question is asked; those that write a tenth as often
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(20..))]
    pub(crate) samples: u32,
}

/// What is done in the measured time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// Read one Secret, any of --objects
    Get,
    /// Read all Secrets of the namespace
    List,
    /// Make new Secrets
    Create,
    /// Replace one Secret, any of --objects
    Update,
    /// 90% get, 6% update, 3% create, 1% list of 100
    Mixed,
    /// --watchers watch the namespace, one writer updates at --rate: how late do events arrive?
    Watch,
    /// Bind a role and remove the binding, in turn, while somebody asks: how soon does it take effect?
    Bindings,
    /// 99% get, 1% update at --rate, for the duration, and then while a Purser seals everything with another key: do
    /// they notice?
    Rotation,
}

/// The driver's settings.
#[derive(Debug, Args)]
pub(crate) struct DriveOptions {
    /// Where the server is and how to log in; by default $KUBECONFIG
    #[arg(long, value_name = "FILE", conflicts_with = "server")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context; by default its current one
    #[arg(long, value_name = "NAME", conflicts_with = "server")]
    pub(crate) context: Option<String>,
    /// The server's address, instead of a kubeconfig
    #[arg(long, value_name = "URL", requires = "ca", requires = "token")]
    pub(crate) server: Option<String>,
    /// The certificate of the authority that signed the server's certificate
    #[arg(long, value_name = "FILE", requires = "server")]
    pub(crate) ca: Option<PathBuf>,
    /// A file with the bearer token to log in with
    #[arg(long, value_name = "FILE", requires = "server")]
    pub(crate) token: Option<PathBuf>,

    /// What to do
    #[arg(long, value_enum, default_value_t = Workload::Get)]
    pub(crate) workload: Workload,
    /// Secrets made before the measurement
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) objects: u64,
    /// Bytes of the one value of each Secret
    #[arg(long, value_name = "BYTES", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(..=1_048_576))]
    pub(crate) size: u32,
    /// HTTP/2 connections
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) connections: u16,
    /// Requests in flight on each connection
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) streams: u16,
    /// Watchers of the workload watch, 100 to a connection of their own
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) watchers: u16,
    /// Requests a second in all; by default as many as the server answers (watch: 200, rotation: 1000)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    /// Not measured, before the measurement
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = span::parse)]
    pub(crate) warm_up: Duration,
    /// The measurement
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = span::parse)]
    pub(crate) duration: Duration,
    /// What reads ask for
    #[arg(long, value_name = "MEDIA-TYPE", default_value = "application/json")]
    pub(crate) accept: String,
    /// Threads of the driver; one drives some 50,000 requests a second
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: u16,
    /// The server's process on this machine: adds its CPU time and memory
    #[arg(long, value_name = "PID")]
    pub(crate) pid: Option<u32>,
    /// Leave the namespace and its Secrets
    #[arg(long)]
    pub(crate) keep: bool,
    /// Report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The bare server's settings.
#[derive(Debug, Args)]
pub(crate) struct BareOptions {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Bytes of the value in the Secret that every request is answered with
    #[arg(long, value_name = "BYTES", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(..=1_048_576))]
    pub(crate) size: u32,
    /// Where to write how to reach it; its certificate is made anew at every start
    #[arg(long, value_name = "FILE")]
    pub(crate) write_kubeconfig: PathBuf,
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
    fn a_server_takes_its_ca_and_token() {
        assert!(Cli::try_parse_from(["purser-bench", "--server", "https://a:1"]).is_err());
        let all = [
            "purser-bench",
            "--server",
            "https://a:1",
            "--ca",
            "ca.pem",
            "--token",
            "t",
        ];
        assert!(Cli::try_parse_from(all).is_ok());
    }

    #[test]
    fn bare_takes_no_settings_of_the_driver() {
        let mixed = [
            "purser-bench",
            "--objects",
            "1",
            "bare",
            "--write-kubeconfig",
            "f",
        ];
        assert!(Cli::try_parse_from(mixed).is_err());
    }
}
