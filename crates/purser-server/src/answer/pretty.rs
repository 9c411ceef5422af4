//! Indented JSON, as Go's `json.MarshalIndent(…, "", "  ")` writes it.

use http::HeaderMap;
use http::header::USER_AGENT;

use crate::query::Query;

/// Indents JSON that comes in pieces.
#[derive(Debug, Default)]
pub(crate) struct Indenter {
    depth: usize,
    in_string: bool,
    escaped: bool,
    opened: bool,
}

impl Indenter {
    /// Indents a whole document.
    pub(crate) fn whole(json: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(json.len() * 2);
        Self::default().write(json, &mut out);
        out
    }

    /// Indents the next piece of compact JSON.
    pub(crate) fn write(&mut self, json: &[u8], out: &mut Vec<u8>) {
        for byte in json {
            self.byte(*byte, out);
        }
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.in_string {
            out.push(byte);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b' ' | b'\n' | b'\t' | b'\r' => {}
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if !std::mem::take(&mut self.opened) {
                    self.line(out);
                }
                out.push(byte);
            }
            _ => {
                if std::mem::take(&mut self.opened) {
                    self.line(out);
                }
                self.token(byte, out);
            }
        }
    }

    fn token(&mut self, byte: u8, out: &mut Vec<u8>) {
        out.push(byte);
        match byte {
            b'{' | b'[' => {
                self.depth += 1;
                self.opened = true;
            }
            b',' => self.line(out),
            b':' => out.push(b' '),
            b'"' => self.in_string = true,
            _ => {}
        }
    }

    fn line(&self, out: &mut Vec<u8>) {
        out.push(b'\n');
        out.resize(out.len() + 2 * self.depth, b' ');
    }
}

/// Whether the client wants JSON indented: it says so, or it is a browser or a command line tool.
pub(crate) fn wants_pretty(query: &Query<'_>, headers: &HeaderMap) -> bool {
    if let Some(wish) = query.get("pretty").filter(|wish| !wish.is_empty()) {
        return matches!(wish, "1" | "t" | "T" | "true" | "TRUE" | "True");
    }
    let agent = headers.get(USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes());
    [&b"curl"[..], b"Wget", b"Mozilla/5.0"]
        .iter()
        .any(|tool| agent.starts_with(tool))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_as_go_does_whatever_the_pieces() {
        let compact = br#"{"a":[],"b":{},"c":[1,{"d":"x: {\"y\",\\"}],"e":null}"#;
        let expected = "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    {\n      \"d\": \"x: {\\\"y\\\",\\\\\"\n    }\n  ],\n  \"e\": null\n}";
        assert_eq!(String::from_utf8(Indenter::whole(compact)).unwrap(), expected);
        let (mut indenter, mut out) = (Indenter::default(), Vec::new());
        for byte in compact {
            indenter.write(&[*byte], &mut out);
        }
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
