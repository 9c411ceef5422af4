//! The reader: one pass over the text, recursive to a bounded depth.

use super::{MAX_BYTES, MAX_DEPTH, MAX_VALUES, SyntaxError, string};
use crate::node::{Node, Str};

const VALUE: &str = "looking for beginning of value";
const KEY: &str = "looking for beginning of object key string";
const AFTER_KEY: &str = "after object key";
const AFTER_MEMBER: &str = "after object key:value pair";
const AFTER_ELEMENT: &str = "after array element";
const AFTER_TOP: &str = "after top-level value";

/// Reads one document.
pub(crate) fn read(bytes: &[u8]) -> Result<Node<'_>, SyntaxError> {
    if bytes.len() > MAX_BYTES {
        return Err(SyntaxError::TooLarge);
    }
    let mut reader = Reader {
        bytes,
        position: 0,
        depth: 0,
        values: 0,
    };
    let node = reader.value()?;
    match reader.peek() {
        None => Ok(node),
        Some(byte) => Err(SyntaxError::Invalid {
            byte,
            context: AFTER_TOP,
        }),
    }
}

/// The document without white space, its strings written as [`super::write()`] writes them, appended to `out`: what
/// [`super::write_node`] makes of what [`read`] reads, without the tree between.
pub(crate) fn compact(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), SyntaxError> {
    if bytes.len() > MAX_BYTES {
        return Err(SyntaxError::TooLarge);
    }
    let mut reader = Reader {
        bytes,
        position: 0,
        depth: 0,
        values: 0,
    };
    reader.copy(out)?;
    match reader.peek() {
        None => Ok(()),
        Some(byte) => Err(SyntaxError::Invalid {
            byte,
            context: AFTER_TOP,
        }),
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    depth: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    /// The next byte that is not white space, not taken.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = self.bytes.get(self.position).copied()?;
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(byte);
            }
            self.position += 1;
        }
    }

    fn need(&mut self) -> Result<u8, SyntaxError> {
        self.peek().ok_or(SyntaxError::UnexpectedEnd)
    }

    fn value(&mut self) -> Result<Node<'a>, SyntaxError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(SyntaxError::TooLarge);
        }
        match self.need()? {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::list),
            b'"' => self.string().map(Node::String),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.literal("true", &TRUE).map(|()| Node::Bool(true)),
            b'f' => self.literal("false", &FALSE).map(|()| Node::Bool(false)),
            b'n' => self.literal("null", &NULL).map(|()| Node::Null),
            byte => Err(SyntaxError::Invalid { byte, context: VALUE }),
        }
    }

    /// Reads a value and appends it.
    fn copy(&mut self, out: &mut Vec<u8>) -> Result<(), SyntaxError> {
        let (open, close) = match self.need()? {
            b'{' => (b'{', b'}'),
            b'[' => (b'[', b']'),
            _ => {
                super::write_node(&self.value()?, out);
                return Ok(());
            }
        };
        self.values += 1;
        self.depth += 1;
        if self.values > MAX_VALUES || self.depth > MAX_DEPTH {
            return Err(if self.depth > MAX_DEPTH {
                SyntaxError::TooDeep
            } else {
                SyntaxError::TooLarge
            });
        }
        self.position += 1;
        out.push(open);
        if self.need()? == close {
            self.position += 1;
        } else {
            while self.copy_one(open, close, out)? {}
        }
        out.push(close);
        self.depth -= 1;
        Ok(())
    }

    /// Reads a member or an element and what follows it; whether another comes.
    fn copy_one(&mut self, open: u8, close: u8, out: &mut Vec<u8>) -> Result<bool, SyntaxError> {
        if open == b'{' {
            let key = self.key()?;
            super::write_string(key.as_str(), out);
            out.push(b':');
        }
        self.copy(out)?;
        match self.need()? {
            b',' => {
                self.position += 1;
                out.push(b',');
                Ok(true)
            }
            byte if byte == close => {
                self.position += 1;
                Ok(false)
            }
            byte => Err(SyntaxError::Invalid {
                byte,
                context: if open == b'{' { AFTER_MEMBER } else { AFTER_ELEMENT },
            }),
        }
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Node<'a>, SyntaxError>,
    ) -> Result<Node<'a>, SyntaxError> {
        self.position += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::TooDeep);
        }
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn object(&mut self) -> Result<Node<'a>, SyntaxError> {
        let mut members = Vec::new();
        if self.need()? == b'}' {
            self.position += 1;
            return Ok(Node::Object(members));
        }
        loop {
            let key = self.key()?;
            let value = self.value()?;
            members.push((key, value));
            match self.need()? {
                b',' => self.position += 1,
                b'}' => {
                    self.position += 1;
                    return Ok(Node::Object(members));
                }
                byte => {
                    return Err(SyntaxError::Invalid {
                        byte,
                        context: AFTER_MEMBER,
                    });
                }
            }
        }
    }

    /// A key and its colon.
    fn key(&mut self) -> Result<Str<'a>, SyntaxError> {
        match self.need()? {
            b'"' => {}
            byte => return Err(SyntaxError::Invalid { byte, context: KEY }),
        }
        let key = self.string()?;
        match self.need()? {
            b':' => self.position += 1,
            byte => {
                return Err(SyntaxError::Invalid {
                    byte,
                    context: AFTER_KEY,
                });
            }
        }
        Ok(key)
    }

    fn list(&mut self) -> Result<Node<'a>, SyntaxError> {
        let mut items = Vec::new();
        if self.need()? == b']' {
            self.position += 1;
            return Ok(Node::List(items));
        }
        loop {
            items.push(self.value()?);
            match self.need()? {
                b',' => self.position += 1,
                b']' => {
                    self.position += 1;
                    return Ok(Node::List(items));
                }
                byte => {
                    return Err(SyntaxError::Invalid {
                        byte,
                        context: AFTER_ELEMENT,
                    });
                }
            }
        }
    }

    fn string(&mut self) -> Result<Str<'a>, SyntaxError> {
        self.position += 1;
        let (text, taken) = string::read(self.bytes.get(self.position..).unwrap_or_default())?;
        self.position += taken;
        Ok(text)
    }

    fn literal(&mut self, word: &str, contexts: &[&'static str]) -> Result<(), SyntaxError> {
        self.position += 1;
        for (expected, context) in word.bytes().skip(1).zip(contexts) {
            let byte = self
                .bytes
                .get(self.position)
                .copied()
                .ok_or(SyntaxError::UnexpectedEnd)?;
            if byte != expected {
                return Err(SyntaxError::Invalid { byte, context });
            }
            self.position += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Node<'a>, SyntaxError> {
        let start = self.position;
        if self.at(b"-") {
            self.position += 1;
        }
        if self.at(b"0") {
            self.position += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.at(b".") {
            self.position += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if self.at(b"eE") {
            self.position += 1;
            if self.at(b"+-") {
                self.position += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = self.bytes.get(start..self.position).unwrap_or_default();
        Ok(Node::Number(Str::Borrowed(
            std::str::from_utf8(text).unwrap_or_default(),
        )))
    }

    fn at(&self, any: &[u8]) -> bool {
        self.bytes
            .get(self.position)
            .is_some_and(|byte| any.contains(byte))
    }

    fn digits(&mut self, context: &'static str) -> Result<(), SyntaxError> {
        match self.bytes.get(self.position) {
            Some(b'0'..=b'9') => {}
            Some(&byte) => return Err(SyntaxError::Invalid { byte, context }),
            None => return Err(SyntaxError::UnexpectedEnd),
        }
        while self.bytes.get(self.position).is_some_and(u8::is_ascii_digit) {
            self.position += 1;
        }
        Ok(())
    }
}

const TRUE: [&str; 3] = [
    "in literal true (expecting 'r')",
    "in literal true (expecting 'u')",
    "in literal true (expecting 'e')",
];
const FALSE: [&str; 4] = [
    "in literal false (expecting 'a')",
    "in literal false (expecting 'l')",
    "in literal false (expecting 's')",
    "in literal false (expecting 'e')",
];
const NULL: [&str; 3] = [
    "in literal null (expecting 'u')",
    "in literal null (expecting 'l')",
    "in literal null (expecting 'l')",
];
