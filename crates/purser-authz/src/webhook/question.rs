//! A question as JSON: the spec of a SubjectAccessReview.

use purser_types::User;
use serde_json::{Map, Value, json};

use super::settings::ReviewVersion;
use crate::attributes::{Asked, UnservedRequest};
use crate::selectors::{Requirement, Selectors};

/// More bytes than this of what the one who asks chooses are not remembered: it may be an attack on the memory.
const REMEMBERED_BYTES: usize = 10_000;

/// The whole review, to be sent.
pub(super) fn review(version: ReviewVersion, user: &User, asked: Asked<'_>) -> Value {
    let (version, groups) = match version {
        ReviewVersion::V1 => ("authorization.k8s.io/v1", "groups"),
        ReviewVersion::V1beta1 => ("authorization.k8s.io/v1beta1", "group"),
    };
    json!({
        "kind": "SubjectAccessReview",
        "apiVersion": version,
        "metadata": {"creationTimestamp": null},
        "spec": spec(groups, user, asked),
        "status": {"allowed": false},
    })
}

/// What is empty is left out, as upstream does.
fn spec(groups: &str, user: &User, asked: Asked<'_>) -> Value {
    let mut spec = Map::new();
    match asked {
        Asked::Objects(asked) => {
            let mut attributes = texts(asked);
            attributes.retain(|_, value| value.as_str() != Some(""));
            if let Some(selectors) = asked.selectors {
                narrow(&mut attributes, selectors);
            }
            spec.insert("resourceAttributes".to_owned(), Value::Object(attributes));
        }
        Asked::Path(asked) => {
            let mut attributes = Map::new();
            put(&mut attributes, "path", &asked.path);
            put(&mut attributes, "verb", &asked.verb);
            spec.insert("nonResourceAttributes".to_owned(), Value::Object(attributes));
        }
    }
    put(&mut spec, "user", &user.name);
    if !user.groups.is_empty() {
        spec.insert(groups.to_owned(), json!(user.groups));
    }
    if !user.extra.is_empty() {
        spec.insert("extra".to_owned(), json!(user.extra));
    }
    put(&mut spec, "uid", &user.uid);
    Value::Object(spec)
}

/// The spec as match conditions see it: nothing is left out but what is not asked.
///
/// Source: `convertObjectToUnstructured` in `k8s.io/apiserver/pkg/authorization/cel/compile.go`.
pub(super) fn seen_by_conditions(user: &User, asked: Asked<'_>) -> Value {
    let mut spec = Map::new();
    spec.insert("user".to_owned(), json!(user.name));
    spec.insert("groups".to_owned(), json!(user.groups));
    spec.insert("uid".to_owned(), json!(user.uid));
    spec.insert("extra".to_owned(), json!(user.extra));
    match asked {
        Asked::Objects(asked) => {
            let mut attributes = texts(asked);
            if let Some(selectors) = asked.selectors {
                narrow(&mut attributes, selectors);
            }
            spec.insert("resourceAttributes".to_owned(), Value::Object(attributes));
        }
        Asked::Path(asked) => {
            let attributes = json!({"verb": asked.verb, "path": asked.path});
            spec.insert("nonResourceAttributes".to_owned(), attributes);
        }
    }
    Value::Object(spec)
}

/// Whether the answer may be remembered. Source: `shouldCache`.
pub(super) fn may_be_remembered(asked: Asked<'_>) -> bool {
    let bytes = match asked {
        Asked::Objects(asked) => words(asked).iter().map(|(_, word)| word.len()).sum(),
        Asked::Path(asked) => asked.verb.len().saturating_add(asked.path.len()),
    };
    bytes < REMEMBERED_BYTES
}

fn words<'a>(asked: &UnservedRequest<'a>) -> [(&'static str, &'a str); 7] {
    [
        ("namespace", asked.namespace),
        ("verb", asked.verb),
        ("group", asked.group),
        ("version", asked.version),
        ("resource", asked.resource),
        ("subresource", asked.subresource),
        ("name", asked.name),
    ]
}

fn texts(asked: &UnservedRequest<'_>) -> Map<String, Value> {
    let words = words(asked).into_iter();
    words.map(|(name, word)| (name.to_owned(), json!(word))).collect()
}

fn narrow(attributes: &mut Map<String, Value>, selectors: &Selectors) {
    for (name, requirements) in [
        ("fieldSelector", &selectors.fields),
        ("labelSelector", &selectors.labels),
    ] {
        if !requirements.is_empty() {
            let written: Vec<Value> = requirements.iter().map(requirement).collect();
            attributes.insert(name.to_owned(), json!({ "requirements": written }));
        }
    }
}

fn requirement(one: &Requirement) -> Value {
    let mut written = Map::new();
    put(&mut written, "key", &one.key);
    put(&mut written, "operator", one.operator);
    if !one.values.is_empty() {
        written.insert("values".to_owned(), json!(one.values));
    }
    Value::Object(written)
}

fn put(map: &mut Map<String, Value>, name: &str, text: &str) {
    if !text.is_empty() {
        map.insert(name.to_owned(), json!(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attributes::NonResource;

    fn jane() -> User {
        User {
            name: "jane".to_owned(),
            groups: vec!["devs".to_owned()],
            extra: [("acme.io/k".to_owned(), vec!["v".to_owned()])].into(),
            ..User::default()
        }
    }

    fn listing(selectors: Option<&Selectors>) -> UnservedRequest<'_> {
        UnservedRequest {
            verb: "list",
            version: "v1",
            resource: "secrets",
            namespace: "rec",
            selectors,
            ..UnservedRequest::default()
        }
    }

    #[test]
    fn a_question_about_objects_leaves_out_what_is_empty() {
        let selectors = Selectors {
            fields: Vec::new(),
            labels: vec![Requirement {
                key: "pci".to_owned(),
                operator: "Exists",
                values: Vec::new(),
            }],
        };
        let asked = listing(Some(&selectors));
        let expected = json!({
            "kind": "SubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "metadata": {"creationTimestamp": null},
            "spec": {
                "resourceAttributes": {
                    "namespace": "rec", "verb": "list", "version": "v1", "resource": "secrets",
                    "labelSelector": {"requirements": [{"key": "pci", "operator": "Exists"}]},
                },
                "user": "jane",
                "groups": ["devs"],
                "extra": {"acme.io/k": ["v"]},
            },
            "status": {"allowed": false},
        });
        assert_eq!(
            review(ReviewVersion::V1, &jane(), Asked::Objects(&asked)),
            expected
        );
    }

    #[test]
    fn the_older_version_calls_groups_group() {
        let asked = NonResource {
            verb: "get".to_owned(),
            path: "/metrics".to_owned(),
        };
        let review = review(ReviewVersion::V1beta1, &jane(), Asked::Path(&asked));
        assert_eq!(review["apiVersion"], "authorization.k8s.io/v1beta1");
        let expected = json!({
            "nonResourceAttributes": {"path": "/metrics", "verb": "get"},
            "user": "jane",
            "group": ["devs"],
            "extra": {"acme.io/k": ["v"]},
        });
        assert_eq!(review["spec"], expected);
    }

    #[test]
    fn conditions_see_what_is_empty_too() {
        let asked = listing(None);
        let seen = seen_by_conditions(&User::default(), Asked::Objects(&asked));
        let expected = json!({
            "user": "", "groups": [], "uid": "", "extra": {},
            "resourceAttributes": {
                "namespace": "rec", "verb": "list", "group": "", "version": "v1", "resource": "secrets",
                "subresource": "", "name": "",
            },
        });
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_is_too_long_is_not_remembered() {
        let name = "x".repeat(REMEMBERED_BYTES);
        let long = UnservedRequest {
            name: &name,
            ..UnservedRequest::default()
        };
        assert!(!may_be_remembered(Asked::Objects(&long)));
        assert!(may_be_remembered(Asked::Objects(&listing(None))));
    }
}
