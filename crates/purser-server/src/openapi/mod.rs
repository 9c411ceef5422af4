//! OpenAPI, made from the types: `/openapi/v2` and `/openapi/v3`.
//!
//! kubectl explains, merges and completes with it, so the `x-kubernetes-*` extensions are there; sentences are our
//! own.

mod dialect;
mod meta;
mod paths;
mod schema;

use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use purser_registry::kinds::Kind;
use purser_types::Status;
use serde_json::{Map, Value, json};

use dialect::Dialect;

use crate::answer::{Body, JSON, respond};
use crate::discovery::{Document, Tagged, group_versions};
use crate::negotiate::{Encoding, Endpoint, negotiate};
use crate::query::Query;

/// Every document, made once.
pub(crate) struct OpenApi {
    v2: Tagged,
    index: Document,
    groups: Vec<(String, Tagged)>,
}

impl OpenApi {
    /// The documents of `kinds`; `version` is the API level, `v1.36.0+…`.
    pub(crate) fn new(kinds: &'static [Kind], version: &str) -> Self {
        let groups: Vec<_> = group_versions(kinds)
            .into_iter()
            .map(|(group, api)| {
                (
                    key(group, api),
                    Tagged::of(document_v3(kinds, group, api, version)),
                )
            })
            .collect();
        let paths: Map<String, Value> = groups
            .iter()
            .map(|(key, tagged)| {
                let url = format!("/openapi/v3/{key}?hash={}", tagged.hash());
                (key.clone(), json!({ "serverRelativeURL": url }))
            })
            .collect();
        Self {
            v2: Tagged::of(document_v2(kinds, version)),
            index: Document::of(&json!({ "paths": paths }).to_string()),
            groups,
        }
    }

    /// `/openapi/v2`, as JSON only: kubectl asks for protobuf and copes with 406.
    ///
    /// # Errors
    /// 406.
    pub(crate) fn v2(&self, headers: &HeaderMap) -> Result<Response<Body>, Box<Status>> {
        only_json(headers)?;
        Ok(self.v2.answer(headers, JSON))
    }

    /// `/openapi/v3`
    ///
    /// # Errors
    /// 406.
    pub(crate) fn index(&self, headers: &HeaderMap) -> Result<Response<Body>, Box<Status>> {
        self.index.answer(headers, false)
    }

    /// `/openapi/v3/api/v1` and its like; `None` when there is no such document. With the right `hash` it may be
    /// kept for ever, with a wrong one the client is sent to the right one.
    ///
    /// # Errors
    /// 406.
    pub(crate) fn group(
        &self,
        key: &str,
        query: &Query<'_>,
        headers: &HeaderMap,
    ) -> Option<Result<Response<Body>, Box<Status>>> {
        let (_, tagged) = self.groups.iter().find(|(known, _)| known == key)?;
        if let Err(status) = only_json(headers) {
            return Some(Err(status));
        }
        let asked = query.text("hash");
        if !asked.is_empty() && asked != tagged.hash() {
            return Some(Ok(moved(&format!("/openapi/v3/{key}?hash={}", tagged.hash()))));
        }
        let mut response = tagged.answer(headers, JSON);
        if !asked.is_empty() {
            let immutable = HeaderValue::from_static("public, immutable, max-age=31536000");
            response.headers_mut().insert(CACHE_CONTROL, immutable);
        }
        Some(Ok(response))
    }
}

fn moved(to: &str) -> Response<Body> {
    let mut response = respond(StatusCode::MOVED_PERMANENTLY, JSON, Body::empty());
    if let Ok(location) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn only_json(headers: &HeaderMap) -> Result<(), Box<Status>> {
    match negotiate(headers, Endpoint::Plain)?.encoding {
        Encoding::Json => Ok(()),
        Encoding::Yaml => {
            let why = "only the following media types are accepted: application/json";
            Err(Box::new(Status::new(406, "NotAcceptable", why, None)))
        }
    }
}

fn key(group: &str, version: &str) -> String {
    if group.is_empty() {
        format!("api/{version}")
    } else {
        format!("apis/{group}/{version}")
    }
}

fn document_v3(kinds: &'static [Kind], group: &str, version: &str, server: &str) -> String {
    let of_group: Vec<&'static Kind> = kinds
        .iter()
        .filter(|kind| kind.resource.group == group && kind.resource.version == version)
        .collect();
    let schemas = definitions(Dialect::V3, &of_group);
    json!({
        "openapi": "3.0.0",
        "info": { "title": "Kubernetes", "version": server },
        "paths": paths::paths(Dialect::V3, &of_group),
        "components": {
            "schemas": schemas,
            "securitySchemes": { "BearerToken": {
                "description": "Bearer Token authentication", "type": "apiKey", "name": "authorization", "in": "header"
            } }
        }
    })
    .to_string()
}

fn document_v2(kinds: &'static [Kind], server: &str) -> String {
    let all: Vec<&'static Kind> = kinds.iter().collect();
    json!({
        "swagger": "2.0",
        "info": { "title": "Kubernetes", "version": server },
        "paths": paths::paths(Dialect::V2, &all),
        "definitions": definitions(Dialect::V2, &all),
        "securityDefinitions": { "BearerToken": {
            "description": "Bearer Token authentication", "type": "apiKey", "name": "authorization", "in": "header"
        } },
        "security": [ { "BearerToken": [] } ]
    })
    .to_string()
}

fn definitions(dialect: Dialect, kinds: &[&'static Kind]) -> Map<String, Value> {
    let mut definitions = Map::new();
    meta::add(dialect, &mut definitions);
    for kind in kinds {
        schema::add(dialect, kind.resource.message, &mut definitions);
        schema::tag_kind(kind.resource, &mut definitions);
        schema::add_list(dialect, kind.resource, &mut definitions);
    }
    definitions
}

#[cfg(test)]
mod tests {
    use purser_registry::kinds::KINDS;

    use super::*;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_reference_points_to_a_definition() {
        fn visit(value: &Value, prefix: &str, found: &mut Vec<String>) {
            match value {
                Value::Object(map) => {
                    if let Some(name) = map.get("$ref").and_then(Value::as_str) {
                        found.push(name.strip_prefix(prefix).unwrap().to_owned());
                    }
                    map.values().for_each(|value| visit(value, prefix, found));
                }
                Value::Array(items) => items.iter().for_each(|value| visit(value, prefix, found)),
                _ => {}
            }
        }
        let v3 = parsed(&document_v3(KINDS, "", "v1", "v1.36.0"));
        let v2 = parsed(&document_v2(KINDS, "v1.36.0"));
        for (document, pointer, prefix) in [
            (&v3, "/components/schemas", "#/components/schemas/"),
            (&v2, "/definitions", "#/definitions/"),
        ] {
            let definitions = document.pointer(pointer).unwrap();
            let mut found = Vec::new();
            visit(document, prefix, &mut found);
            assert!(found.len() > 20);
            for name in found {
                assert!(definitions.get(&name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn a_secret_is_described_for_kubectl() {
        let v3 = parsed(&document_v3(KINDS, "", "v1", "v1.36.0"));
        let secret = &v3["components"]["schemas"]["io.k8s.api.core.v1.Secret"];
        assert_eq!(
            secret["x-kubernetes-group-version-kind"],
            json!([{ "group": "", "version": "v1", "kind": "Secret" }])
        );
        assert_eq!(
            secret["properties"]["data"]["additionalProperties"]["format"],
            "byte"
        );
        let owners = &v3["components"]["schemas"]["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]["properties"]
            ["ownerReferences"];
        assert_eq!(owners["x-kubernetes-patch-merge-key"], "uid");
        assert_eq!(owners["x-kubernetes-patch-strategy"], "merge");
        let patch = &v3["paths"]["/api/v1/namespaces/{namespace}/secrets/{name}"]["patch"];
        assert_eq!(patch["x-kubernetes-action"], "patch");
        let names: Vec<_> = patch["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["name"].clone())
            .collect();
        assert!(names.contains(&json!("fieldValidation")) && names.contains(&json!("dryRun")));
    }

    #[test]
    fn a_document_is_found_by_its_hash() {
        let openapi = OpenApi::new(KINDS, "v1.36.0");
        let headers = HeaderMap::new();
        let ask = |query: &str| {
            openapi
                .group("api/v1", &Query::parse(query), &headers)
                .unwrap()
                .unwrap()
        };
        let hash = openapi.groups[0].1.hash();
        assert!(
            ask(&format!("hash={hash}")).headers()["cache-control"]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        let moved = ask("hash=old");
        assert_eq!(moved.status(), 301);
        assert!(moved.headers()["location"].to_str().unwrap().ends_with(hash));
        assert!(openapi.group("apis/x/v1", &Query::default(), &headers).is_none());
    }
}
