//! One cause of a refusal, worded as upstream words it.
//!
//! Source: `k8s.io/apimachinery/pkg/util/validation/field/errors.go`.

pub use purser_types::quote::quote;
use purser_types::status::Cause;

/// The most causes of one refusal. Upstream has no bound; a body of nothing but mistakes must not become a refusal a
/// hundred times its size.
pub const CAUSES_MAX: usize = 100;
/// What stands in a sentence in place of a Secret's value.
pub const REDACTED: &str = "<secret contents redacted>";

/// `Invalid value: "x": why`, the value quoted as Go quotes strings.
#[must_use]
pub fn invalid(field: impl Into<String>, value: &str, why: &str) -> Cause {
    invalid_as(field, &quote(value), why)
}

/// `Invalid value: x: why`, the value written as it is (numbers, `null`, dumps of structures).
#[must_use]
pub fn invalid_as(field: impl Into<String>, value: &str, why: &str) -> Cause {
    let message = if why.is_empty() {
        format!("Invalid value: {value}")
    } else {
        format!("Invalid value: {value}: {why}")
    };
    Cause {
        reason: "FieldValueInvalid",
        message,
        field: field.into(),
    }
}

/// `Required value`, with what is required when there is something to say.
#[must_use]
pub fn required(field: impl Into<String>, what: &str) -> Cause {
    Cause {
        reason: "FieldValueRequired",
        message: sentence("Required value", what),
        field: field.into(),
    }
}

/// `Forbidden`, with the reason.
#[must_use]
pub fn forbidden(field: impl Into<String>, why: &str) -> Cause {
    Cause {
        reason: "FieldValueForbidden",
        message: sentence("Forbidden", why),
        field: field.into(),
    }
}

/// `Unsupported value: "x": supported values: "a", "b"`.
#[must_use]
pub fn not_supported(field: impl Into<String>, value: &str, supported: &[&str]) -> Cause {
    let supported: Vec<String> = supported.iter().map(|one| quote(one)).collect();
    Cause {
        reason: "FieldValueNotSupported",
        message: format!(
            "Unsupported value: {}: supported values: {}",
            quote(value),
            supported.join(", ")
        ),
        field: field.into(),
    }
}

/// `Duplicate value: "x"`.
#[must_use]
pub fn duplicate(field: impl Into<String>, value: &str) -> Cause {
    duplicate_as(field, &quote(value))
}

/// `Duplicate value: x`, the value written as it is.
#[must_use]
pub fn duplicate_as(field: impl Into<String>, value: &str) -> Cause {
    Cause {
        reason: "FieldValueDuplicate",
        message: format!("Duplicate value: {value}"),
        field: field.into(),
    }
}

/// What is wrong with a word that is one of several.
#[must_use]
pub fn one_of(field: &str, word: &str, words: &[&str]) -> Option<Cause> {
    match word {
        "" => Some(required(field, "")),
        known if words.contains(&known) => None,
        other => Some(not_supported(field, other, words)),
    }
}

/// `Not found: "x"`.
#[must_use]
pub fn not_found(field: impl Into<String>, value: &str) -> Cause {
    Cause {
        reason: "FieldValueNotFound",
        message: format!("Not found: {}", quote(value)),
        field: field.into(),
    }
}

/// `Too long: may not be more than N bytes`.
#[must_use]
pub fn too_long(field: impl Into<String>, max: usize) -> Cause {
    let message = format!("Too long: may not be more than {max} bytes");
    Cause {
        reason: "FieldValueTooLong",
        message,
        field: field.into(),
    }
}

/// `Too many: N: must have at most MAX items`.
#[must_use]
pub fn too_many(field: &str, count: usize, max: usize) -> Cause {
    Cause {
        reason: "FieldValueTooMany",
        message: format!("Too many: {count}: must have at most {max} items"),
        field: field.to_owned(),
    }
}

/// Whether as much is known to be wrong as a refusal tells: the rest is not looked at.
pub(super) fn is_full(causes: &[Cause]) -> bool {
    causes.len() >= CAUSES_MAX
}

/// The start of a text that a client sent, at most `max` bytes of it, and a sign that there is more.
pub(crate) fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
        text.push('…');
    }
    text
}

fn sentence(head: &str, tail: &str) -> String {
    if tail.is_empty() {
        head.to_owned()
    } else {
        format!("{head}: {tail}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_reasons_leave_no_colon() {
        assert_eq!(required("data[a]", "").message, "Required value");
        assert_eq!(forbidden("x", "no").message, "Forbidden: no");
    }
}
