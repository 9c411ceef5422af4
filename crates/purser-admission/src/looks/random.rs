//! Whether a value looks drawn at random, rather than written by somebody who meant something.

use super::url::is_placeholder;

/// Shorter values are words.
const LENGTH_MIN: usize = 10;
/// Longer values are documents.
const LENGTH_MAX: usize = 512;
/// Bits a character, at least; English words have about 2.5 to 3.2 at such lengths, hexadecimal up to 4.
const ENTROPY_MIN: f64 = 2.9;

/// Whether `value` could be a password or a key. References, placeholders, paths, names and UUIDs could not.
pub(super) fn looks_random(value: &str) -> bool {
    (LENGTH_MIN..=LENGTH_MAX).contains(&value.len())
        && !value.contains(|c: char| c.is_whitespace() || c.is_control())
        && !is_placeholder(value)
        && !is_reference(value)
        && !is_uuid(value)
        && !is_name(value)
        && is_mixed(value)
        && entropy(value) >= ENTROPY_MIN
}

/// A path, a URL, a resource's name, an expression of another language.
fn is_reference(value: &str) -> bool {
    let starts = [
        "/",
        "./",
        "../",
        "~/",
        "arn:",
        "vault:",
        "ref+",
        "secret/",
        "projects/",
        "sha256:",
        "file:",
    ];
    starts.iter().any(|start| value.starts_with(start))
        || value.contains("://")
        || value.contains("${")
        || value.contains("{{")
        || value.contains("$(")
}

fn is_uuid(value: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = value.split('-').collect();
    parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Words joined by dashes, dots or underscores, as things are named: at least half of the parts are letters only.
fn is_name(value: &str) -> bool {
    let parts: Vec<&str> = value.split(['-', '.', '_']).collect();
    let is_word = |part: &&&str| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let plain = value
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_'));
    plain && parts.len() >= 2 && parts.iter().filter(is_word).count().saturating_mul(2) >= parts.len()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Symbol,
    Joint,
}

fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' => Class::Lower,
        b'A'..=b'Z' => Class::Upper,
        b'0'..=b'9' => Class::Digit,
        b'-' | b'_' | b'.' | b':' | b',' => Class::Joint,
        _ => Class::Symbol,
    }
}

/// Letters, digits and symbols mixed as people's names for things are not: three classes of characters, or many
/// changes between two.
fn is_mixed(value: &str) -> bool {
    /// Changes between letters and digits, at least one in so many characters.
    const CHANGE_EVERY: usize = 6;
    let classes: Vec<Class> = value.bytes().map(class).collect();
    let has = |wanted: Class| classes.contains(&wanted);
    let kinds = [Class::Lower, Class::Upper, Class::Digit, Class::Symbol]
        .into_iter()
        .filter(|c| has(*c))
        .count();
    let letters: Vec<Class> = classes
        .iter()
        .copied()
        .filter(|class| *class != Class::Joint)
        .collect();
    let changes = letters.windows(2).filter(|two| two.first() != two.last()).count();
    // A digit or a symbol is needed: `CamelCaseWords` and `snake_case` are names.
    let beyond_letters = has(Class::Digit) || has(Class::Symbol);
    beyond_letters && (kinds >= 3 || changes.saturating_mul(CHANGE_EVERY) >= value.len()) && changes >= 3
}

/// Shannon's entropy of the bytes, in bits a byte.
fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count = count.saturating_add(1);
        }
    }
    let total = f64::from(u32::try_from(value.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        })
        .sum()
}
