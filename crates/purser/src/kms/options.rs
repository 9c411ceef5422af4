//! What `purser kms` is told.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, Subcommand};
use purser_encryption::kms::Endpoint;
use purser_kms::HolderSpec;

use crate::logging::{LogFormat, LogLevel};
use crate::output::Output;
use crate::span;

pub(crate) const EXAMPLES: &str = "\
Examples:
  # The first key, and a plugin that wraps with it and makes another one every 30 days
  purser kms rotate --key-holder file:/var/lib/purser-kms/keys
  purser kms serve --listen unix:///run/purser-kms/kms.sock --key-holder file:/var/lib/purser-kms/keys --rotate-every 30d

  # Is a plugin well, and which key does it use? Exits with 1 when it is not; any plugin of KMS v2 can be asked
  purser kms status --endpoint unix:///run/purser-kms/kms.sock

Key holders:
  file:DIR
      key files of this machine, private to the user that runs it
  credential:NAME[,OLD]
      32 random bytes that systemd hands over (LoadCredentialEncrypted=); the first wraps, all unwrap
  passphrase-file:FILE
      derived from the passphrase in a private file, with Argon2id; FILE.keys says how: keep both
  vault:https://HOST[:PORT]/[MOUNT/]KEY?token-file=FILE[&ca-file=FILE][&namespace=NAME]
      a key of the Transit engine of HashiCorp Vault or OpenBao
  aws-kms:REGION/KEY[?credentials-file=FILE][&endpoint=URL]
      a key of AWS KMS: an ARN, an id, or alias/NAME; by default with the credentials of the environment
  pkcs11:MODULE?token=LABEL&key=LABEL&pin-file=FILE
      AES keys of a PKCS#11 token, which never leave it
  tpm:FILE[?device=PATH]
      keys that this machine's TPM 2.0 sealed and FILE lists; by default /dev/tpmrm0";

/// The longest schedule: ten years of 366 days.
const LONGEST_DAYS: u64 = 3660;
const DAY: u64 = 86_400;
/// The shortest: keys are kept, to read with, and there is no room for endlessly many.
const SHORTEST: Duration = Duration::from_secs(60 * 60);

/// What is done about a KMS plugin.
#[derive(Debug, Subcommand)]
pub(crate) enum KmsCommand {
    /// Serve Kubernetes' KMS v2 on a socket, for a kube-apiserver or a purser on this machine
    ///
    /// The API server sends the seeds of its keys; the key holder wraps them. Between the two stands a key of the
    /// plugin's own, so that thousands of questions at the start of an API server cost the holder one.
    Serve(Box<ServeKmsOptions>),
    /// Make a new key in a key holder, the first or another one; a plugin that runs takes it into use by itself
    Rotate {
        /// Where
        #[arg(long, value_name = "HOLDER")]
        key_holder: HolderSpec,
    },
    /// Ask a plugin how it is and which key it uses; exit with 1 when it is not well
    Status(StatusOptions),
}

/// The settings of a plugin.
#[derive(Debug, Args)]
pub(crate) struct ServeKmsOptions {
    /// Socket to listen on: unix:///path, or unix:///@name for an abstract one. Its directory has to be there
    #[arg(long, value_name = "ENDPOINT", value_parser = Endpoint::parse)]
    pub(super) listen: Endpoint,
    /// Who keeps the key; `purser kms --help` lists the kinds
    #[arg(long, value_name = "HOLDER")]
    pub(super) key_holder: HolderSpec,
    /// Who may connect: permission bits of the socket, in octal. With 0660 its group may, too
    #[arg(long, value_name = "MODE", default_value = "0600", value_parser = mode)]
    pub(super) socket_mode: u32,
    /// Address for /metrics, /livez and /readyz over plain HTTP; by default they are not served. Port 0 takes a free
    /// one, which is logged
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(super) metrics_address: Option<SocketAddr>,
    /// Make a new key whenever the one of now is so old, as 30d or 12h; by default never
    #[arg(long, value_name = "TIME", value_parser = schedule)]
    pub(super) rotate_every: Option<Duration>,
    /// How long questions under way may take when the plugin is asked to stop
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = span::parse)]
    pub(super) shutdown_grace: Duration,
    /// What is logged; by default info
    #[arg(long, value_name = "LEVEL", value_enum, help_heading = "Logging")]
    pub(crate) log_level: Option<LogLevel>,
    /// How it is logged, on standard error; by default json, on a terminal text
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = "Logging")]
    pub(crate) log_format: Option<LogFormat>,
}

/// Whom to ask, and how it is told.
#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    /// Socket of the plugin: unix:///path, or unix:///@name for an abstract one
    #[arg(long, value_name = "ENDPOINT", value_parser = Endpoint::parse)]
    pub(super) endpoint: Endpoint,
    /// How long to wait for an answer
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = span::parse_some)]
    pub(super) timeout: Duration,
    /// How it is told
    #[arg(long, short, value_enum, default_value_t = Output::Text)]
    pub(super) output: Output,
}

/// Permission bits, none for everybody.
fn mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).map_err(|_| "write it in octal, as 0660".to_owned())?;
    match mode {
        0o600 | 0o660 => Ok(mode),
        _ => Err("0600 for this user, or 0660 for the socket's group as well".to_owned()),
    }
}

/// A span of time, in days or as other spans are written.
fn schedule(text: &str) -> Result<Duration, String> {
    let span = match text.strip_suffix('d') {
        Some(days) => {
            let days: u64 = days.parse().map_err(|_| "write it as 30d, or 12h".to_owned())?;
            if days > LONGEST_DAYS {
                return Err(format!("at most {LONGEST_DAYS}d"));
            }
            Duration::from_secs(days * DAY)
        }
        None => span::parse(text)?,
    };
    match span < SHORTEST {
        true => Err("1h at least".to_owned()),
        false => Ok(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_in_days_or_hours_and_not_too_short() {
        assert_eq!(schedule("30d"), Ok(Duration::from_secs(30 * DAY)));
        assert_eq!(schedule("12h"), Ok(Duration::from_secs(DAY / 2)));
        for wrong in ["0d", "30m", "d", "-1d", "4000d", "99999999999999999999d"] {
            assert!(schedule(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_socket_is_for_its_user_or_its_group_and_never_for_everybody() {
        assert_eq!((mode("0600"), mode("660")), (Ok(0o600), Ok(0o660)));
        for wrong in ["0666", "0777", "0606", "x", "0", ""] {
            assert!(mode(wrong).is_err(), "{wrong}");
        }
    }
}
