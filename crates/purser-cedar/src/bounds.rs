//! How much policy there may be, and where each policy of a text begins. Looked at before the parser does.

use std::ops::Range;

/// How many files of a directory are read.
pub const MAX_FILES: usize = 256;
/// How many bytes all files together may have.
pub const MAX_BYTES: usize = 4 << 20;
/// How many policies there may be.
pub const MAX_POLICIES: usize = 10_000;
/// How many bytes one policy may have.
pub const MAX_POLICY_BYTES: usize = 64 << 10;
/// How deep brackets of a policy may be nested.
pub const MAX_NESTING: usize = 32;
/// How many operators, members and conditions a policy may have: each may be one step of recursion.
pub const MAX_OPERATORS: usize = 400;

/// Words that count as operators.
const WORDS: [&str; 8] = ["in", "is", "has", "like", "if", "then", "else", "when"];

/// A policy of a text that goes beyond a bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excess {
    /// What goes beyond it.
    pub(crate) bytes: Range<usize>,
    /// In words.
    pub(crate) message: String,
}

/// The bytes of each policy of `text`, in order.
///
/// # Errors
/// [`Excess`] for the first policy that goes beyond a bound.
pub(crate) fn policies(text: &str) -> Result<Vec<Range<usize>>, Excess> {
    let mut found = Vec::new();
    let mut scan = Scan::default();
    for (token, bytes) in tokens(text) {
        let start = *scan.start.get_or_insert(bytes.start);
        match token {
            Token::Open => scan.nesting += 1,
            Token::Close => scan.nesting = scan.nesting.saturating_sub(1),
            Token::Operator => scan.operators += 1,
            Token::Other => {}
            // Nowhere else in a policy, so that an open bracket does not reach into the next one.
            Token::End => {
                found.push(start..bytes.end);
                scan = Scan::default();
                continue;
            }
        }
        let excess = if scan.nesting > MAX_NESTING {
            format!("brackets are nested deeper than {MAX_NESTING}")
        } else if scan.operators > MAX_OPERATORS {
            format!("the policy has more than {MAX_OPERATORS} operators")
        } else if bytes.end - start > MAX_POLICY_BYTES {
            format!("the policy has more than {MAX_POLICY_BYTES} bytes")
        } else {
            continue;
        };
        return Err(Excess {
            bytes,
            message: excess,
        });
    }
    Ok(found)
}

/// The policy that is being looked at.
#[derive(Default)]
struct Scan {
    start: Option<usize>,
    nesting: usize,
    operators: usize,
}

enum Token {
    Open,
    Close,
    Operator,
    End,
    Other,
}

/// The tokens, roughly: strings and comments are told from the rest.
fn tokens(text: &str) -> impl Iterator<Item = (Token, Range<usize>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(at..)?;
            let first = rest.chars().next()?;
            let start = at;
            if first.is_whitespace() {
                at += first.len_utf8();
                continue;
            }
            if rest.starts_with("//") {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            let (token, length) = token(first, rest);
            at += length;
            return Some((token, start..at));
        }
    })
}

fn token(first: char, rest: &str) -> (Token, usize) {
    let word = |char: char| char.is_alphanumeric() || char == '_';
    match first {
        '(' | '[' | '{' => (Token::Open, 1),
        ')' | ']' | '}' => (Token::Close, 1),
        ';' => (Token::End, 1),
        '"' => (Token::Other, string(rest)),
        ',' | '@' | ':' => (Token::Other, 1),
        first if word(first) => {
            let length = rest.find(|char| !word(char)).unwrap_or(rest.len());
            let operates = rest.get(..length).is_some_and(|text| WORDS.contains(&text));
            (if operates { Token::Operator } else { Token::Other }, length)
        }
        other => (Token::Operator, other.len_utf8()),
    }
}

/// The length of the string at the beginning of `rest`, quotes included.
fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            '"' if !escaped => return at + 1,
            _ => escaped = char == '\\' && !escaped,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_is_found_whatever_its_strings_and_comments_hold() {
        let text = "// ; not this\n@id(\"a;\\\";\") permit (principal, action, resource); // ;\nforbid(principal, action, \
                    resource) when { \"//\" == \";\" };\n";
        let found = policies(text).unwrap();
        let texts: Vec<&str> = found.into_iter().filter_map(|bytes| text.get(bytes)).collect();
        assert_eq!(texts.len(), 2);
        assert!(texts[0].starts_with("@id"), "{texts:?}");
        assert!(
            texts[1].starts_with("forbid") && texts[1].ends_with("};"),
            "{texts:?}"
        );
    }

    #[test]
    fn what_is_beyond_a_bound_is_found_where_it_is() {
        let wrap = |inner: String| format!("permit(principal, action, resource) when {{ {inner} }};");
        let nested = wrap(format!("{}true{}", "(".repeat(100_000), ")".repeat(100_000)));
        let chained = wrap("true && ".repeat(100_000) + "true");
        let negated = wrap("!".repeat(100_000) + "true");
        let long = wrap(format!("\"{}\" == \"\"", "x".repeat(1_000_000)));
        let unending = "\"".to_owned() + &"\\".repeat(1_000_000);
        for (text, why) in [
            (nested, "nested"),
            (chained, "operators"),
            (negated, "operators"),
            (long, "bytes"),
            (unending, "bytes"),
        ] {
            let excess = policies(&text).unwrap_err();
            assert!(excess.message.contains(why), "{why}: {}", excess.message);
        }
    }

    #[test]
    fn long_lists_of_names_are_not_operators() {
        let names = vec!["\"name\""; 5_000].join(", ");
        let text = format!("permit(principal, action, resource) when {{ [{names}].contains(\"a\") }};");
        assert_eq!(policies(&text).unwrap().len(), 1);
    }
}
