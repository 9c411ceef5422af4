//! Which delete options go together.
//!
//! Source: `ValidateDeleteOptions` in `k8s.io/apimachinery/pkg/apis/meta/v1/validation`.

use purser_types::Status;
use purser_types::status::Cause;

use crate::error::Error;
use crate::options::DeleteOptions;
use crate::validate::causes::invalid;

const FIELD: &str = "propagationPolicy";
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
    if causes.is_empty() {
        Ok(())
    } else {
        Err(Status::invalid("meta.k8s.io", "DeleteOptions", "", causes).into())
    }
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
}
