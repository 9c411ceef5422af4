//! The formats of names, keys and label values; each check returns upstream's sentences, none when all is well.
//!
//! Sources: `k8s.io/apimachinery/pkg/util/validation/validation.go`, `pkg/api/validate/content`,
//! `pkg/api/validation/generic.go`.

/// Longest DNS label (RFC 1123), in bytes.
const LABEL_MAX: usize = 63;
/// Longest DNS subdomain (RFC 1123), in bytes; also of the keys of `data`.
const SUBDOMAIN_MAX: usize = 253;
/// Longest name part of a qualified name, and longest label value, in bytes.
const QUALIFIED_MAX: usize = 63;

/// Longest name of a port (RFC 6335), in bytes.
const PORT_NAME_MAX: usize = 15;

const LABEL_RULE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
    and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', \
    regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \
    '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', \
    regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const QUALIFIED_RULE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
    with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', \
    regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, \
    '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  \
    or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY_RULE: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' \
    (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// Which names objects of a kind may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameRule {
    /// A DNS label (Namespaces, Services).
    DnsLabel,
    /// A DNS subdomain (Secrets, ConfigMaps, ServiceAccounts).
    DnsSubdomain,
    /// Anything that fits in a path (RBAC); also what the generic layer demands of every kind.
    PathSegment,
}

impl NameRule {
    /// What is wrong with `name`. With `prefix` it is a `generateName`: it may end in a dash.
    #[must_use]
    pub fn check(self, name: &str, prefix: bool) -> Vec<String> {
        match self {
            Self::DnsLabel if prefix => dns_label(&mask_trailing_dash(name)),
            Self::DnsLabel => dns_label(name),
            Self::DnsSubdomain if prefix => dns_subdomain(&mask_trailing_dash(name)),
            Self::DnsSubdomain => dns_subdomain(name),
            Self::PathSegment => path_segment(name, prefix),
        }
    }
}

/// What is wrong with `value` as a DNS label.
#[must_use]
pub fn dns_label(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > LABEL_MAX {
        errors.push(max_characters(LABEL_MAX));
    }
    if !is_dns_label(value) {
        errors.push(if is_dns_subdomain(value) {
            "must not contain dots".into()
        } else {
            LABEL_RULE.into()
        });
    }
    errors
}

/// What is wrong with `value` as the name of a port.
#[must_use]
pub fn port_name(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > PORT_NAME_MAX {
        errors.push(max_characters(PORT_NAME_MAX));
    }
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if value.is_empty() || !value.bytes().all(fits) {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".into());
    }
    if !value.bytes().any(|byte| byte.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)".into());
    }
    if value.contains("--") {
        errors.push("must not contain consecutive hyphens".into());
    }
    if value.starts_with('-') || value.ends_with('-') {
        errors.push("must not begin or end with a hyphen".into());
    }
    errors
}

/// What is wrong with `value` as a DNS subdomain.
#[must_use]
pub fn dns_subdomain(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > SUBDOMAIN_MAX {
        errors.push(max_characters(SUBDOMAIN_MAX));
    }
    if !is_dns_subdomain(value) {
        errors.push(SUBDOMAIN_RULE.into());
    }
    errors
}

/// What is wrong with `value` as a qualified name (label keys, annotation keys, finalizers).
#[must_use]
pub fn qualified_name(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let name = match value.split_once('/') {
        None => value,
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "a valid label key {QUALIFIED_RULE} with an optional DNS subdomain prefix and '/' \
                 (e.g. 'example.com/MyName')"
            )];
        }
        Some((prefix, name)) => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".into());
            } else {
                errors.extend(
                    dns_subdomain_bytes(prefix)
                        .into_iter()
                        .map(|why| format!("prefix part {why}")),
                );
            }
            name
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".into());
    } else if name.len() > QUALIFIED_MAX {
        errors.push(format!("name part {}", max_bytes(QUALIFIED_MAX)));
    }
    if !is_qualified(name) {
        errors.push(format!("name part {QUALIFIED_RULE}"));
    }
    errors
}

/// What is wrong with `value` as a label's value.
#[must_use]
pub fn label_value(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > QUALIFIED_MAX {
        errors.push(max_bytes(QUALIFIED_MAX));
    }
    if !value.is_empty() && !is_qualified(value) {
        errors.push(LABEL_VALUE_RULE.into());
    }
    errors
}

/// What is wrong with `key` as a key of `data` or `binaryData`.
#[must_use]
pub fn config_key(key: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if key.len() > SUBDOMAIN_MAX {
        errors.push(max_characters(SUBDOMAIN_MAX));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if key.is_empty() || !key.bytes().all(fits) {
        errors.push(CONFIG_KEY_RULE.into());
    }
    match key {
        "." => errors.push("must not be '.'".into()),
        ".." => errors.push("must not be '..'".into()),
        _ if key.starts_with("..") => errors.push("must not start with '..'".into()),
        _ => {}
    }
    errors
}

/// As [`dns_subdomain`]; the newer package that checks label keys counts bytes where the older says characters.
fn dns_subdomain_bytes(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > SUBDOMAIN_MAX {
        errors.push(max_bytes(SUBDOMAIN_MAX));
    }
    if !is_dns_subdomain(value) {
        errors.push(SUBDOMAIN_RULE.into());
    }
    errors
}

/// Source: `k8s.io/apimachinery/pkg/api/validation/path/name.go`.
fn path_segment(name: &str, prefix: bool) -> Vec<String> {
    if !prefix && matches!(name, "." | "..") {
        return vec![format!("may not be '{name}'")];
    }
    ["/", "%"]
        .iter()
        .filter(|bad| name.contains(**bad))
        .map(|bad| format!("may not contain '{bad}'"))
        .collect()
}

/// A prefix may end in a dash, which what is generated after it makes good.
fn mask_trailing_dash(name: &str) -> String {
    match name.strip_suffix('-') {
        Some(head) if !head.is_empty() => {
            let mut chars = head.chars();
            chars.next_back();
            format!("{}a", chars.as_str())
        }
        _ => name.to_owned(),
    }
}

fn is_dns_label(value: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = value.as_bytes();
    bytes.first().copied().is_some_and(alphanumeric)
        && bytes.last().copied().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(*byte) || *byte == b'-')
}

fn is_dns_subdomain(value: &str) -> bool {
    value.split('.').all(is_dns_label)
}

fn is_qualified(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn max_characters(max: usize) -> String {
    format!("must be no more than {max} characters")
}

fn max_bytes(max: usize) -> String {
    format!("must be no more than {max} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_may_end_in_a_dash() {
        assert!(NameRule::DnsSubdomain.check("gen-", true).is_empty());
        assert!(!NameRule::DnsSubdomain.check("gen-", false).is_empty());
        assert!(NameRule::DnsLabel.check("a-", true).is_empty());
        assert!(!NameRule::DnsLabel.check("-", true).is_empty());
    }

    #[test]
    fn dots_in_a_label_have_their_own_sentence() {
        assert_eq!(dns_label("a.b"), ["must not contain dots"]);
    }

    #[test]
    fn a_qualified_name_has_at_most_one_slash() {
        assert!(qualified_name("example.com/MyName").is_empty());
        assert_eq!(qualified_name("/x"), ["prefix part must be non-empty"]);
        assert_eq!(qualified_name("a/b/c").len(), 1);
        assert_eq!(qualified_name("x/").len(), 2);
    }

    #[test]
    fn path_segments_refuse_what_a_path_cannot_carry() {
        assert_eq!(NameRule::PathSegment.check("..", false), ["may not be '..'"]);
        assert_eq!(
            NameRule::PathSegment.check("a/b%", false),
            ["may not contain '/'", "may not contain '%'"]
        );
        assert!(NameRule::PathSegment.check(".", true).is_empty());
    }
}
