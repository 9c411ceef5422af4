//! Long runs of one chunk are written `{{CHUNK*TIMES}}` in the recording; bytes that are no UTF-8 are written `\xNN`.

use serde_json::{Map, Value};

/// The longest chunk that the recorder finds by itself.
const CHUNK: usize = 4;
/// A run of more than this many chunks is written short.
const RUN: usize = 300;
/// Only texts longer than this are looked at.
const LONG: usize = 1500;

/// The bytes that a recorded body stands for.
pub(crate) fn expand(body: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = body;
    while let Some(open) = rest.find("{{") {
        let Some((chunk, times, after)) = run_at(&rest[open + 2..]) else {
            break;
        };
        out.extend_from_slice(&unescape(&rest[..open]));
        out.extend(chunk.as_bytes().iter().copied().cycle().take(chunk.len() * times));
        rest = after;
    }
    out.extend_from_slice(&unescape(rest));
    out
}

/// `CHUNK*TIMES}}` at the start of a text, and what follows it.
fn run_at(text: &str) -> Option<(&str, usize, &str)> {
    for (at, _) in text.match_indices('*') {
        let digits = text[at + 1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        if digits > 0 && text[at + 1 + digits..].starts_with("}}") {
            let times = text[at + 1..at + 1 + digits].parse().ok()?;
            return Some((&text[..at], times, &text[at + 1 + digits + 2..]));
        }
    }
    None
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        let Some(byte) = rest
            .get(at + 2..at + 4)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
        else {
            break;
        };
        out.extend_from_slice(&rest.as_bytes()[..at]);
        out.push(byte);
        rest = &rest[at + 4..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// The value with long runs written short, as the recorder writes them.
pub(crate) fn shorten(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(shorten_text(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(shorten).collect()),
        Value::Object(members) => {
            let short = members
                .into_iter()
                .map(|(name, value)| (shorten_text(&name), shorten(value)));
            Value::Object(short.collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn shorten_text(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= LONG {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut at = 0;
    while at < characters.len() {
        match (1..=CHUNK)
            .rev()
            .find_map(|size| run(&characters[at..], size).map(|times| (size, times)))
        {
            Some((size, times)) => {
                let chunk: String = characters[at..at + size].iter().collect();
                out.push_str(&format!("{{{{{chunk}*{times}}}}}"));
                at += size * times;
            }
            None => {
                out.push(characters[at]);
                at += 1;
            }
        }
    }
    out
}

/// How often the first `size` characters stand in a row, when that is a run.
fn run(characters: &[char], size: usize) -> Option<usize> {
    let chunk = characters.get(..size).filter(|chunk| !chunk.contains(&'\n'))?;
    let times = characters
        .chunks_exact(size)
        .take_while(|next| *next == chunk)
        .count();
    (times > RUN).then_some(times)
}

#[test]
fn runs_are_expanded_and_written_short_again() {
    let body = "a{{xy*1000}}b";
    let long = String::from_utf8(expand(body)).unwrap();
    assert_eq!(long.len(), 2002);
    assert_eq!(
        shorten(Value::String(long)),
        Value::String("a{{xyxy*500}}b".to_owned())
    );
    assert_eq!(expand("[{{{\"a\"}, *2}}x]"), b"[{\"a\"}, {\"a\"}, x]");
    assert_eq!(expand("\"\\xff\""), b"\"\xff\"");
}
