//! The documents against the structure of upstream's.

mod lines;
mod terraform;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use purser_registry::kinds::{KINDS, lookup};

use super::document;
use lines::{definition_lines, operation_lines};

const UPSTREAM: &str = include_str!("../../../tests/data/openapi-1.36.txt");

/// Upstream's lines, with what is said once put where it belongs.
fn upstream() -> BTreeSet<String> {
    let lines = || UPSTREAM.lines().filter(|line| !line.starts_with('#'));
    let sets: Vec<(&str, &str)> = lines()
        .filter(|line| line.starts_with('$'))
        .map(|line| line.split_once('=').unwrap())
        .collect();
    lines()
        .filter(|line| !line.starts_with('$'))
        .map(|line| {
            let words = line.split(' ').map(|word| match word.split_once("=$") {
                Some((what, name)) => {
                    let (_, set) = sets
                        .iter()
                        .find(|(known, _)| known.trim_start_matches('$') == name)
                        .unwrap();
                    format!("{what}={set}")
                }
                None => word.to_owned(),
            });
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// Sets of media types in one order: version 3 has them as members of an object.
fn sorted(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.split_once('=') {
        Some((what @ ("produces" | "consumes"), set)) => {
            let mut set: Vec<_> = set.split(',').collect();
            set.sort_unstable();
            format!("{what}={}", set.join(","))
        }
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The old paths of watches are not among those that the client, from which the data is, has methods for.
fn is_old_watch(line: &str) -> bool {
    line.contains("/v1/watch/")
}

/// Whether the operation is one of what is served here; the data tell of more.
fn is_served(operation: &str) -> bool {
    let path = operation.split(' ').nth(1).unwrap_or_default();
    let group_is_served = |group: &str| KINDS.iter().any(|kind| kind.resource.group == group);
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, rest) = match parts.as_slice() {
        ["api" | "apis" | "version"] | ["api", "v1"] => return true,
        ["apis", group] | ["apis", group, "v1"] => return group_is_served(group),
        ["api", "v1", rest @ ..] => ("", rest),
        ["apis", group, "v1", rest @ ..] => (*group, rest),
        _ => return false,
    };
    let rest = rest.strip_prefix(&["namespaces", "{namespace}"]).unwrap_or(rest);
    let kind = rest.first().and_then(|resource| lookup(group, "v1", resource));
    kind.is_some_and(|kind| {
        rest.get(2)
            .is_none_or(|subresource| kind.subresources.contains(subresource))
    })
}

/// The line without the kinds of groups that are not served.
fn of_served_groups(line: &str) -> String {
    let groups: Vec<&str> = KINDS.iter().map(|kind| kind.resource.group).collect();
    let words = line.split(' ').map(|word| match word.strip_prefix("kinds=") {
        Some(kinds) if kinds.contains(',') => {
            let served = |kind: &&str| groups.contains(&kind.split('/').next().unwrap_or_default());
            format!(
                "kinds={}",
                kinds.split(',').filter(served).collect::<Vec<_>>().join(",")
            )
        }
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Every line of ours has to be upstream's, and every line of upstream's about what is served has to be ours.
fn compare(ours: &BTreeSet<String>, upstream: BTreeSet<String>, what: &str) {
    let definitions: BTreeSet<&str> = ours.iter().filter_map(|line| line.split(' ').next()).collect();
    let is_ours = |line: &String| {
        let first = line.split(' ').next().unwrap_or_default();
        if line.contains(" answers=") {
            return is_served(line);
        }
        let definition = first.rsplit_once('.').map_or(first, |(definition, _)| definition);
        definitions.contains(first) || definitions.contains(definition)
    };
    let upstream: BTreeSet<String> = upstream
        .into_iter()
        .filter(is_ours)
        .map(|line| of_served_groups(&line))
        .collect();
    assert!(upstream.len() > 1000);
    let mut differences: Vec<_> = upstream
        .difference(ours)
        .map(|line| format!("upstream: {line}"))
        .collect();
    differences.extend(ours.difference(&upstream).map(|line| format!("ours:     {line}")));
    assert!(differences.is_empty(), "{what}\n{}", differences.join("\n"));
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn version_2_has_the_structure_of_upstreams() {
    let document = parsed(&document::v2(KINDS, "v1.36.0"));
    let mut ours = operation_lines(document["paths"].as_object().unwrap(), true);
    let watches = ours.iter().filter(|line| is_old_watch(line)).count();
    let places = KINDS
        .iter()
        .filter(|kind| kind.resource.is_kept())
        .map(|kind| if kind.resource.namespaced { 3 } else { 2 });
    assert_eq!(watches, places.sum::<usize>(), "every list and every object");
    ours.retain(|line| !is_old_watch(line));
    ours.extend(definition_lines(document["definitions"].as_object().unwrap()));
    compare(&ours.into_iter().collect(), upstream(), "/openapi/v2");
}

#[test]
fn version_3_has_the_structure_of_upstreams_in_all_its_documents() {
    let documents = document::v3(KINDS, "v1.36.0");
    let names: BTreeSet<&str> = documents.iter().map(|(name, _)| name.as_str()).collect();
    for name in [
        "api",
        "api/v1",
        "apis",
        "apis/events.k8s.io",
        "apis/events.k8s.io/v1",
        "version",
    ] {
        assert!(names.contains(name), "{name}");
    }
    let mut ours = BTreeSet::new();
    for (_, text) in &documents {
        let document = parsed(text);
        let lines = operation_lines(document["paths"].as_object().unwrap(), false);
        ours.extend(lines.into_iter().filter(|line| !is_old_watch(line)));
        ours.extend(definition_lines(
            document["components"]["schemas"].as_object().unwrap(),
        ));
    }
    let ours = ours.iter().map(|line| sorted(line)).collect();
    let upstream = upstream().iter().map(|line| sorted(line)).collect();
    compare(&ours, upstream, "/openapi/v3");
}

/// Rows of upstream's own documents.
#[test]
fn version_3_tells_defaults_as_upstreams_does() {
    let documents = document::v3(KINDS, "v1.36.0");
    let core = parsed(&documents.iter().find(|(name, _)| name == "api/v1").unwrap().1);
    let schemas = &core["components"]["schemas"];
    let api = "io.k8s.api.core.v1";
    let meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
    let reference = |name: &str| json!([{ "$ref": format!("#/components/schemas/{name}") }]);
    let bare = |value: &Value| {
        let mut value = value.clone();
        value.as_object_mut().unwrap().remove("description");
        value
    };
    for (definition, field, expected) in [
        (
            format!("{api}.Secret"),
            "metadata",
            json!({ "allOf": reference(&format!("{meta}.ObjectMeta")), "default": {} }),
        ),
        (
            format!("{api}.Secret"),
            "data",
            json!({ "type": "object", "additionalProperties": { "type": "string", "format": "byte" } }),
        ),
        (
            format!("{meta}.ObjectMeta"),
            "creationTimestamp",
            json!({ "allOf": reference(&format!("{meta}.Time")) }),
        ),
        (
            format!("{meta}.ObjectMeta"),
            "labels",
            json!({ "type": "object", "additionalProperties": { "type": "string", "default": "" } }),
        ),
        (
            format!("{meta}.ObjectMeta"),
            "managedFields",
            json!({
                "type": "array", "x-kubernetes-list-type": "atomic",
                "items": { "allOf": reference(&format!("{meta}.ManagedFieldsEntry")), "default": {} }
            }),
        ),
        (
            format!("{meta}.OwnerReference"),
            "kind",
            json!({ "type": "string", "default": "" }),
        ),
        (
            format!("{meta}.OwnerReference"),
            "controller",
            json!({ "type": "boolean" }),
        ),
        (
            format!("{api}.ServicePort"),
            "port",
            json!({ "type": "integer", "format": "int32", "default": 0 }),
        ),
        (
            format!("{api}.ServicePort"),
            "protocol",
            json!({ "type": "string", "default": "TCP" }),
        ),
        (
            format!("{api}.LocalObjectReference"),
            "name",
            json!({ "type": "string", "default": "" }),
        ),
        (
            format!("{api}.ResourceQuotaSpec"),
            "hard",
            json!({
                "type": "object",
                "additionalProperties": { "$ref": "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity" }
            }),
        ),
    ] {
        assert_eq!(
            bare(&schemas[&definition]["properties"][field]),
            expected,
            "{definition}.{field}"
        );
    }
}
