//! Examples from files: what is read, what comes of it, and what is wrong with a file.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use purser_cedar::examples::{read, spelled};
use purser_cedar::{Error, load};

const POLICIES: &str = r#"
@id("payments")
permit (
    principal is k8s::ServiceAccount in k8s::Group::"system:serviceaccounts:payments",
    action in k8s::Action::"read",
    resource is k8s::Resource
) when { resource.labels.hasTag("pci") };
@id("metrics")
forbid (principal is k8s::User, action, resource is k8s::NonResourceURL) when { resource.path == "/metrics" };
"#;

const EXAMPLES: &str = r#"
policies: policies   # from where this file is
objects:
  card-key:
    resource: secrets
    namespace: payments
    name: card-key
    labels: {pci: true}
cases:
- description: the service reads the key
  user: system:serviceaccount:payments:checkout
  verb: get
  object: card-key
  expect: allow
  by: payments
- {user: jane, groups: [payments], verb: get, object: card-key, expect: no-opinion}
- {user: jane, verb: get, path: /metrics, expect: deny, by: other}
- {user: jane, verb: list, apiGroup: apps, resource: deployments, subresource: scale, namespace: a, expect: allow}
- {user: system:serviceaccount:payments:checkout, verb: get, object: card-key, labels: {}, expect: allow}
- {user: root, groups: ["system:masters"], verb: get, path: /metrics, expect: allow}
"#;

fn written(examples: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("policies")).unwrap();
    std::fs::write(directory.path().join("policies/a.cedar"), POLICIES).unwrap();
    std::fs::write(directory.path().join("examples.yaml"), examples).unwrap();
    directory
}

fn problem(examples: &str) -> String {
    let directory = written(examples);
    match read(&directory.path().join("examples.yaml")) {
        Ok(_) => String::new(),
        Err(error @ Error::Problems(_)) => error
            .to_string()
            .replace(&directory.path().display().to_string(), "DIR"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn examples_are_tried_on_the_policies_that_the_file_names() {
    let directory = written(EXAMPLES);
    let examples = read(&directory.path().join("examples.yaml")).unwrap();
    let engine = load(examples.policies.as_deref().unwrap()).unwrap().engine;
    let told: Vec<String> = examples
        .cases
        .iter()
        .map(|case| {
            let outcome = case.run(&engine);
            let by = outcome.by.as_deref().unwrap_or("-");
            let (line, request) = (case.place.line, case.request());
            format!(
                "{line} {} {} by {by}: {request}",
                outcome.passed(),
                spelled(outcome.verdict)
            )
        })
        .collect();
    let expected = [
        "10 true allow by payments: system:serviceaccount:payments:checkout get secrets payments/card-key",
        "16 true no-opinion by -: jane get secrets payments/card-key",
        "17 false deny by metrics: jane get /metrics",
        "18 false no-opinion by -: jane list deployments.apps/scale a",
        "19 false no-opinion by -: system:serviceaccount:payments:checkout get secrets payments/card-key",
        "20 true allow by -: root get /metrics",
    ];
    assert_eq!(told, expected);
}

#[test]
fn mistakes_in_examples_are_found_where_they_are() {
    let of_case = |case: &str| problem(&format!("cases:\n- {case}\n"));
    for (told, expected) in [
        (problem(""), "DIR/examples.yaml: there is nothing in it"),
        (problem("a: 1\n"), "DIR/examples.yaml:1:1: cases is missing"),
        (problem("cases: 1\n"), "DIR/examples.yaml:1:8: cases is a list"),
        (
            problem("cases: []\nfoo: 1\n"),
            "DIR/examples.yaml:2:1: \"foo\" is not known here; known are policies, objects and cases",
        ),
        (
            problem("cases: []\ncases: []\n"),
            "DIR/examples.yaml:2:1: \"cases\" is there twice",
        ),
        (of_case("{user: jane}"), "DIR/examples.yaml:2:3: verb is missing"),
        (
            of_case("{user: jane, verb: get, expect: allow}"),
            "DIR/examples.yaml:2:3: resource, object or path is missing",
        ),
        (
            of_case("{user: jane, verb: get, path: /, expect: yes}"),
            "DIR/examples.yaml:2:44: expect is allow, deny or no-opinion",
        ),
        (
            of_case("{user: jane, verb: get, object: x, expect: allow}"),
            "DIR/examples.yaml:2:35: there is no object \"x\" under objects",
        ),
        (
            of_case("{user: [], verb: get}"),
            "DIR/examples.yaml:2:10: a text is wanted here",
        ),
        (of_case("{user: *a, verb: get}"), "DIR/examples.yaml:2:10: "),
    ] {
        assert!(told.starts_with(expected), "{told}\n{expected}");
    }
    assert!(problem("cases: [").starts_with("DIR/examples.yaml:"));
    assert!(problem(&"[".repeat(100_000)).starts_with("DIR/examples.yaml:"));
    assert!(read(Path::new("/nowhere/x.yaml")).is_err());
}
