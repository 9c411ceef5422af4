//! What is served, as documents that clients read before anything else. All are made once, at start.

mod aggregated;
mod legacy;
mod protobuf;
mod resources;
mod tagged;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use purser_registry::kinds::Kind;
use purser_types::Status;
use serde_json::Value;

use crate::answer::{Body, Indenter, JSON, YAML, whole};
use crate::negotiate::{Clause, Encoding, Endpoint, PROTOBUF, SERVED, negotiate};

pub(crate) use resources::group_versions;
pub(crate) use tagged::{Tagged, make_immutable, make_public};

/// A document in the forms it is served in.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    compact: Bytes,
    pretty: Bytes,
    yaml: Bytes,
    protobuf: Option<Bytes>,
}

impl Document {
    /// Writes `value`, whose members keep the order of `text`.
    pub(crate) fn of(text: &str) -> Self {
        let mut yaml = Vec::new();
        if let Ok(parsed) = purser_types::json::parse(text.as_bytes()) {
            purser_types::yaml::write(&parsed.value, &mut yaml);
        }
        Self {
            compact: Bytes::from(format!("{text}\n")),
            pretty: Bytes::from(Indenter::whole(text.as_bytes())),
            yaml: Bytes::from(yaml),
            protobuf: protobuf::document(text),
        }
    }

    /// The document as indented JSON, for what is no API object: upstream's `WriteRawJSON`.
    pub(crate) fn indented(&self) -> Response<Body> {
        whole(StatusCode::OK, JSON, self.pretty.clone())
    }

    /// The document in the form the client wants.
    ///
    /// # Errors
    /// 406.
    pub(crate) fn answer(&self, headers: &HeaderMap, pretty: bool) -> Result<Response<Body>, Box<Status>> {
        let endpoint = match self.protobuf {
            Some(_) => Endpoint::Plain,
            None => Endpoint::Text,
        };
        let format = negotiate(headers, endpoint)?;
        Ok(match (format.encoding, &self.protobuf) {
            (Encoding::Protobuf, Some(protobuf)) => whole(StatusCode::OK, PROTOBUF, protobuf.clone()),
            (Encoding::Yaml, _) => whole(StatusCode::OK, YAML, self.yaml.clone()),
            _ if pretty || format.pretty => whole(StatusCode::OK, JSON, self.pretty.clone()),
            _ => whole(StatusCode::OK, JSON, self.compact.clone()),
        })
    }
}

/// Every document of discovery.
pub(crate) struct Discovery {
    api_versions: Document,
    groups: Document,
    group: Vec<(String, Document)>,
    resources: Vec<(String, String, Document)>,
    core: aggregated::Aggregated,
    rest: aggregated::Aggregated,
}

impl Discovery {
    /// The documents of `kinds`; `address` is where clients reach the server.
    pub(crate) fn new(kinds: &'static [Kind], address: &str) -> Self {
        let versions = group_versions(kinds);
        let named = || versions.iter().filter(|(group, _)| !group.is_empty());
        Self {
            api_versions: Document::of(&legacy::api_versions(address)),
            groups: Document::of(&legacy::group_list(named().copied())),
            group: named()
                .map(|(group, version)| {
                    (
                        (*group).to_owned(),
                        Document::of(&legacy::group_document(group, version)),
                    )
                })
                .collect(),
            resources: versions
                .iter()
                .map(|(group, version)| {
                    let text = legacy::resource_list(kinds, group, version);
                    ((*group).to_owned(), (*version).to_owned(), Document::of(&text))
                })
                .collect(),
            core: aggregated::Aggregated::new(kinds, true),
            rest: aggregated::Aggregated::new(kinds, false),
        }
    }

    /// `/api`
    pub(crate) fn api(&self, headers: &HeaderMap, pretty: bool) -> Result<Response<Body>, Box<Status>> {
        self.core
            .answer(headers)
            .map_or_else(|| self.api_versions.answer(headers, pretty), Ok)
    }

    /// `/apis`
    pub(crate) fn apis(&self, headers: &HeaderMap, pretty: bool) -> Result<Response<Body>, Box<Status>> {
        self.rest
            .answer(headers)
            .map_or_else(|| self.groups.answer(headers, pretty), Ok)
    }

    /// `/apis/GROUP`
    pub(crate) fn group(&self, group: &str) -> Option<&Document> {
        self.group
            .iter()
            .find(|(name, _)| name == group)
            .map(|(_, document)| document)
    }

    /// `/api/v1`, `/apis/GROUP/VERSION`
    pub(crate) fn resources(&self, group: &str, version: &str) -> Option<&Document> {
        self.resources
            .iter()
            .find(|(g, v, _)| g == group && v == version)
            .map(|(_, _, document)| document)
    }
}

/// A JSON object written member by member, in the order of upstream's structs.
#[derive(Default)]
struct Members(String);

impl Members {
    fn put(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.raw(name, &value.into().to_string());
        self
    }

    fn put_raw(mut self, name: &str, json: &str) -> Self {
        self.raw(name, json);
        self
    }

    fn put_some(self, name: &str, values: &[&str]) -> Self {
        if values.is_empty() {
            self
        } else {
            self.put(name, values.to_vec())
        }
    }

    fn raw(&mut self, name: &str, json: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push_str(&format!("\"{name}\":{json}"));
    }

    fn end(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }
}

fn array(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

/// The form in which a clause of `Accept` asks for aggregated discovery of this version, if it does.
fn asks_for(clause: &Clause<'_>, version: &str) -> Option<Encoding> {
    let asks = clause.param("as") == Some("APIGroupDiscoveryList")
        && clause.param("g") == Some("apidiscovery.k8s.io")
        && clause.param("v") == Some(version);
    SERVED
        .iter()
        .filter(|_| asks)
        .find(|(subtype, _)| clause.covers("application", subtype))
        .map(|(_, encoding)| *encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_resource_list_is_as_recorded() {
        let list = document(&legacy::resource_list(purser_registry::kinds::KINDS, "", "v1"));
        assert_eq!(list["kind"], "APIResourceList");
        assert_eq!(
            list.get("apiVersion"),
            None,
            "upstream leaves it out for the core group"
        );
        let resources = list["resources"].as_array().unwrap();
        let find = |name: &str| {
            resources
                .iter()
                .find(|resource| resource["name"] == name)
                .unwrap()
        };
        let expected = r#"{"name": "configmaps", "singularName": "configmap", "namespaced": true, "kind": "ConfigMap", "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"], "shortNames": ["cm"], "storageVersionHash": "qFsyl6wFWjQ="}"#;
        assert_eq!(*find("configmaps"), document(expected));
        for (name, hash) in [
            ("secrets", "S6u1pOWzb84="),
            ("namespaces", "Q3oi5N2YM8M="),
            ("serviceaccounts", "pbx9ZvyFpBE="),
            ("endpoints", "fWeeMqaN/OA="),
            ("events", "r2yiGXH7wu8="),
            ("limitranges", "EBKMFVe6cwo="),
            ("podtemplates", "LIXB2x4IFpk="),
            ("resourcequotas", "8uhSgffRX6w="),
            ("services", "0/CO1lhkEBI="),
        ] {
            assert_eq!(find(name)["storageVersionHash"], hash);
        }
        for (group, hash) in [
            ("events.k8s.io", "r2yiGXH7wu8="),
            ("coordination.k8s.io", "gqkMMb/YqFM="),
            ("certificates.k8s.io", "95fRKMXA+00="),
        ] {
            let list = document(&legacy::resource_list(purser_registry::kinds::KINDS, group, "v1"));
            assert_eq!(list["apiVersion"], "v1");
            assert_eq!(list["resources"][0]["storageVersionHash"], hash, "{group}");
        }
    }

    #[test]
    fn aggregated_discovery_is_for_those_who_ask() {
        let discovery = Discovery::new(purser_registry::kinds::KINDS, "127.0.0.1:6443");
        let mut headers = HeaderMap::new();
        let type_of = |headers: &HeaderMap| {
            let response = discovery.api(headers, false).unwrap();
            response.headers()["content-type"].to_str().unwrap().to_owned()
        };
        assert_eq!(type_of(&headers), "application/json");
        headers.insert(
            "accept",
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
                .parse()
                .unwrap(),
        );
        assert_eq!(
            type_of(&headers),
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        );
        headers.insert(
            "accept",
            "application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,application/json"
                .parse()
                .unwrap(),
        );
        assert_eq!(type_of(&headers), "application/json");
    }
}
