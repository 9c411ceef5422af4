//! What a file says, unchecked. Texts that are not there are empty, as upstream has them.

use purser_types::configuration::members::{self, parts};
use purser_types::configuration::{self, ConfigurationError};
use purser_types::schema::AUTHORIZATION_CONFIGURATION;
use purser_types::{Map, Value};

/// Who decides, as a file says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    pub(super) authorizers: Vec<AuthorizerSettings>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AuthorizerSettings {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) webhook: Option<WebhookSettings>,
    pub(super) cedar: Option<CedarSettings>,
}

/// Times are Go's durations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct WebhookSettings {
    pub(super) authorized_ttl: String,
    pub(super) cache_authorized: bool,
    pub(super) unauthorized_ttl: String,
    pub(super) cache_unauthorized: bool,
    pub(super) timeout: String,
    pub(super) version: String,
    pub(super) condition_version: String,
    pub(super) failure_policy: String,
    pub(super) connection_type: String,
    pub(super) kubeconfig: Option<String>,
    pub(super) conditions: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CedarSettings {
    pub(super) policies: String,
}

impl Configuration {
    /// Reads a file in YAML or JSON.
    ///
    /// # Errors
    /// When it is no `AuthorizationConfiguration` of a known version, or has a field that is not known.
    pub fn read(bytes: &[u8]) -> Result<Self, ConfigurationError> {
        let body = configuration::read(
            bytes,
            "apiserver.config.k8s.io",
            &["v1", "v1beta1", "v1alpha1"],
            "AuthorizationConfiguration",
            &AUTHORIZATION_CONFIGURATION,
        )?;
        Ok(Self {
            authorizers: parts(&body, "authorizers", AuthorizerSettings::of),
        })
    }
}

impl AuthorizerSettings {
    fn of(map: &Map) -> Self {
        let inner = |name: &str| map.get(name).and_then(Value::as_map);
        Self {
            kind: text(map, "type"),
            name: text(map, "name"),
            webhook: inner("webhook").map(WebhookSettings::of),
            cedar: inner("cedar").map(|cedar| CedarSettings {
                policies: text(cedar, "policies"),
            }),
        }
    }
}

impl WebhookSettings {
    /// With upstream's defaults. Source: `k8s.io/apiserver/pkg/apis/apiserver/v1/defaults.go`.
    fn of(map: &Map) -> Self {
        let time = |name: &str, default: &str| match text(map, name) {
            time if time.is_empty() => default.to_owned(),
            time => time,
        };
        let unless_told = |name: &str| map.get(name).and_then(Value::as_bool).unwrap_or(true);
        let connection = map.get("connectionInfo").and_then(Value::as_map);
        let told = |name: &str| connection.map(|connection| text(connection, name));
        let kubeconfig = connection.and_then(|connection| connection.get("kubeConfigFile"));
        Self {
            authorized_ttl: time("authorizedTTL", "5m"),
            cache_authorized: unless_told("cacheAuthorizedRequests"),
            unauthorized_ttl: time("unauthorizedTTL", "30s"),
            cache_unauthorized: unless_told("cacheUnauthorizedRequests"),
            timeout: text(map, "timeout"),
            version: text(map, "subjectAccessReviewVersion"),
            condition_version: text(map, "matchConditionSubjectAccessReviewVersion"),
            failure_policy: text(map, "failurePolicy"),
            connection_type: told("type").unwrap_or_default(),
            kubeconfig: kubeconfig.and_then(Value::as_str).map(str::to_owned),
            conditions: parts(map, "matchConditions", |condition| text(condition, "expression")),
        }
    }
}

fn text(map: &Map, name: &str) -> String {
    members::text(map, name).to_owned()
}
