//! `metav1.DeleteOptions`, from the body when there is one, else from the query.

use purser_registry::DeleteOptions;
use purser_types::decode::{self, BodyFormat};
use purser_types::schema::DELETE_OPTIONS;
use purser_types::{Map, Status, Value, json, yaml};

use super::{bad_request, dry_run_cause, invalid};
use crate::query::Query;

const KIND: &str = "DeleteOptions";

/// The options a query gives.
///
/// # Errors
/// 400 for a number that is none, 422 for values that are not allowed.
pub(crate) fn from_query(query: &Query<'_>) -> Result<DeleteOptions, Box<Status>> {
    let options = DeleteOptions {
        grace_period_seconds: query.integer("gracePeriodSeconds").map_err(bad_request)?,
        orphan_dependents: query.flag("orphanDependents"),
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
    let Value::Map(fields) = value else {
        return Err(unrecognized(&"not an object"));
    };
    let word = |name| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    check_kind(word("kind"), word("apiVersion"))?;
    from_fields(&fields)
}

fn from_protobuf(body: &[u8]) -> Result<DeleteOptions, Box<Status>> {
    let (version, kind, fields) = decode::protobuf_document(&DELETE_OPTIONS, body).map_err(bad_request)?;
    check_kind(&kind, &version)?;
    from_fields(&fields)
}

fn from_fields(fields: &Map) -> Result<DeleteOptions, Box<Status>> {
    let preconditions = fields.get("preconditions").and_then(Value::as_map);
    let condition = |name: &str| preconditions.map_or(Ok(None), |map| text(map, name));
    let options = DeleteOptions {
        precondition_uid: condition("uid")?,
        precondition_resource_version: condition("resourceVersion")?,
        grace_period_seconds: field(fields, "gracePeriodSeconds", "int64", Value::as_int)?,
        orphan_dependents: field(fields, "orphanDependents", "bool", Value::as_bool)?,
        propagation_policy: text(fields, "propagationPolicy")?,
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
    Err(bad_request(format!(
        "{kind} in version {version:?} cannot be handled as a {KIND}: no kind {kind:?} is registered for version \
         {version:?} in scheme \"pkg/api/legacyscheme/scheme.go:30\""
    )))
}

fn unrecognized(why: &dyn std::fmt::Display) -> Box<Status> {
    bad_request(format!("couldn't get version/kind; json parse error: {why}"))
}

fn text(map: &Map, name: &str) -> Result<Option<String>, Box<Status>> {
    field(map, name, "string", |value| value.as_str().map(str::to_owned))
}

/// A field that may be absent or null.
fn field<T>(
    map: &Map,
    name: &str,
    ty: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, Box<Status>> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value).map(Some).ok_or_else(|| {
            bad_request(format!(
                "{KIND} in version \"v1\" cannot be handled as a {KIND}: json: cannot unmarshal {} into Go struct \
                 field {KIND}.{name} of type {ty}",
                json_type(value)
            ))
        }),
    }
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Float(_) => "number",
        Value::String(_) | Value::Bytes(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    }
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
        assert_eq!(
            from_body(br#"{"gracePeriodSeconds":"x"}"#, BodyFormat::Json)
                .unwrap_err()
                .code,
            400
        );
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
