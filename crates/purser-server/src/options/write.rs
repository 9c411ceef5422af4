//! `metav1.CreateOptions`, `UpdateOptions` and `PatchOptions`.
//!
//! Source: `k8s.io/apimachinery/pkg/apis/meta/v1/validation`.

use purser_registry::{WriteOptions, validate};
use purser_types::Status;
use purser_types::decode::FieldValidation;
use purser_types::quote::quote;
use purser_types::status::Cause;

use super::{cause, dry_run_cause, invalid};
use crate::query::Query;

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
    causes.extend(validate::field_manager("fieldManager", field_manager));
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

fn field_validation(value: &str) -> Result<FieldValidation, Cause> {
    match value {
        "" | "Warn" => Ok(FieldValidation::Warn),
        "Ignore" => Ok(FieldValidation::Ignore),
        "Strict" => Ok(FieldValidation::Strict),
        other => {
            let message = format!(
                "Unsupported value: {}: supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
                quote(other)
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
    fn managers_are_printable() {
        assert_eq!(
            message(WriteVerb::Create, "fieldManager=a%07%C2%A0"),
            "CreateOptions.meta.k8s.io \"\" is invalid: [fieldManager: Invalid value: \"a\\a\\u00a0\": \
             invalid character U+0007 (at position 1), fieldManager: Invalid value: \"a\\a\\u00a0\": \
             invalid character U+00A0 (at position 2)]"
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
