//! What a patch may be, and what is told of one that is wrong.

use std::fmt::Write as _;

use purser_registry::patch::{PatchKind, apply};
use purser_types::decode::FieldValidation;
use serde_json::json as document;

use crate::{object, patched};

#[test]
fn strings_of_a_secret_are_patched_as_data() {
    let secret = document!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"a": "eA=="}, "type": "Opaque",
    });
    let result =
        patched(PatchKind::Merge, &document!({"stringData": {"b": "y"}}), &secret).expect("an object");
    assert_eq!(
        (&result["data"], &result["stringData"]),
        (&document!({"a": "eA=="}), &document!({"b": "y"}))
    );
}

#[test]
fn findings_in_the_patch_itself_are_told() {
    let current = document!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    for (kind, patch, warnings) in [
        (
            PatchKind::Merge,
            r#"{"data":{"a":"1","a":"2"},"x":1}"#,
            vec!["duplicate field \"data.a\"", "unknown field \"x\""],
        ),
        (
            PatchKind::Json,
            r#"[{"op":"add","path":"/data","value":{},"frob":1}]"#,
            vec!["json patch unknown field \"[0].frob\""],
        ),
        (
            PatchKind::Strategic,
            r#"{"data":{"a":"1","a":"2"}}"#,
            vec!["duplicate field \"data.a\""],
        ),
    ] {
        let applied = apply(kind, patch.as_bytes(), &object(&current), FieldValidation::Warn);
        assert_eq!(applied.expect("an object").1, warnings);
        let strict = apply(kind, patch.as_bytes(), &object(&current), FieldValidation::Strict);
        assert_eq!(strict.expect_err("strict").code, 422);
        let ignored = apply(kind, patch.as_bytes(), &object(&current), FieldValidation::Ignore);
        assert!(ignored.expect("an object").1.is_empty());
    }
}

#[test]
fn hostile_patches_end_with_an_error() {
    let current = document!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    let large = format!(r#"{{"data":{{"a":"{}"}}}}"#, "x".repeat(4 << 20));
    let many = format!(
        r#"{{"metadata":{{"finalizers":[{}"a/b"]}}}}"#,
        "\"c/d\",".repeat(100_000)
    );
    let retain = format!(
        r#"{{"$retainKeys":[{}"a"],{}"a":1}}"#,
        "\"k\",".repeat(100_000),
        keys(100_000)
    );
    for patch in [
        deep.as_str(),
        retain.as_str(),
        large.as_str(),
        many.as_str(),
        "",
        "\u{feff}{}",
        "nul",
        "[[[[",
    ] {
        for kind in [PatchKind::Json, PatchKind::Merge, PatchKind::Strategic] {
            // An error or an object, in time; `many` is an object.
            let _ = apply(kind, patch.as_bytes(), &object(&current), FieldValidation::Strict);
        }
    }
}

fn keys(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, key| {
        let _ = write!(text, "\"{key}\":1,");
        text
    })
}

#[test]
fn json_patches_do_not_take_values_out_of_a_secret() {
    let secret = document!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "labels": {"a": "b"}},
        "data": {"a": "Y2FuYXJ5"}, "type": "Opaque",
    });
    for op in ["copy", "move"] {
        for (from, path) in [
            ("/data/a", "/type"),
            ("/data/a", "/metadata/labels/a"),
            ("x/data/a", "/metadata/annotations"),
            ("/data", "/metadata/annotations"),
            ("", "/metadata"),
        ] {
            let patch = document!([{"op": op, "from": from, "path": path}]);
            let refused = patched(PatchKind::Json, &patch, &secret).expect_err("kept");
            assert_eq!(refused.code, 422);
            assert_eq!(
                refused.message,
                "the data of a Secret cannot be copied or moved out of its map by a JSON patch"
            );
        }
    }
    let within = document!([{"op": "move", "from": "/data/a", "path": "/data/b"}]);
    let result = patched(PatchKind::Json, &within, &secret).expect("an object");
    assert_eq!(result["data"], document!({"b": "Y2FuYXJ5"}));
    let open =
        document!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "b"}});
    let patch = document!([{"op": "copy", "from": "/data", "path": "/metadata/labels"}]);
    let result = patched(PatchKind::Json, &patch, &open).expect("an object");
    assert_eq!(result["metadata"]["labels"], document!({"a": "b"}));
}
