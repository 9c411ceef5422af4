//! The rules of a webhook's settings.
//!
//! Source: `ValidateWebhookConfiguration`, whose fields are those of the authorizer, without `webhook`.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use purser_types::duration::parse_duration;
use purser_types::problems::Problems;

use super::settings::WebhookSettings;
use crate::webhook::{Condition, FailurePolicy, ReviewVersion, Settings};

/// The longest that anybody waits for a webhook.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Most conditions of one webhook.
const CONDITIONS: usize = 64;

/// Checks a webhook's settings, which are those of the authorizer at `field`; `None` only when something is wrong.
pub(super) fn check(
    field: &str,
    settings: &WebhookSettings,
    problems: &mut Problems,
) -> Option<(Settings, PathBuf)> {
    let inner = |name: &str| format!("{field}.{name}");
    let timeout = time(
        &inner("timeout"),
        &settings.timeout,
        Some(LONGEST_TIMEOUT),
        problems,
    );
    let authorized = time(&inner("authorizedTTL"), &settings.authorized_ttl, None, problems);
    let unauthorized = time(
        &inner("unauthorizedTTL"),
        &settings.unauthorized_ttl,
        None,
        problems,
    );
    let version = version(&inner("subjectAccessReviewVersion"), &settings.version, problems);
    let of_conditions = inner("matchConditionSubjectAccessReviewVersion");
    match settings.condition_version.as_str() {
        "" if settings.conditions.is_empty() => {}
        "" => problems.required(&of_conditions, "required if match conditions are specified"),
        "v1" => {}
        other => problems.unsupported(&of_conditions, other, &["v1"]),
    }
    let on_failure = failure_policy(&inner("failurePolicy"), &settings.failure_policy, problems);
    let kubeconfig = connection(&inner("connectionInfo"), settings, problems);
    let conditions = conditions(&inner("matchConditions"), &settings.conditions, problems);
    let settings = Settings {
        timeout: timeout?,
        authorized_ttl: remembered(settings.cache_authorized, authorized?),
        unauthorized_ttl: remembered(settings.cache_unauthorized, unauthorized?),
        version: version?,
        on_failure: on_failure?,
        conditions,
    };
    Some((settings, kubeconfig?))
}

/// Zero where nothing is remembered.
fn remembered(cached: bool, ttl: Duration) -> Duration {
    if cached { ttl } else { Duration::ZERO }
}

/// A time that has to be there; at most `longest`.
fn time(field: &str, text: &str, longest: Option<Duration>, problems: &mut Problems) -> Option<Duration> {
    if text.is_empty() {
        problems.required(field, "");
        return None;
    }
    let why = match longest {
        Some(_) => "must be > 0s and <= 30s",
        None => "must be > 0s",
    };
    match parse_duration(text) {
        Err(why) => problems.invalid(field, text, &why),
        Ok(Duration::ZERO) if text.starts_with('-') => problems.invalid(field, text, why),
        Ok(Duration::ZERO) => problems.required(field, ""),
        Ok(time) if longest.is_some_and(|longest| time > longest) => problems.invalid(field, text, why),
        Ok(time) => return Some(time),
    }
    None
}

fn version(field: &str, version: &str, problems: &mut Problems) -> Option<ReviewVersion> {
    match version {
        "" => problems.required(field, ""),
        "v1" => return Some(ReviewVersion::V1),
        "v1beta1" => return Some(ReviewVersion::V1beta1),
        other => problems.unsupported(field, other, &["v1", "v1beta1"]),
    }
    None
}

fn failure_policy(field: &str, policy: &str, problems: &mut Problems) -> Option<FailurePolicy> {
    match policy {
        "" => problems.required(field, ""),
        "NoOpinion" => return Some(FailurePolicy::NoOpinion),
        "Deny" => return Some(FailurePolicy::Deny),
        other => problems.unsupported(field, other, &["NoOpinion", "Deny"]),
    }
    None
}

fn connection(field: &str, settings: &WebhookSettings, problems: &mut Problems) -> Option<PathBuf> {
    let (of_type, of_file) = (format!("{field}.type"), format!("{field}.kubeConfigFile"));
    let file = settings.kubeconfig.as_deref().unwrap_or_default();
    match settings.connection_type.as_str() {
        "" => problems.required(&of_type, ""),
        // Upstream takes it where the API server itself runs in a Pod.
        "InClusterConfig" => problems.invalid(
            &of_type,
            "InClusterConfig",
            "is not here: this server runs in no Pod; use KubeConfigFile",
        ),
        "KubeConfigFile" if file.is_empty() => problems.required(&of_file, ""),
        "KubeConfigFile" if !Path::new(file).is_absolute() => {
            problems.invalid(&of_file, file, "must be an absolute path");
        }
        "KubeConfigFile" => match fs::metadata(file) {
            Err(error) => {
                let why = match error.kind() {
                    io::ErrorKind::NotFound => {
                        format!("error loading file: stat {file}: no such file or directory")
                    }
                    _ => format!("error loading file: stat {file}: {error}"),
                };
                problems.invalid(&of_file, file, &why);
            }
            Ok(found) if !found.is_file() => problems.invalid(&of_file, file, "must be a regular file"),
            Ok(_) => return Some(PathBuf::from(file)),
        },
        other => problems.unsupported(&of_type, other, &["InClusterConfig", "KubeConfigFile"]),
    }
    None
}

fn conditions(field: &str, expressions: &[String], problems: &mut Problems) -> Vec<Condition> {
    if expressions.len() > CONDITIONS {
        problems.too_many(field, expressions.len(), CONDITIONS);
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut conditions = Vec::new();
    for (at, expression) in expressions.iter().enumerate() {
        let field = format!("{field}[{at}].expression");
        if expression.trim().is_empty() {
            problems.required(&field, "");
        } else if !seen.insert(expression) {
            problems.duplicate(&field, expression);
        } else {
            match Condition::compile(expression) {
                Ok(condition) => conditions.push(condition),
                Err(why) => problems.invalid(&field, expression, &why.to_string()),
            }
        }
    }
    conditions
}
