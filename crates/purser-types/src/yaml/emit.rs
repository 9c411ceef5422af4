//! The writer: block style, two spaces, lists not indented under their key.
//!
//! Source: `sigs.k8s.io/yaml.Marshal`, whose keys are sorted by [`super::order`].

use zeroize::Zeroizing;

use super::order;
use super::scalar::{self, Style};
use crate::value::{Map, Value};

/// The longest key that is written without `? `, in bytes.
const MAX_SIMPLE_KEY: usize = 128;

/// Appends an untyped tree as a YAML document with a line break at its end.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    let mut text = Zeroizing::new(String::new());
    node(value, 0, Place::Top, &mut text);
    text.push('\n');
    out.extend_from_slice(text.as_bytes());
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the document.
    Top,
    /// After `key:`.
    Value,
    /// After `- `.
    Item,
}

/// Appends a value; what it needs before it (a space, a line break) too. No line break follows.
fn node(value: &Value, indent: usize, place: Place, out: &mut String) {
    match value {
        Value::Map(map) if !map.is_empty() => mapping(map, indent, place, out),
        Value::List(items) if !items.is_empty() => sequence(items, indent, place, out),
        other => {
            if place == Place::Value {
                out.push(' ');
            }
            flat(other, indent + 2, out);
        }
    }
}

/// A value without children. Continued lines are indented by `indent`.
fn flat(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => out.push_str(itoa::Buffer::new().format(*value)),
        Value::Float(value) => out.push_str(&float(*value)),
        Value::String(text) => string(text.expose(), indent, out),
        Value::Bytes(bytes) => string(
            &Zeroizing::new(base64_simd::STANDARD.encode_to_string(bytes.expose())),
            indent,
            out,
        ),
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
    }
}

fn string(text: &str, indent: usize, out: &mut String) {
    match scalar::style(text, false) {
        Style::Plain => scalar::write_flow(text, false, true, indent, out),
        Style::SingleQuoted => scalar::write_flow(text, true, true, indent, out),
        Style::DoubleQuoted => scalar::write_double_quoted(text, true, indent, out),
        Style::Literal => scalar::write_literal(text, indent, out),
    }
}

fn mapping(map: &Map, indent: usize, place: Place, out: &mut String) {
    let mut members: Vec<(&str, &Value)> = map.iter().map(|(key, value)| (key.as_ref(), value)).collect();
    members.sort_by(|(a, _), (b, _)| order::compare(a, b));
    let indent = if place == Place::Top { 0 } else { indent + 2 };
    for (index, (key, value)) in members.into_iter().enumerate() {
        // The first member of an item stands on the line of its dash.
        if index > 0 || place == Place::Value {
            start_line(indent, out);
        }
        let is_simple = key.len() <= MAX_SIMPLE_KEY;
        if !is_simple {
            out.push_str("? ");
        }
        match scalar::style(key, true) {
            Style::Plain => scalar::write_flow(key, false, !is_simple, indent + 2, out),
            Style::SingleQuoted => scalar::write_flow(key, true, !is_simple, indent + 2, out),
            Style::DoubleQuoted | Style::Literal => {
                scalar::write_double_quoted(key, !is_simple, indent + 2, out);
            }
        }
        if !is_simple {
            start_line(indent, out);
        }
        out.push(':');
        node(value, indent, Place::Value, out);
    }
}

fn sequence(items: &[Value], indent: usize, place: Place, out: &mut String) {
    let indent = match place {
        Place::Top => 0,
        Place::Value => indent,
        Place::Item => indent + 2,
    };
    for (index, item) in items.iter().enumerate() {
        if index > 0 || place == Place::Value {
            start_line(indent, out);
        }
        out.push_str("- ");
        node(item, indent, Place::Item, out);
    }
}

fn start_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

/// `strconv.FormatFloat(f, 'g', -1, 64)`: shortest, with an exponent below 1e-4 and from 1e21 on.
fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 {
            ".inf".to_owned()
        } else {
            "-.inf".to_owned()
        };
    }
    let size = value.abs();
    if value == 0.0 || (1e-4..1e21).contains(&size) {
        return value.to_string();
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent
                .strip_prefix('-')
                .map_or(('+', exponent), |digits| ('-', digits));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text,
    }
}
