use super::*;
use crate::json;
use crate::value::Value;

/// The tree as JSON.
fn read(text: &str) -> String {
    let mut out = Vec::new();
    json::write(&parse(text.as_bytes()).unwrap().value, &mut out);
    String::from_utf8(out).unwrap()
}

fn error(text: &str) -> String {
    parse(text.as_bytes()).unwrap_err().to_string()
}

fn written(value: &Value) -> String {
    let mut out = Vec::new();
    write(value, &mut out);
    String::from_utf8(out).unwrap()
}

fn from_json(text: &str) -> Value {
    json::parse(text.as_bytes()).unwrap().value
}

#[test]
fn manifests_read_as_json() {
    assert_eq!(
        read("a: 1\nb: [x, 'y', \"z\"]\nc: |\n  line\nd: {e: ~, f: yes}\ng: 2020-01-01\nh: 'no'\n"),
        r#"{"a":1,"b":["x","y","z"],"c":"line\n","d":{"e":null,"f":true},"g":"2020-01-01","h":"no"}"#
    );
    assert_eq!(read("{\"a\": 1, \"b\": \"\\u00e9\"}"), r#"{"a":1,"b":"é"}"#);
    assert_eq!(read(""), "null");
    assert_eq!(read("# nothing\n"), "null");
    assert_eq!(read("---\na: b\n---\nc: d\n"), r#"{"a":"b"}"#);
    assert_eq!(
        read("1: a\ntrue: b\n1.5: c\n"),
        r#"{"1":"a","1.5":"c","true":"b"}"#
    );
    assert_eq!(
        read("a: !!str 1\nb: !!binary aGk=\nc: !custom 1\nd: ! 1\ne: !!int \"3\"\n"),
        r#"{"a":"1","b":"hi","c":"1","d":"1","e":3}"#
    );
}

#[test]
fn aliases_and_merges_unfold() {
    assert_eq!(
        read("a: &x {k: 1, l: 2}\nb: *x\nc:\n  <<: *x\n  l: 3\n"),
        r#"{"a":{"k":1,"l":2},"b":{"k":1,"l":2},"c":{"k":1,"l":3}}"#
    );
    assert_eq!(
        read("a: &x {k: 1}\nb: &y {k: 2, m: 3}\nc: {<<: [*x, *y]}\n"),
        r#"{"a":{"k":1},"b":{"k":2,"m":3},"c":{"k":1,"m":3}}"#
    );
}

#[test]
fn bombs_are_refused() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..10 {
        let previous = level - 1;
        let list = vec![format!("*a{previous}"); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{list}]\n"));
    }
    assert_eq!(error(&bomb), "yaml: document contains excessive aliasing");
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), ["*a"; 8].join(","));
    assert_eq!(error(&long), "yaml: document contains excessive aliasing");
    assert_eq!(error("a: &a [*a]"), "yaml: anchor value contains itself");
    assert_eq!(error(&"[".repeat(100_000)), "yaml: exceeded max depth");
    assert_eq!(error(&"- ".repeat(100_000)), "yaml: exceeded max depth");
}

#[test]
fn mistakes_read_as_upstream() {
    assert_eq!(
        error("a:\n\t- b"),
        "yaml: line 2: found character that cannot start any token"
    );
    assert_eq!(
        error("a: b: c"),
        "yaml: mapping values are not allowed in this context"
    );
    assert_eq!(
        error("x: 1\na: b: c"),
        "yaml: line 2: mapping values are not allowed in this context"
    );
    assert_eq!(error("a: [1\n"), "yaml: did not find expected ',' or ']'");
    assert_eq!(error("a: .nan"), "json: unsupported value: NaN");
    assert_eq!(error("? [a]\n: b\n"), "yaml: invalid map key");
    assert!(parse(b"a: \xff").unwrap_err().to_string().starts_with("yaml: "));
    assert_eq!(error("a: \u{0}"), "yaml: control characters are not allowed");
}

#[test]
fn duplicate_keys_are_named_with_their_line() {
    let document = super::read(b"a: 1\nb:\n  c: 1\n  c: 2\na: 3\n").unwrap();
    let lines: Vec<String> = document.duplicates.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "line 4: key \"c\" already set in map",
            "line 5: key \"a\" already set in map"
        ]
    );
    let parsed = parse(b"a: 1\nb:\n  c: 1\n  c: 2\na: 3\n").unwrap();
    assert_eq!(parsed.duplicates, ["b.c", "a"]);
}

#[test]
fn strings_are_quoted_where_they_have_to_be() {
    for (text, yaml) in [
        ("plain text", "plain text"),
        ("", "\"\""),
        ("yes", "\"yes\""),
        ("null", "\"null\""),
        ("1", "\"1\""),
        ("1.5", "\"1.5\""),
        ("12:30", "\"12:30\""),
        ("2020-01-01", "\"2020-01-01\""),
        ("a: b", "'a: b'"),
        ("it's: x", "'it''s: x'"),
        ("a #b", "'a #b'"),
        ("#a", "'#a'"),
        ("- a", "'- a'"),
        ("-a", "-a"),
        (" a", "' a'"),
        ("*a", "'*a'"),
        ("---", "'---'"),
        ("a\tb", "\"a\\tb\""),
        ("a\u{7f}", "\"a\\x7F\""),
        ("😀", "\"\\U0001F600\""),
        ("é", "é"),
        ("a\\b\"c", "a\\b\"c"),
        ("a\nb\n", "|\n  a\n  b"),
        ("a\nb", "|-\n  a\n  b"),
        ("a\n\n", "|+\n  a\n"),
        (" a\n", "|2\n   a"),
        ("a\nb ", "\"a\\nb \""),
    ] {
        let value = Value::Map(std::iter::once(("k".into(), Value::string(text))).collect());
        assert_eq!(written(&value), format!("k: {yaml}\n"), "{text:?}");
        assert_eq!(
            parse(written(&value).as_bytes()).unwrap().value,
            value,
            "{text:?}"
        );
    }
}

#[test]
fn trees_are_written_in_block_style() {
    let value =
        from_json(r#"{"b":[{"x":1,"y":[1,[2,3],{}]},[],"s"],"a":{},"c":{"d":{"e":null}},"f":["l1\nl2\n"]}"#);
    assert_eq!(
        written(&value),
        "a: {}\nb:\n- x: 1\n  \"y\":\n  - 1\n  - - 2\n    - 3\n  - {}\n- []\n- s\nc:\n  d:\n    e: null\nf:\n- |\n  l1\n  l2\n"
    );
    assert_eq!(written(&from_json("[1]")), "- 1\n");
    assert_eq!(written(&Value::Null), "null\n");
}

#[test]
fn long_text_folds_at_spaces_and_reads_the_same() {
    let words = vec!["word"; 40].join(" ");
    for text in [
        words.clone(),
        format!("{words}: x"),
        format!("{words}\t x"),
        format!("a  {words}  b"),
    ] {
        let value = Value::Map(std::iter::once(("k".into(), Value::string(text))).collect());
        let yaml = written(&value);
        assert!(yaml.lines().count() > 1, "{yaml}");
        assert!(yaml.lines().all(|line| line.len() < 90), "{yaml}");
        assert_eq!(parse(yaml.as_bytes()).unwrap().value, value, "{yaml}");
    }
    let key = "k".repeat(200);
    let value = Value::Map(std::iter::once((key.clone().into(), Value::string("v"))).collect());
    assert_eq!(written(&value), format!("? {key}\n: v\n"));
    assert_eq!(parse(written(&value).as_bytes()).unwrap().value, value);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn any_string_reads_back(text in ".{0,30}", key in "[a-zA-Z0-9._:# -]{1,12}") {
        let inner = Value::List(vec![Value::string(text.clone())]);
        let value = Value::Map([("a".into(), inner), (key.into(), Value::string(text))].into_iter().collect());
        let yaml = written(&value);
        proptest::prop_assert_eq!(parse(yaml.as_bytes()).unwrap().value, value, "{}", yaml);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn yaml_like_text_is_read_or_refused(text in "[-a:&*{}\\[\\],'\"|>?!#%\n <1]{0,40}") {
        let _ = parse(text.as_bytes());
    }
}
