//! What is wrong with policies, as people read it. After a change: `INSTA_UPDATE=always cargo test -p purser-cedar`.

use std::fmt::Write as _;

use purser_cedar::{Error, from_texts, load};

fn problems(text: &str) -> String {
    match from_texts([("policies/payments.cedar", text)]) {
        Ok((_, warnings)) => warnings
            .iter()
            .map(|warning| format!("warning: {warning}\n"))
            .collect(),
        Err(error) => error.to_string(),
    }
}

const CASES: [&str; 15] = [
    "permit (\n    principal,\n    action\n    resource\n);\n",
    "permit (principal, action, resource) when { resource.labels.pci == \"true\" };\n",
    "permit (principal, action, resource is k8s::Resource)\nwhen {\n    resource.label.hasTag(\"pci\")\n};\n",
    "permit (principal, action, resource is k8s::Resource)\nwhen { resource.labels.getTag(\"pci\") == \"true\" };\n",
    "permit (principal, action == k8s::Action::\"gett\", resource);\n",
    "permit (principal is k8s::ServiceAcount, action, resource);\n",
    "permit (principal in k8s::Group::\"a\", action, resource is k8s::Resource)\nwhen { principal.namespace == \"a\" };\n",
    "permit (principal, action, resource == k8s::Resource::\"secrets/a\");\n",
    "permit (principal, action, resource)\nwhen { k8s::Labels::\"the\".hasTag(\"a\") };\n",
    "permit (principal == ?principal, action, resource);\n",
    "@id(\"a\")\npermit (principal, action, resource);\n\n@id(\"a\")\nforbid (principal, action, resource);\n",
    "@id\npermit (principal, action, resource);\n",
    "permit (principal, action, resource is k8s::Resource)\nwhen { resource.name == 1 };\nforbid (principal, action, \
     resource)\nwhen { \"é\" == principal.nam };\n",
    "forbid (principal is k8s::User, action, resource)\nwhen { principal is k8s::ServiceAccount };\n",
    "permit (principal, action, resource) when { ((((((((((((((((((((((((((((((((true)))))))))))))))))))))))))))))))) };\n",
];

#[test]
fn problems_say_where_they_are_and_what_to_do() {
    let mut told = String::new();
    for text in CASES {
        writeln!(told, "{text}---\n{}\n========", problems(text)).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_directory_is_read_in_the_order_of_names_and_all_that_is_wrong_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let told = || match load(directory.path()) {
        Ok(loaded) => format!("{} policies", loaded.engine.len()),
        Err(error @ Error::Problems(_)) => error
            .to_string()
            .replace(&directory.path().display().to_string(), "DIR"),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(told(), "DIR: there is no file *.cedar in it");
    write("b.cedar", "permit (principal, action, resource);");
    write(
        "a.cedar",
        "permit (principal, action, resource); forbid (principal, action, resource);",
    );
    write("README.md", "no policy");
    write(".hidden.cedar", "no policy");
    assert_eq!(told(), "3 policies");
    write("a.cedar", "permit (");
    write(
        "b.cedar",
        "permit (principal, action, resource) when { context };",
    );
    let all = told();
    let (a, b) = (
        all.find("DIR/a.cedar:1:9: ").unwrap(),
        all.find("DIR/b.cedar:1:45: ").unwrap(),
    );
    assert!(a < b, "{all}");
    std::fs::write(directory.path().join("a.cedar"), b"\xff").unwrap();
    assert!(told().starts_with("DIR/a.cedar: "), "{}", told());
}

#[test]
fn policies_at_every_bound_load_and_decide_on_a_small_stack() {
    let deep = |open: &str, inner: &str, close: &str, times: usize| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    let conditions = [
        deep("(", "true", ")", 25),
        deep("!(", "true", ")", 25),
        deep("if (true) then ", "true", " else false", 90),
        "true && ".repeat(350) + "true",
        "true || ".repeat(350) + "true",
        "1 + ".repeat(150) + "1 > 0",
        deep("[", "true", "]", 25) + " == " + &deep("[", "true", "]", 25),
        deep("{a: ", "true", "}", 25) + &".a".repeat(25),
    ];
    let text: String = conditions
        .iter()
        .map(|condition| {
            format!(
                "permit (principal, action, resource is k8s::Resource)\nwhen {{ {condition} && \
                 resource.labels.hasTag(\"a\") }};\n"
            )
        })
        .collect();
    let told = std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(move || problems(&text));
    let told = told.unwrap().join().unwrap();
    assert!(!told.contains("error"), "{told}");
}

#[test]
fn hostile_texts_are_refused_and_overflow_nothing() {
    for text in [
        "(".repeat(1_000_000),
        format!(
            "permit (principal, action, resource) when {{ {} }};",
            "!".repeat(1_000_000)
        ),
        format!(
            "permit (principal, action, resource) when {{ resource{} }};",
            ".a".repeat(1_000_000)
        ),
        format!(
            "@a(\"{}\") permit (principal, action, resource);",
            "x".repeat(1_000_000)
        ),
        "permit (principal, action, resource);".repeat(20_000),
        "\"".repeat(100_001),
        "\u{0}\u{feff}permit".to_owned(),
        "permit (principal, action, resource) when { k8s::".to_owned() + &"a::".repeat(10_000) + " };",
    ] {
        assert!(from_texts([("a", text.as_str())]).is_err(), "{text:.80}");
    }
}
