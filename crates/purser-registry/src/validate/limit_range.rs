//! The rules of a LimitRange's own fields.
//!
//! Source: `ValidateLimitRange` in `pkg/apis/core/validation/validation.go`. Where upstream goes through maps in no
//! order, this goes by name.

use std::collections::{BTreeMap, BTreeSet};

use purser_types::quantity::Quantity;
use purser_types::status::Cause;
use purser_types::{Map, Object};

use super::causes::{duplicate, forbidden, invalid, is_full, required};
use super::names::qualified_name;
use super::read::{amounts, message, messages, text};
use super::resource_names::{can_be_overcommitted, container_resource_name, resource_name};

const TYPES: [&str; 3] = ["Pod", "Container", "PersistentVolumeClaim"];

/// Types once each, known resources, and amounts that fit together.
#[must_use]
pub fn validate(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, limit) in messages(message(&object.body, "spec").get("limits")).enumerate() {
        if is_full(&causes) {
            break;
        }
        let field = format!("spec.limits[{index}]");
        let kind = text(limit, "type");
        causes.extend(type_name(&format!("{field}.type"), kind));
        if !seen.insert(kind) {
            causes.push(duplicate(format!("{field}.type"), kind));
        }
        causes.extend(item(&field, kind, limit));
    }
    causes
}

fn type_name(field: &str, kind: &str) -> Vec<Cause> {
    let causes: Vec<Cause> = qualified_name(kind)
        .iter()
        .map(|why| invalid(field, kind, why))
        .collect();
    if !causes.is_empty() || kind.contains('/') || TYPES.contains(&kind) {
        return causes;
    }
    vec![invalid(
        field,
        kind,
        "must be a standard limit type or fully qualified",
    )]
}

/// What an item says of each resource.
struct Item<'a> {
    field: &'a str,
    max: BTreeMap<&'a str, Quantity>,
    min: BTreeMap<&'a str, Quantity>,
    default: BTreeMap<&'a str, Quantity>,
    request: BTreeMap<&'a str, Quantity>,
    ratio: BTreeMap<&'a str, Quantity>,
}

fn item(field: &str, kind: &str, limit: &Map) -> Vec<Cause> {
    let mut causes = Vec::new();
    let names = |part: &str, causes: &mut Vec<Cause>| {
        for (name, _) in amounts(limit, part) {
            if is_full(causes) {
                break;
            }
            let field = format!("{field}.{part}[{name}]");
            causes.extend(match kind {
                "Pod" | "Container" => container_resource_name(&field, name),
                _ => resource_name(&field, name),
            });
        }
    };
    let of = |part: &str| amounts(limit, part).collect::<BTreeMap<_, _>>();
    names("max", &mut causes);
    names("min", &mut causes);
    let mut parts = Item {
        field,
        max: of("max"),
        min: of("min"),
        default: of("default"),
        request: of("defaultRequest"),
        ratio: of("maxLimitRequestRatio"),
    };
    if kind == "Pod" {
        for (part, map) in [
            ("default", &mut parts.default),
            ("defaultRequest", &mut parts.request),
        ] {
            if !std::mem::take(map).is_empty() {
                causes.push(forbidden(
                    format!("{field}.{part}"),
                    "may not be specified when `type` is 'Pod'",
                ));
            }
        }
    } else {
        names("default", &mut causes);
        names("defaultRequest", &mut causes);
    }
    if kind == "PersistentVolumeClaim"
        && !parts.min.contains_key("storage")
        && !parts.max.contains_key("storage")
    {
        let why = "either minimum or maximum storage value is required, but neither was provided";
        causes.push(required(format!("{field}.limits"), why));
    }
    names("maxLimitRequestRatio", &mut causes);
    let all = [
        &parts.max,
        &parts.min,
        &parts.default,
        &parts.request,
        &parts.ratio,
    ];
    let keys: BTreeSet<&str> = all.into_iter().flat_map(|map| map.keys().copied()).collect();
    for name in keys {
        if is_full(&causes) {
            break;
        }
        causes.extend(parts.order(name));
        causes.extend(parts.ratio(name));
    }
    causes
}

impl Item<'_> {
    fn refuse(&self, part: &str, name: &str, shown: Quantity, why: &str) -> Cause {
        invalid(format!("{}.{part}[{name}]", self.field), &shown.to_string(), why)
    }

    /// Least, requested, default and most are in this order.
    fn order(&self, name: &str) -> Vec<Cause> {
        let (max, min) = (self.max.get(name).copied(), self.min.get(name).copied());
        let (default, request) = (self.default.get(name).copied(), self.request.get(name).copied());
        let mut causes = Vec::new();
        let mut ordered = |low: Option<Quantity>,
                           low_is: &str,
                           high: Option<Quantity>,
                           high_is: &str,
                           part: &str,
                           shows_high: bool| {
            if let (Some(low), Some(high)) = (low, high)
                && low > high
            {
                let why = format!("{low_is} value {low} is greater than {high_is} value {high}");
                causes.push(self.refuse(part, name, if shows_high { high } else { low }, &why));
            }
        };
        ordered(min, "min", max, "max", "min", false);
        ordered(min, "min", request, "default request", "defaultRequest", true);
        ordered(request, "default request", max, "max", "defaultRequest", false);
        ordered(
            request,
            "default request",
            default,
            "default limit",
            "defaultRequest",
            false,
        );
        ordered(min, "min", default, "default", "default", false);
        ordered(default, "default", max, "max", "default", true);
        causes
    }

    fn ratio(&self, name: &str) -> Vec<Cause> {
        const PART: &str = "maxLimitRequestRatio";
        let mut causes = Vec::new();
        if let Some(&ratio) = self.ratio.get(name) {
            if ratio < Quantity::whole(1) {
                causes.push(self.refuse(PART, name, ratio, &format!("ratio {ratio} is less than 1")));
            }
            if let (Some(max), Some(min)) = (self.max.get(name), self.min.get(name)) {
                let bound = max.approximately() / min.approximately();
                if ratio.approximately() > bound {
                    let why = format!("ratio {ratio} is greater than max/min = {bound:.6}");
                    causes.push(self.refuse(PART, name, ratio, &why));
                }
            }
        }
        if let (Some(default), Some(&request)) = (self.default.get(name), self.request.get(name))
            && !can_be_overcommitted(name)
            && *default != request
        {
            let why =
                format!("default value {default} must equal to defaultRequest value {request} in {name}");
            causes.push(self.refuse("defaultRequest", name, request, &why));
        }
        causes
    }
}
