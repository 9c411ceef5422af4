//! `metav1.ListOptions`. What the values may be is judged by the registry; here they only have to be readable.

use purser_registry::{GetOptions, ListOptions};
use purser_types::Status;

use super::bad_request;
use crate::query::Query;

/// The options of a list, a watch or a deletecollection.
///
/// # Errors
/// 400 for a number that is none.
pub(crate) fn list(query: &Query<'_>) -> Result<ListOptions, Box<Status>> {
    let timeout = query.integer("timeoutSeconds").map_err(bad_request)?;
    let limit = query.integer("limit").map_err(bad_request)?;
    Ok(ListOptions {
        label_selector: query.text("labelSelector").to_owned(),
        field_selector: query.text("fieldSelector").to_owned(),
        limit,
        continue_token: query.text("continue").to_owned(),
        resource_version: query.text("resourceVersion").to_owned(),
        resource_version_match: query.text("resourceVersionMatch").to_owned(),
        timeout_seconds: timeout.and_then(|seconds| u64::try_from(seconds).ok()),
        allow_watch_bookmarks: query.flag("allowWatchBookmarks").unwrap_or(false),
        send_initial_events: query.flag("sendInitialEvents"),
    })
}

/// The options of a get.
pub(crate) fn get(query: &Query<'_>) -> GetOptions {
    GetOptions {
        resource_version: query.text("resourceVersion").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_must_be_numbers() {
        for query in ["limit=x", "timeoutSeconds=x"] {
            let status = list(&Query::parse(query)).unwrap_err();
            assert_eq!(
                (status.code, status.message.as_str()),
                (400, "strconv.ParseInt: parsing \"x\": invalid syntax")
            );
        }
        let options = list(&Query::parse(
            "limit=-1&timeoutSeconds=-5&sendInitialEvents=false",
        ))
        .unwrap();
        assert_eq!((options.limit, options.timeout_seconds), (Some(-1), None));
        assert_eq!(options.send_initial_events, Some(false));
    }
}
