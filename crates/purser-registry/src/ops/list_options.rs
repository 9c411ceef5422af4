//! Which list options go together.
//!
//! Source: `ValidateListOptions` in `k8s.io/apimachinery/pkg/apis/meta/internalversion/validation`.

use purser_types::Status;
use purser_types::status::Cause;

use crate::error::Error;
use crate::options::ListOptions;
use crate::validate::causes::forbidden;

const EXACT: &str = "Exact";
const NOT_OLDER_THAN: &str = "NotOlderThan";
const MATCH: &str = "resourceVersionMatch";

/// How a given `resourceVersion` is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    /// `Exact`.
    Exact,
    /// `NotOlderThan`.
    NotOlderThan,
    /// Not said.
    Unset,
}

/// What `resourceVersionMatch` says, once it has been checked.
pub(crate) fn matching(options: &ListOptions) -> Match {
    match options.resource_version_match.as_str() {
        EXACT => Match::Exact,
        NOT_OLDER_THAN => Match::NotOlderThan,
        _ => Match::Unset,
    }
}

/// Checks the options of a list or deletecollection.
///
/// # Errors
/// 422 with every cause.
pub(crate) fn check_list(options: &ListOptions) -> Result<(), Error> {
    let mut causes = Vec::new();
    let given = options.resource_version_match.as_str();
    if !given.is_empty() {
        if options.resource_version.is_empty() {
            causes.push(forbidden(
                MATCH,
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ));
        }
        if !options.continue_token.is_empty() {
            causes.push(forbidden(
                MATCH,
                "resourceVersionMatch is forbidden when continue is provided",
            ));
        }
        if !matches!(given, EXACT | NOT_OLDER_THAN) {
            causes.push(unsupported(given, "\"Exact\", \"NotOlderThan\", \"\""));
        }
        if given == EXACT && options.resource_version == "0" {
            let why = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
            causes.push(forbidden(MATCH, why));
        }
    }
    if options.send_initial_events.is_some() {
        causes.push(forbidden(
            "sendInitialEvents",
            "sendInitialEvents is forbidden for list",
        ));
    }
    refuse(causes)
}

/// Checks the options of a watch.
///
/// # Errors
/// 422 with every cause.
pub(crate) fn check_watch(options: &ListOptions) -> Result<(), Error> {
    let mut causes = Vec::new();
    let given = options.resource_version_match.as_str();
    let initial = options.send_initial_events.is_some();
    if initial && given != NOT_OLDER_THAN {
        let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        causes.push(forbidden(MATCH, why));
    }
    if !given.is_empty() {
        if !initial {
            let why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            causes.push(forbidden(MATCH, why));
        }
        if given != NOT_OLDER_THAN {
            causes.push(unsupported(given, "\"NotOlderThan\""));
        }
        if !options.continue_token.is_empty() {
            causes.push(forbidden(
                MATCH,
                "resourceVersionMatch is forbidden when continue is provided",
            ));
        }
    }
    refuse(causes)
}

fn unsupported(given: &str, supported: &str) -> Cause {
    Cause {
        reason: "FieldValueNotSupported",
        message: format!("Unsupported value: {given:?}: supported values: {supported}"),
        field: MATCH.to_owned(),
    }
}

fn refuse(causes: Vec<Cause>) -> Result<(), Error> {
    if causes.is_empty() {
        Ok(())
    } else {
        Err(Status::invalid("meta.k8s.io", "ListOptions", "", causes).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(revision: &str, given: &str, initial: Option<bool>) -> ListOptions {
        ListOptions {
            resource_version: revision.to_owned(),
            resource_version_match: given.to_owned(),
            send_initial_events: initial,
            ..ListOptions::default()
        }
    }

    #[test]
    fn a_list_is_refused_as_recorded() {
        let refused = |revision, given, initial| {
            check_list(&options(revision, given, initial))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refused("", "Exact", None),
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is \
             forbidden unless resourceVersion is provided"
        );
        assert_eq!(
            refused("0", "Exact", None),
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch \
             \"exact\" is forbidden for resourceVersion \"0\""
        );
        assert_eq!(
            refused("1", "Bogus", None),
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Unsupported value: \"Bogus\": supported \
             values: \"Exact\", \"NotOlderThan\", \"\""
        );
        assert_eq!(
            refused("", "", Some(true)),
            "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden \
             for list"
        );
        assert!(check_list(&options("1", "NotOlderThan", None)).is_ok());
    }

    #[test]
    fn a_watch_is_refused_as_recorded() {
        let refused = |revision, given, initial| {
            check_watch(&options(revision, given, initial))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refused("", "", Some(true)),
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires \
             setting resourceVersionMatch to NotOlderThan"
        );
        assert_eq!(
            refused("", "NotOlderThan", None),
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is \
             forbidden for watch unless sendInitialEvents is provided"
        );
        assert!(check_watch(&options("", "NotOlderThan", Some(true))).is_ok());
    }
}
