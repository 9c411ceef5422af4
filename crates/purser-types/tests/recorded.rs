//! Requests that kube-apiserver answered get the same answers as far as they are this crate's: refusals of bodies,
//! warnings, what a body is read as, selectors, and the text of `Status`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code reports by panicking"
)]

use purser_types::decode::{self, BodyFormat, FieldValidation};
use purser_types::resource::{CONFIG_MAPS, SECRETS};
use purser_types::selector::LabelSelector;
use purser_types::status::{Cause, Details, Status};
use purser_types::{Value, conform, json, yaml};
use serde_json::Value as Json;

fn rows() -> Vec<Json> {
    include_str!("data/recorded.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The bytes that were sent; the recording writes those that are not UTF-8 as `\xff`.
fn body(row: &Json) -> Vec<u8> {
    let text = row["body"].as_str().unwrap_or_default();
    match text.split_once("\\xff") {
        Some((before, after)) => [before.as_bytes(), b"\xff", after.as_bytes()].concat(),
        None => text.as_bytes().to_vec(),
    }
}

fn warnings(row: &Json) -> Vec<String> {
    let sent = row["answerHeaders"]["warning"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    sent.iter()
        .map(|header| {
            let quoted = header.as_str().unwrap().strip_prefix("299 - ").unwrap();
            serde_json::from_str(quoted).unwrap()
        })
        .collect()
}

#[test]
fn bodies_are_read_or_refused_as_recorded() {
    let mut replayed = 0;
    for row in rows() {
        let (name, path) = (row["name"].as_str().unwrap(), row["path"].as_str().unwrap());
        let resource = if path.contains("/secrets") {
            &SECRETS
        } else {
            &CONFIG_MAPS
        };
        let decodes = [
            "secret bad b",
            "secret base64",
            "secret data",
            "secret value",
            "secret stringData",
        ];
        let more = [
            "secret immutable",
            "secret creationTimestamp",
            "decode ",
            "fieldValidation",
            "cm ",
        ];
        if !decodes.iter().chain(&more).any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        replayed += 1;
        let format = match row["headers"]["content-type"].as_str() {
            Some("application/yaml") => BodyFormat::Yaml,
            _ => BodyFormat::Json,
        };
        let validation = match path.split_once("fieldValidation=").map(|(_, value)| value) {
            Some("Ignore") => FieldValidation::Ignore,
            Some("Strict") => FieldValidation::Strict,
            _ => FieldValidation::Warn,
        };
        match decode::object(resource, format, &body(&row), validation) {
            Ok((object, given)) => {
                assert!(
                    row["status"] != 400,
                    "{name}: was refused with {}",
                    row["answer"]["message"]
                );
                assert_eq!(given, warnings(&row), "{name}");
                if row["status"] == 201 && object.get("stringData").is_none() {
                    let untyped = conform::untype(resource.message, &object.body);
                    let mut text = Vec::new();
                    json::write(&untyped, &mut text);
                    let ours: Json = serde_json::from_slice(&text).unwrap();
                    assert_eq!(ours["data"], row["answer"]["data"], "{name}");
                    assert_eq!(
                        ours["metadata"]["labels"], row["answer"]["metadata"]["labels"],
                        "{name}"
                    );
                }
            }
            Err(status) => {
                assert_eq!(
                    status.message,
                    row["answer"]["message"].as_str().unwrap(),
                    "{name}"
                );
                assert_same(&status.to_json(), &row["answer"], name);
            }
        }
    }
    assert!(replayed >= 30, "only {replayed} rows were replayed");
}

/// Equal as text: the members in the recorded order, escaped as Go escapes.
fn assert_same(text: &[u8], recorded: &Json, name: &str) {
    let ours: Json = serde_json::from_slice(text).unwrap();
    assert_eq!(&ours, recorded, "{name}");
}

#[test]
fn statuses_are_written_as_recorded() {
    let lines = include_str!("data/recorded.jsonl").lines();
    let mut compared = 0;
    for (line, row) in lines.zip(rows()) {
        let answer = &row["answer"];
        if answer["kind"] != "Status" {
            continue;
        }
        let leak =
            |value: &Json| -> &'static str { String::leak(value.as_str().unwrap_or_default().to_owned()) };
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let details = answer.get("details").map(|details| Details {
            name: text(&details["name"]),
            group: text(&details["group"]),
            kind: text(&details["kind"]),
            uid: text(&details["uid"]),
            causes: details["causes"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|cause| Cause {
                    reason: leak(&cause["reason"]),
                    message: text(&cause["message"]),
                    field: text(&cause["field"]),
                })
                .collect(),
            retry_after_seconds: details["retryAfterSeconds"]
                .as_u64()
                .unwrap_or(0)
                .try_into()
                .unwrap(),
        });
        let ours = if answer["status"] == "Success" {
            purser_types::status::success_json(&details.unwrap())
        } else {
            let code = answer["code"].as_u64().unwrap().try_into().unwrap();
            Status::new(code, leak(&answer["reason"]), text(&answer["message"]), details).to_json()
        };
        // The recording has the members in the order in which they came, with spaces between them.
        let spaced = line
            .split_once("\"answer\": ")
            .unwrap()
            .1
            .strip_suffix('}')
            .unwrap();
        let mut compact = Vec::new();
        let mut outside = true;
        let mut escaped = false;
        for c in spaced.chars() {
            if c == '"' && !escaped {
                outside = !outside;
            }
            escaped = c == '\\' && !escaped;
            if !(outside && c == ' ') {
                compact.push(c);
            }
        }
        let compact: String = compact.into_iter().collect();
        let ours = String::from_utf8(ours).unwrap();
        let unescaped = ours
            .replace("\\u003c", "<")
            .replace("\\u003e", ">")
            .replace("\\u0026", "&");
        assert_eq!(unescaped, compact, "{}", row["name"]);
        compared += 1;
    }
    assert!(compared >= 20, "only {compared} rows were compared");
}

#[test]
fn selectors_are_refused_as_recorded() {
    for row in rows() {
        let path = row["path"].as_str().unwrap();
        if let Some((_, selector)) = path.split_once("labelSelector=") {
            let selector = selector.replace("%3D", "=").replace("%20", " ");
            let error = LabelSelector::parse(&selector).unwrap_err().to_string();
            assert_eq!(error, row["answer"]["message"].as_str().unwrap(), "{path}");
        }
    }
}

#[test]
fn yaml_is_written_as_recorded() {
    let rows = rows();
    let find = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
    let text = serde_json::to_vec(&find("get")["answer"]).unwrap();
    let parsed = json::parse(&text).unwrap();
    let mut out = Vec::new();
    yaml::write(&parsed.value, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        find("get yaml")["answer"].as_str().unwrap()
    );
}

#[test]
fn yaml_that_is_written_reads_as_the_same_tree() {
    for row in rows().iter().filter(|row| row["answer"].is_object()) {
        let text = serde_json::to_vec(&row["answer"]).unwrap();
        let parsed = json::parse(&text).unwrap().value;
        let mut out = Vec::new();
        yaml::write(&parsed, &mut out);
        let back: Value = yaml::parse(&out).unwrap().value;
        assert_eq!(back, parsed, "{}", String::from_utf8_lossy(&out));
    }
}
