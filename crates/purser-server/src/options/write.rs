//! `metav1.CreateOptions`, `UpdateOptions` and `PatchOptions`.
//!
//! Source: `k8s.io/apimachinery/pkg/apis/meta/v1/validation`.

use purser_registry::WriteOptions;
use purser_types::Status;
use purser_types::decode::FieldValidation;
use purser_types::status::Cause;

use super::{cause, dry_run_cause, invalid};
use crate::query::Query;

/// Longest field manager, in bytes.
const FIELD_MANAGER_BYTES: usize = 128;

/// The verbs that write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteVerb {
    /// POST
    Create,
    /// PUT
    Update,
    /// PATCH
    Patch,
    /// PATCH with a configuration to apply
    Apply,
}

impl WriteVerb {
    fn options_kind(self) -> &'static str {
        match self {
            Self::Create => "CreateOptions",
            Self::Update => "UpdateOptions",
            Self::Patch | Self::Apply => "PatchOptions",
        }
    }
}

/// The options of a write.
///
/// # Errors
/// 422 for values that are not allowed.
pub(crate) fn write(
    verb: WriteVerb,
    query: &Query<'_>,
    user_agent: &str,
) -> Result<WriteOptions, Box<Status>> {
    let mut causes = Vec::new();
    if verb == WriteVerb::Patch && query.get("force").is_some() {
        causes.push(cause(
            "FieldValueForbidden",
            "force",
            "Forbidden: may not be specified for non-apply patch",
        ));
    }
    let field_manager = query.text("fieldManager");
    if verb == WriteVerb::Apply && field_manager.is_empty() {
        causes.push(cause(
            "FieldValueRequired",
            "fieldManager",
            "Required value: is required for apply patch",
        ));
    }
    causes.extend(field_manager_cause(field_manager));
    let (dry_run, wrong) = dry_run_cause(query.all("dryRun"));
    causes.extend(wrong);
    let field_validation = match field_validation(query.text("fieldValidation")) {
        Ok(validation) => validation,
        Err(wrong) => {
            causes.push(wrong);
            FieldValidation::Warn
        }
    };
    if !causes.is_empty() {
        return Err(invalid(verb.options_kind(), causes));
    }
    Ok(WriteOptions {
        dry_run,
        field_manager: field_manager.to_owned(),
        field_validation,
        user_agent: user_agent.to_owned(),
    })
}

fn field_manager_cause(manager: &str) -> Option<Cause> {
    if manager.len() > FIELD_MANAGER_BYTES {
        let message = format!("Too long: may not be more than {FIELD_MANAGER_BYTES} bytes");
        return Some(cause("FieldValueTooLong", "fieldManager", message));
    }
    manager.chars().any(char::is_control).then(|| {
        let message = format!("Invalid value: {manager:?}: should only contain printable characters");
        cause("FieldValueInvalid", "fieldManager", message)
    })
}

fn field_validation(value: &str) -> Result<FieldValidation, Cause> {
    match value {
        "" | "Warn" => Ok(FieldValidation::Warn),
        "Ignore" => Ok(FieldValidation::Ignore),
        "Strict" => Ok(FieldValidation::Strict),
        other => {
            let message = format!(
                "Unsupported value: {other:?}: supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""
            );
            Err(cause("FieldValueNotSupported", "fieldValidation", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(verb: WriteVerb, query: &str) -> String {
        write(verb, &Query::parse(query), "").unwrap_err().message
    }

    #[test]
    fn refusals_read_as_recorded() {
        assert_eq!(
            message(WriteVerb::Create, "fieldValidation=bogus"),
            "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"bogus\": \
             supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""
        );
        assert_eq!(
            message(WriteVerb::Update, "dryRun=Some"),
            "UpdateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: \
             supported values: \"All\""
        );
        assert_eq!(
            message(WriteVerb::Patch, &format!("fieldManager={}", "m".repeat(129))),
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Too long: may not be more than 128 bytes"
        );
        assert_eq!(
            message(WriteVerb::Patch, "force=true"),
            "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch"
        );
    }

    #[test]
    fn who_applies_says_in_whose_name_and_may_force() {
        assert_eq!(
            message(WriteVerb::Apply, "force=true"),
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
        );
        let options = write(WriteVerb::Apply, &Query::parse("fieldManager=me&force=true"), "");
        assert_eq!(options.unwrap().field_manager, "me");
    }

    #[test]
    fn dry_run_is_all_or_nothing() {
        assert!(
            write(WriteVerb::Create, &Query::parse("dryRun=All"), "")
                .unwrap()
                .dry_run
        );
        assert!(!write(WriteVerb::Create, &Query::parse(""), "").unwrap().dry_run);
    }
}
