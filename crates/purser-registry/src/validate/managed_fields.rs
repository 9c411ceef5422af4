//! The rules of `metadata.managedFields`.
//!
//! Source: `ValidateManagedFields` in `k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go`.

use purser_types::Object;
use purser_types::status::Cause;

use super::causes::{invalid, is_full, too_long};
use super::read::{messages, text};

/// Longest name of a manager, in bytes. Source: `FieldManagerMaxLength`.
pub(crate) const MANAGER_MAX: usize = 128;
/// Longest name of a subresource, in bytes.
const SUBRESOURCE_MAX: usize = 256;

/// What is wrong with the records of who set which field.
pub(super) fn managed_fields(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (index, entry) in messages(object.meta().get("managedFields")).enumerate() {
        if is_full(&causes) {
            break;
        }
        let field = format!("metadata.managedFields[{index}]");
        let operation = text(entry, "operation");
        if !matches!(operation, "Apply" | "Update") {
            causes.push(invalid(
                format!("{field}.operation"),
                operation,
                "must be `Apply` or `Update`",
            ));
        }
        let fields_type = text(entry, "fieldsType");
        if !matches!(fields_type, "" | "FieldsV1") {
            causes.push(invalid(
                format!("{field}.fieldsType"),
                fields_type,
                "must be `FieldsV1`",
            ));
        }
        causes.extend(manager(&format!("{field}.manager"), text(entry, "manager")));
        if text(entry, "subresource").len() > SUBRESOURCE_MAX {
            causes.push(too_long(format!("{field}.subresource"), SUBRESOURCE_MAX));
        }
    }
    causes
}

/// What is wrong with the name of a manager (`?fieldManager=` too).
pub fn manager(field: &str, name: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    if name.len() > MANAGER_MAX {
        // Upstream goes on and repeats the long name once a character.
        causes.push(too_long(field, MANAGER_MAX));
        return causes;
    }
    for (position, c) in name.char_indices().filter(|(_, c)| !is_print(*c)) {
        let why = format!(
            "invalid character U+{:04X} (at position {position})",
            u32::from(c)
        );
        causes.push(invalid(field, name, &why));
    }
    causes
}

/// Whether Go's `unicode.IsPrint` holds: letters, marks, numbers, punctuation, symbols and the ASCII space.
fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // `str`'s escape_debug escapes what is not printable, and combining marks at the start only.
    let mut text = String::from("a");
    text.push(c);
    text.escape_debug().count() == 2
}
