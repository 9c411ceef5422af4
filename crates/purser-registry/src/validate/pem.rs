//! PEM blocks (RFC 7468), as Go's `encoding/pem` finds them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_types::Plaintext;

/// A block: what its lines say it is, and what they hold.
pub(crate) struct Block<'a> {
    /// `CERTIFICATE`.
    pub(crate) label: &'a str,
    /// Whether there are headers (`Proc-Type: …`) before what it holds.
    pub(crate) headers: bool,
    /// The DER inside.
    pub(crate) der: Plaintext,
}

/// The well-formed blocks of `input`, in order; what is not well-formed is skipped, as Go does.
pub(crate) fn blocks(input: &[u8]) -> impl Iterator<Item = Block<'_>> {
    let mut lines = Lines(input);
    std::iter::from_fn(move || {
        while let Some(line) = lines.next() {
            let Some(label) = label(line, "-----BEGIN ") else {
                continue;
            };
            // Reading goes on after the first line when the block does not end well.
            let mut after = Lines(lines.0);
            let headers = Lines(lines.0).next().is_some_and(|line| line.contains(&b':'));
            if let Some(der) = body(&mut after, label) {
                lines = after;
                return Some(Block { label, headers, der });
            }
        }
        None
    })
}

/// The bytes up to the END line of the same label.
fn body(lines: &mut Lines<'_>, begun: &str) -> Option<Plaintext> {
    let start = lines.0;
    loop {
        let line = lines.next()?;
        match label(line, "-----END ") {
            Some(ended) if ended == begun => break,
            Some(_) => return None,
            None if label(line, "-----BEGIN ").is_some() => return None,
            None => {}
        }
    }
    // Nothing is copied before it is known where it ends: of many beginnings each would take room for all the rest.
    let held = start.get(..start.len() - lines.0.len())?;
    let mut encoded = Plaintext::new(Vec::with_capacity(held.len())).into_zeroizing();
    // Headers (`Proc-Type: …`) come before the body.
    let base64 = Lines(held)
        .take_while(|line| label(line, "-----END ").is_none())
        .skip_while(|line| line.contains(&b':'));
    base64.for_each(|line| encoded.extend_from_slice(line));
    STANDARD.decode(encoded.as_slice()).ok().map(Plaintext::new)
}

/// What stands between `edge` and the dashes that end the line.
fn label<'a>(line: &'a [u8], edge: &str) -> Option<&'a str> {
    let label = line.strip_prefix(edge.as_bytes())?.strip_suffix(b"-----")?;
    std::str::from_utf8(label).ok()
}

/// What is left to read, line by line, without the white space around each.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let input = self.0;
        if input.is_empty() {
            return None;
        }
        let end = input
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(input.len());
        let (line, rest) = input.split_at_checked(end)?;
        self.0 = rest.strip_prefix(b"\n").unwrap_or(rest);
        Some(line.trim_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(input: &str) -> Vec<(String, Vec<u8>)> {
        blocks(input.as_bytes())
            .map(|block| (block.label.to_owned(), block.der.expose().to_vec()))
            .collect()
    }

    #[test]
    fn well_formed_blocks_are_found_between_other_text() {
        let input = "text\r\n-----BEGIN A-----\r\nYW\r\nJj\r\n-----END A-----\r\nmore\n-----BEGIN B-----\nProc-Type: 4\n\nZA==\n-----END B-----";
        assert_eq!(
            found(input),
            [("A".into(), b"abc".to_vec()), ("B".into(), b"d".to_vec())]
        );
    }

    #[test]
    fn what_is_not_well_formed_is_skipped() {
        for input in [
            "-----BEGIN A-----\nYWJj\n",
            "-----BEGIN A-----\nYWJj\n-----END B-----\n",
            "-----BEGIN A-----\n!!\n-----END A-----\n",
            "x-----BEGIN A-----\nYWJj\n-----END A-----\n",
        ] {
            assert!(found(input).is_empty(), "{input}");
        }
        let beginnings = "-----BEGIN A-----\n".repeat(1 << 16);
        assert!(found(&beginnings).is_empty());
        let nested = "-----BEGIN A-----\n-----BEGIN B-----\nZA==\n-----END B-----\n";
        assert_eq!(found(nested), [("B".into(), b"d".to_vec())]);
    }
}
