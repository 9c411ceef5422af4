//! Values as Go prints them in sentences about configurations, at most [`PRINTED_MAX`] bytes of each.

use std::fmt::Write as _;

use purser_types::Value;
use purser_types::quote::quote;

use crate::validate::causes;

/// The most bytes of a value in a sentence.
const PRINTED_MAX: usize = 256;

/// As `%#v` prints a value of structured-merge-diff.
pub(super) fn syntax(value: &Value) -> String {
    let mut out = "&value.valueUnstructured{Value:".to_owned();
    write_syntax(value, &mut out);
    out.push('}');
    cut(out)
}

/// As `%v` prints it.
pub(super) fn plain(value: &Value) -> String {
    let mut out = "&{".to_owned();
    write_plain(value, &mut out);
    out.push('}');
    cut(out)
}

/// The Go type of a value.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Float(_) => "float64",
        Value::String(_) | Value::Bytes(_) => "string",
        Value::List(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    }
}

fn write_syntax(value: &Value, out: &mut String) {
    if out.len() > PRINTED_MAX {
        return;
    }
    match value {
        Value::Null => out.push_str("interface {}(nil)"),
        Value::String(text) => out.push_str(&quote(text.expose())),
        Value::List(items) => {
            out.push_str("[]interface {}{");
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_syntax(item, out);
            }
            out.push('}');
        }
        Value::Map(map) => {
            out.push_str("map[string]interface {}{");
            for (index, (key, item)) in map.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(&quote(key));
                out.push(':');
                write_syntax(item, out);
            }
            out.push('}');
        }
        scalar => write_plain(scalar, out),
    }
}

fn write_plain(value: &Value, out: &mut String) {
    if out.len() > PRINTED_MAX {
        return;
    }
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::Bool(value) => drop(write!(out, "{value}")),
        Value::Int(value) => drop(write!(out, "{value}")),
        Value::Float(value) => drop(write!(out, "{value}")),
        Value::String(text) => out.push_str(text.expose()),
        Value::Bytes(_) => {}
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { " " } else { "" });
                write_plain(item, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push_str("map[");
            for (index, (key, item)) in map.iter().enumerate() {
                out.push_str(if index > 0 { " " } else { "" });
                out.push_str(key);
                out.push(':');
                write_plain(item, out);
            }
            out.push(']');
        }
    }
}

/// At most [`PRINTED_MAX`] bytes of a text that a client sent.
pub(super) fn cut(text: String) -> String {
    causes::cut(text, PRINTED_MAX)
}
