//! The rules of a Lease's own fields.
//!
//! Source: `ValidateLeaseSpec` in `pkg/apis/coordination/validation/validation.go`.

use purser_types::status::Cause;
use purser_types::{Map, Object, Value};

use super::causes::{forbidden, invalid, invalid_as, not_supported};
use super::names::qualified_name;
use super::read::text;

/// Strategies that Kubernetes defines.
const STRATEGIES: [&str; 1] = ["OldestEmulationVersion"];

/// Durations and counts are not negative, and a preferred holder needs a strategy.
#[must_use]
pub fn validate(object: &Object) -> Vec<Cause> {
    let Some(spec) = object.get("spec").and_then(Value::as_map) else {
        return Vec::new();
    };
    let mut causes = Vec::new();
    let number = |field: &str| spec.get(field).and_then(Value::as_int);
    if let Some(seconds @ ..=0) = number("leaseDurationSeconds") {
        causes.push(invalid_as(
            "spec.leaseDurationSeconds",
            &seconds.to_string(),
            "must be greater than 0",
        ));
    }
    if let Some(transitions @ ..0) = number("leaseTransitions") {
        let why = "must be greater than or equal to 0";
        causes.push(invalid_as("spec.leaseTransitions", &transitions.to_string(), why));
    }
    causes.extend(strategy(spec));
    if !text(spec, "preferredHolder").is_empty() && text(spec, "strategy").is_empty() {
        causes.push(forbidden(
            "spec.preferredHolder",
            "may only be specified if `strategy` is defined",
        ));
    }
    causes
}

fn strategy(spec: &Map) -> Vec<Cause> {
    // Upstream names the field twice.
    const FIELD: &str = "spec.strategy.strategy";
    let Some(strategy) = spec.get("strategy").and_then(Value::as_str) else {
        return Vec::new();
    };
    if strategy.contains('/') {
        return qualified_name(strategy)
            .iter()
            .map(|why| invalid(FIELD, strategy, why))
            .collect();
    }
    if STRATEGIES.contains(&strategy) {
        return Vec::new();
    }
    vec![not_supported(FIELD, strategy, &STRATEGIES)]
}
