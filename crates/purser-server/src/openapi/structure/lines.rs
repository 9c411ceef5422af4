//! A document as lines: names, types and extensions.

use serde_json::{Map, Value};

fn short(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or_default();
    name.replace("io.k8s.apimachinery.pkg.", "")
        .replace("io.k8s.api.", "")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(text).collect()
}

/// What a reference points to, in `allOf` or not.
fn pointer(schema: &Value) -> Option<&str> {
    schema["$ref"]
        .as_str()
        .or_else(|| schema["allOf"][0]["$ref"].as_str())
}

fn type_of(schema: &Value) -> String {
    if let Some(name) = pointer(schema) {
        return short(name);
    }
    match text(&schema["type"]) {
        "array" => format!("[]{}", type_of(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("map {}", type_of(&schema["additionalProperties"]))
        }
        // In version 3, amounts are of either type.
        "" if schema["format"] == "int-or-string" => "string:int-or-string".to_owned(),
        "" if schema["oneOf"].is_array() => "string".to_owned(),
        ty => match text(&schema["format"]) {
            "" => ty.to_owned(),
            format => format!("{ty}:{format}"),
        },
    }
}

fn extensions(schema: &Value) -> Vec<String> {
    let mut written = Vec::new();
    for (name, value) in schema.as_object().into_iter().flatten() {
        let Some(name) = name.strip_prefix("x-kubernetes-") else {
            continue;
        };
        written.push(match name {
            "group-version-kind" => {
                let kind = |kind: &Value| {
                    format!(
                        "{}/{}/{}",
                        text(&kind["group"]),
                        text(&kind["version"]),
                        text(&kind["kind"])
                    )
                };
                let kinds: Vec<_> = value.as_array().unwrap().iter().map(kind).collect();
                format!("kinds={}", kinds.join(","))
            }
            "unions" => {
                let union = &value[0];
                let members = union["fields-to-discriminateBy"].as_object().unwrap();
                let members: Vec<_> = members
                    .iter()
                    .map(|(field, name)| format!("{field}>{}", text(name)))
                    .collect();
                format!("unions={}:{}", text(&union["discriminator"]), members.join(","))
            }
            name if value.is_array() => format!("{name}={}", texts(value).join(",")),
            name => format!("{name}={}", text(value)),
        });
    }
    written
}

/// Each definition and each of its members.
pub(super) fn definition_lines(definitions: &Map<String, Value>) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, definition) in definitions {
        let mut words = vec![short(name), type_of(definition)];
        let mut told = extensions(definition);
        told.sort_by_key(|word| (word.starts_with("unions"), word.starts_with("kinds")));
        words.extend(told);
        lines.push(words.join(" "));
        let required = texts(&definition["required"]);
        for (field, schema) in definition["properties"].as_object().into_iter().flatten() {
            let mut words = vec![format!("{}.{field}", short(name)), type_of(schema)];
            words.extend(extensions(schema));
            if required.contains(&field.as_str()) {
                words.push("required".to_owned());
            }
            lines.push(words.join(" "));
        }
    }
    lines
}

/// The parts of an operation that the versions write differently.
struct Parts {
    body: Option<(String, bool)>,
    consumes: Vec<String>,
    produces: Vec<String>,
    answers: Vec<String>,
}

fn strings(values: &Value) -> Vec<String> {
    texts(values).into_iter().map(str::to_owned).collect()
}

fn parts_v2(operation: &Value, parameters: &[&Value]) -> Parts {
    let body = parameters.iter().find(|parameter| parameter["in"] == "body");
    let answer = |(code, answer): (&String, &Value)| {
        let schema = pointer(&answer["schema"]).map_or("-".to_owned(), short);
        format!("{code}={schema}")
    };
    Parts {
        body: body.map(|body| (type_of(&body["schema"]), body["required"] == true)),
        consumes: strings(&operation["consumes"]),
        produces: strings(&operation["produces"]),
        answers: operation["responses"]
            .as_object()
            .unwrap()
            .iter()
            .map(answer)
            .collect(),
    }
}

fn parts_v3(operation: &Value) -> Parts {
    let of_first = |content: &Value| {
        let content = content.as_object()?;
        content.values().next().map(|media| type_of(&media["schema"]))
    };
    let media = |content: &Value| {
        content
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    };
    let body = &operation["requestBody"];
    let answer = |(code, answer): (&String, &Value)| {
        let schema = of_first(&answer["content"]).unwrap_or("-".to_owned());
        format!("{code}={schema}")
    };
    Parts {
        body: of_first(&body["content"]).map(|ty| (ty, body["required"] == true)),
        consumes: media(&body["content"]),
        produces: media(&operation["responses"]["200"]["content"]),
        answers: operation["responses"]
            .as_object()
            .unwrap()
            .iter()
            .map(answer)
            .collect(),
    }
}

fn operation_line(path: &str, item: &Value, method: &str, is_v2: bool) -> String {
    let operation = &item[method];
    let all = [&item["parameters"], &operation["parameters"]];
    let parameters: Vec<&Value> = all.into_iter().filter_map(Value::as_array).flatten().collect();
    let parts = if is_v2 {
        parts_v2(operation, &parameters)
    } else {
        parts_v3(operation)
    };
    let mut query: Vec<_> = parameters
        .iter()
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| {
            let ty = if is_v2 {
                &parameter["type"]
            } else {
                &parameter["schema"]["type"]
            };
            format!("{}:{}", text(&parameter["name"]), text(ty))
        })
        .collect();
    query.sort();
    let mut words = vec![
        method.to_uppercase(),
        path.to_owned(),
        text(&operation["operationId"]).to_lowercase(),
    ];
    if !query.is_empty() {
        words.push(format!("query={}", query.join(",")));
    }
    if let Some((body, required)) = parts.body {
        words.push(format!("body={body}{}", if required { "!" } else { "" }));
    }
    words.push(format!("answers={}", parts.answers.join(",")));
    words.push(format!("produces={}", parts.produces.join(",")));
    if method == "patch" {
        words.push(format!("consumes={}", parts.consumes.join(",")));
    }
    words.join(" ")
}

/// Each operation.
pub(super) fn operation_lines(paths: &Map<String, Value>, is_v2: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for (path, item) in paths {
        for method in item
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| *name != "parameters")
        {
            lines.push(operation_line(path, item, method, is_v2));
        }
    }
    lines
}
