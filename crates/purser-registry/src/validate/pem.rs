//! PEM blocks (RFC 7468), as Go's `encoding/pem` finds them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_types::Plaintext;

/// A block: what its lines say it is, and what they hold.
pub(super) struct Block {
    /// `CERTIFICATE`.
    pub(super) label: String,
    /// The DER inside.
    pub(super) der: Plaintext,
}

/// The well-formed blocks of `input`, in order; what is not well-formed is skipped, as Go does.
pub(super) fn blocks(input: &[u8]) -> impl Iterator<Item = Block> {
    let text = String::from_utf8_lossy(input).into_owned();
    let mut lines = Lines {
        text: Plaintext::new(text.into_bytes()),
        at: 0,
    };
    std::iter::from_fn(move || {
        while let Some(line) = lines.next() {
            if let Some(block) = label(&line, "BEGIN").and_then(|label| lines.block(label)) {
                return Some(block);
            }
        }
        None
    })
}

/// The lines of a text that is wiped.
struct Lines {
    text: Plaintext,
    at: usize,
}

impl Lines {
    fn next(&mut self) -> Option<String> {
        let rest = self
            .text
            .expose()
            .get(self.at..)
            .filter(|rest| !rest.is_empty())?;
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |at| at.saturating_add(1));
        let line = rest.get(..length).unwrap_or_default();
        self.at = self.at.saturating_add(length);
        Some(String::from_utf8_lossy(line).trim().to_owned())
    }

    /// The block that began just before; when it does not end well, reading goes on after its first line.
    fn block(&mut self, label: String) -> Option<Block> {
        let start = self.at;
        let block = self.body(label);
        if block.is_none() {
            self.at = start;
        }
        block
    }

    fn body(&mut self, begun: String) -> Option<Block> {
        let mut encoded = String::new();
        loop {
            let line = self.next()?;
            if let Some(ended) = label(&line, "END") {
                let der = STANDARD.decode(encoded.as_bytes()).ok()?;
                return (ended == begun).then(|| Block {
                    label: begun,
                    der: Plaintext::new(der),
                });
            }
            if label(&line, "BEGIN").is_some() {
                return None;
            }
            // Headers (`Proc-Type: …`) come before the body.
            if !(encoded.is_empty() && line.contains(':')) {
                encoded.push_str(&line);
            }
        }
    }
}

fn label(line: &str, edge: &str) -> Option<String> {
    let label = line
        .strip_prefix("-----")?
        .strip_prefix(edge)?
        .strip_prefix(' ')?
        .strip_suffix("-----")?;
    Some(label.to_owned())
}
