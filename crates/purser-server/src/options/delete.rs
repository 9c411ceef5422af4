//! `metav1.DeleteOptions`, from the body when there is one, else from the query.

use purser_registry::DeleteOptions;
use purser_types::conform::conform;
use purser_types::decode::{self, BodyFormat};
use purser_types::quote::quote;
use purser_types::schema::DELETE_OPTIONS;
use purser_types::{Map, Status, Value, json, yaml};

use super::{bad_request, dry_run_cause, invalid};
use crate::query::Query;

const KIND: &str = "DeleteOptions";
/// The option to remove what cannot be read.
const IGNORE: &str = "ignoreStoreReadErrorWithClusterBreakingPotential";

/// The options a query gives.
///
/// # Errors
/// 400 for a number that is none, 422 for values that are not allowed.
pub(crate) fn from_query(query: &Query<'_>) -> Result<DeleteOptions, Box<Status>> {
    let options = DeleteOptions {
        grace_period_seconds: query.integer("gracePeriodSeconds").map_err(bad_request)?,
        orphan_dependents: query.flag("orphanDependents"),
        ignore_read_errors: query.flag(IGNORE) == Some(true),
        propagation_policy: query.get("propagationPolicy").map(str::to_owned),
        ..DeleteOptions::default()
    };
    judge(options, query.all("dryRun"))
}

/// The options a body gives. Fields that are not known are ignored, as upstream does.
///
/// # Errors
/// 400 for a body that is no `DeleteOptions`, 422 for values that are not allowed.
pub(crate) fn from_body(body: &[u8], format: BodyFormat) -> Result<DeleteOptions, Box<Status>> {
    let value = match format {
        BodyFormat::Json => json::parse(body).map_err(|error| unrecognized(&error))?.value,
        BodyFormat::Yaml => yaml::parse(body).map_err(|error| unrecognized(&error))?.value,
        BodyFormat::Protobuf => return from_protobuf(body),
    };
    let Value::Map(fields) = &value else {
        return Err(unrecognized(&"not an object"));
    };
    let word = |name| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    check_kind(word("kind"), word("apiVersion"))?;
    let conformed = conform(&DELETE_OPTIONS, value);
    let conformed = conformed.map_err(|error| {
        bad_request(format!(
            "{KIND} in version \"v1\" cannot be handled as a {KIND}: {error}"
        ))
    })?;
    from_fields(&conformed.body)
}

fn from_protobuf(body: &[u8]) -> Result<DeleteOptions, Box<Status>> {
    let (version, kind, fields) = decode::protobuf_document(&DELETE_OPTIONS, body).map_err(bad_request)?;
    check_kind(&kind, &version)?;
    from_fields(&fields)
}

fn from_fields(fields: &Map) -> Result<DeleteOptions, Box<Status>> {
    let text = |map: &Map, name| map.get(name).and_then(Value::as_str).map(str::to_owned);
    let preconditions = fields.get("preconditions").and_then(Value::as_map);
    let condition = |name| preconditions.and_then(|map| text(map, name));
    let options = DeleteOptions {
        precondition_uid: condition("uid"),
        precondition_resource_version: condition("resourceVersion"),
        grace_period_seconds: fields.get("gracePeriodSeconds").and_then(Value::as_int),
        orphan_dependents: fields.get("orphanDependents").and_then(Value::as_bool),
        ignore_read_errors: fields.get(IGNORE).and_then(Value::as_bool) == Some(true),
        propagation_policy: text(fields, "propagationPolicy"),
        ..DeleteOptions::default()
    };
    let dry_run = fields.get("dryRun").and_then(Value::as_list).unwrap_or_default();
    judge(
        options,
        dry_run.iter().map(|value| value.as_str().unwrap_or_default()),
    )
}

/// Every group has `DeleteOptions` of its own, and upstream takes those of any for any.
fn check_kind(kind: &str, version: &str) -> Result<(), Box<Status>> {
    if matches!(kind, "" | KIND) {
        return Ok(());
    }
    let version = if version.is_empty() { "v1" } else { version };
    let (quoted, version) = (quote(kind), quote(version));
    Err(bad_request(format!(
        "{kind} in version {version} cannot be handled as a {KIND}: no kind {quoted} is registered for version \
         {version} in scheme \"pkg/api/legacyscheme/scheme.go:30\""
    )))
}

fn unrecognized(why: &dyn std::fmt::Display) -> Box<Status> {
    bad_request(format!("couldn't get version/kind; json parse error: {why}"))
}

/// Takes `dryRun`; what the other options may be together is judged by the registry.
fn judge<'a>(
    options: DeleteOptions,
    dry_run: impl Iterator<Item = &'a str>,
) -> Result<DeleteOptions, Box<Status>> {
    match dry_run_cause(dry_run) {
        (dry_run, None) => Ok(DeleteOptions { dry_run, ..options }),
        (_, Some(wrong)) => Err(invalid(KIND, vec![wrong])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_and_judged() {
        let body = br#"{"kind":"DeleteOptions","apiVersion":"v1","frob":1,"dryRun":["All"],
            "preconditions":{"uid":"x","resourceVersion":"7"},"propagationPolicy":"Orphan"}"#;
        let options = from_body(body, BodyFormat::Json).unwrap();
        assert_eq!(options.precondition_uid.as_deref(), Some("x"));
        assert_eq!(options.precondition_resource_version.as_deref(), Some("7"));
        assert!(options.dry_run);
    }

    #[test]
    fn what_is_no_delete_options_is_refused() {
        assert_eq!(from_body(b"[]", BodyFormat::Json).unwrap_err().code, 400);
        assert_eq!(
            from_body(br#"{"kind":"Pod"}"#, BodyFormat::Json)
                .unwrap_err()
                .code,
            400
        );
        for (body, why) in [
            (
                &br#"{"gracePeriodSeconds":"x"}"#[..],
                "string into Go struct field DeleteOptions.gracePeriodSeconds of type int64",
            ),
            (
                br#"{"propagationPolicy":5}"#,
                "number into Go struct field DeleteOptions.propagationPolicy of type v1.DeletionPropagation",
            ),
            (
                br#"{"preconditions":{"uid":5}}"#,
                "number into Go struct field Preconditions.preconditions.uid of type types.UID",
            ),
        ] {
            let refused = from_body(body, BodyFormat::Json).unwrap_err();
            let begin = "DeleteOptions in version \"v1\" cannot be handled as a DeleteOptions: json: cannot unmarshal";
            assert_eq!((refused.code, refused.message), (400, format!("{begin} {why}")));
        }
        assert_eq!(from_query(&Query::parse("dryRun=Some")).unwrap_err().code, 422);
        let query = Query::parse("propagationPolicy=Foreground&gracePeriodSeconds=3");
        let options = from_query(&query).unwrap();
        assert_eq!(
            (
                options.propagation_policy.as_deref(),
                options.grace_period_seconds
            ),
            (Some("Foreground"), Some(3))
        );
    }
}
