//! Finds, in the bytes of a watch, when each event's write was sent: the writer puts it in an annotation.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// What precedes the number in an object's JSON.
pub(crate) const MARKER: &str = r#""purser-bench/sent":""#;
/// A marker with its number (20 digits at most) and the closing quote; more is never carried over.
const LONGEST: usize = MARKER.len() + 21;

static FINDER: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(MARKER));

/// Reads the chunks of one watch.
#[derive(Default)]
pub(crate) struct Scanner {
    carried: Vec<u8>,
}

impl Scanner {
    /// Calls `found` with the number of every marker that ends in this chunk.
    pub(crate) fn feed(&mut self, chunk: &[u8], mut found: impl FnMut(u64)) {
        if self.carried.is_empty() {
            let rest = scan(chunk, &mut found);
            self.carried.extend_from_slice(rest);
        } else {
            self.carried.extend_from_slice(chunk);
            let rest = scan(&self.carried, &mut found).to_vec();
            self.carried = rest;
        }
    }
}

/// Yields the numbers and returns what may be the start of another marker.
fn scan<'a>(bytes: &'a [u8], found: &mut impl FnMut(u64)) -> &'a [u8] {
    let mut rest = bytes;
    while let Some(at) = FINDER.find(rest) {
        let candidate = rest.get(at..).unwrap_or_default();
        let digits = candidate.get(MARKER.len()..).unwrap_or_default();
        let Some(quote) = memchr::memchr(b'"', digits) else {
            return tail(candidate, true);
        };
        let number = digits
            .get(..quote)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(number) = number.and_then(|digits| digits.parse().ok()) {
            found(number);
        }
        rest = digits.get(quote..).unwrap_or_default();
    }
    tail(rest, false)
}

/// Events end with a newline, so that what follows the last one is all that can go on.
fn tail(rest: &[u8], in_marker: bool) -> &[u8] {
    let line = memchr::memrchr(b'\n', rest)
        .and_then(|at| rest.get(at + 1..))
        .unwrap_or(rest);
    let kept = if in_marker {
        0
    } else {
        line.len().saturating_sub(LONGEST)
    };
    let line = line.get(kept..).unwrap_or_default();
    // A number that does not end is no marker of ours.
    if line.len() > LONGEST { &[] } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(chunks: &[&[u8]]) -> Vec<u64> {
        let mut scanner = Scanner::default();
        let mut numbers = Vec::new();
        for chunk in chunks {
            scanner.feed(chunk, |number| numbers.push(number));
        }
        numbers
    }

    fn events(numbers: &[u64]) -> Vec<u8> {
        let mut text = String::new();
        for number in numbers {
            let filler = "x".repeat(300);
            text.push_str(&format!(
                "{{\"type\":\"MODIFIED\",\"object\":{{\"a\":\"{filler}\",{MARKER}{number}\"}}}}\n{{\"type\":\"BOOKMARK\"}}\n"
            ));
        }
        text.into_bytes()
    }

    #[test]
    fn finds_every_number_once_wherever_the_chunks_are_cut() {
        let text = events(&[1, 22, 18_446_744_073_709_551_615]);
        for cut in 0..text.len() {
            let (left, right) = text.split_at(cut);
            assert_eq!(all(&[left, right]), [1, 22, u64::MAX], "cut at {cut}");
        }
        let single: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(all(&single), [1, 22, u64::MAX]);
    }

    #[test]
    fn keeps_no_more_than_a_marker() {
        let mut scanner = Scanner::default();
        scanner.feed(&[b'x'; 10_000], |_| panic!("nothing is there"));
        assert!(scanner.carried.len() <= LONGEST);
        let endless = format!("{MARKER}{}", "1".repeat(10_000));
        scanner.feed(endless.as_bytes(), |_| panic!("nothing ends"));
        assert!(scanner.carried.len() <= LONGEST);
    }
}
