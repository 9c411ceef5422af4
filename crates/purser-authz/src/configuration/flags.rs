//! The same by kube-apiserver's older flags.
//!
//! Source: `pkg/kubeapiserver/options/authorization.go`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use purser_types::problems::Problems;
use purser_types::quote::quote;

use super::check::{Checked, CheckedAuthorizer, CheckedKind};
use crate::webhook::{FailurePolicy, ReviewVersion, Settings};

/// The most that kube-apiserver's flags let anybody wait for a webhook.
const TIMEOUT: Duration = Duration::from_secs(30);

/// `--authorization-mode` and `--authorization-webhook-*`.
#[derive(Debug, Clone)]
pub struct Flags<'a> {
    /// `--authorization-mode`, in its order.
    pub modes: &'a [String],
    /// `--authorization-webhook-config-file`.
    pub webhook_config_file: Option<PathBuf>,
    /// `--authorization-webhook-version`.
    pub webhook_version: &'a str,
    /// `--authorization-webhook-cache-authorized-ttl`; zero: a yes is not remembered.
    pub authorized_ttl: Duration,
    /// `--authorization-webhook-cache-unauthorized-ttl`; zero: nothing else is remembered.
    pub unauthorized_ttl: Duration,
}

/// The configuration that the flags stand for.
///
/// # Errors
/// With all that is wrong.
pub fn flags(flags: &Flags<'_>) -> Result<Checked, Problems> {
    let mut problems = Problems::default();
    if flags.modes.is_empty() {
        problems.say("at least one authorization-mode must be passed");
    }
    let asks = flags.modes.iter().any(|mode| mode == "Webhook");
    let version = match flags.webhook_version {
        _ if !asks => None,
        "v1" => Some(ReviewVersion::V1),
        "v1beta1" => Some(ReviewVersion::V1beta1),
        other => {
            problems.say(format!(
                "unsupported webhook authorizer version {}, supported versions are \"v1\", \"v1beta1\"",
                quote(other)
            ));
            None
        }
    };
    let mut authorizers = Vec::new();
    for mode in flags.modes {
        match (mode.as_str(), &flags.webhook_config_file, version) {
            ("RBAC", _, _) => authorizers.push(CheckedAuthorizer {
                name: "rbac".to_owned(),
                kind: CheckedKind::Rbac,
            }),
            ("Webhook", None, _) => {
                problems.say("authorization-mode Webhook's authorization config file not passed");
            }
            ("Webhook", Some(kubeconfig), Some(version)) => authorizers.push(CheckedAuthorizer {
                name: "default".to_owned(),
                kind: CheckedKind::Webhook {
                    settings: webhook(flags, version),
                    kubeconfig: kubeconfig.clone(),
                },
            }),
            ("Webhook", Some(_), None) => {}
            (other, _, _) => problems.say(format!("authorization-mode {} is not a valid mode", quote(other))),
        }
    }
    let once: BTreeSet<&String> = flags.modes.iter().collect();
    if flags.webhook_config_file.is_some() && !asks {
        problems.say("cannot specify --authorization-webhook-config-file without mode Webhook");
    }
    if once.len() != flags.modes.len() {
        let modes: Vec<String> = flags.modes.iter().map(|mode| quote(mode)).collect();
        problems.say(format!(
            "authorization-mode [{}] has mode specified more than once",
            modes.join(" ")
        ));
    }
    match problems.is_empty() {
        true => Ok(Checked { authorizers }),
        false => Err(problems),
    }
}

fn webhook(flags: &Flags<'_>, version: ReviewVersion) -> Settings {
    Settings {
        timeout: TIMEOUT,
        authorized_ttl: flags.authorized_ttl,
        unauthorized_ttl: flags.unauthorized_ttl,
        version,
        on_failure: FailurePolicy::NoOpinion,
        conditions: Vec::new(),
    }
}
