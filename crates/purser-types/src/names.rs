//! What names, labels and keys may be, with upstream's sentences.
//!
//! Each function returns what is wrong, empty when nothing is.
//!
//! Source: `k8s.io/apimachinery/pkg/util/validation/validation.go`.

/// The longest DNS label, in bytes (RFC 1123).
pub const MAX_LABEL: usize = 63;
/// The longest DNS subdomain, in bytes (RFC 1123).
pub const MAX_SUBDOMAIN: usize = 253;
/// The longest name part of a qualified name, and the longest label value, in bytes.
pub const MAX_NAME: usize = 63;
/// The longest key of a `ConfigMap` or Secret, in bytes.
pub const MAX_CONFIG_KEY: usize = 253;

/// A DNS label: the name of a namespace.
#[must_use]
pub fn dns1123_label(value: &str) -> Vec<String> {
    let mut errors = too_long(value, MAX_LABEL, "characters");
    if !is_dns_label(value) {
        errors.push(if is_dns_subdomain(value) {
            // It was also valid as a subdomain, so only the dots are wrong.
            "must not contain dots".to_owned()
        } else {
            regex(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
                "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
                &["my-name", "123-abc"],
            )
        });
    }
    errors
}

/// A DNS subdomain: the name of most objects.
#[must_use]
pub fn dns1123_subdomain(value: &str) -> Vec<String> {
    subdomain(value, "characters")
}

fn subdomain(value: &str, unit: &str) -> Vec<String> {
    let mut errors = too_long(value, MAX_SUBDOMAIN, unit);
    if !is_dns_subdomain(value) {
        errors.push(regex(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
            "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
            &["example.com"],
        ));
    }
    errors
}

/// A qualified name: the key of a label or (lower-cased) of an annotation, a finalizer.
#[must_use]
pub fn qualified_name(value: &str) -> Vec<String> {
    let parts: Vec<&str> = value.split('/').collect();
    let mut errors = Vec::new();
    let name = match parts.as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".to_owned());
            } else {
                errors.extend(
                    subdomain(prefix, "bytes")
                        .into_iter()
                        .map(|error| format!("prefix part {error}")),
                );
            }
            *name
        }
        _ => {
            let rule = regex(QUALIFIED, QUALIFIED_REGEX, &QUALIFIED_EXAMPLES);
            return vec![format!(
                "a qualified name {rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > MAX_NAME {
        errors.extend(
            too_long(name, MAX_NAME, "bytes")
                .into_iter()
                .map(|error| format!("name part {error}")),
        );
    }
    if !is_qualified_part(name) {
        errors.push(format!(
            "name part {}",
            regex(QUALIFIED, QUALIFIED_REGEX, &QUALIFIED_EXAMPLES)
        ));
    }
    errors
}

const QUALIFIED: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const QUALIFIED_REGEX: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const QUALIFIED_EXAMPLES: [&str; 3] = ["MyName", "my.name", "123-abc"];

/// The value of a label.
#[must_use]
pub fn label_value(value: &str) -> Vec<String> {
    let mut errors = too_long(value, MAX_NAME, "bytes");
    if !value.is_empty() && !is_qualified_part(value) {
        errors.push(regex(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
            &["MyValue", "my_value", "12345"],
        ));
    }
    errors
}

/// The key of a value in a `ConfigMap` or Secret.
#[must_use]
pub fn config_map_key(value: &str) -> Vec<String> {
    let mut errors = too_long(value, MAX_CONFIG_KEY, "characters");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if value.is_empty() || !value.bytes().all(plain) {
        errors.push(regex(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    if value == "." {
        errors.push("must not be '.'".to_owned());
    } else if value == ".." {
        errors.push("must not be '..'".to_owned());
    } else if value.starts_with("..") {
        errors.push("must not start with '..'".to_owned());
    }
    errors
}

/// Upstream counts bytes everywhere, and says so for labels only.
fn too_long(value: &str, most: usize, unit: &str) -> Vec<String> {
    if value.len() > most {
        vec![format!("must be no more than {most} {unit}")]
    } else {
        Vec::new()
    }
}

fn regex(sentence: &str, regex: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}'")).collect();
    format!(
        "{sentence} (e.g. {}, regex used for validation is '{regex}')",
        examples.join(",  or ")
    )
}

/// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
fn is_dns_label(value: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !value.is_empty() && value.bytes().all(inner) && !value.starts_with('-') && !value.ends_with('-')
}

/// DNS labels with dots between them.
fn is_dns_subdomain(value: &str) -> bool {
    value.split('.').all(is_dns_label)
}

/// `([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]`
fn is_qualified_part(value: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    value.bytes().all(inner) && ends(value.bytes().next()) && ends(value.bytes().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(errors: &[String]) -> &str {
        match errors {
            [one] => one,
            other => panic!("expected one error, got {other:?}"),
        }
    }

    #[test]
    fn names_of_objects() {
        assert!(dns1123_subdomain("a.b-c.0").is_empty());
        assert_eq!(
            one(&dns1123_subdomain("Abc")),
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        );
        assert_eq!(
            one(&dns1123_subdomain(&"a".repeat(254))),
            "must be no more than 253 characters"
        );
        for bad in ["", "a..b", ".a", "a.", "-a", "a-", "a_b", "é"] {
            assert_eq!(dns1123_subdomain(bad).len(), 1, "{bad}");
        }
    }

    #[test]
    fn names_of_namespaces() {
        assert!(dns1123_label(&"a".repeat(63)).is_empty());
        assert_eq!(one(&dns1123_label("a.b")), "must not contain dots");
        assert_eq!(
            one(&dns1123_label(&"a".repeat(64))),
            "must be no more than 63 characters"
        );
        assert_eq!(
            one(&dns1123_label("Rec")),
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        );
    }

    #[test]
    fn keys_and_values_of_labels() {
        assert!(qualified_name("example.com/My_name.1").is_empty());
        let rule = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
        assert_eq!(one(&qualified_name("a b")), format!("name part {rule}"));
        assert_eq!(
            one(&qualified_name("a/b/c")),
            format!(
                "a qualified name {rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )
        );
        assert_eq!(one(&qualified_name("/a")), "prefix part must be non-empty");
        assert_eq!(
            qualified_name(""),
            [
                "name part must be non-empty".to_owned(),
                format!("name part {rule}")
            ]
        );
        assert_eq!(
            one(&qualified_name(&"x".repeat(64))),
            "name part must be no more than 63 bytes"
        );
        assert!(label_value("").is_empty());
        assert_eq!(
            one(&label_value(&"x".repeat(64))),
            "must be no more than 63 bytes"
        );
        assert!(one(&label_value("b c")).starts_with("a valid label must be an empty string or consist of"));
    }

    #[test]
    fn keys_of_values() {
        for good in ["a", ".a", "a..", "-", "_", &"k".repeat(253)] {
            assert!(config_map_key(good).is_empty(), "{good}");
        }
        assert_eq!(one(&config_map_key(".")), "must not be '.'");
        assert_eq!(one(&config_map_key("..")), "must not be '..'");
        assert_eq!(one(&config_map_key("..x")), "must not start with '..'");
        assert_eq!(
            one(&config_map_key(&"k".repeat(254))),
            "must be no more than 253 characters"
        );
        assert!(one(&config_map_key("")).starts_with("a valid config key must consist of"));
    }
}
