//! JSON Patch (RFC 6902): a list of operations, all or none.
//!
//! Source: `patch.go` of `evanphx/json-patch` v4, and the bounds of kube-apiserver
//! (`pkg/endpoints/handlers/patch.go`, `pkg/server/config.go`).

use purser_types::{Map, Value};

use super::pointer::{depth, place};
use super::secrecy;
use super::size::{json_depth, json_size};

/// The most operations of a patch.
pub(super) const OPERATIONS_MAX: usize = 10_000;
/// All that the `copy` operations of a patch add, in bytes of JSON.
const COPIED_MAX: usize = 3 << 20;
/// How deep operations may nest what they build.
const DEPTH_MAX: usize = 512;
/// All that the operations of a patch shift in lists, in elements, and carry from place to place by `move`, in bytes
/// of JSON: a patch of many operations may do the work of its document for each.
const WORK_MAX: usize = 64 << 20;

/// An operation.
#[derive(Debug)]
pub(super) struct Operation {
    op: String,
    path: Option<String>,
    from: Option<String>,
    value: Value,
}

impl Operation {
    /// Whether it copies or moves what a Secret keeps to where it is not kept.
    pub(super) fn takes_secrets_out(&self) -> bool {
        let (Some(from), Some(path)) = (&self.from, &self.path) else {
            return false;
        };
        matches!(self.op.as_str(), "copy" | "move") && secrecy::leads_out(from, path)
    }

    /// Whether what becomes of it depends on what a Secret keeps.
    pub(super) fn looks_at_secrets(&self) -> bool {
        let looked_at = match self.op.as_str() {
            "test" => &self.path,
            "copy" | "move" => &self.from,
            _ => return false,
        };
        looked_at.as_deref().is_some_and(secrecy::touches)
    }
}

/// The patch does not apply. Upstream says no more to the client.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DoesNotApply;

/// Reads the operations of a patch, and which of their members are not known (for strict reading).
///
/// # Errors
/// Go's sentence when the document is not a list of operations.
pub(super) fn operations(patch: Value) -> Result<(Vec<Operation>, Vec<String>), String> {
    let items = match patch {
        Value::List(items) => items,
        Value::Null => Vec::new(),
        other => return Err(cannot(&other, "Go value of type []handlers.jsonPatchOp")),
    };
    let mut unknown = Vec::new();
    let mut operations = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        match item {
            Value::Map(members) => operations.push(operation(members, index, &mut unknown)?),
            Value::Null => operations.push(operation(Map::new(), index, &mut unknown)?),
            other => return Err(cannot(&other, "Go value of type handlers.jsonPatchOp")),
        }
    }
    Ok((operations, unknown))
}

fn operation(members: Map, index: usize, unknown: &mut Vec<String>) -> Result<Operation, String> {
    let mut operation = Operation {
        op: String::new(),
        path: None,
        from: None,
        value: Value::Null,
    };
    for (name, value) in members {
        match name.as_ref() {
            "op" => operation.op = string(value, "op")?.unwrap_or_default(),
            "path" => operation.path = string(value, "path")?,
            "from" => operation.from = string(value, "from")?,
            "value" => operation.value = value,
            other => unknown.push(format!("[{index}].{other}")),
        }
    }
    Ok(operation)
}

fn string(value: Value, field: &str) -> Result<Option<String>, String> {
    match value {
        Value::String(text) => Ok(Some(text.expose().to_owned())),
        Value::Null => Ok(None),
        other => Err(cannot(
            &other,
            &format!("Go struct field jsonPatchOp.{field} of type string"),
        )),
    }
}

fn cannot(value: &Value, into: &str) -> String {
    format!("json: cannot unmarshal {} into {into}", super::go::kind(value))
}

/// Applies the operations to `document` in turn. After an error the document is half changed.
///
/// # Errors
/// When one does not apply, or what they build has no bounds.
pub(super) fn apply(document: &mut Value, operations: Vec<Operation>) -> Result<(), DoesNotApply> {
    let mut spent = Spent::default();
    for operation in operations {
        one(document, operation, &mut spent).ok_or(DoesNotApply)?;
    }
    Ok(())
}

/// What the operations of a patch have cost so far.
#[derive(Default)]
struct Spent {
    copied: usize,
    worked: usize,
}

impl Spent {
    /// `None` beyond [`COPIED_MAX`].
    fn copy(&mut self, bytes: usize) -> Option<()> {
        self.copied = self.copied.saturating_add(bytes);
        (self.copied <= COPIED_MAX).then_some(())
    }

    /// `None` beyond [`WORK_MAX`].
    fn work(&mut self, amount: usize) -> Option<()> {
        self.worked = self.worked.saturating_add(amount);
        (self.worked <= WORK_MAX).then_some(())
    }
}

fn one(document: &mut Value, operation: Operation, spent: &mut Spent) -> Option<()> {
    let Operation {
        op,
        path,
        from,
        value,
    } = operation;
    match op.as_str() {
        "add" => add(document, &path?, value, spent),
        "remove" => remove(document, &path?, spent).map(drop),
        "replace" => replace(document, &path?, value),
        "move" => {
            let value = remove(document, &from?, spent)?;
            spent.work(json_size(&value))?;
            add(document, &path?, value, spent)
        }
        "copy" => {
            let value = place(document, &from?)?.get()?.duplicate();
            spent.copy(json_size(&value))?;
            add(document, &path?, value, spent)
        }
        "test" => test(document, &path?, &value),
        _ => None,
    }
}

fn add(document: &mut Value, path: &str, value: Value, spent: &mut Spent) -> Option<()> {
    if depth(path).saturating_add(json_depth(&value)) > DEPTH_MAX {
        return None;
    }
    let place = place(document, path)?;
    spent.work(place.elements())?;
    place.add(value)
}

fn remove(document: &mut Value, path: &str, spent: &mut Spent) -> Option<Value> {
    let place = place(document, path)?;
    spent.work(place.elements())?;
    place.remove()
}

/// A missing member is set, as upstream does; a missing element is an error.
fn replace(document: &mut Value, path: &str, value: Value) -> Option<()> {
    if depth(path).saturating_add(json_depth(&value)) > DEPTH_MAX {
        return None;
    }
    if path.is_empty() {
        *document = matches!(value, Value::Map(_) | Value::List(_)).then_some(value)?;
        return Some(());
    }
    place(document, path)?.set(value)
}

fn test(document: &mut Value, path: &str, value: &Value) -> Option<()> {
    let equal = if path.is_empty() {
        document == value
    } else {
        place(document, path)?.get()? == value
    };
    equal.then_some(())
}

#[cfg(test)]
mod tests {
    use purser_types::json;

    use super::*;

    fn patched(document: &str, patch: &str) -> Result<String, DoesNotApply> {
        let mut document = json::parse(document.as_bytes()).expect("a document").value;
        let patch = json::parse(patch.as_bytes()).expect("a patch").value;
        apply(&mut document, operations(patch).expect("operations").0)?;
        let mut out = Vec::new();
        json::write(&document, &mut out);
        Ok(String::from_utf8(out).expect("UTF-8"))
    }

    /// Appendix A of RFC 6902, and where upstream differs.
    #[test]
    fn operations_do_what_the_rfc_says() {
        for (document, patch, result) in [
            (
                r#"{"a":1}"#,
                r#"[{"op":"add","path":"/b","value":2}]"#,
                r#"{"a":1,"b":2}"#,
            ),
            (
                r#"{"a":[1,3]}"#,
                r#"[{"op":"add","path":"/a/1","value":2}]"#,
                r#"{"a":[1,2,3]}"#,
            ),
            (
                r#"{"a":[1]}"#,
                r#"[{"op":"add","path":"/a/-","value":[2]}]"#,
                r#"{"a":[1,[2]]}"#,
            ),
            (
                r#"{"a":[1,2]}"#,
                r#"[{"op":"add","path":"/a/-1","value":3}]"#,
                r#"{"a":[1,2,3]}"#,
            ),
            (
                r#"{"a":1,"b":2}"#,
                r#"[{"op":"remove","path":"/b"}]"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"a":[1,2,3]}"#,
                r#"[{"op":"remove","path":"/a/1"}]"#,
                r#"{"a":[1,3]}"#,
            ),
            (
                r#"{"a":1}"#,
                r#"[{"op":"replace","path":"/a","value":2}]"#,
                r#"{"a":2}"#,
            ),
            (
                r#"{"a":1}"#,
                r#"[{"op":"replace","path":"/b","value":2}]"#,
                r#"{"a":1,"b":2}"#,
            ),
            (
                r#"{"a":1}"#,
                r#"[{"op":"replace","path":"","value":{"c":3}}]"#,
                r#"{"c":3}"#,
            ),
            (
                r#"{"a":{"b":1},"c":{}}"#,
                r#"[{"op":"move","from":"/a/b","path":"/c/d"}]"#,
                r#"{"a":{},"c":{"d":1}}"#,
            ),
            (
                r#"{"a":[1,2,3]}"#,
                r#"[{"op":"move","from":"/a/0","path":"/a/2"}]"#,
                r#"{"a":[2,3,1]}"#,
            ),
            (
                r#"{"a":{"b":1}}"#,
                r#"[{"op":"copy","from":"/a","path":"/c"}]"#,
                r#"{"a":{"b":1},"c":{"b":1}}"#,
            ),
            (
                r#"{"a":[1,{"b":"x"}]}"#,
                r#"[{"op":"test","path":"/a/1","value":{"b":"x"}}]"#,
                r#"{"a":[1,{"b":"x"}]}"#,
            ),
            (
                r#"{"a":1}"#,
                r#"[{"op":"test","path":"/b","value":null}]"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"a":1}"#,
                r#"[{"op":"test","path":"","value":{"a":1}}]"#,
                r#"{"a":1}"#,
            ),
            (
                r#"{"a/b":1,"~":2}"#,
                r#"[{"op":"remove","path":"/a~1b"},{"op":"remove","path":"/~0"}]"#,
                "{}",
            ),
            (
                r#"{"":1}"#,
                r#"[{"op":"replace","path":"/","value":2}]"#,
                r#"{"":2}"#,
            ),
            (
                r#"{"a":1}"#,
                r#"[{"op":"add","path":"/b"}]"#,
                r#"{"a":1,"b":null}"#,
            ),
            (r#"{"a":1}"#, "[]", r#"{"a":1}"#),
            (r#"{"a":1}"#, "null", r#"{"a":1}"#),
        ] {
            assert_eq!(
                patched(document, patch).as_deref(),
                Ok(result),
                "{document} {patch}"
            );
        }
    }

    #[test]
    fn what_does_not_apply_is_refused() {
        for (document, patch) in [
            (r#"{"a":1}"#, r#"[{"op":"remove","path":"/b"}]"#),
            (r#"{"a":1}"#, r#"[{"op":"add","path":"/b/c","value":2}]"#),
            (r#"{"a":1}"#, r#"[{"op":"add","path":"/a/c","value":2}]"#),
            (r#"{"a":1}"#, r#"[{"op":"add","path":"","value":{}}]"#),
            (r#"{"a":[1]}"#, r#"[{"op":"add","path":"/a/2","value":2}]"#),
            (r#"{"a":[1]}"#, r#"[{"op":"replace","path":"/a/1","value":2}]"#),
            (r#"{"a":[1]}"#, r#"[{"op":"replace","path":"/a/-","value":2}]"#),
            (r#"{"a":1}"#, r#"[{"op":"move","from":"/b","path":"/c"}]"#),
            (
                r#"{"a":{"b":{}}}"#,
                r#"[{"op":"move","from":"/a","path":"/a/b"}]"#,
            ),
            (r#"{"a":1}"#, r#"[{"op":"test","path":"/a","value":2}]"#),
            (r#"{"a":1}"#, r#"[{"op":"test","path":"/a"}]"#),
            (r#"{"a":1}"#, r#"[{"op":"frob","path":"/a"}]"#),
            (r#"{"a":1}"#, r#"[{"path":"/a"}]"#),
            (r#"{"a":1}"#, r#"[{"op":"add","value":1}]"#),
            (r#"{"a":1}"#, r#"[{"op":"replace","path":"","value":1}]"#),
        ] {
            assert_eq!(patched(document, patch), Err(DoesNotApply), "{document} {patch}");
        }
    }

    #[test]
    fn what_is_not_a_list_of_operations_is_named() {
        for (patch, sentence) in [
            (
                r#"{"op":"add"}"#,
                "json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
            ),
            (
                "[1]",
                "json: cannot unmarshal number into Go value of type handlers.jsonPatchOp",
            ),
            (
                r#"[{"op":1}]"#,
                "json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string",
            ),
        ] {
            let patch = json::parse(patch.as_bytes()).expect("JSON").value;
            assert_eq!(operations(patch).map(drop), Err(sentence.to_owned()));
        }
    }

    #[test]
    fn copies_work_and_nesting_are_bounded() {
        let big = "x".repeat(1 << 20);
        let document = format!(r#"{{"a":"{big}"}}"#);
        let copy = r#"{"op":"copy","from":"/a","path":"/b"}"#;
        assert!(patched(&document, &format!("[{copy},{copy}]")).is_ok());
        assert_eq!(
            patched(&document, &format!("[{copy},{copy},{copy}]")),
            Err(DoesNotApply)
        );
        let long = format!(r#"{{"a":[{}0]}}"#, "0,".repeat(200_000));
        let removals = vec![r#"{"op":"remove","path":"/a/0"}"#; 1_000].join(",");
        assert_eq!(patched(&long, &format!("[{removals}]")), Err(DoesNotApply));
        let forth = r#"{"op":"move","from":"/a","path":"/b"},{"op":"move","from":"/b","path":"/a"}"#;
        assert!(patched(&document, &format!("[{forth}]")).is_ok());
        let back_and_forth = vec![forth; 100].join(",");
        assert_eq!(
            patched(&document, &format!("[{back_and_forth}]")),
            Err(DoesNotApply)
        );
        let nest = vec![r#"{"op":"copy","from":"/a","path":"/a/b"}"#; 600].join(",");
        assert_eq!(patched(r#"{"a":{}}"#, &format!("[{nest}]")), Err(DoesNotApply));
    }
}
