//! Which delete options go together.
//!
//! Source: `ValidateDeleteOptions` in `k8s.io/apimachinery/pkg/apis/meta/v1/validation`.

use purser_types::Status;
use purser_types::status::Cause;

use crate::error::Error;
use crate::options::DeleteOptions;
use crate::validate::causes::{invalid, invalid_as};

const FIELD: &str = "propagationPolicy";
/// The option to remove what cannot be read.
pub(super) const IGNORE: &str = "ignoreStoreReadErrorWithClusterBreakingPotential";
const POLICIES: [&str; 3] = ["Foreground", "Background", "Orphan"];

/// Checks the options of a deletion.
///
/// # Errors
/// 422 with every cause.
pub(crate) fn check(options: &DeleteOptions) -> Result<(), Error> {
    let mut causes = Vec::new();
    if let Some(policy) = &options.propagation_policy {
        if options.orphan_dependents.is_some() {
            causes.push(invalid(
                FIELD,
                policy,
                "orphanDependents and deletionPropagation cannot be both set",
            ));
        }
        if !POLICIES.contains(&policy.as_str()) {
            let supported = "\"Foreground\", \"Background\", \"Orphan\", \"nil\"";
            causes.push(Cause {
                reason: "FieldValueNotSupported",
                message: format!("Unsupported value: {policy:?}: supported values: {supported}"),
                field: FIELD.to_owned(),
            });
        }
    }
    causes.extend(unsafe_with(options));
    if causes.is_empty() {
        Ok(())
    } else {
        Err(Status::invalid("meta.k8s.io", "DeleteOptions", "", causes).into())
    }
}

/// What the option to remove what cannot be read does not go with.
///
/// Source: `ValidateIgnoreStoreReadError` there.
fn unsafe_with(options: &DeleteOptions) -> Vec<Cause> {
    let preconditions = options.precondition_uid.is_some() || options.precondition_resource_version.is_some();
    let others = [
        (options.dry_run, "dryRun"),
        (options.propagation_policy.is_some(), "propagationPolicy"),
        (options.orphan_dependents.is_some(), "orphanDependents"),
        (options.grace_period_seconds.is_some(), "gracePeriodSeconds"),
        (preconditions, "preconditions"),
    ];
    let set = others
        .into_iter()
        .filter(|(set, _)| options.ignore_read_errors && *set);
    set.map(|(_, other)| invalid_as(IGNORE, "true", &format!("cannot be set together with .{other}")))
        .collect()
}

/// Checks them for the deletion of a collection.
///
/// # Errors
/// 422 with every cause.
pub(crate) fn check_many(options: &DeleteOptions) -> Result<(), Error> {
    check(options)?;
    if !options.ignore_read_errors {
        return Ok(());
    }
    // Source: `DeleteCollection` in `k8s.io/apiserver/pkg/endpoints/handlers/delete.go`.
    let why = "is not allowed with DELETECOLLECTION, try again after removing the option";
    let cause = invalid_as(IGNORE, "true", why);
    Err(Status::invalid("meta.k8s.io", "DeleteOptions", "", vec![cause]).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_refused_as_recorded() {
        let refused = |policy: &str, orphan| {
            let propagation_policy = Some(policy.to_owned());
            check(&DeleteOptions {
                propagation_policy,
                orphan_dependents: orphan,
                ..DeleteOptions::default()
            })
        };
        assert_eq!(
            refused("Bogus", None).unwrap_err().to_string(),
            "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Bogus\": supported \
             values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""
        );
        assert_eq!(
            refused("Orphan", Some(true)).unwrap_err().to_string(),
            "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: \"Orphan\": \
             orphanDependents and deletionPropagation cannot be both set"
        );
        assert!(refused("Foreground", None).is_ok());
    }

    #[test]
    fn what_is_to_go_unread_goes_with_nothing_else() {
        let alone = DeleteOptions {
            ignore_read_errors: true,
            ..DeleteOptions::default()
        };
        assert!(check(&alone).is_ok());
        assert!(
            check_many(&alone)
                .unwrap_err()
                .to_string()
                .contains("is not allowed with DELETECOLLECTION, try again after removing the option")
        );
        let with = DeleteOptions {
            dry_run: true,
            precondition_uid: Some("x".to_owned()),
            ..alone
        };
        assert_eq!(
            check(&with).unwrap_err().to_string(),
            "DeleteOptions.meta.k8s.io \"\" is invalid: [ignoreStoreReadErrorWithClusterBreakingPotential: Invalid value: \
             true: cannot be set together with .dryRun, ignoreStoreReadErrorWithClusterBreakingPotential: Invalid \
             value: true: cannot be set together with .preconditions]"
        );
    }
}
