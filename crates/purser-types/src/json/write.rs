//! The writer: compact text with Go's escaping.

use crate::node::{Node, float};
use crate::value::Value;

/// Appends an untyped tree as compact JSON: keys sorted, `<`, `>`, `&`, U+2028 and U+2029 escaped, as
/// `json.Marshal` of a Go map writes it. Bytes of a typed tree are written as base64.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(value) => out.extend_from_slice(itoa::Buffer::new().format(*value).as_bytes()),
        Value::Float(value) => out.extend_from_slice(float(*value).as_bytes()),
        Value::String(text) => write_string(text.expose(), out),
        Value::Bytes(bytes) => write_bytes(bytes.expose(), out),
        Value::List(items) => list(items, out, write),
        Value::Map(map) => object(map.iter().map(|(key, value)| (key.as_ref(), value)), out, write),
    }
}

/// Appends a document in its own order, duplicates among them.
pub(crate) fn write_node(node: &Node<'_>, out: &mut Vec<u8>) {
    match node {
        Node::Null => out.extend_from_slice(b"null"),
        Node::Bool(true) => out.extend_from_slice(b"true"),
        Node::Bool(false) => out.extend_from_slice(b"false"),
        Node::Number(text) => out.extend_from_slice(text.as_str().as_bytes()),
        Node::String(text) => write_string(text.as_str(), out),
        Node::List(items) => list(items, out, write_node),
        Node::Object(members) => object(
            members.iter().map(|(key, node)| (key.as_str(), node)),
            out,
            write_node,
        ),
    }
}

fn list<T>(items: &[T], out: &mut Vec<u8>, each: fn(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        each(item, out);
    }
    out.push(b']');
}

fn object<'a, T: 'a>(
    members: impl Iterator<Item = (&'a str, &'a T)>,
    out: &mut Vec<u8>,
    each: fn(&T, &mut Vec<u8>),
) {
    out.push(b'{');
    for (index, (key, value)) in members.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(key, out);
        out.push(b':');
        each(value, out);
    }
    out.push(b'}');
}

/// Appends bytes as a base64 string.
pub(crate) fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    base64_simd::STANDARD.encode_append(bytes, out);
    out.push(b'"');
}

/// Whether a byte may need escaping; 0xe2 starts U+2028 and U+2029.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which refuses a bad index"
)]
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table[b'<' as usize] = true;
    table[b'>' as usize] = true;
    table[b'&' as usize] = true;
    table[0xe2] = true;
    table
};

/// Appends a string in quotes, escaped as `json.Marshal` escapes it.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest
        .iter()
        .position(|&byte| SPECIAL.get(usize::from(byte)) == Some(&true))
    {
        let (plain, tail) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        rest = escape(tail, out);
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Escapes what `rest` starts with, and returns what follows it.
fn escape<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let Some((&byte, tail)) = rest.split_first() else {
        return rest;
    };
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0xe2 => return separator(rest, tail, out),
        _ => {
            out.extend_from_slice(b"\\u00");
            out.extend(
                [byte >> 4, byte & 15]
                    .iter()
                    .filter_map(|&digit| HEX.get(usize::from(digit))),
            );
            return tail;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
    tail
}

/// U+2028 and U+2029 end a line in JavaScript, so Go escapes them; other characters that start alike are written.
fn separator<'a>(rest: &'a [u8], tail: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let (escaped, taken): (&[u8], _) = match rest {
        [_, 0x80, 0xa8, ..] => (b"\\u2028", 2),
        [_, 0x80, 0xa9, ..] => (b"\\u2029", 2),
        _ => (&[0xe2], 0),
    };
    out.extend_from_slice(escaped);
    tail.get(taken..).unwrap_or_default()
}
