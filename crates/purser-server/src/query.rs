//! The query string, as Go's `url.ParseQuery` reads it.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use purser_types::quote::quote;

/// Pairs of a query string in the order they came. Pairs that cannot be decoded are left out, as upstream does.
#[derive(Debug, Default)]
pub(crate) struct Query<'q> {
    pairs: Vec<(Cow<'q, str>, Cow<'q, str>)>,
}

impl<'q> Query<'q> {
    /// Reads the part after `?`. Its length is bounded by the bound on a request's head.
    pub(crate) fn parse(text: &'q str) -> Self {
        let pairs = text
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.contains(';'))
            .filter_map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((unescape(key)?, unescape(value)?))
            })
            .collect();
        Self { pairs }
    }

    /// The first value of `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.all(key).next()
    }

    /// The first value of `key`, empty when there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.get(key).unwrap_or_default()
    }

    /// Every value of `key`.
    pub(crate) fn all<'a, 'k>(&'a self, key: &'k str) -> impl Iterator<Item = &'a str> + use<'a, 'k, 'q> {
        self.pairs
            .iter()
            .filter(move |(k, _)| k == key)
            .map(|(_, value)| value.as_ref())
    }

    /// Whether the value of a boolean parameter means true: anything but `false` and `0`.
    pub(crate) fn truth(value: &str) -> bool {
        !(value == "0" || value.eq_ignore_ascii_case("false"))
    }

    /// A boolean parameter, `None` when it is not there.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).map(Self::truth)
    }

    /// A whole number.
    ///
    /// # Errors
    /// Go's sentence when it is none.
    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>, String> {
        self.get(key).map(parse_int).transpose()
    }
}

/// Reads a whole number as Go's `strconv.ParseInt` does, with its sentences.
pub(crate) fn parse_int(text: &str) -> Result<i64, String> {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    text.parse().map_err(|error: std::num::ParseIntError| {
        let why = match error.kind() {
            PosOverflow | NegOverflow => "value out of range",
            _ => "invalid syntax",
        };
        format!("strconv.ParseInt: parsing {}: {why}", quote(text))
    })
}

/// Undoes percent encoding and `+`; `None` for a bad escape.
fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(Cow::Borrowed(text));
    }
    if !escapes_are_whole(text.as_bytes()) {
        return None;
    }
    let spaced = text.replace('+', " ");
    Some(Cow::Owned(
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned(),
    ))
}

/// Whether every `%` is followed by two hexadecimal digits.
pub(crate) fn escapes_are_whole(text: &[u8]) -> bool {
    let hex = |at: usize| text.get(at).is_some_and(u8::is_ascii_hexdigit);
    text.iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'%')
        .all(|(at, _)| hex(at + 1) && hex(at + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_bad_ones_left_out() {
        let query = Query::parse("a=1%203&b&c=x+y&d=%zz&e=1;2&a=2&&f=%2");
        assert_eq!(query.get("a"), Some("1 3"));
        assert_eq!(query.all("a").collect::<Vec<_>>(), ["1 3", "2"]);
        assert_eq!(query.get("b"), Some(""));
        assert_eq!(query.get("c"), Some("x y"));
        assert_eq!(query.get("d"), None);
        assert_eq!(query.get("e"), None);
        assert_eq!(query.get("f"), None);
    }

    #[test]
    fn booleans_are_true_unless_they_say_no() {
        let query = Query::parse("a=&b=0&c=False&d=yes");
        assert_eq!(
            ["a", "b", "c", "d", "e"].map(|key| query.flag(key)),
            [Some(true), Some(false), Some(false), Some(true), None]
        );
    }

    #[test]
    fn integers_fail_with_gos_sentence() {
        assert_eq!(Query::parse("limit=5").integer("limit"), Ok(Some(5)));
        assert_eq!(
            Query::parse("limit=x").integer("limit"),
            Err("strconv.ParseInt: parsing \"x\": invalid syntax".to_owned())
        );
        assert_eq!(
            Query::parse("limit=%00%1b%C2%AD").integer("limit"),
            Err(r#"strconv.ParseInt: parsing "\x00\x1b\u00ad": invalid syntax"#.to_owned())
        );
        assert_eq!(
            Query::parse("limit=99999999999999999999").integer("limit"),
            Err("strconv.ParseInt: parsing \"99999999999999999999\": value out of range".to_owned())
        );
    }
}
