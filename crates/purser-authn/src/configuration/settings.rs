//! What a file says, unchecked. Texts that are not there are empty, as upstream has them.

use purser_types::configuration::members::{self, parts};
use purser_types::configuration::{self, ConfigurationError};
use purser_types::schema::AUTHENTICATION_CONFIGURATION;
use purser_types::{Map, Value};

/// Who may sign in, as a file says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    pub(super) jwt: Vec<JwtAuthenticator>,
    pub(super) anonymous: Option<Anonymous>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct JwtAuthenticator {
    pub(super) issuer: IssuerSettings,
    pub(super) claim_rules: Vec<ClaimRule>,
    pub(super) mappings: Mappings,
    pub(super) user_rules: Vec<UserRule>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct IssuerSettings {
    pub(super) url: String,
    pub(super) discovery_url: String,
    pub(super) certificate_authority: String,
    pub(super) audiences: Vec<String>,
    pub(super) audience_match_policy: String,
    pub(super) egress_selector_type: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ClaimRule {
    pub(super) claim: String,
    pub(super) required_value: String,
    pub(super) expression: String,
    pub(super) message: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mappings {
    pub(super) username: Mapping,
    pub(super) groups: Mapping,
    pub(super) uid: Mapping,
    pub(super) extra: Vec<ExtraMapping>,
}

/// A claim or an expression.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) claim: String,
    pub(super) prefix: Option<String>,
    pub(super) expression: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ExtraMapping {
    pub(super) key: String,
    pub(super) value_expression: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct UserRule {
    pub(super) expression: String,
    pub(super) message: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Anonymous {
    pub(super) enabled: bool,
    pub(super) paths: Vec<String>,
}

impl Configuration {
    /// Reads a file in YAML or JSON.
    ///
    /// # Errors
    /// When it is no `AuthenticationConfiguration` of a known version, or has a field that is not known.
    pub fn read(bytes: &[u8]) -> Result<Self, ConfigurationError> {
        let body = configuration::read(
            bytes,
            "apiserver.config.k8s.io",
            &["v1", "v1beta1", "v1alpha1"],
            "AuthenticationConfiguration",
            &AUTHENTICATION_CONFIGURATION,
        )?;
        Ok(Self {
            jwt: parts(&body, "jwt", JwtAuthenticator::of),
            anonymous: body.get("anonymous").and_then(Value::as_map).map(Anonymous::of),
        })
    }
}

impl JwtAuthenticator {
    fn of(map: &Map) -> Self {
        Self {
            issuer: inner(map, "issuer", IssuerSettings::of),
            claim_rules: parts(map, "claimValidationRules", |rule| ClaimRule {
                claim: text(rule, "claim"),
                required_value: text(rule, "requiredValue"),
                expression: text(rule, "expression"),
                message: text(rule, "message"),
            }),
            mappings: inner(map, "claimMappings", Mappings::of),
            user_rules: parts(map, "userValidationRules", |rule| UserRule {
                expression: text(rule, "expression"),
                message: text(rule, "message"),
            }),
        }
    }
}

impl IssuerSettings {
    fn of(map: &Map) -> Self {
        Self {
            url: text(map, "url"),
            discovery_url: text(map, "discoveryURL"),
            certificate_authority: text(map, "certificateAuthority"),
            audiences: texts(map, "audiences"),
            audience_match_policy: text(map, "audienceMatchPolicy"),
            egress_selector_type: text(map, "egressSelectorType"),
        }
    }
}

impl Mappings {
    fn of(map: &Map) -> Self {
        Self {
            username: inner(map, "username", Mapping::of),
            groups: inner(map, "groups", Mapping::of),
            uid: inner(map, "uid", Mapping::of),
            extra: parts(map, "extra", |extra| ExtraMapping {
                key: text(extra, "key"),
                value_expression: text(extra, "valueExpression"),
            }),
        }
    }
}

impl Mapping {
    fn of(map: &Map) -> Self {
        Self {
            claim: text(map, "claim"),
            prefix: map.get("prefix").and_then(Value::as_str).map(str::to_owned),
            expression: text(map, "expression"),
        }
    }
}

impl Anonymous {
    fn of(map: &Map) -> Self {
        Self {
            enabled: map.get("enabled").and_then(Value::as_bool).unwrap_or_default(),
            paths: parts(map, "conditions", |condition| text(condition, "path")),
        }
    }
}

fn text(map: &Map, name: &str) -> String {
    members::text(map, name).to_owned()
}

fn texts(map: &Map, name: &str) -> Vec<String> {
    let texts = members::list(map, name).iter();
    texts
        .map(|text| text.as_str().unwrap_or_default().to_owned())
        .collect()
}

fn inner<T: Default>(map: &Map, name: &str, of: impl Fn(&Map) -> T) -> T {
    map.get(name).and_then(Value::as_map).map(of).unwrap_or_default()
}
