//! OpenAPI, made from the types: `/openapi/v2` and `/openapi/v3`.
//!
//! kubectl explains, merges and completes with it, so the `x-kubernetes-*` extensions are there; sentences are our
//! own.

mod described;
mod dialect;
mod document;
mod facts;
mod gnostic;
mod known;
mod meta;
mod names;
mod operation;
mod parameters;
mod paths;
mod protobuf;
mod roots;
mod schema;
mod served;
#[cfg(test)]
mod structure;

use std::sync::OnceLock;
use std::time::SystemTime;

use http::header::{ACCEPT, CONTENT_TYPE, LOCATION, VARY};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use purser_registry::kinds::Kind;
use serde_json::{Map, Value, json};

use protobuf::Form;

use crate::answer::{Body, JSON, compress_over, respond};
use crate::discovery::{Tagged, make_immutable};
use crate::negotiate::parse_accept;
use crate::query::Query;

/// Every document, made once.
pub(crate) struct OpenApi {
    v2: Forms,
    index: Tagged,
    groups: Vec<(String, Forms)>,
}

/// A document in JSON and, once it is asked for, in protobuf.
struct Forms {
    json: Tagged,
    protobuf: OnceLock<Tagged>,
    form: &'static Form,
}

static FORM_V2: Form = Form {
    accepted: [
        "com.github.proto-openapi.spec.v2@v1.0+protobuf",
        "com.github.proto-openapi.spec.v2.v1.0+protobuf",
    ],
    media_type: "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    document: &gnostic::V2,
};
static FORM_V3: Form = Form {
    accepted: [
        "com.github.proto-openapi.spec.v3@v1.0+protobuf",
        "com.github.proto-openapi.spec.v3.v1.0+protobuf",
    ],
    media_type: "application/com.github.proto-openapi.spec.v3.v1.0+protobuf",
    document: &gnostic::V3,
};

/// Upstream answers so, without a body.
const NOT_ACCEPTABLE: StatusCode = StatusCode::NOT_ACCEPTABLE;

/// `/openapi/v2` is compressed from this size on, as by upstream's `gziphandler`.
const COMPRESSED_FROM: usize = 1400;

impl OpenApi {
    /// The documents of `kinds`; `version` is the API level, `v1.36.0+…`, and `made` is now.
    pub(crate) fn new(kinds: &'static [Kind], version: &str, made: SystemTime) -> Self {
        let groups: Vec<_> = document::v3(kinds, version)
            .into_iter()
            .map(|(name, text)| (name, Forms::of(text, &FORM_V3, made)))
            .collect();
        let paths: Map<String, Value> = groups
            .iter()
            .map(|(name, forms)| {
                (
                    name.clone(),
                    json!({ "serverRelativeURL": address(name, &forms.json) }),
                )
            })
            .collect();
        Self {
            v2: Forms::of(document::v2(kinds, version), &FORM_V2, made),
            index: Tagged::of(document::written(json!({ "paths": paths }))).made(made),
            groups,
        }
    }

    /// `/openapi/v2`.
    pub(crate) fn v2(&self, headers: &HeaderMap) -> Response<Body> {
        let response = self.v2.answer(headers).unwrap_or_else(|| bare(NOT_ACCEPTABLE));
        compress_over(COMPRESSED_FROM, response, headers)
    }

    /// `/openapi/v3`, whatever the client accepts.
    pub(crate) fn index(&self, headers: &HeaderMap) -> Response<Body> {
        self.index.answer(headers, JSON)
    }

    /// `/openapi/v3/api/v1` and its like; `None` when there is no such document. With the right `hash` it may be
    /// kept for ever, with a wrong one the client is sent to the right one.
    pub(crate) fn group(
        &self,
        key: &str,
        query: &Query<'_>,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Option<Response<Body>> {
        let (_, forms) = self.groups.iter().find(|(known, _)| known == key)?;
        let Some(mut response) = forms.answer(headers) else {
            return Some(bare(NOT_ACCEPTABLE));
        };
        let asked = query.text("hash");
        if !asked.is_empty() && asked != forms.json.hash() {
            return Some(moved(&address(key, &forms.json)));
        }
        if !asked.is_empty() {
            make_immutable(&mut response, now);
        }
        Some(response)
    }
}

impl Forms {
    fn of(json: String, form: &'static Form, made: SystemTime) -> Self {
        Self {
            json: Tagged::of(json).made(made),
            protobuf: OnceLock::new(),
            form,
        }
    }

    /// The document in the form the client wants; `None` when it wants neither.
    fn answer(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        let [deprecated, subtype] = self.form.accepted;
        Some(match accepted_by(headers, &["json", subtype, deprecated])? {
            "json" => self.json.answer(headers, JSON),
            _ => self.protobuf().answer(headers, self.form.media_type),
        })
    }

    fn protobuf(&self) -> &Tagged {
        let make = || {
            self.json
                .written_as(protobuf::document(self.form.document, self.json.bytes()))
        };
        self.protobuf.get_or_init(make)
    }
}

/// Where a document of version 3 may be kept for ever.
fn address(name: &str, document: &Tagged) -> String {
    format!("/openapi/v3/{name}?hash={}", document.hash())
}

/// The first of the subtypes of `application/…` that the client prefers.
fn accepted_by<'a>(headers: &HeaderMap, subtypes: &[&'a str]) -> Option<&'a str> {
    let header = headers
        .get(ACCEPT)
        .map_or("", |value| value.to_str().unwrap_or_default());
    let header = if header.is_empty() { "*/*" } else { header };
    parse_accept(header).iter().find_map(|clause| {
        let covered = |subtype: &&&str| clause.covers("application", subtype);
        subtypes.iter().find(covered).copied()
    })
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = respond(status, JSON, Body::empty());
    response.headers_mut().remove(CONTENT_TYPE);
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("Accept"));
    response
}

fn moved(to: &str) -> Response<Body> {
    let mut response = bare(StatusCode::MOVED_PERMANENTLY);
    if let Ok(location) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

#[cfg(test)]
mod tests {
    use purser_registry::kinds::KINDS;

    use super::*;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn v3(name: &str) -> Value {
        let documents = document::v3(KINDS, "v1.36.0");
        parsed(&documents.iter().find(|(known, _)| known == name).unwrap().1)
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
        let v3 = v3("api/v1");
        let v2 = parsed(&document::v2(KINDS, "v1.36.0"));
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
        let v3 = v3("api/v1");
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
        let status = &v3["paths"]["/api/v1/namespaces/{namespace}/resourcequotas/{name}/status"];
        assert_eq!(
            status["get"]["operationId"],
            "readCoreV1NamespacedResourceQuotaStatus"
        );
        assert!(status["put"].is_object() && status["patch"].is_object() && status["delete"].is_null());
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
    fn version_2_is_answered_in_the_form_that_is_asked_for() {
        let openapi = OpenApi::new(KINDS, "v1.36.0", SystemTime::UNIX_EPOCH);
        let answer = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            let response = openapi.v2(&headers);
            let ty = response.headers().get(CONTENT_TYPE);
            let ty = ty
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default();
            (response.status().as_u16(), ty)
        };
        let protobuf = (200, FORM_V2.media_type.to_owned());
        for accept in [
            "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
            "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
        ] {
            assert_eq!(answer(accept), protobuf);
        }
        assert_eq!(answer("*/*").1, "application/json");
        assert_eq!(answer("application/*;q=0.5, text/html").1, "application/json");
        assert_eq!(answer("application/yaml"), (406, String::new()));
    }

    #[test]
    fn a_document_is_found_by_its_hash() {
        let openapi = OpenApi::new(KINDS, "v1.36.0", SystemTime::UNIX_EPOCH);
        let headers = HeaderMap::new();
        let ask = |query: &str| {
            openapi
                .group("api/v1", &Query::parse(query), &headers, SystemTime::UNIX_EPOCH)
                .unwrap()
        };
        let hash = openapi
            .groups
            .iter()
            .find(|(name, _)| name == "api/v1")
            .unwrap()
            .1
            .json
            .hash();
        assert!(
            ask(&format!("hash={hash}")).headers()["cache-control"]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        let moved = ask("hash=old");
        assert_eq!(moved.status(), 301);
        assert!(moved.headers()["location"].to_str().unwrap().ends_with(hash));
        let none = openapi.group("apis/x/v1", &Query::default(), &headers, SystemTime::UNIX_EPOCH);
        assert!(none.is_none());
    }
}
