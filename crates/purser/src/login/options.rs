//! What `purser kubeconfig create` is told.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};
use purser_authz::MASTERS;

use crate::error::Error;
use crate::span;

/// A login that lasts longer takes a word more.
const LONG_LIVED: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) const CREATE_EXAMPLES: &str = "\
Examples:
  # A login for jane for a working day, with the rights of the groups devs and oncall
  purser kubeconfig create --user jane --groups devs,oncall

  # Shorter, and used at once; what jane may do is for RBAC to say
  purser kubeconfig create --user jane --ttl 1h --output jane.kubeconfig
  kubectl --kubeconfig jane.kubeconfig auth whoami

  # A machine: a token of the ServiceAccount deployer of the namespace shop
  purser kubeconfig create --service-account shop/deployer --ttl 2h --output deployer.kubeconfig

  # For somebody who reaches the server under another name
  purser kubeconfig create --user jane --server https://purser.example:6443 --output -";

/// Whom a login is for, how long it lasts, and where it goes.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("whom").required(true).args(["user", "service_account"])))]
pub(crate) struct CreateOptions {
    /// The user's name
    #[arg(long, value_name = "NAME", help_heading = "Whom")]
    pub(crate) user: Option<String>,
    /// The user's groups, with commas
    #[arg(
        long,
        visible_alias = "group",
        value_name = "NAMES",
        value_delimiter = ',',
        conflicts_with = "service_account",
        help_heading = "Whom"
    )]
    pub(crate) groups: Vec<String>,
    /// A ServiceAccount, instead of a user
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = account, help_heading = "Whom")]
    pub(crate) service_account: Option<Account>,
    /// Whom the ServiceAccount's token is for, with commas; by default the server itself
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        conflicts_with = "user",
        help_heading = "Whom"
    )]
    pub(crate) audience: Vec<String>,

    /// How long it lasts, from 10m on; the server may make it shorter, and says so
    #[arg(long, value_name = "TIME", default_value = "8h", value_parser = span::certificate, help_heading = "How long")]
    pub(crate) ttl: Duration,
    /// Yes, more than 24h: until its end only the denial list takes a certificate back
    #[arg(long, help_heading = "How long")]
    pub(crate) yes_long_lived: bool,

    /// Where it goes, private to you; - for standard output; by default NAME.kubeconfig
    #[arg(long, short, value_name = "FILE", help_heading = "The kubeconfig")]
    pub(crate) output: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long, help_heading = "The kubeconfig")]
    pub(crate) force: bool,
    /// URL under which the server is reached; by default that of the administrator
    #[arg(long, value_name = "URL", value_parser = url, help_heading = "The kubeconfig")]
    pub(crate) server: Option<String>,
    /// Name of its context; by default purser
    #[arg(
        long,
        value_name = "NAME",
        default_value = "purser",
        help_heading = "The kubeconfig"
    )]
    pub(crate) context: String,
    /// Namespace of its context; by default that of the ServiceAccount, for a user none
    #[arg(long, value_name = "NAME", help_heading = "The kubeconfig")]
    pub(crate) namespace: Option<String>,

    /// The administrator's login; by default $KUBECONFIG, or admin.kubeconfig in the data directory
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "data_dir",
        help_heading = "Who asks"
    )]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The data directory of the server, for its admin.kubeconfig
    #[arg(long, value_name = "DIR", help_heading = "Who asks")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// A ServiceAccount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
}

fn account(text: &str) -> Result<Account, String> {
    let parts = text
        .split_once('/')
        .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty() && !name.contains('/'));
    let (namespace, name) = parts.ok_or("write it as NAMESPACE/NAME")?;
    Ok(Account {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    })
}

fn url(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_graphic() && !"\"'\\<>{}`^|@".contains(c);
    let host = text.strip_prefix("https://").unwrap_or_default();
    match !host.is_empty() && host.chars().all(fits) {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => Err("write it as https://HOST:PORT".to_owned()),
    }
}

impl CreateOptions {
    /// What no single option shows to be wrong.
    ///
    /// # Errors
    /// [`Error::Usage`].
    pub(crate) fn check(&self) -> Result<(), Error> {
        let wrong = |why: &str| Err(Error::Usage(why.to_owned()));
        if self.user.as_ref().is_some_and(String::is_empty) || self.groups.iter().any(String::is_empty) {
            return wrong("a user and a group have a name");
        }
        if self.groups.iter().any(|group| group == MASTERS) {
            return wrong(
                "system:masters is above all rules, and no login in it could be bounded or taken back: give the user a \
                 group of its own, and bind what it needs to that (for everything: kubectl create clusterrolebinding \
                 NAME --clusterrole=cluster-admin --group=GROUP)",
            );
        }
        if self.ttl > LONG_LIVED && !self.yes_long_lived {
            return wrong(
                "a login for more than 24h that is lost opens the store for as long, until the denial list names it: ask \
                 for 24h at most, or say --yes-long-lived",
            );
        }
        Ok(())
    }

    /// The file it goes to; `None`: standard output.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        let name = match (&self.user, &self.service_account) {
            (Some(user), _) => user.clone(),
            (None, Some(account)) => format!("{}-{}", account.namespace, account.name),
            (None, None) => "login".to_owned(),
        };
        let keeps = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let safe: String = name.chars().map(|c| if keeps(c) { c } else { '-' }).collect();
        let file = self
            .output
            .clone()
            .unwrap_or_else(|| format!("{safe}.kubeconfig").into());
        (file.as_os_str() != "-").then_some(file)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command, Kubeconfig};

    fn told(arguments: &[&str]) -> Result<CreateOptions, String> {
        let all = ["purser", "kubeconfig", "create"].iter().chain(arguments);
        let cli = Cli::try_parse_from(all).map_err(|error| error.to_string())?;
        let Command::Kubeconfig(Kubeconfig::Create(options)) = cli.command else {
            panic!("create")
        };
        options.check().map_err(|error| error.to_string())?;
        Ok(*options)
    }

    #[test]
    fn a_login_lasts_a_working_day_unless_told() {
        let options = told(&["--user", "jane", "--groups", "devs,ops"]).unwrap();
        assert_eq!(options.ttl, Duration::from_secs(8 * 3_600));
        assert_eq!(options.groups, ["devs", "ops"]);
        let options = told(&["--user", "jane", "--group", "devs", "--group", "ops"]).unwrap();
        assert_eq!(options.groups, ["devs", "ops"]);
        assert_eq!(options.file(), Some("jane.kubeconfig".into()));
    }

    #[test]
    fn mistakes_are_refused_with_what_to_do() {
        for (arguments, says) in [
            (&[][..], "--user"),
            (&["--user", "a", "--service-account", "b/c"][..], "cannot be used"),
            (&["--service-account", "c"][..], "write it as NAMESPACE/NAME"),
            (
                &["--service-account", "b/c", "--groups", "d"][..],
                "cannot be used",
            ),
            (&["--user", "a", "--audience", "b"][..], "cannot be used"),
            (&["--user", "a", "--ttl", "9m"][..], "10m at least"),
            (&["--user", "a", "--ttl", "25h"][..], "--yes-long-lived"),
            (
                &["--service-account", "a/b", "--ttl", "25h"][..],
                "--yes-long-lived",
            ),
            (
                &["--user", "a", "--groups", "b,system:masters"][..],
                "above all rules",
            ),
            (&["--user", ""][..], "have a name"),
            (&["--user", "a", "--server", "http://a"][..], "https://HOST:PORT"),
            (
                &["--user", "a", "--server", "https://a b"][..],
                "https://HOST:PORT",
            ),
            (
                &["--user", "a", "--kubeconfig", "b", "--data-dir", "c"][..],
                "cannot be used",
            ),
        ] {
            let refused = told(arguments).unwrap_err();
            assert!(refused.contains(says), "{arguments:?}: {refused}");
        }
        assert!(told(&["--user", "a", "--ttl", "25h", "--yes-long-lived"]).is_ok());
        assert!(told(&["--user", "a", "--ttl", "24h"]).is_ok());
    }

    #[test]
    fn the_file_is_named_after_whom_and_lies_here() {
        let file = |arguments: &[&str]| told(arguments).unwrap().file();
        assert_eq!(file(&["--user", "../a b"]), Some("---a-b.kubeconfig".into()));
        assert_eq!(file(&["--service-account", "b/c"]), Some("b-c.kubeconfig".into()));
        assert_eq!(file(&["--user", "a", "--output", "-"]), None);
    }
}
