//! The options of each verb, from the query and (for deletions) the body, with upstream's sentences.

mod delete;
mod list;
mod write;

pub(crate) use delete::{from_body as delete_from_body, from_query as delete_from_query};
pub(crate) use list::{get, list};
pub(crate) use write::{WriteVerb, write};

use purser_types::Status;
use purser_types::quote::quote;
use purser_types::status::Cause;

/// 400.
fn bad_request(why: impl Into<String>) -> Box<Status> {
    Box::new(Status::bad_request(why))
}

/// 422 about an options type, `CreateOptions.meta.k8s.io "" is invalid: …`.
fn invalid(kind: &str, causes: Vec<Cause>) -> Box<Status> {
    Box::new(Status::invalid("meta.k8s.io", kind, "", causes))
}

fn cause(reason: &'static str, field: &str, message: impl Into<String>) -> Cause {
    Cause {
        reason,
        message: message.into(),
        field: field.to_owned(),
    }
}

/// `dryRun`: every value must be `All`.
fn dry_run_cause<'a>(values: impl Iterator<Item = &'a str>) -> (bool, Option<Cause>) {
    let values: Vec<&str> = values.collect();
    if values.iter().all(|value| *value == "All") {
        return (!values.is_empty(), None);
    }
    let list: Vec<String> = values.iter().map(|value| quote(value)).collect();
    let message = format!(
        "Unsupported value: [{}]: supported values: \"All\"",
        list.join(",")
    );
    (false, Some(cause("FieldValueNotSupported", "dryRun", message)))
}
